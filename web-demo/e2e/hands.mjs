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

/** Draws a line into the void, and takes a step of this kind for its end. */
export async function addFromPort(page, port, kind) {
  const from = await middle(port);
  await drag(page, from, { x: from.x + 130, y: from.y + 110 });
  await page.getByRole("option", { name: new RegExp(kind, "i") }).first().click();
  await still(page);
}

/** Presses keys, and waits for the row or the field that has the focus. */
export function keyboard(page) {
  const keys = async (...list) => {
    for (const key of list) await page.keyboard.press(key);
  };
  const at = (id) => until(() => page.evaluate(() => document.activeElement?.getAttribute("data-step")), id, "the row with the focus");
  const inside = (label) => until(() => page.evaluate(() => document.activeElement?.labels?.[0]?.textContent ?? document.activeElement?.getAttribute("aria-label")), label, "the field with the focus");
  return { keys, at, inside };
}

/** An empty flow by keys alone, up to the row of its question; the first thing that can be reached leads to the outline. */
export async function startEmpty(page, url, { keys, at }) {
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
