/** A family of flows from elsewhere, as their authors keep them, found through CHATFLOW_CORPUS. They are read where they lie. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { asked } from "./hands.mjs";
import { equal, said, until } from "./harness.mjs";

/** What stands for pictures and the like that lie on other hosts. */
const PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60"><rect width="80" height="60" fill="#9cc"/></svg>';

/** Pairs of cards that lie over each other. */
function overlaps() {
  const boxes = [...document.querySelectorAll(".node")].map((node) => ({ id: node.dataset.step, ...node.getBoundingClientRect().toJSON() }));
  return boxes.flatMap((a, index) => boxes.slice(index + 1).filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).map((b) => `${a.id} ${b.id}`));
}

/** Answers with the first choice, or something that fits, until it is over or has gone round often enough. */
async function converse(page, most) {
  for (let count = 0; count < most; count += 1) {
    if (await asked(page).getByText("This chat has ended.").count()) return true;
    const before = (await said(page)).length;
    const step = await page.getByLabel("Step of the conversation").getAttribute("max");
    const input = asked(page).locator("input:not([type=search])").first();
    const buttons = asked(page).locator("button:not(.round)");
    const kind = (await input.count()) ? await input.getAttribute("type") : "";
    if (kind === "checkbox") await input.check();
    else if (kind !== "" && kind !== "range") await input.fill((await input.getAttribute("role")) === "spinbutton" ? "9" : "Mia");
    if (kind !== "") await asked(page).locator("form button:not([type=button])").click();
    // Not always the same way round a loop.
    else await buttons.nth(count % 7 === 6 ? (await buttons.count()) - 1 : 0).click();
    await until(async () => (await said(page)).length !== before || (await page.getByLabel("Step of the conversation").getAttribute("max")) !== step, true, "something new");
  }
  return false;
}

export const family = [
  [
    "takes in a family of flows, draws them without overlaps and talks them through",
    async (page, { url }) => {
      const folder = join(process.env.CHATFLOW_CORPUS, "huey");
      const files = readdirSync(folder).filter((name) => name.endsWith("-flow.json") || name === "seed.json");
      const replies = JSON.stringify({ "/v1/recommend": { answer: JSON.parse(readFileSync(join(folder, "recommend-response.json"), "utf8")) } });
      await page.route((address) => !address.href.startsWith(new URL(url).origin), (route) => route.fulfill({ contentType: "image/svg+xml", body: PICTURE }));
      await page.goto(url);
      await page.locator("input[type=file]").setInputFiles([...files.map((name) => ({ name, mimeType: "application/json", buffer: readFileSync(join(folder, name)) })), { name: "replies.json", mimeType: "application/json", buffer: Buffer.from(replies) }]);
      await page.locator(".node").first().waitFor();
      equal(await page.locator(".crumb h1").innerText(), JSON.parse(readFileSync(join(folder, "huey-bookbot-flow.json"), "utf8")).name, "the flow to begin with");
      // A conversation through all of them.
      await asked(page).locator("button").first().waitFor();
      const over = await converse(page, 60);
      const kinds = await page.evaluate(() => [...document.querySelectorAll(".visit .tile")].map((tile) => /k-(\w+)/.exec(tile.className)?.[1]));
      equal(over || kinds.length > 120, true, "the conversation is long enough or over");
      for (const kind of ["composite", "question", "condition", "action", "message"]) equal(kinds.includes(kind), true, `a ${kind} was visited`);
      equal(await page.locator(".hand").count(), 0, "calls that nobody answered");
      equal(await page.locator(".preview .log .list").count() > 0, true, "a list of books was shown");
      // Each of them, drawn.
      await page.goto(`${url}#/`);
      const links = await page.locator("ul[aria-label='Flows on this computer'] a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
      equal(links.length >= 4, true, "the flows are there");
      for (const link of links) {
        await page.goto(`${url}${link}`);
        await page.locator(".node").first().waitFor();
        await page.getByRole("button", { name: "Fit to view" }).click();
        await until(() => page.evaluate(overlaps), [], `what overlaps in ${link}`);
        await page.keyboard.press("Escape");
      }
    },
    { needs: "CHATFLOW_CORPUS", elsewhere: true },
  ],
];
