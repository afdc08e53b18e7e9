/** What an author's hands do in several stories: cards and lines by mouse, rows and fields by keys. */
import { outline, still, until } from "./harness.mjs";

export const card = (page, id) => page.locator(`.node[data-step="${id}"]`);

export async function middle(locator) {
  const box = await locator.boundingBox();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

export async function drag(page, from, to) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
}

/** Where a line begins: the usual way out of a step, or a way of its own. */
export const port = (page, id, way = "b") => card(page, id).locator(`.port.${way}`).first();

/** Draws a line into the void, takes a step of this kind for its end, and waits for its card. */
export async function addFromPort(page, from, kind, id) {
  const start = await middle(from);
  await drag(page, start, { x: start.x + 130, y: start.y + 110 });
  await page.getByRole("option", { name: new RegExp(kind, "i") }).first().click();
  await still(page);
  await card(page, id).waitFor();
}

export async function fitToView(page) {
  await page.getByRole("button", { name: "Fit to view" }).click();
  await still(page);
}

/** An empty flow by mouse, and a rule after its question: where it holds there is a message, and otherwise another. */
export async function branchByMouse(page, url, { name, rule, holds, otherwise }) {
  await page.goto(url);
  await page.getByRole("button", { name: "Start empty" }).click();
  await card(page, "question").waitFor();
  await addFromPort(page, port(page, "question"), "Condition", "condition");
  await page.getByLabel("Name of rule 1").fill(name);
  await page.locator(".cm-content").click();
  await page.keyboard.type(rule);
  await addFromPort(page, port(page, "condition", "r"), "New message", "message");
  await page.getByLabel("Text of message 1").fill(holds);
  await fitToView(page);
  await addFromPort(page, port(page, "condition"), "New message", "message_2");
  await page.getByLabel("Text of message 1").fill(otherwise);
}

/** Presses keys, and waits for the row or the field that has the focus. */
export function keyboard(page) {
  const keys = async (...list) => {
    for (const key of list) await page.keyboard.press(key);
  };
  const at = (id) => until(() => page.evaluate(() => document.activeElement?.getAttribute("data-step")), id, "the row with the focus");
  const inside = (label) => until(() => page.evaluate(() => document.activeElement?.labels?.[0]?.textContent ?? document.activeElement?.getAttribute("aria-label")), label, "the field with the focus");
  /** Adds a step where the focus is, by the first letters of its kind. */
  const add = async (kind, id) => {
    await keys("a");
    await page.keyboard.type(kind);
    await keys("Enter");
    await at(id);
  };
  /** From a row into the first field of its form. */
  const fill = async (label, text) => {
    await keys("Enter");
    await inside(label);
    await page.keyboard.type(text);
  };
  return { page, keys, at, inside, add, fill };
}

/** The same rule by keys alone, up to the message where it holds, whose row then has the focus. */
export async function ruleByKeys({ page, keys, at, add, fill }, { name, rule }) {
  await add("cond", "condition");
  await page.locator(".cm-content").waitFor();
  await fill("Name of rule 1", name);
  await keys("Tab");
  await page.keyboard.type(rule);
  await keys("Escape", "Escape");
  await at("condition");
  // To the rule's way, which leads nowhere yet.
  await keys("ArrowDown");
  await add("mess", "message");
}

/** From the message where the rule holds back to the rule, and to the message of all others. */
export async function otherwiseByKeys({ keys, at, add }) {
  await keys("ArrowUp");
  await at("condition");
  await add("mess", "message_2");
}

/** An empty flow by keys alone, up to the row of its question; the first thing that can be reached leads to the outline. */
export async function startEmpty(url, { page, keys, at }) {
  await page.goto(url);
  await page.getByRole("button", { name: "Start empty" }).focus();
  await keys("Enter");
  await card(page, "question").waitFor();
  await page.reload();
  await card(page, "question").waitFor();
  // What the preview scrolls to must not change where the first Tab leads.
  await page.locator(".visit.cur").waitFor();
  await keys("Tab", "Enter");
  await until(() => outline(page).count(), 2, "the rows");
  await at("welcome");
  await keys("ArrowDown");
  await at("question");
}

/** What the preview's chat offers to answer with. */
export const asked = (page) => page.locator(".preview .composer");
export const pill = (page, name) => asked(page).locator("button", { hasText: name });

/** Begins the preview's conversation anew; the chat has a button of its own for that. */
export const startAgain = (page) => page.locator(".preview > header").getByRole("button", { name: /^Start again/ }).click();

/** Types an answer in the preview. */
export async function reply(page, text) {
  await asked(page).locator("input").fill(text);
  await page.keyboard.press("Enter");
}

/** Does what the palette calls so. */
export async function palette(page, words) {
  await page.keyboard.press("Control+k");
  await page.keyboard.type(words);
  await page.keyboard.press("Enter");
}
