/** The library: many items at once, where they are used, how they read; in the browser and on a server. */
import { readFileSync } from "node:fs";
import { equal, openText, pictures, until } from "./harness.mjs";
import { signIn } from "./signing.mjs";

const bar = (page) => page.getByRole("region", { name: "Chosen items" });
const tagsOf = (list) => list.getByRole("listitem").evaluateAll((rows) => rows.map((row) => row.querySelectorAll(".sm")[1].textContent));
const statuses = (list) => list.getByRole("listitem").evaluateAll((rows) => rows.map((row) => row.querySelector(".pill")?.textContent ?? ""));

async function fileOf(page, click) {
  const heard = page.waitForEvent("download");
  await click();
  return JSON.parse(readFileSync(await (await heard).path(), "utf8"));
}

/** Three items, and a flow with a step that names the first. */
const ITEMS = ["The museum opens at nine. Families with young children can leave their bags at the desk.", "Owls fly at night.", "Bees dance."].map((text, index) => ({ id: `00000000-0000-4000-8000-00000000000${index + 1}`, type: "fact", content: { text }, tags: index === 0 ? ["museum"] : [] }));
const flow = (id) => ({ name: "Opening times", entry_node_id: "hello", nodes: [{ id: "hello", type: "message", content: { messages: [{ content_id: id }] } }], connections: [] });

export const shelves = [
  [
    "changes many items of the browser at once, and tells where one is used before it goes",
    async (page, { url }) => {
      await openText(page, url, JSON.stringify(flow(ITEMS[0].id)));
      await page.goto(`${url}#/library`);
      await page.getByLabel("A file of items").setInputFiles({ name: "items.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(ITEMS)) });
      const list = page.getByRole("list", { name: "Content on this computer" });
      await until(() => list.getByRole("listitem").count(), 3, "the items");
      await page.getByLabel("Choose Owls fly at night.").check();
      await page.getByLabel("Choose Bees dance.").check();
      await bar(page).getByText("2 items chosen").waitFor();
      await bar(page).getByLabel("Tag to add").fill("animals");
      await page.keyboard.press("Enter");
      await until(() => tagsOf(list), ["museum", "animals", "animals"], "the tags");
      await bar(page).getByLabel("Status of the chosen").selectOption("In review");
      await until(() => statuses(list), ["", "In review", "In review"], "the states");
      await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
      await until(() => statuses(list), ["", "", ""], "the states after undo");
      await page.getByLabel("Choose all 3").check();
      await bar(page).getByLabel("Take a tag away").selectOption("museum");
      await until(() => tagsOf(list), ["", "animals", "animals"], "the tags");
      const file = await fileOf(page, () => bar(page).getByRole("button", { name: "Save to a file" }).click());
      equal(file.cms_content.map((item) => [item.id, item.tags]), [[ITEMS[0].id, []], [ITEMS[1].id, ["animals"]], [ITEMS[2].id, ["animals"]]], "the file");
      // What no flow names goes at once, and comes back; what one names is asked about first.
      await page.getByLabel("Choose all 3").uncheck();
      await page.getByRole("button", { name: "Delete Bees dance." }).click();
      await until(() => list.getByRole("listitem").count(), 2, "the items");
      await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
      await until(() => list.getByRole("listitem").count(), 3, "the items after undo");
      await page.getByRole("button", { name: /^Delete The museum opens/ }).click();
      const asked = page.getByRole("group", { name: "Before it is deleted" });
      await asked.getByText("Opening times › Hello").waitFor();
      await pictures(page, "library-chosen");
      await asked.getByRole("button", { name: "Delete 1 item" }).click();
      await until(() => list.getByRole("listitem").count(), 2, "the items");
      equal(await bar(page).count(), 0, "the bar");
    },
  ],
  [
    "tells how each wording reads",
    async (page, { url }) => {
      await page.goto(`${url}#/library`);
      await page.getByLabel("A file of items").setInputFiles({ name: "items.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(ITEMS)) });
      await page.getByRole("link", { name: /^The museum opens/ }).click();
      const reads = page.locator(".reads li");
      await until(() => reads.allInnerTexts().then((lines) => lines.map((line) => line.replaceAll("\n", " "))), ["16 words Reading age 9"], "the words above");
      equal(await reads.locator(".t2").getAttribute("title"), "Grade 3.8: 16 words, 2 sentences, 22 syllables", "what it is made of");
      await page.getByRole("button", { name: "Add a wording" }).click();
      await page.getByLabel("Text, wording B").fill("We open at nine. Leave your bags at the desk.");
      await until(() => reads.allInnerTexts().then((lines) => lines.map((line) => line.replaceAll("\n", " "))), ["A 16 words Reading age 9", "B 10 words Reading age 5, A’s is 9"], "both wordings");
      await page.getByText("Flesch–Kincaid").scrollIntoViewIfNeeded();
      await pictures(page, "library-reads");
    },
  ],
  [
    "changes many items of a server at once, and keeps those that published flows use",
    async (page, { url, service }) => {
      const made = [];
      for (const { type, content, tags } of ITEMS) made.push((await service.call("POST", "/v1/cms/content", { type, content, tags })).id);
      await service.call("POST", `/v1/cms/content/${made[1]}/variants`, { variant_key: "B", variant_data: { text: "Owls hunt at night." }, weight: 50 });
      await service.call("POST", `/v1/cms/content/${made[0]}/status`, { status: "published" });
      const { id } = await service.call("POST", "/v1/cms/flows/import", flow(made[0]));
      await service.call("PUT", `/v1/cms/flows/${id}`, { publish: true });
      await page.goto(`${url}#/library`);
      await page.getByRole("group", { name: "Where the content is" }).getByRole("button", { name: "Server" }).click();
      await signIn(page, service);
      const list = page.getByRole("list", { name: "Content on the server" });
      await until(() => list.getByRole("listitem").count(), 3, "the items");
      const there = async () => {
        const { data } = await service.call("GET", "/v1/cms/content?limit=10");
        return made.map((each) => data.find((item) => item.id === each)).map((item) => item && [item.status, ...item.tags]);
      };
      // Where one of them is used is told when somebody asks.
      await page.getByRole("link", { name: /^The museum opens/ }).click();
      await page.getByRole("button", { name: "Look where it is used" }).click();
      await page.locator(".uses", { hasText: "Opening times › Hello" }).getByText("Published").waitFor();
      await page.getByLabel("Choose all 3").check();
      await bar(page).getByLabel("Tag to add").fill("facts");
      await bar(page).getByRole("button", { name: "Add", exact: true }).click();
      await until(there, [["published", "museum", "facts"], ["draft", "facts"], ["draft", "facts"]], "the tags there");
      // The open form shows what was changed together with others.
      await until(() => page.getByLabel("Tags", { exact: true }).inputValue(), "museum, facts", "the tags in the form");
      await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
      await until(there, [["published", "museum"], ["draft"], ["draft"]], "the tags after undo");
      await page.getByLabel(/^Choose The museum opens/).uncheck();
      await bar(page).getByLabel("Status of the chosen").selectOption("Published");
      await until(there, [["published", "museum"], ["published"], ["published"]], "the states there");
      const file = await fileOf(page, () => bar(page).getByRole("button", { name: "Save to a file" }).click());
      equal(file.cms_content.map((item) => item.variants.length).toSorted(), [0, 1], "the wordings in the file");
      await page.getByLabel(/^Choose The museum opens/).check();
      await bar(page).getByRole("button", { name: "Delete…" }).click();
      const asked = page.getByRole("group", { name: "Before it is deleted" });
      await asked.getByText("Opening times › Hello").waitFor();
      await pictures(page, "server-library-chosen");
      await asked.getByRole("button", { name: "Delete 3 items" }).click();
      await page.getByRole("alert").getByText("“The museum opens at nine.").waitFor();
      await until(there, [["published", "museum"], null, null].map((each) => each ?? undefined), "what is left there");
      await pictures(page, "server-library-refused");
      await page.getByRole("button", { name: "Delete all the same" }).click();
      await until(() => list.getByRole("listitem").count(), 0, "the items");
      equal((await service.call("GET", "/v1/cms/content?limit=10")).data.length, 0, "what is there");
    },
    { service: true },
  ],
];
