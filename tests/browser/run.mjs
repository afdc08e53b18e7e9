// Usage: node run.mjs PROGRAM PACKAGES PICTURES: the `chatflow` program, the folder that the packages were installed in, and a
// folder for screenshots. Talks to the real service in Chromium, on its own page and on pages of another origin.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { cases } from "./cases.mjs";
import { Service, Site } from "./service.mjs";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Cases that run side by side. */
const AT_ONCE = 2;

const [program, packages, pictures, ...names] = process.argv.slice(2);
const load = createRequire(join(resolve(packages), "package.json"));
const { chromium } = load("playwright-core");
const axe = load("axe-core").source;
mkdirSync(pictures, { recursive: true });

const site = new Site();
await site.start();
const service = new Service(resolve(program), [site.origin]);
await service.start();
site.serves(service);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS });

/** A new window, whose faults are faults of the case. */
async function open(address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", locale: "en-US", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(`${error}`));
  // What the browser says of connections that a case has cut is no fault.
  page.on("console", (line) => { if (line.type() === "error" && !/Failed to load resource|net::ERR/.test(line.text())) page.faults.push(line.text()); });
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) => console.error(`refused by the page's policy: ${event.violatedDirective} ${event.blockedURI}`)));
  await page.goto(address);
  return page;
}

/** Runs one case in windows of its own. */
async function judge(name, run) {
  const [pages, services] = [[], []];
  const begun = performance.now();
  let fault;
  try {
    await run({
      service, site, axe,
      open: async (...given) => { const page = await open(...given); pages.push(page); return page; },
      another: async () => { const own = new Service(resolve(program), [site.origin]); services.push(own); await own.start(); return own; },
      picture: (page, file) => page.screenshot({ path: join(pictures, `${file}.png`) }),
    });
  } catch (error) {
    fault = error.stack;
    await pages.at(-1)?.screenshot({ path: join(pictures, "failed.png") }).catch(() => {});
  }
  fault = [fault, ...pages.flatMap((page) => page.faults)].filter(Boolean).join("\n");
  const took = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(fault ? `FAILED  ${name} (${took} s): ${fault}` : `ok      ${name} (${took} s)`);
  await Promise.all([...pages.map((page) => page.context().close()), ...services.map((own) => own.end())]);
  return !fault;
}

const left = Object.entries(cases).filter(([name]) => names.length === 0 || names.includes(name));
const results = [];
/** The longest case comes last in the list and is begun first. */
const work = async () => { for (let next; (next = left.pop());) results.push(await judge(...next)); };
await Promise.all(Array.from({ length: AT_ONCE }, work));
await browser.close();
await service.end();
site.end();
const failed = results.filter((good) => !good).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
if (failed > 0 || results.length === 0) process.exitCode = 1;
