/** Looks and wordings: what is chosen is seen at once, and kept; on a server with its revision. */
import { equal, until } from "./harness.mjs";
import { signIn } from "./signing.mjs";

const chat = (page) => page.locator(".look-chat .chat");
const ground = (page) => page.locator(".look-chat .bubble").first().evaluate((node) => getComputedStyle(node).backgroundColor);

export const looks = [
  [
    "changes a look and shows it in the visitors' own chat",
    async (page, { url }) => {
      await page.goto(`${url}#/looks`);
      await page.getByRole("button", { name: "New look" }).click();
      await chat(page).getByText("Welcome! Who is coming along today?").waitFor();
      await page.getByLabel("Name of the look").fill("Pink");
      await page.getByLabel("Bubbles of the flow, as text").fill("#fff0f4");
      await until(() => ground(page), "rgb(255, 240, 244)", "the ground of the bubbles");
      // A colour that cannot be read is told, with the nearest that can.
      await page.getByLabel("Buttons and answers, as text").fill("#f22555");
      const low = page.locator(".contrasts .low", { hasText: "Answers to choose from" });
      await low.getByRole("button", { name: /^Take #/ }).click();
      await until(() => low.count(), 0, "what cannot be read");
      // It talks.
      await chat(page).getByRole("button", { name: "My family" }).click();
      await chat(page).getByText("How many children are with you?").waitFor();
      await page.getByRole("group", { name: "Brightness of the preview" }).getByRole("button", { name: "Dark" }).click();
      await chat(page).getByText("Welcome! Who is coming along today?").waitFor();
      equal((await ground(page)) === "rgb(255, 240, 244)", false, "the ground in the dark is the light one");
      await page.reload();
      await until(() => page.getByLabel("Name of the look").inputValue(), "Pink", "the name after a reload");
      // Another one, made before those that are there have been read, leaves them there.
      const names = () => page.getByRole("navigation", { name: "Looks" }).getByRole("link").allInnerTexts();
      await page.reload();
      await page.getByRole("button", { name: "New look" }).click();
      await until(names, ["Pink", "New look"], "the looks");
      await page.reload();
      await until(names, ["Pink", "New look"], "the looks after a reload");
    },
  ],
  [
    "keeps a look on a server, and does not write over somebody else's",
    async (page, { url, service }) => {
      const made = await service.call("POST", "/v1/cms/themes", { name: "Sea", config: { colors: { botBubble: "#e0f0ff" } } });
      await page.goto(url);
      await page.getByRole("region", { name: "On a server" }).getByRole("button", { name: "Sign in" }).click();
      await signIn(page, service);
      await page.getByText("Signed in").waitFor();
      await page.goto(`${url}#/looks/${made.id}`);
      await chat(page).getByText("Welcome!").first().waitFor();
      await page.getByLabel("Name of the look").fill("Deep sea");
      await page.getByRole("button", { name: "Save on the server" }).click();
      await until(async () => (await service.call("GET", `/v1/cms/themes/${made.id}`)).name, "Deep sea", "the name there");
      await service.call("PUT", `/v1/cms/themes/${made.id}`, { name: "Their sea" });
      await page.getByLabel("Name of the look").fill("My sea");
      await page.getByRole("button", { name: "Save on the server" }).click();
      await page.getByRole("alert").getByText("Somebody else changed it meanwhile.").waitFor();
      equal((await service.call("GET", `/v1/cms/themes/${made.id}`)).name, "Their sea", "the name there is theirs");
      await page.getByRole("button", { name: "Keep mine" }).click();
      await until(async () => (await service.call("GET", `/v1/cms/themes/${made.id}`)).name, "My sea", "the name there is mine");
    },
    { service: true, refusals: true },
  ],
  [
    "writes another wording, and shares people between both",
    async (page, { url }) => {
      await page.goto(`${url}#/library`);
      await page.getByLabel("Write a new item").selectOption("message");
      await page.getByRole("textbox", { name: "Text", exact: true }).fill("Good morning");
      await page.getByRole("button", { name: "Add a wording" }).click();
      await page.getByLabel("Text, wording B").fill("Kia ora");
      await page.getByLabel("Weight of wording B").fill("300");
      await until(() => page.locator(".wording .num").allInnerTexts(), ["25 %", "75 %"], "the shares");
      await page.reload();
      await until(() => page.getByLabel("Text, wording B").inputValue(), "Kia ora", "the wording after a reload");
    },
  ],
  [
    "edits content and wordings on a server, and does not write over somebody else's",
    async (page, { url, service }) => {
      const made = await service.call("POST", "/v1/cms/content", { type: "message", content: { text: "Good morning" }, tags: ["hello"] });
      await page.goto(`${url}#/library`);
      await page.getByRole("group", { name: "Where the content is" }).getByRole("button", { name: "Server" }).click();
      await signIn(page, service);
      await page.getByRole("list", { name: "Content on the server" }).getByRole("link", { name: "Good morning" }).click();
      const text = page.getByRole("textbox", { name: "Text", exact: true });
      await text.fill("Good evening");
      await page.getByRole("button", { name: "Add a wording" }).click();
      await page.getByLabel("Text, wording B").fill("Kia ora");
      await page.getByRole("button", { name: "Save on the server" }).click();
      await until(async () => (await service.call("GET", `/v1/cms/content/${made.id}`)).content.text, "Good evening", "the words there");
      await until(async () => (await service.call("GET", `/v1/cms/content/${made.id}/variants`)).data.map((each) => [each.variant_key, each.variant_data.text]), [["B", "Kia ora"]], "the wordings there");
      await until(() => page.getByRole("button", { name: "Save on the server" }).isDisabled(), true, "all is sent");
      await service.call("PUT", `/v1/cms/content/${made.id}`, { content: { text: "Theirs" } });
      await text.fill("Mine");
      await page.getByRole("button", { name: "Save on the server" }).click();
      await page.getByRole("alert").getByText("Somebody else changed it meanwhile.").waitFor();
      equal((await service.call("GET", `/v1/cms/content/${made.id}`)).content.text, "Theirs", "the words there are theirs");
      await page.getByRole("button", { name: "Keep mine" }).click();
      await until(async () => (await service.call("GET", `/v1/cms/content/${made.id}`)).content.text, "Mine", "the words there are mine");
    },
    { service: true, refusals: true },
  ],
];
