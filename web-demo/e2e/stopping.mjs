/** Stops, steps, values by hand, recordings and replies of calls. */
import { readFileSync } from "node:fs";
import { asked, palette, pill, reply, startAgain } from "./hands.mjs";
import { demo, equal, openFile, openText, said, until } from "./harness.mjs";

const tab = (page, name) => page.getByRole("tab", { name });

export const stopping = [
  [
    "goes step by step, back and on",
    async (page, { url }) => {
      await openFile(page, url, demo("ticket"));
      await pill(page, "My family").click();
      await until(async () => (await said(page)).length, 3, "the bubbles");
      await page.getByLabel("Step of the conversation").focus();
      await page.keyboard.press("Shift+F10");
      await until(() => page.locator(".halted b").innerText(), "“Children”", "the next step");
      equal(await said(page), ["Welcome! Who is coming along today?", "My family"], "what is said by then");
      await tab(page, "Values").click();
      await until(() => page.locator(".values dt").allInnerTexts(), ["temp.party"], "the values by then");
      await page.keyboard.press("Shift+F10");
      await page.keyboard.press("Shift+F10");
      await until(() => page.locator(".values").innerText().then((text) => text.includes("Nothing is kept yet")), true, "no value yet");
      await page.keyboard.press("F10");
      await until(() => page.locator(".values dt").allInnerTexts(), ["temp.party"], "the values again");
      await page.keyboard.press("F8");
      await until(async () => (await said(page)).at(-1), "How many children are with you?", "the question");
    },
  ],
  [
    "halts by a rule, by a value and after a failure",
    async (page, { url }) => {
      await openFile(page, url, demo("ticket"));
      await pill(page, "My family").waitFor();
      await page.locator('.node[data-step="size"]').focus();
      await page.keyboard.press("Shift+F9");
      const rule = page.getByLabel("Only if, at Size");
      await rule.waitFor();
      await rule.fill("temp.children > 4");
      await page.keyboard.press("Enter");
      await page.locator(".stop-dot.ruled").waitFor();
      await pill(page, "My family").click();
      await reply(page, "2");
      await until(async () => (await said(page)).length, 5, "no stop for two");
      await page.getByRole("button", { name: /^One answer back/ }).click();
      await reply(page, "6");
      await until(() => page.locator(".halted b").innerText(), "“Size”", "the stop for six");
      await palette(page, "take all stops");
      // Who goes on elsewhere as soon as the palette is closed is not called back.
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: "Find or do" }).waitFor();
      const stays = await page.evaluate(() => {
        document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
        const seed = document.querySelector('[aria-label="Seed of the random picks"]');
        seed.focus();
        const frames = (count) => (count === 0 ? Promise.resolve() : new Promise((done) => requestAnimationFrame(done)).then(() => frames(count - 1)));
        return frames(4).then(() => document.activeElement === seed);
      });
      equal(stays, true, "the focus stays");
      await page.getByLabel("Halt when this value changes").fill("temp.party");
      await page.keyboard.press("Enter");
      await startAgain(page);
      await pill(page, "My family").click();
      await until(() => page.locator(".halted b").innerText(), "“Party”", "the stop after the value");
    },
  ],
  [
    "goes on with values that were set by hand",
    async (page, { url }) => {
      const flow = { seed_key: "by-hand", name: "By hand", entry_node_id: "q", nodes: [{ id: "q", type: "question", content: { question: { text: "Go?" }, input_type: "text", variable: "temp.go" } }, { id: "m", type: "message", content: { text: "Age {{user.age}}" } }], connections: [{ source: "q", target: "m", type: "default" }] };
      await openText(page, url, JSON.stringify(flow));
      await asked(page).locator("input").waitFor();
      await tab(page, "Values").click();
      await page.getByRole("button", { name: "Set a value" }).click();
      await page.getByLabel("Name of the value").fill("user.age");
      await page.getByLabel("Value", { exact: true }).fill("8");
      await page.getByRole("button", { name: "Set", exact: true }).click();
      await until(() => page.locator(".values .v").allInnerTexts(), ["8"], "the value");
      await page.getByRole("button", { name: "Set user.age by hand" }).click();
      await page.getByLabel("Value of user.age").fill("9");
      await page.keyboard.press("Enter");
      await until(() => page.locator(".values .v").allInnerTexts(), ["9"], "the value");
      await reply(page, "yes");
      await until(() => said(page), ["Go?", "yes", "Age 9"], "the chat");
      await tab(page, "Steps").click();
      await until(() => page.locator(".visit .t3").allInnerTexts().then((all) => all.filter((each) => each === "by hand").length), 2, "the changes by hand");
    },
  ],
  [
    "keeps a conversation as a file, and opens it again",
    async (page, { url }) => {
      await openFile(page, url, demo("ticket"));
      await pill(page, "My family").click();
      await reply(page, "6");
      await until(async () => (await said(page)).length, 5, "the chat");
      const before = await said(page);
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Keep the conversation as a file" }).click()]);
      const text = readFileSync(await download.path(), "utf8");
      await startAgain(page);
      await pill(page, "My family").waitFor();
      const open = async (content) => {
        const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "Open a recorded conversation" }).click()]);
        await chooser.setFiles({ name: "conversation.json", mimeType: "application/json", buffer: Buffer.from(content) });
      };
      await open(text);
      await page.locator(".banner", { hasText: "Replays exactly" }).waitFor();
      equal(await said(page), before, "the chat again");
      // Scrubbing.
      await page.getByLabel("Step of the conversation").fill("2");
      await until(async () => (await said(page)).length, 2, "the bubbles at step 2");
      await page.getByRole("button", { name: "Close the recorded conversation" }).click();
      // Half of it can be gone on with.
      const half = JSON.parse(text);
      half.turns.length = 2;
      await open(JSON.stringify(half));
      await page.locator(".banner", { hasText: "Replays exactly" }).waitFor();
      await reply(page, "3");
      await until(async () => (await said(page)).slice(3, 4), ["3"], "another answer");
      await until(async () => (await said(page)).length, 5, "the other end");
      await page.getByRole("button", { name: "Close the recorded conversation" }).click();
      // A flow that goes another way now is told.
      await page.locator('.node[data-step="who"]').click();
      await page.getByLabel("Question", { exact: true }).fill("Who?");
      await open(text);
      await until(() => page.locator(".banner .warn").count(), 1, "the difference");
      await until(() => said(page), ["Who?", ...before.slice(1)], "the conversation with the new words");
    },
  ],
  [
    "answers calls by replies that are kept",
    async (page, { url }) => {
      const flow = { seed_key: "calls", name: "Calls", entry_node_id: "w", nodes: [{ id: "w", type: "action", content: { actions: [{ type: "api_call", config: { endpoint: "/v1/books", method: "GET", response_mapping: { count: "temp.count" } } }] } }, { id: "m", type: "message", content: { text: "Done" } }, { id: "f", type: "message", content: { text: "Nobody answers" } }], connections: [{ source: "w", target: "m", type: "success" }, { source: "w", target: "f", type: "failure" }] };
      await openText(page, url, JSON.stringify(flow));
      await page.getByLabel("GET /v1/books").waitFor();
      await tab(page, "Calls").click();
      await page.getByText("Write a reply").click();
      await page.getByLabel("Address or endpoint").fill("/v1/books");
      await page.getByLabel("The reply", { exact: true }).fill('{"answer": {"count": 7}}');
      await page.getByRole("button", { name: "Keep", exact: true }).click();
      await until(() => said(page), ["Done"], "the chat");
      await page.getByLabel("Who answers calls").selectOption("host");
      await page.getByLabel("GET /v1/books").waitFor();
      await page.getByRole("button", { name: "Fail" }).click();
      await until(() => said(page), ["Nobody answers"], "the chat by hand");
    },
  ],
];
