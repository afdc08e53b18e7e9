/** The preview's chat is the visitors' own: in the flow's look, with every kind of message and answer, and its pauses if wanted. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { asked, pill, reply, startAgain } from "./hands.mjs";
import { equal, openFile, openText, said, until } from "./harness.mjs";

/** A flow with every kind of answer, and two looks. */
const KINDS = join(dirname(fileURLToPath(import.meta.url)), "../../tests/browser/seed.json");

const log = (page) => page.locator(".preview .log");
const mine = (page) => log(page).locator(".mine").allInnerTexts();
const colour = (page, selector, property = "backgroundColor") => page.locator(`.preview ${selector}`).first().evaluate((node, name) => getComputedStyle(node)[name], property);
const shot = (page, name) => process.env.SHOTS && page.locator(".panel.preview").screenshot({ path: join(process.env.SHOTS, `preview-${name}.png`) });

/** Every kind of question of KINDS: a name, what the visitor does, and what is then in the log. */
const GIVEN = [
  ["messages", async (page) => pill(page, "Continue").click(), []],
  ["text", async (page) => {
    await reply(page, "Zoë");
    // Who answers with keys goes on with them.
    await until(() => asked(page).getByRole("spinbutton").evaluate((node) => node.getRootNode().activeElement === node), true, "the focus in the next field");
  }, ["Zoë"]],
  ["number", async (page) => {
    await asked(page).getByRole("button", { name: "More" }).click();
    await asked(page).getByRole("button", { name: "More" }).click();
    await asked(page).getByRole("button", { name: "Send" }).click();
  }, ["1"]],
  ["email", async (page) => reply(page, "zoe@example.org"), ["zoe@example.org"]],
  ["phone", async (page) => pill(page, "Skip").click(), ["Skipped"]],
  ["url", async (page) => reply(page, "https://school.example/"), ["https://school.example/"]],
  ["date", async (page) => reply(page, "2026-11-30"), ["2026-11-30"]],
  ["choice", async (page) => asked(page).getByRole("button", { name: "8", exact: true }).click(), ["8"]],
  ["boolean", async (page) => pill(page, "Yes").click(), ["Yes"]],
  ["many", async (page) => {
    await asked(page).getByRole("searchbox").fill("zea");
    await pill(page, "Aotearoa New Zealand").click();
  }, ["Aotearoa New Zealand"]],
  ["several", async (page) => {
    await asked(page).getByRole("checkbox", { name: "Fantasy" }).check();
    await asked(page).getByRole("checkbox", { name: "Adventure" }).check();
    await pill(page, "Send 2").click();
  }, ["Fantasy, Adventure"]],
  ["slider", async (page) => {
    await asked(page).getByRole("slider").fill("7");
    await pill(page, "Send 7").click();
  }, ["7"]],
  ["pictures", async (page) => pill(page, "Deep Ocean!").click(), ["Deep Ocean!"]],
  ["carousel", async (page) => {
    await asked(page).getByRole("button", { name: "Next" }).click();
    await asked(page).getByRole("button", { name: "Pick Charlotte’s Web" }).click();
  }, ["Charlotte’s Web"]],
  ["file", async (page) => asked(page).locator("input[type=file]").setInputFiles({ name: "book.png", mimeType: "image/png", buffer: Buffer.from("book") }), ["book.png"]],
  ["quick-replies", async (page) => pill(page, "Great!").click(), ["Great!"]],
];

/** Chooses a look in the form of the flow. */
async function chooseLook(page, name) {
  const field = page.getByLabel("Look of the chat");
  await until(() => field.locator("option").allInnerTexts().then((all) => all.some((each) => each.startsWith(name))), true, "the looks to choose from");
  const value = await field.locator("option", { hasText: name }).first().getAttribute("value");
  await field.selectOption(value);
}

/** Answers all of KINDS, looking at the chat before each answer. */
async function answerAll(page, look) {
  for (const [kind, give, then] of GIVEN) {
    const before = await mine(page);
    await until(async () => (await asked(page).locator("button, input").count()) > 0, true, `the question for ${kind}`);
    await shot(page, `${look}-${kind}`);
    const steps = await page.getByLabel("Step of the conversation").getAttribute("max");
    await give(page);
    await until(async () => (await page.getByLabel("Step of the conversation").getAttribute("max")) !== steps, true, `the next step after ${kind}`);
    equal(await mine(page), [...before, ...then], `what was answered to ${kind}`);
  }
  await asked(page).getByText("This chat has ended.").waitFor();
  await shot(page, `${look}-ended`);
}

/** Goes through KINDS, looking at each question and at the end. */
export async function eachKind(page, url, look) {
  await openFile(page, url, KINDS);
  for (const [kind, give] of GIVEN) {
    await until(async () => (await asked(page).locator("button, input").count()) > 0, true, `the question for ${kind}`);
    await look(kind);
    const steps = await page.getByLabel("Step of the conversation").getAttribute("max");
    await give(page);
    await until(async () => (await page.getByLabel("Step of the conversation").getAttribute("max")) !== steps, true, `the next step after ${kind}`);
  }
  await look("ended");
}

const FLOW = (messages) => JSON.stringify({ seed_key: "shown", name: "Shown", entry_node_id: "m", nodes: [{ id: "m", type: "message", content: { messages } }], connections: [] });

export const preview = [
  [
    "gives every kind of answer in the preview",
    async (page, { url }) => {
      await openFile(page, url, KINDS);
      await pill(page, "Continue").waitFor();
      // Every kind of message: marks in the text, a picture with its description, a link, a line.
      equal([await log(page).locator(".rich strong").innerText(), await log(page).locator(".rich li").allInnerTexts()], ["bold", ["one", "two"]], "the rich text");
      equal(await log(page).locator("figure img").getAttribute("alt"), "A white moon on a blue ground", "the picture");
      equal([await log(page).getByRole("link", { name: "All books" }).count(), await log(page).locator("hr").count()], [1, 1], "the link and the line");
      await answerAll(page, "huey-light");
      // Once more, with an answer that does not fit: it is told in the log and at the field, and stays there.
      await startAgain(page);
      await pill(page, "Continue").click();
      await reply(page, "Zoë");
      await reply(page, "lots");
      const field = asked(page).getByRole("spinbutton");
      await until(() => field.getAttribute("aria-invalid"), "true", "the mark at the field");
      equal([await field.inputValue(), await asked(page).locator("#wrong").innerText(), (await said(page)).at(-1)], ["lots", "Type a number, like 20. You can try 1 more time.", "Type a number, like 20."], "what is told");
      equal(await field.getAttribute("aria-describedby"), "wrong", "what describes the field");
      await shot(page, "huey-light-wrong");
    },
  ],
  [
    "shows lists of books, and things that cannot be loaded by their words",
    async (page, { url }) => {
      const books = [{ title: "Momo", author: "Michael Ende", description: "A girl who listens.", cover_url: "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2080%2060'%3E%3Cpath%20fill='%230e6f86'%20d='M0%200h80v60H0z'/%3E%3C/svg%3E" }, { title: "Kidnapped", author: "R. L. Stevenson" }];
      const messages = [{ type: "book_list", source: "temp.books", title: "For you" }, { type: "image", url: "data:image/png;base64,AAAA", alt: "A fox" }];
      await openText(page, url, JSON.stringify({ seed_key: "books", name: "Books", entry_node_id: "m", flow_data: { variables: { temp: { books: { type: "array", default: books } } }, nodes: [{ id: "m", type: "message", content: { messages } }], connections: [] } }));
      await until(() => log(page).locator(".item b").allInnerTexts(), ["Momo", "Kidnapped"], "the books");
      equal(await log(page).locator(".list-title").innerText(), "For you", "the title");
      equal(await log(page).locator(".item img").count(), 1, "the covers");
      await until(() => log(page).locator(".lost").allInnerTexts(), ["A fox"], "the words of the lost picture");
      await shot(page, "books");
    },
  ],
  [
    "shows the chat in the flow's look, in light and dark",
    async (page, { url }) => {
      await openFile(page, url, KINDS);
      await until(() => page.locator(".preview .bar h2").innerText(), "Huey", "the name in the look");
      equal([await colour(page, ".chat"), await colour(page, ".bar"), await colour(page, ".bubble"), await colour(page, ".bubble", "borderTopLeftRadius"), await colour(page, ".bubble", "color")], ["rgb(214, 243, 243)", "rgb(156, 198, 200)", "rgb(255, 255, 255)", "14px", "rgb(52, 73, 94)"], "the colours of the look");
      // The look's red does not reach on white; visitors and authors see the nearest that does.
      equal((await colour(page, ".composer .pill.full")) === "rgb(242, 37, 85)", false, "the red that cannot be read");
      await page.getByLabel("Brightness of the chat").selectOption("dark");
      await until(() => colour(page, ".chat", "colorScheme"), "dark", "the scheme");
      const dark = await colour(page, ".bubble");
      equal(dark === "rgb(255, 255, 255)", false, "the bubbles in the dark are white");
      await answerAll(page, "huey-dark");
      // As the studio: with it.
      await page.getByLabel("Brightness of the chat").selectOption("system");
      await until(() => colour(page, ".bubble"), "rgb(255, 255, 255)", "the bubbles by day");
      await page.emulateMedia({ colorScheme: "dark" });
      await until(() => colour(page, ".bubble"), dark, "the bubbles by night");
      await page.emulateMedia({ colorScheme: "light" });
      // Another look, of this computer: chosen in the flow, seen at once, and with every change.
      await page.goto(`${url}#/looks`);
      await page.getByRole("button", { name: "New look" }).click();
      await page.getByLabel("Name of the look").fill("Meadow");
      await page.getByLabel("Bubbles of the flow, as text").fill("#e8ffd9");
      await page.getByLabel("Ground, as text").fill("#f4fbe9");
      await page.getByLabel("Buttons and answers, as text").fill("#2d6a1e");
      await page.getByRole("link", { name: "Flows", exact: true }).click();
      await page.getByRole("link", { name: "Every kind", exact: true }).click();
      await pill(page, "Start again").click();
      await pill(page, "Continue").waitFor();
      await chooseLook(page, "Meadow");
      await until(() => colour(page, ".bubble"), "rgb(232, 255, 217)", "the bubbles of the other look");
      equal(await colour(page, ".composer .pill.full"), "rgb(45, 106, 30)", "the button in it");
      await answerAll(page, "meadow-light");
      await page.reload();
      await until(() => colour(page, ".bubble"), "rgb(232, 255, 217)", "the bubbles after a reload");
      await page.getByLabel("Brightness of the chat").selectOption("dark");
      await answerAll(page, "meadow-dark");
      await page.getByRole("button", { name: /^Undo/ }).click();
      await page.getByLabel("Brightness of the chat").selectOption("light");
      await until(() => colour(page, ".bubble"), "rgb(255, 255, 255)", "the first look again");
    },
  ],
  [
    "leaves typing pauses out, and plays them if asked to",
    async (page, { url }) => {
      const typing = page.locator(".preview .typing");
      const pauses = page.getByRole("switch", { name: "Typing pauses" });
      await openText(page, url, FLOW([{ text: "One" }, { text: "Two", delay: 30 }, { text: "Three", delay_ms: 20 }]));
      await until(() => said(page), ["One", "Two", "Three"], "everything at once");
      equal([await pauses.getAttribute("aria-checked"), await typing.count()], ["false", 0], "without pauses");
      await pauses.click();
      const again = () => startAgain(page);
      await again();
      await typing.waitFor();
      await until(() => said(page), ["One"], "what is said before the long pause");
      // Somebody who wants no movement gets none, and nobody hears of dots.
      equal([await typing.locator("i").first().evaluate((dot) => getComputedStyle(dot).animationName), await typing.getAttribute("aria-hidden")], ["none", "true"], "the dots");
      await page.emulateMedia({ reducedMotion: "no-preference" });
      await until(() => typing.locator("i").first().evaluate((dot) => getComputedStyle(dot).animationName), "blink", "the dots of others");
      await page.emulateMedia({ reducedMotion: "reduce" });
      await shot(page, "typing");
      await page.locator(".preview .log").evaluate((node) => {
        window.heard = [];
        new MutationObserver((list) => node.getAttribute("aria-live") === "polite" && list.forEach((each) => each.addedNodes.forEach((line) => line.getAttribute("aria-hidden") || window.heard.push(line.textContent)))).observe(node, { childList: true });
      });
      await pill(page, "Show everything now").click();
      await until(() => said(page), ["One", "Two", "Three"], "everything");
      await asked(page).getByText("This chat has ended.").waitFor();
      equal([await typing.count(), await page.evaluate(() => window.heard)], [0, ["Two", "Three"]], "what is heard, once each");
      // Switched off while somebody writes, all is there with the next conversation; on again after a reload.
      await again();
      await typing.waitFor();
      await pauses.click();
      await again();
      await until(() => said(page), ["One", "Two", "Three"], "everything at once again");
      equal(await typing.count(), 0, "nobody writes");
      await pauses.click();
      await page.reload();
      await typing.waitFor();
      equal(await pauses.getAttribute("aria-checked"), "true", "the switch after a reload");
      // Short pauses end by themselves; going back and on is not heard again.
      await openText(page, url, JSON.stringify({ seed_key: "short", name: "Short", entry_node_id: "q", nodes: [{ id: "q", type: "question", content: { question: { text: "Go?" }, input_type: "text", variable: "temp.go" } }, { id: "m", type: "message", content: { messages: [{ text: "Gone", delay_ms: 50 }] } }], connections: [{ source: "q", target: "m", type: "default" }] }));
      await reply(page, "yes");
      await until(() => said(page), ["Go?", "yes", "Gone"], "what is said after a short pause");
      await asked(page).getByText("This chat has ended.").waitFor();
      await page.getByRole("button", { name: /^One answer back/ }).click();
      await until(() => said(page), ["Go?"], "the question again");
      await until(() => log(page).evaluate((node) => node.getAttribute("aria-live")), "polite", "the log is told aloud again");
    },
  ],
  [
    "answers at random until the chat is over",
    async (page, { url }) => {
      await openFile(page, url, KINDS);
      await pill(page, "Continue").waitFor();
      const random = page.getByRole("button", { name: "Answer at random" });
      for (let count = 0; count < 40 && (await random.isEnabled()); count += 1) {
        const answers = await page.locator(".timeline .grow").innerText();
        await random.click();
        await until(async () => (await page.locator(".timeline .grow").innerText()) !== answers, true, "an answer more");
        await until(async () => (await asked(page).getByText("This chat has ended.").count()) > 0 || (await random.isEnabled()), true, "the next question, or the end");
      }
      await asked(page).getByText("This chat has ended.").waitFor();
      equal(await log(page).locator(".bubble.error").count(), 0, "answers that did not fit");
    },
  ],
];
