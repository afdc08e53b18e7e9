/** What is kept: files byte for byte, and every change, over reloads. */
import { readFileSync } from "node:fs";
import { demo, equal, openFile, openText, saved, until } from "./harness.mjs";

/** The content library as the browser keeps it. */
function kept(page) {
  return page.evaluate(() => new Promise((resolve, reject) => {
    const opening = indexedDB.open("chatflow-studio");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const reading = opening.result.transaction("extras").objectStore("extras").get("all");
      reading.onerror = () => reject(reading.error);
      reading.onsuccess = () => {
        opening.result.close();
        resolve(reading.result);
      };
    };
  }));
}

export const keeping = [
  [
    "gives a file back byte for byte",
    async (page, { url }) => {
      for (const name of ["guide", "profile", "tastes", "ticket", "trail"]) {
        await openFile(page, url, demo(name));
        equal(await saved(page), readFileSync(demo(name), "utf8"), name);
      }
    },
  ],
  [
    "keeps changes and undo over a reload",
    async (page, { url }) => {
      const source = readFileSync(demo("ticket"), "utf8");
      await openFile(page, url, demo("ticket"));
      await page.locator('.node[data-step="who"]').click();
      await page.getByLabel("Question", { exact: true }).fill("Who is it?");
      await page.getByLabel("Name of the step").fill("Who comes");
      await page.getByText("Saved on this computer").waitFor();
      await page.reload();
      await page.locator('.node[data-step="who"]').waitFor();
      await until(() => page.getByLabel("Question", { exact: true }).inputValue(), "Who is it?", "the question");
      const changed = await saved(page);
      equal(changed, source.replace("Welcome! Who is coming along today?", "Who is it?").replace('"id": "who",', '"id": "who",').replace(/("id": "who"[\s\S]*?"position": \{"x": 80, "y": 320\})/, '$1,\n        "name": "Who comes"'), "the file");
      await page.getByRole("button", { name: /^Undo/ }).click();
      await page.getByRole("button", { name: /^Undo/ }).click();
      equal(await saved(page), source, "the file");
      equal(await page.getByRole("button", { name: /^Undo/ }).isDisabled(), true, "undo is used up");
    },
  ],
  [
    "copies steps from one flow to another",
    async (page, { url }) => {
      await openFile(page, url, demo("ticket"));
      await page.locator('.node[data-step="who"]').click();
      await page.keyboard.press("Control+c");
      await page.goto(url);
      await page.getByRole("button", { name: "Start empty" }).click();
      await page.locator('.node[data-step="welcome"]').click();
      await page.keyboard.press("Control+v");
      await page.locator('.node[data-step="who"]').waitFor();
      equal(JSON.parse(await saved(page)).nodes.length, 3, "the count of steps");
    },
  ],
  [
    "shows in one tab what another changes",
    async (page, { url, context }) => {
      await openFile(page, url, demo("ticket"));
      const other = await context.newPage();
      await other.goto(`${url}#/flows/museum-tickets?step=who`);
      await other.getByLabel("Question", { exact: true }).waitFor();
      await page.locator('.node[data-step="who"]').click();
      await page.getByLabel("Question", { exact: true }).fill("Who is it?");
      await until(() => other.getByLabel("Question", { exact: true }).inputValue(), "Who is it?", "the question in the other tab");
      await other.getByLabel("Question", { exact: true }).fill("Who, then?");
      await until(() => page.getByLabel("Question", { exact: true }).inputValue(), "Who, then?", "the question in this tab");
      equal(await page.getByRole("button", { name: /^Undo/ }).isDisabled(), false, "undo is gone");
    },
  ],
  [
    "draws questions from the library as it was changed",
    async (page, { url }) => {
      const flow = { name: "Draws", entry_node_id: "q", nodes: [{ id: "q", type: "question", content: { source: "random", source_config: { type: "question", tags: ["mine"] }, input_type: "choice", variable: "temp.a" } }], connections: [] };
      await page.goto(`${url}#/library`);
      await page.getByLabel("Write a new item").selectOption("question");
      await page.getByRole("textbox", { name: "Question" }).fill("Is this mine?");
      await page.getByRole("button", { name: "Add an answer" }).click();
      await page.getByLabel("Answer 1", { exact: true }).fill("Quite so");
      await page.getByLabel("Stored value of answer 1").fill("yes");
      await page.getByLabel("Tags").fill("mine");
      await until(() => kept(page).then((extras) => extras?.content?.[0]?.tags), ["mine"], "the tags that are kept");
      await page.reload();
      await page.getByRole("link", { name: "Is this mine?" }).waitFor();
      await openText(page, url, JSON.stringify(flow));
      await until(() => page.locator(".preview .chat").innerText().then((text) => text.includes("Is this mine?") && text.includes("Quite so")), true, "the chat");
    },
  ],
  [
    "brings a deleted flow back",
    async (page, { url }) => {
      await openFile(page, url, demo("ticket"));
      await page.goto(`${url}#/`);
      await page.getByRole("button", { name: "Delete Which ticket?" }).click();
      await page.getByText("Deleted “Which ticket?”").first().waitFor();
      await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
      await page.getByRole("link", { name: "Which ticket?" }).waitFor();
    },
  ],
];
