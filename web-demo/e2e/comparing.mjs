/** Comparisons on the canvas and in the outline, on a server: the draft with a version, two versions, two changes that meet. */
import { readFileSync } from "node:fs";
import { demo, equal, outline, pictures, saved, still, until } from "./harness.mjs";
import { card, keyboard } from "./hands.mjs";
import { signIn } from "./signing.mjs";
import { changeThere, node, openThere } from "./together.mjs";

/** Publishes the ticket flow, and changes words, a rule, steps and lines of its draft. */
export async function changedTicket(service, publishAgain = false) {
  const { id } = await service.call("POST", "/v1/cms/flows/import", JSON.parse(readFileSync(demo("ticket"), "utf8")));
  await service.call("PUT", `/v1/cms/flows/${id}`, { publish: true });
  const flow = await service.call("GET", `/v1/cms/flows/${id}`);
  const { nodes, connections } = flow.flow_data;
  node(nodes, "who").content.question.text = "Welcome! Who is with you today?";
  node(nodes, "party").content.conditions[0].if = "temp.party == 'friends' || temp.party == 'family'";
  node(nodes, "single").position = { x: 900, y: 20 };
  const left = nodes.filter((each) => each.id !== "big_family");
  left.push({ id: "huge", type: "message", name: "Huge family", content: { messages: [{ type: "text", text: "Take two family tickets." }] } });
  const lines = connections.map((each) => (each.target === "big_family" ? { ...each, target: "huge" } : each));
  lines.push({ source: "class", target: "single", type: "default" });
  await service.call("PUT", `/v1/cms/flows/${id}`, { flow_data: { ...flow.flow_data, nodes: left, connections: lines }, ...(publishAgain ? { publish: true } : {}) });
  return id;
}

/** Opens it in the studio. */
export async function openTicket(page, { url, service }) {
  await page.goto(url);
  await page.getByRole("region", { name: "On a server" }).getByRole("button", { name: "Sign in" }).click();
  await signIn(page, service);
  await page.getByRole("list", { name: "Flows on the server" }).getByRole("button", { name: "Which ticket?" }).click();
  await card(page, "who").waitFor();
}

const key = (page) => page.getByRole("group", { name: "Changes that are marked" });
const badges = (page, kind) => page.locator(`.node.m-${kind} .badge`).allInnerTexts();
const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent);

export const comparing = [
  [
    "marks on the live canvas what publishing changes",
    async (page, { url, service }) => {
      await changedTicket(service);
      await openTicket(page, { url, service });
      await page.getByRole("button", { name: "Publish", exact: true }).click();
      await key(page).getByText("4 changed").waitFor();
      equal([await key(page).getByText("1 added").count(), await key(page).getByText("1 removed").count()], [1, 1], "the counts");
      await page.getByRole("button", { name: "Fit to view" }).click();
      await until(() => page.locator(".node.marked").count(), 6, "the marked cards");
      equal([await badges(page, "added"), await badges(page, "removed")], [["Added"], ["Removed"]], "the badges");
      // Moved is not changed.
      equal(await card(page, "single").getAttribute("class").then((names) => / marked/.test(names)), false, "a mark on a step that was moved");
      // What is gone is drawn, and no step of the flow.
      await page.locator('[data-seen="big_family"]').waitFor();
      equal(await page.locator(".react-flow__edge path.m-removed").count(), 1, "the line that is gone");
      equal(await page.locator(".react-flow__edge path.m-added").count(), 1, "the line that is new");
      await pictures(page, "publish-marked");
      // By keys from change to change, on the canvas.
      await card(page, "who").focus();
      const { keys } = keyboard(page);
      const told = [];
      for (let step = 0; step < 6; step += 1) {
        await keys("n");
        await still(page);
        told.push(await focused(page));
      }
      equal(told.filter((words) => / (Changed|Added|Removed)$/.test(words)).length, 6, `what is heard of ${JSON.stringify(told)}`);
      equal(told.some((words) => /^Message: Big family\..* Removed$/.test(words)), true, "what is heard of the step that is gone");
      // The canvas stays in use.
      await page.getByRole("button", { name: /^Outline/ }).click();
      const rows = await outline(page).evaluateAll((list) => list.map((row) => `${row.dataset.step ?? `(${row.dataset.seen ?? ""})`} ${row.querySelector(".oleads .pill")?.textContent ?? ""}`.trim()));
      equal(rows.filter((row) => / (Changed|Added|Removed)$/.test(row)).toSorted(), ["(big_family) Removed", "class Changed", "huge Added", "party Changed", "size Changed", "who Changed"], "the rows of the outline");
      await page.locator('.orow[data-seen="big_family"]').click();
      await until(() => page.locator(".changes li.current .link").innerText(), "Big family", "the entry in the list");
      await pictures(page, "publish-outline");
      // Rules stand beside each other, words in one line.
      const rule = page.locator(".changes li", { hasText: "Party" }).locator(".beside");
      equal(await rule.locator("td").first().locator("code").innerText(), "temp.party == 'family'", "the rule as it was");
      equal(await rule.locator("td").nth(1).locator("ins").allInnerTexts().then((parts) => parts.join("").trim()), "'friends' || temp.party ==", "the new part of the rule");
      equal(await page.locator(".changes li", { hasText: "Who" }).first().locator("ins").allInnerTexts(), ["with", "you"], "the new words");
      // A change while the sheet is open is marked at once.
      await page.getByRole("button", { name: /^Outline/ }).click();
      await page.getByRole("button", { name: "Fit to view" }).click();
      await card(page, "single").focus();
      await keys("Delete");
      await key(page).getByText("2 removed").waitFor();
      await page.getByRole("button", { name: /^Undo: Delete/ }).click();
      await key(page).getByText("1 removed").waitFor();
      await page.getByRole("button", { name: "Close: Publish" }).click();
      await until(() => page.locator(".node.marked").count(), 0, "the marks without the sheet");
    },
    { service: true },
  ],
  [
    "compares two versions on the canvas, where nothing can be changed",
    async (page, { url, service }) => {
      const id = await changedTicket(service, true);
      await changeThere(service, id, (nodes) => (node(nodes, "class").content.messages[0].text = "Of the draft only"));
      await openTicket(page, { url, service });
      const before = await saved(page);
      await page.getByRole("button", { name: "Versions" }).click();
      await page.getByLabel("The older one").selectOption({ index: 1 });
      await page.getByLabel("The newer one").selectOption({ index: 1 });
      await key(page).getByText("1 removed").waitFor();
      await page.locator('[data-fixed="canvas"] .node').first().waitFor();
      equal(await page.getByText("Of the draft only").count(), 0, "words of the draft");
      await pictures(page, "versions-compared");
      const { keys } = keyboard(page);
      await page.locator('[data-fixed="canvas"] [data-seen="who"]').focus();
      await keys("n");
      await until(async () => / Changed$/.test(await focused(page)), true, "the next change");
      // Keys that change a flow do nothing here.
      await keys("Delete", "a", "Control+d", "F2");
      await keys("ArrowDown");
      await page.getByRole("button", { name: /^Outline/ }).click();
      await page.locator('[data-fixed="outline"] .orow').first().waitFor();
      await page.locator('[data-fixed="outline"] .orow[data-seen="big_family"]').click();
      await keys("Delete");
      await page.getByRole("button", { name: "Previous change" }).click();
      await pictures(page, "versions-outline");
      equal(await saved(page), before, "the draft");
      // Whoever does something to the draft all the same sees it.
      await page.getByRole("button", { name: "Add a step" }).click();
      await page.getByRole("option", { name: /^Message/ }).first().click();
      await page.locator('[data-story="canvas"] .node').first().waitFor();
      await page.getByRole("button", { name: /^Undo: Add/ }).click();
      equal(await saved(page), before, "the draft after undo");
    },
    { service: true },
  ],
  [
    "marks where two changes meet, and what was taken in",
    async (page, { url, service }) => {
      const id = await openThere(page, { url, service });
      const question = page.getByLabel("Question", { exact: true });
      await card(page, "who").click();
      await question.fill("Mine?");
      await changeThere(service, id, (nodes) => (node(nodes, "family").content.messages[0].text = "Take the family ticket!"));
      const save = page.getByRole("button", { name: /^Save \d+ changes? on the server/ });
      await save.click();
      // Taken in without a question, and marked until somebody has seen it.
      await key(page).getByText("Taken in from somebody else").waitFor();
      await key(page).getByText("1 changed").waitFor();
      await key(page).getByRole("button", { name: "Next change" }).click();
      await until(() => badges(page, "changed"), ["Changed"], "the mark");
      await pictures(page, "merge-taken");
      await key(page).getByRole("button", { name: "Take the marks away" }).click();
      equal(await page.locator(".node.marked").count(), 0, "the marks");

      await card(page, "who").click();
      await question.fill("Mine again?");
      await card(page, "children").click();
      await question.fill("My children?");
      await changeThere(service, id, (nodes) => {
        node(nodes, "who").content.question.text = "Theirs?";
        node(nodes, "children").content.question.text = "Their children?";
        node(nodes, "single").content.messages[0].text = "One for you.";
        nodes.push({ id: "late", type: "message", name: "Too late", content: { messages: [{ type: "text", text: "We are closed." }] } });
      });
      await save.click();
      await key(page).getByText("2 to choose").waitFor();
      await page.getByRole("button", { name: "Fit to view" }).click();
      await until(() => badges(page, "collides"), ["Both changed it", "Both changed it"], "the marks of what collides");
      equal((await badges(page, "comes")).toSorted(), ["They added it", "They changed it"], "the marks of what comes in");
      await pictures(page, "merge-marked");
      const sheet = page.locator(".sheet");
      await sheet.getByRole("group", { name: "Who › Question" }).getByRole("button", { name: "Take theirs" }).click();
      await key(page).getByText("1 to choose").waitFor();
      await until(() => badges(page, "settled"), ["Theirs is taken"], "the mark of what was chosen");
      await sheet.getByRole("group", { name: "Children › Question" }).getByRole("button", { name: "Keep yours" }).click();
      await sheet.getByRole("button", { name: "Save the result" }).click();
      await sheet.waitFor({ state: "detached" });
      await page.getByText("Saved on the server").first().waitFor();
      const { nodes } = (await service.call("GET", `/v1/cms/flows/${id}`)).flow_data;
      equal([node(nodes, "who").content.question.text, node(nodes, "children").content.question.text, node(nodes, "late").name], ["Theirs?", "My children?", "Too late"], "what is there");
      // Either text is in the log.
      const texts = async () => {
        const { flow_data: kept } = JSON.parse(await saved(page));
        return ["who", "children"].map((each) => node(kept.nodes, each).content.question.text);
      };
      await page.getByRole("button", { name: /^Undo: Keep yours/ }).click();
      equal(await texts(), ["Theirs?", "Their children?"], "their texts");
      await page.getByRole("button", { name: /^Undo: Take in/ }).click();
      equal(await texts(), ["Mine again?", "My children?"], "my texts");
    },
    { service: true, refusals: true },
  ],
];
