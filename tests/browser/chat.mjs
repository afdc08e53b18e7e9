// A chat as its visitor sees it: what is said, and ways to answer by mouse or by keys.

const ANSWERS = {
  name: "Zoë", text: "Zoë", number: "20", email: "zoe@example.org", phone: "+64 21 123 4567", url: "https://school.example/", date: "2026-11-30",
};

export class Chat {
  constructor(page) {
    this.page = page;
    this.log = page.getByRole("log", { name: "Conversation" });
    this.answer = page.getByRole("region", { name: "Your answer" });
    this.launcher = page.locator(".launcher");
  }

  /** What stands in the log, line by line. */
  async said() {
    return (await this.log.locator(".bubble:not(.typing), .notice").allInnerTexts()).map((text) => text.trim());
  }

  /** Waits until something is asked, and tells which kind of answer it wants. */
  async kind() {
    const first = this.answer.locator("input, button, .notice").first();
    await first.waitFor({ state: "attached" });
    return this.answer.evaluate((node) => {
      if (node.querySelector(".notice")) return "ended";
      const has = (what) => node.querySelector(what) !== null;
      if (has(".strip")) return "carousel";
      if (has("input[type=search]")) return "search";
      if (has("input[type=checkbox]")) return "several";
      if (has("input[type=range]")) return "slider";
      if (has("input[role=spinbutton]")) return "number";
      if (has("input[type=file]")) return "file";
      if (has(".card")) return "pictures";
      const field = node.querySelector("input");
      return field ? { tel: "phone" }[field.type] ?? field.type : "buttons";
    });
  }

  /** Answers by mouse, does `meanwhile`, and waits until the answer has been taken. */
  async byMouse(kind) {
    const { answer } = this;
    await this.taken(async () => {
      switch (kind) {
        case "buttons": return answer.locator("button:not(.quiet)").last().click();
        case "pictures": return answer.locator(".card").first().click();
        case "carousel":
          await answer.getByRole("button", { name: "Next" }).click();
          return answer.getByRole("button", { name: /^Pick/ }).nth(1).click();
        case "search":
          await answer.getByRole("searchbox").fill("zea");
          return answer.getByRole("button", { name: "Aotearoa New Zealand" }).click();
        case "several":
          await answer.getByRole("checkbox").first().check();
          await answer.getByRole("checkbox").nth(2).check();
          return answer.getByRole("button", { name: "Send 2" }).click();
        case "slider":
          await answer.getByRole("slider").fill("7");
          return answer.getByRole("button", { name: "Send 7" }).click();
        case "number":
          await answer.getByRole("spinbutton").fill("20");
          return answer.getByRole("button", { name: "Send" }).click();
        case "file":
          return answer.locator("input[type=file]").setInputFiles({ name: "book.png", mimeType: "image/png", buffer: Buffer.from("not looked at") });
        default:
          await answer.locator("input").fill(ANSWERS[kind]);
          return answer.getByRole("button", { name: "Send" }).click();
      }
    });
  }

  /** Answers with nothing but keys; the focus has to be where they are wanted. */
  async byKeys(kind) {
    const { keyboard } = this.page;
    await this.taken(async () => {
      switch (kind) {
        case "buttons": case "pictures": return keyboard.press("Enter");
        case "carousel":
          await keyboard.press("Tab");
          return keyboard.press("Enter");
        case "search":
          await keyboard.type("icel");
          return keyboard.press("Enter");
        case "several":
          await keyboard.press("Space");
          await keyboard.press("Tab");
          await keyboard.press("Tab");
          await keyboard.press("Space");
          await keyboard.press("Tab");
          return keyboard.press("Enter");
        case "slider":
          await keyboard.press("ArrowRight");
          await keyboard.press("Tab");
          return keyboard.press("Enter");
        case "number":
          await keyboard.press("ArrowUp");
          await keyboard.press("ArrowUp");
          return keyboard.press("Enter");
        case "date":
          await keyboard.type("11302026");
          return keyboard.press("Enter");
        default:
          await keyboard.type(ANSWERS[kind]);
          return keyboard.press("Enter");
      }
    });
  }

  /** Does something that answers, and waits until what it led to is shown. */
  async taken(act) {
    const before = await this.answer.locator(".answer > *").first().elementHandle();
    await act();
    await before.waitForElementState("hidden");
    await this.kind();
  }
}
