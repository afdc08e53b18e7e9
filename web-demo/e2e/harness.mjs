/**
 * Runs stories, each in a page of its own, and tells how they went: a few at a time, and then, one by one, those that want to be alone.
 * STUDIO is the address of a studio that is served already, without which `dist` is served; STORY, or the first word after the
 * command, is a part of the names of those to run.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import { serve } from "./server.mjs";
import { startService } from "./service.mjs";

const here = dirname(fileURLToPath(import.meta.url));
export const demo = (name) => join(here, "../../server/demo", `${name}-flow.json`);

export async function runAll(stories) {
  const only = process.argv[2] ?? process.env.STORY;
  const site = process.env.STUDIO ? { url: process.env.STUDIO, close() {} } : await serve(join(here, "../dist"));
  const browser = await launch();
  let passed = 0;
  let failed = 0;
  const asked = stories.filter(([name]) => only === undefined || name.includes(only));
  const waiting = asked.filter(([, , also]) => also?.needs === undefined || process.env[also.needs] !== undefined);
  for (const [name, , also] of asked) if (also?.needs !== undefined && process.env[also.needs] === undefined) console.log(`left   ${name}: ${also.needs} is not set`);
  const run = async ([name, story, also = {}]) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", acceptDownloads: true });
    const page = await context.newPage();
    // Long for a person; a busy machine may need it.
    page.setDefaultTimeout(30_000);
    const service = also.service ? await startService(new URL(site.url).origin, also.settings) : undefined;
    const faults = [];
    const known = (url) => also.elsewhere || url.startsWith(site.url) || (service !== undefined && url.startsWith(service.url));
    page.on("pageerror", (error) => faults.push(`page: ${error.message}`));
    // A browser writes each refusal of a service to the console; stories that want one say so.
    page.on("console", (message) => message.type() === "error" && !(also.refusals && /status of 4\d\d|ERR_|Content Security|CORS/.test(message.text())) && faults.push(`console: ${message.text()}`));
    page.on("request", (request) => /^https?:/.test(request.url()) && !known(request.url()) && faults.push(`call to ${request.url()}`));
    const begin = performance.now();
    try {
      await story(page, { url: site.url, context, service });
      if (faults.length > 0) throw new Error(faults.join("\n"));
      passed += 1;
      console.log(`ok     ${name} (${Math.round(performance.now() - begin)} ms)`);
    } catch (error) {
      failed += 1;
      console.error(`FAILED ${name}: ${error.stack ?? error}${faults.length > 0 ? `\n${faults.join("\n")}` : ""}`);
      if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name.replaceAll(/\W+/g, "-")}.png`) });
    }
    await context.close();
    service?.stop();
  };
  // Stories mostly wait: a few at a time.
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await run(next);
  };
  const alone = waiting.filter(([, , also]) => also?.alone);
  for (const story of alone) waiting.splice(waiting.indexOf(story), 1);
  await Promise.all(Array.from({ length: 3 }, worker));
  for (const story of alone) await run(story);
  await browser.close();
  site.close();
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}

/**
 * Tells a figure that hangs on how busy the machine is, and that it is beyond its bound; with JUDGE set the story fails then.
 */
export function bounded(found, most, what) {
  const told = `${what}: ${found.toFixed(0)} ms, of ${most} ms`;
  if (found > most && process.env.JUDGE) throw new Error(told);
  console.log(`       ${told}${found > most ? ", missed" : ""}`);
}

export function equal(found, wanted, what = "it") {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what} is ${a}, not ${b}`);
}

/** Waits until nothing on the page changes any more: eight frames without another word, place or colour. */
export function still(page) {
  return page.evaluate(() => new Promise((resolve) => {
    let last;
    let same = 0;
    const moves = (animation) => animation.playState === "running" && animation.effect?.getComputedTiming().iterations !== Infinity;
    const look = () => {
      const within = [...document.querySelectorAll(".screen > *")].map((host) => host.shadowRoot?.innerHTML ?? "");
      const now = document.documentElement.outerHTML + within.join();
      same = now === last && !document.getAnimations().some(moves) ? same + 1 : 0;
      last = now;
      if (same === 8) resolve();
      else requestAnimationFrame(look);
    };
    look();
  }));
}

/** Waits until a question about the page has the wanted answer. */
export async function until(ask, wanted, what = "it") {
  let found;
  for (let tries = 0; tries < 400; tries += 1) {
    found = await ask();
    if (JSON.stringify(found) === JSON.stringify(wanted)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  equal(found, wanted, what);
}

/** The flow as it would be saved to a file. */
export async function saved(page, tries = 3) {
  const heard = page.waitForEvent("download", { timeout: 5000 }).catch(() => undefined);
  await page.getByRole("button", { name: "Save to a file" }).click();
  const download = await heard;
  // Of several downloads right after another the browser may leave one out.
  if (download === undefined && tries > 1) return saved(page, tries - 1);
  if (download === undefined) throw new Error("nothing was saved");
  return textOf(download);
}

export async function textOf(download) {
  const parts = [];
  for await (const part of await download.createReadStream()) parts.push(part);
  return Buffer.concat(parts).toString();
}

export async function openFile(page, url, file) {
  await page.goto(url);
  await page.locator("input[type=file]").setInputFiles(file);
  await page.locator(".node").first().waitFor();
}

export async function openText(page, url, text) {
  await page.goto(url);
  await page.locator("input[type=file]").setInputFiles({ name: "flow.json", mimeType: "application/json", buffer: Buffer.from(text) });
  await page.locator(".node").first().waitFor();
}

export const outline = (page) => page.locator('[data-story="outline"] .orow');

/** What was said in the chat, one line each. */
export const said = (page) => page.locator(".preview .log .bubble:not(.typing)").allInnerTexts();

/** Keeps pictures of a screen, light and dark, where somebody wants them. */
export async function pictures(page, name) {
  if (!process.env.SHOTS) return;
  for (const theme of ["light", "dark"]) {
    await page.evaluate((value) => (document.documentElement.dataset.theme = value), theme);
    await still(page);
    await page.screenshot({ path: `${process.env.SHOTS}/${name}-${theme}.png` });
  }
}
