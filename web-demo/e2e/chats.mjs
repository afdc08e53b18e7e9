/** The preview: the real engine, step back, another answer, and cures. */
import { asked, pill, reply } from "./hands.mjs";
import { demo, equal, openFile, openText, outline, said, saved, still, until } from "./harness.mjs";


export const chats = [
  [
    "chats with the museum guide to its end, also without a network",
    async (page, { url, context }) => {
      await page.goto(url);
      await page.getByRole("button", { name: "Open the guide" }).click();
      await pill(page, "Hello, Pip!").waitFor();
      await page.evaluate(() => document.fonts.ready.then(() => undefined));
      await context.setOffline(true);
      await pill(page, "Hello, Pip!").click();
      await until(async () => (await said(page)).at(-1), "What may I call you?", "the question");
      await reply(page, "Mia");
      await until(async () => (await said(page)).at(-1), "Nice to meet you, Mia! How old are you?", "the question");
      await reply(page, "9.5");
      await until(async () => (await said(page)).at(-1), "A whole number from 4 to 99, please. Older than that? 99 will do nicely.", "the refusal");
      await reply(page, "9");
      await pill(page, "A quick look").click();
      await pill(page, "No").click();
      for (let count = 0; count < 4; count += 1) {
        await asked(page).locator("button").first().click();
        await still(page);
      }
      await until(async () => (await said(page)).length > 14, true, "the length of the chat");
    },
  ],
  [
    "steps back and answers otherwise",
    async (page, { url }) => {
      await openFile(page, url, demo("ticket"));
      await pill(page, "My family").click();
      await until(async () => (await said(page)).at(-1), "How many children are with you?", "the question");
      await reply(page, "6");
      await until(async () => (await said(page)).at(-1), "6 children! Ask for two family tickets. It is still cheaper than single ones.", "the end");
      await page.getByRole("button", { name: /^One answer back/ }).click();
      await page.getByRole("button", { name: /^One answer back/ }).click();
      await pill(page, "My whole class").click();
      await until(async () => (await said(page)).at(-1), "Classes come in free. Please ring the bell at the side gate, somebody will fetch you.", "the other end");
      // The first try is still there.
      await page.getByLabel("Which try").selectOption("0");
      await until(async () => (await said(page)).length, 5, "the first try");
      // Values and steps.
      await page.getByRole("tab", { name: "Values" }).click();
      await until(() => page.locator(".values dt").allInnerTexts(), ["temp.party", "temp.children"].sort(), "the values").catch(async () => equal((await page.locator(".values dt").allInnerTexts()).sort(), ["temp.children", "temp.party"], "the values"));
    },
  ],
  [
    "tells each step, and why a rule held",
    async (page, { url }) => {
      await openFile(page, url, demo("ticket"));
      await pill(page, "My family").click();
      await until(() => page.locator(".visit .nm").allInnerTexts(), ["Who", "Who", "Party", "Children"], "the steps");
      equal(await page.locator(".visit .t3").allInnerTexts(), ["", "answered", "rule 1", "waiting"], "what came of them");
      equal(await page.locator(".steps .diff .a").allInnerTexts(), ['+\ntemp.party: {"label":"My family","value":"family"}'], "what changed");
      await page.locator(".visit", { hasText: "Party" }).click();
      await until(() => page.locator(".why td").allInnerTexts(), ["temp.party", '{"label":"My family","value":"family"}', "set in step 2"], "the values of the rule");
    },
  ],
  [
    "gives the reply of a call by hand",
    async (page, { url }) => {
      const flow = { name: "Calls", entry_node_id: "w", nodes: [{ id: "w", type: "webhook", content: { url: "https://example.com/x", body: { a: 1 }, response_mapping: { "temp.a": "$.b" } } }, { id: "m", type: "message", content: { text: "It says {{temp.a}}" } }, { id: "f", type: "message", content: { text: "Nobody answers" } }], connections: [{ source: "w", target: "m", type: "success" }, { source: "w", target: "f", type: "failure" }] };
      await openText(page, url, JSON.stringify(flow));
      await page.getByLabel("POST https://example.com/x").fill('{"b": "hello"}');
      await page.getByRole("button", { name: "Reply" }).click();
      await until(() => said(page), ["It says hello"], "the chat");
      await page.getByRole("button", { name: /^One answer back/ }).click();
      await page.getByRole("button", { name: "Too slow" }).click();
      await until(() => said(page), ["Nobody answers"], "the chat");
    },
  ],
  [
    "plays the conversation anew when the flow changes",
    async (page, { url }) => {
      await openFile(page, url, demo("ticket"));
      await pill(page, "My family").click();
      const field = asked(page).getByRole("spinbutton");
      await field.fill("3");
      await page.locator('.node[data-step="children"]').click();
      await page.getByLabel("Question", { exact: true }).fill("How many little ones?");
      await until(async () => (await said(page)).at(-1), "How many little ones?", "the question");
      // What was begun to be answered is still there.
      equal([await field.inputValue(), await field.getAttribute("aria-label")], ["3", "How many little ones?"], "the answer so far");
    },
  ],
  [
    "cures a problem, and takes the cure back",
    async (page, { url }) => {
      const flow = { name: "Calls", entry_node_id: "a", nodes: [{ id: "a", type: "message", content: { text: "Hi" } }, { id: "w", type: "webhook", content: { url: "http://example.com/x", method: "GET" } }], connections: [{ source: "a", target: "w" }] };
      await openText(page, url, JSON.stringify(flow));
      await page.getByRole("button", { name: /^Problems/ }).click();
      const problem = page.locator(".problem", { hasText: "webhook.https_only" });
      await problem.waitFor();
      await problem.locator(".acts .btn").first().click();
      await until(() => problem.count(), 0, "the problem");
      equal(await saved(page), JSON.stringify(flow).replace("http://", "https://"), "the file");
      await page.getByRole("button", { name: /^Undo/ }).click();
      await until(() => problem.count(), 1, "the problem");
      equal(await saved(page), JSON.stringify(flow), "the file");
      // What is meant that way is written down and no longer counted.
      const meant = page.locator(".problem", { has: page.getByRole("button", { name: "It is meant that way" }) }).first();
      const code = await meant.locator("code").innerText();
      await meant.getByRole("button", { name: "It is meant that way" }).click();
      await page.getByLabel("Why it is meant that way").fill("On purpose");
      await page.keyboard.press("Enter");
      await until(async () => JSON.parse(await saved(page)).info?.waivers?.[0]?.code, code, "the waiver");
    },
  ],
  [
    "shows what an expression comes to",
    async (page, { url }) => {
      await openFile(page, url, demo("ticket"));
      await pill(page, "My family").click();
      await page.getByRole("button", { name: /^Outline/ }).click();
      await outline(page).locator("text=Size").first().click();
      await page.locator(".cm-content").waitFor();
      await until(() => page.locator(".field .lab .pill").allInnerTexts(), ["cannot tell yet"], "the result");
      await reply(page, "6");
      await until(() => page.locator(".field .lab .pill").allInnerTexts(), ["true"], "the result");
    },
  ],
];
