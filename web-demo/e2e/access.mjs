/** Each screen, light and dark, has no serious finding of axe. */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { changedTicket, openTicket } from "./comparing.mjs";
import { asked, pill } from "./hands.mjs";
import { demo, openFile, still } from "./harness.mjs";
import { eachKind } from "./preview.mjs";
import { openFigures, openResults, openScripted } from "./results.mjs";
import { scripted, workedTest } from "./scripted.mjs";
import { signIn } from "./signing.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Looks at a screen, or at the part of it that is new. */
async function look(page, screen, part) {
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    await still(page);
    // Only colours differ between light and dark.
    const only = theme === "dark" ? ', runOnly: ["color-contrast"]' : "";
    const found = await page.evaluate(`(async () => { ${axe}; const { violations } = await axe.run(${part === undefined ? "document" : JSON.stringify(part)}, { resultTypes: ["violations"]${only} }); return violations.filter((each) => ["serious", "critical"].includes(each.impact)).map((each) => each.id + ": " + each.nodes.slice(0, 4).map((node) => node.html.slice(0, 160) + " " + (node.any[0]?.message ?? "")).join(" | ")); })()`);
    if (found.length > 0) throw new Error(`${screen}, ${theme}:\n${found.join("\n")}`);
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${screen}-${theme}.png` });
  }
}

export const access = [
  [
    "has no serious finding on the list of flows",
    async (page, { url }) => {
      await page.goto(url);
      await page.getByRole("button", { name: "Start empty" }).waitFor();
      await look(page, "first-run");
      await page.getByRole("button", { name: "Open the guide" }).click();
      await page.locator(".node").first().waitFor();
      await page.goto(`${url}#/`);
      await page.getByRole("link", { name: "Museum guide", exact: true }).waitFor();
      await look(page, "flows");
    },
  ],
  [
    "has no serious finding in the library",
    async (page, { url }) => {
      await page.goto(url);
      await page.getByRole("button", { name: "Open the guide" }).click();
      await page.locator(".node").first().waitFor();
      await page.goto(`${url}#/library`);
      await page.locator(".items li a").first().click();
      await page.getByLabel("Tags").waitFor();
      await look(page, "library");
      await page.getByLabel(/^Choose all/).check();
      await page.getByRole("button", { name: "Delete…" }).click();
      await page.getByRole("group", { name: "Before it is deleted" }).getByText(/No flow names|steps? names?/).waitFor();
      await look(page, "library-all", ".items");
    },
  ],
  [
    "has no serious finding while building",
    async (page, { url }) => {
      await page.goto(url);
      await page.getByRole("button", { name: "Open the guide" }).click();
      await asked(page).locator("button").first().waitFor();
      await look(page, "build");
      await page.getByRole("button", { name: /^Outline/ }).click();
      await page.locator('[data-key="what_next"]').click();
      await look(page, "outline", ".panel.left");
      await page.getByRole("button", { name: /^Values/ }).click();
      await look(page, "values", ".panel.left");
      await page.keyboard.press("Control+k");
      await look(page, "palette", ".float");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "All keys" }).click();
      await look(page, "keys", ".float");
    },
  ],
  [
    "has no serious finding in the preview's chat, whatever it asks",
    async (page, { url }) => eachKind(page, url, (kind) => look(page, `chat-${kind}`, ".panel.preview")),
  ],
  [
    "has no serious finding on the forms and problems",
    async (page, { url }) => {
      await openFile(page, url, demo("trail"));
      const ids = await page.evaluate(async () => [...document.querySelectorAll(".node")].map((node) => node.dataset.step));
      const kinds = new Set();
      for (const id of ids) {
        const node = page.locator(`.node[data-step="${id}"]`);
        const kind = /k-(\w+)/.exec((await node.getAttribute("class").catch(() => "")) ?? "")?.[1];
        if (!kind || kinds.has(kind)) continue;
        kinds.add(kind);
        await node.focus();
        await still(page);
        await look(page, `form-${kind}`, ".panel.inspector");
      }
      await page.getByRole("button", { name: /^Problems/ }).click();
      await look(page, "problems", ".panel.left");
    },
  ],
  [
    "has no serious finding on a small screen",
    async (page, { url }) => {
      await page.setViewportSize({ width: 800, height: 900 });
      await page.goto(url);
      await page.getByRole("button", { name: "Start empty" }).click();
      await still(page);
      await look(page, "small");
      await page.setViewportSize({ width: 1100, height: 800 });
      await still(page);
      await look(page, "middle");
    },
  ],
  [
    "has no serious finding on looks",
    async (page, { url }) => {
      await page.goto(`${url}#/looks`);
      await page.getByRole("button", { name: "New look" }).click();
      await page.locator(".look-chat .log").getByText("Welcome! Who is coming along today?").waitFor();
      await look(page, "looks");
    },
  ],
  [
    "has no serious finding where flows are kept on a server",
    async (page, { url, service }) => {
      await service.call("POST", "/v1/cms/flows/import", JSON.parse(readFileSync(demo("ticket"), "utf8")));
      await page.goto(url);
      await page.getByRole("region", { name: "On a server" }).getByRole("button", { name: "Sign in" }).click();
      await look(page, "sign-in", ".on-server");
      await signIn(page, service);
      await page.getByRole("list", { name: "Flows on the server" }).getByRole("button", { name: "Which ticket?" }).waitFor();
      await look(page, "server-flows");
      await page.getByRole("list", { name: "Flows on the server" }).getByRole("button", { name: "Which ticket?" }).click();
      await asked(page).locator("button").first().waitFor();
      await page.getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByText("The server found nothing that stands in the way.").waitFor();
      await look(page, "publish");
      await page.locator(".sheet .foot").getByRole("button", { name: "Publish" }).click();
      await page.getByText("is live.").waitFor();
      await look(page, "published", ".sheet");
      await page.getByRole("button", { name: "Versions" }).click();
      await page.getByText("Both are the same.").waitFor();
      await look(page, "versions");
      await service.call("POST", "/v1/cms/content", { type: "message", content: { text: "Good morning" } });
      await page.goto(`${url}#/library`);
      await page.getByRole("group", { name: "Where the content is" }).getByRole("button", { name: "Server" }).click();
      await page.getByRole("link", { name: "Good morning" }).click();
      await page.getByRole("button", { name: "Add a wording" }).click();
      await look(page, "server-library");
      await page.getByLabel("Choose Good morning").check();
      await look(page, "server-library-some", ".items");
    },
    { service: true },
  ],
  [
    "has no serious finding on comparisons",
    async (page, { url, service }) => {
      const id = await changedTicket(service);
      await openTicket(page, { url, service });
      await page.getByRole("button", { name: /^Outline/ }).click();
      await page.getByRole("button", { name: "Publish", exact: true }).click();
      await page.locator(".marks-key").waitFor();
      await page.getByRole("button", { name: "Next change" }).click();
      await page.getByText("The server found nothing that stands in the way.").waitFor();
      await look(page, "compared-draft");
      await service.call("PUT", `/v1/cms/flows/${id}`, { publish: true });
      await page.getByRole("button", { name: "Versions" }).click();
      await page.getByLabel("The older one").selectOption({ index: 1 });
      await page.getByLabel("The newer one").selectOption({ index: 1 });
      await page.locator('[data-fixed="canvas"] .node').first().waitFor();
      await page.locator('[data-fixed="outline"] .orow.is-ghost').click();
      await look(page, "compared-versions");
    },
    { service: true },
  ],
  [
    "has no serious finding while the preview halts",
    async (page, { url }) => {
      await openFile(page, url, demo("ticket"));
      await pill(page, "My family").click();
      await asked(page).locator("input").waitFor();
      await page.locator('.node[data-step="children"]').focus();
      await page.keyboard.press("F9");
      await page.keyboard.press("Shift+F10");
      await page.locator(".halted").waitFor();
      await look(page, "halted");
      for (const name of ["Values", "Calls", "Stops"]) {
        await page.getByRole("tab", { name }).click();
        await look(page, `preview-${name.toLowerCase()}`, ".panel.preview");
      }
      await page.locator('.node[data-step="size"]').click();
      await page.getByRole("button", { name: "Rule 1 in words" }).click();
      await look(page, "rule-in-words", ".panel.inspector");
    },
  ],
  [
    "has no serious finding in the results",
    async (page, { url, service }) => {
      await page.goto(url);
      await page.getByRole("button", { name: "Start empty" }).click();
      await page.getByRole("button", { name: "Results", exact: true }).click();
      await page.getByText("Sign in where the flow is kept").waitFor();
      await look(page, "results-nowhere");
      const item = await workedTest(service);
      await scripted(service, 30);
      await openScripted(page, { url, service });
      await openResults(page);
      await page.getByRole("button", { name: /^Outline/ }).click();
      await page.locator('.orow[data-step="who"]').click();
      await page.getByRole("region", { name: "Answers", exact: true }).waitFor();
      await look(page, "results-canvas");
      await openFigures(page);
      await page.getByRole("button", { name: "Make a file" }).click();
      await page.locator('[data-export="completed"]').waitFor();
      await page.getByLabel("Compare with").selectOption({ label: "Opening times" });
      await page.getByRole("region", { name: "Flows beside each other", exact: true }).waitFor();
      for (const button of await page.getByRole("button", { name: /^Table: / }).all()) await button.click();
      await page.getByRole("button", { name: "Keep asking" }).click();
      await page.locator(".figures").evaluate((figures) => figures.scrollTo(0, 0));
      await look(page, "results-figures");
      for (const name of ["Over time", "One step", "Tests of wordings", "Beside other flows", "Now", "Files"]) {
        await page.getByRole("region", { name, exact: true }).scrollIntoViewIfNeeded();
        if (process.env.SHOTS) await page.getByRole("region", { name, exact: true }).screenshot({ path: `${process.env.SHOTS}/results-${name.replaceAll(" ", "-")}.png` });
      }
      await page.setViewportSize({ width: 800, height: 900 });
      await look(page, "results-figures-small");
      await page.getByRole("group", { name: "Look at it as" }).getByRole("button", { name: "Outline" }).click();
      await look(page, "results-outline-small");
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.goto(`${url}#/library/${item}`);
      await page.getByRole("group", { name: "Where the content is" }).getByRole("button", { name: "Server" }).click();
      await page.getByRole("button", { name: "Table: Reached the end" }).click();
      await look(page, "wordings-tested", ".panel.inspector");
    },
    { service: true, settings: { FLOW_ANALYTICS__CACHE_SECONDS: "0" } },
  ],
];
