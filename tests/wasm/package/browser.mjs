// Usage: node browser.mjs FOLDER: opens what Vite built in Chromium, takes the network away, and chats.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { Library } from "chatflow";
import { chromium } from "playwright-core";
import { brewed, tea } from "./tea.js";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const server = createServer(({ url }, response) => {
  const path = join(process.argv[2], normalize(url === "/" ? "/index.html" : url));
  if (!existsSync(path)) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
  response.end(readFileSync(path));
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const home = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
try {
  const context = await browser.newContext();
  const page = await context.newPage();
  const [faults, fetched] = [[], []];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => fetched.push(request.url()));
  await page.goto(home);
  await page.getByRole("button", { name: "green" }).waitFor({ timeout: 20_000 });
  const modules = fetched.filter((url) => url.endsWith(".wasm"));
  assert.equal(modules.length, 1, `one module is fetched, not ${modules}`);

  await context.setOffline(true);
  fetched.length = 0;
  await page.getByRole("button", { name: "green" }).click();
  await page.getByText("ended: completed").waitFor({ timeout: 20_000 });
  assert.deepEqual(await page.locator("li").allTextContents(),
    ["Hello, Ada!", "A moment.", "Sit down: 5 minutes.", "Here you are."]);
  assert.deepEqual([fetched, faults], [[], []]);

  const native = new Library({ documents: [tea] }).preview({ state: { user: { name: "Ada" } } });
  native.start();
  native.answer("green");
  await native.settle(() => brewed(5));
  assert.equal(await page.locator("#status").textContent(), `ended: completed, ${native.hash()}`);
  console.log("chatted in Chromium without a network");
} finally {
  await browser.close();
  server.close();
}
