// What must hold of the chat in a browser.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { Chat } from "./chat.mjs";

const KINDS = ["buttons", "text", "number", "email", "phone", "url", "date", "buttons", "buttons", "search", "several", "slider", "pictures", "carousel", "file", "buttons", "ended"];
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };
/** The script may weigh so much on its way (the engine is not in it). */
const GZIP = 25_000;

async function opened(page) {
  const chat = new Chat(page);
  await chat.launcher.click();
  await chat.kind();
  return chat;
}

/** Talks to the end and returns the kinds of answers that were wanted. */
async function toTheEnd(chat, how, seen = async () => {}) {
  const kinds = [];
  while (kinds.length < 40) {
    const kind = await chat.kind();
    kinds.push(kind);
    await seen(kind, kinds.length);
    if (kind === "ended") break;
    // A file is chosen in a dialogue of the system, out of reach for keys of the page.
    await chat[kind === "file" ? "byMouse" : how](kind);
  }
  return kinds;
}

export const cases = {
  /** Section "On a page of yours" of docs/http.md: what is served, and its weight. */
  async "the script is small, kept by browsers, and may be loaded by any page"({ service }) {
    const script = await service.read("widget.js");
    const weight = gzipSync(script.text, { level: 9 }).length;
    console.log(`        widget.js: ${script.text.length} bytes, ${weight} as gzip`);
    assert.ok(weight <= GZIP, `${weight} bytes as gzip, more than ${GZIP}`);
    const header = (name) => script.headers.get(name);
    assert.equal(header("cross-origin-resource-policy"), "cross-origin");
    assert.equal(header("x-content-type-options"), "nosniff");
    const again = await service.read("widget.js", { headers: { "If-None-Match": header("etag") } });
    assert.equal(again.status, 304);
    assert.doesNotMatch(script.text, /\beval\(|new Function|innerHTML|insertAdjacentHTML|document\.write/);
  },

  async "the demo by mouse, on a strict page of another origin"({ open, site, picture }) {
    const page = await open(site.page('data-flow="museum-guide"'));
    const chat = await opened(page);
    const kinds = await toTheEnd(chat, "byMouse", async (_, step) => { if (step === 4) await picture(page, "demo"); });
    assert.ok(kinds.includes("pictures") && kinds.includes("text") && kinds.at(-1) === "ended", kinds.join());
    assert.match((await chat.said()).at(-1), /Zoë/);
    // Nothing but the flow's own pictures comes from elsewhere, and no cookie is left behind.
    assert.deepEqual(await page.context().cookies(), []);
  },

  async "every kind of answer with keys alone"({ open, site }) {
    const page = await open(site.page('data-flow="kinds" data-upload="/files"'));
    const chat = new Chat(page);
    await chat.launcher.waitFor();
    await page.keyboard.press("Tab"); // the page's own link
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.deepEqual(await toTheEnd(chat, "byKeys"), KINDS);
    await page.keyboard.press("Escape");
    assert.equal(await chat.launcher.getAttribute("aria-expanded"), "false");
    assert.ok(await chat.launcher.evaluate((node) => node === node.getRootNode().activeElement), "the launcher has the focus again");
  },

  async "a reload goes on where it was"({ open, site, service }) {
    const page = await open(site.page('data-flow="kinds"'));
    let chat = await opened(page);
    // Markup stays markup on a page that forbids to parse it, and paths begin at the service.
    assert.equal(await chat.log.locator(".rich li").count(), 2);
    assert.equal(await chat.log.locator(".rich p").evaluate((node) => node.style.letterSpacing), "1px");
    assert.equal(await page.getByRole("link", { name: "All books" }).getAttribute("href"), `${service.address}books`);
    for (const kind of KINDS.slice(0, 4)) await chat.byMouse(kind);
    const before = await chat.said();
    await page.reload();
    chat = new Chat(page);
    assert.equal(await chat.kind(), "phone");
    assert.deepEqual(await chat.said(), before);
    await chat.byMouse("phone");
    assert.equal(await chat.kind(), "url");
    await page.getByRole("button", { name: "Start again" }).click();
    await page.getByText("Hello! This goes through").waitFor();
    assert.equal(await chat.log.locator(".mine").count(), 0);
  },

  async "a killed server gets the answer once when it is back"({ open, site, another, picture }) {
    const service = await another();
    const page = await open(site.page('data-flow="echo"', service));
    const chat = await opened(page);
    await service.kill();
    await chat.answer.locator("input").fill("tide");
    await page.keyboard.press("Enter");
    await page.getByText("Waiting to send").waitFor();
    await picture(page, "unreachable");
    // Also over a reload.
    await service.start();
    await page.getByText("You said tide.").waitFor();
    assert.equal(await page.getByText("Waiting to send").isVisible(), false);
    assert.deepEqual(await chat.said(), ["Say a word.", "tide", "You said tide.", "Say a word."]);
    await page.reload();
    await new Chat(page).kind();
    assert.deepEqual(await new Chat(page).said(), ["Say a word.", "tide", "You said tide.", "Say a word."]);
  },

  async "an answer whose reply was lost counts once"({ open, site }) {
    const page = await open(site.page('data-flow="echo"'));
    const chat = await opened(page);
    const sent = [];
    await page.route("**/interact", async (route) => {
      sent.push(route.request().postDataJSON().client_message_id);
      if (sent.length > 1) return route.continue();
      await route.fetch(); // it arrives, and is taken
      return route.abort();
    });
    await chat.answer.locator("input").fill("ebb");
    await page.keyboard.press("Enter");
    await page.getByText("You said ebb.").waitFor();
    assert.deepEqual([sent.length, new Set(sent).size], [2, 1]);
    assert.deepEqual(await chat.said(), ["Say a word.", "ebb", "You said ebb.", "Say a word."]);
    // Lost again, and the page is gone before another attempt.
    await page.unroute("**/interact");
    await page.route("**/interact", async (route) => { await route.fetch(); await route.abort(); });
    await chat.answer.locator("input").fill("flow");
    await page.keyboard.press("Enter");
    await page.getByText("Waiting to send").last().waitFor();
    await page.unroute("**/interact", { behavior: "ignoreErrors" });
    await page.reload();
    await new Chat(page).kind();
    assert.deepEqual((await new Chat(page).said()).slice(4), ["flow", "You said flow.", "Say a word."]);
  },

  async "a busy or broken service is asked again, and another window is noticed"({ open, site, picture }) {
    const page = await open(site.page('data-flow="echo"'));
    const chat = await opened(page);
    const refusals = [[429, "rate_limited"], [409, "session_busy"], [503, "unavailable"], [500, "internal_error"]];
    const ids = [];
    await page.route("**/interact", async (route) => {
      ids.push(route.request().headers()["idempotency-key"]);
      const next = refusals.shift();
      if (!next) return route.continue();
      const headers = { "Access-Control-Allow-Origin": site.origin, "Access-Control-Expose-Headers": "Retry-After", "Retry-After": "0" };
      return route.fulfill({ status: next[0], headers, json: { code: next[1], detail: "" } });
    });
    await chat.answer.locator("input").fill("moon");
    await page.keyboard.press("Enter");
    await page.getByText("You said moon.").waitFor();
    assert.deepEqual([ids.length, new Set(ids).size], [5, 1]);
    await page.unroute("**/interact");
    await page.context().setOffline(true);
    await page.getByText("You’re offline.").waitFor();
    await page.context().setOffline(false);
    await page.getByText("You’re offline.").waitFor({ state: "hidden" });
    const other = await page.context().newPage();
    await other.goto(page.url());
    const second = await opened(other);
    await second.answer.locator("input").fill("star");
    await other.keyboard.press("Enter");
    await other.getByText("You said star.").waitFor();
    await chat.answer.locator("input").fill("sun");
    await page.keyboard.press("Enter");
    await page.getByText("This chat went on in another window").waitFor();
    await chat.kind();
    assert.ok(!(await chat.said()).includes("sun"));
    assert.equal(await chat.answer.locator("input").inputValue(), "sun");
    await picture(page, "moved");
  },

  async "a wrong answer is told in the log and at the field, and stays there"({ open, site, picture }) {
    const page = await open(site.page('data-flow="kinds"'));
    const chat = await opened(page);
    for (const kind of KINDS.slice(0, 2)) await chat.byMouse(kind);
    await chat.answer.locator("input").fill("lots");
    await chat.taken(() => page.keyboard.press("Enter"));
    const field = chat.answer.getByRole("spinbutton");
    assert.equal(await field.inputValue(), "lots");
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    const words = await field.evaluate((node) => node.getRootNode().getElementById(node.getAttribute("aria-describedby").split(" ")[0]).textContent);
    assert.match(words, /Type a number, like 20\. You can try 1 more time\./);
    assert.ok((await chat.said()).includes("Type a number, like 20."));
    assert.ok(await field.evaluate((node) => node === node.getRootNode().activeElement));
    await picture(page, "wrong");
  },

  async "a page that holds the conversation itself draws it by the same modules, without a build"({ open, site }) {
    const page = await open(`${site.origin}/own`);
    const chat = new Chat(page);
    await chat.byMouse(await chat.kind());
    assert.deepEqual(await chat.said(), ["Hello from the page.", "Who are you?", "Zoë", "Hello, Zoë."]);
  },

  async "pauses can be skipped, and a reader who has scrolled up is not pulled down"({ open, site, service }) {
    const page = await open(site.page('data-flow="slow"'), { reducedMotion: "no-preference" });
    const chat = await opened(page);
    await page.getByRole("button", { name: "Show everything now" }).click();
    await page.getByText("Three").waitFor();
    const calm = await open(site.page('data-flow="slow" data-target="#here"'), { viewport: { width: 600, height: 500 } });
    await calm.getByText("Still here?").waitFor();

    const echo = await open(`${service.address}?key=echo`, { viewport: { width: 500, height: 420 } });
    const long = new Chat(echo);
    for (const word of ["a", "b", "c", "d", "e"]) {
      await long.kind();
      await long.answer.locator("input").fill(word);
      await long.taken(() => echo.keyboard.press("Enter"));
    }
    let release;
    const held = new Promise((done) => { release = done; });
    await echo.route("**/interact", async (route) => { await held; await route.continue(); });
    await long.answer.locator("input").fill("last");
    await echo.keyboard.press("Enter");
    await long.log.evaluate((node) => { node.scrollTop = 0; });
    await long.log.evaluate((node) => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(node.scrollTop)))));
    release();
    const jump = echo.getByRole("button", { name: "2 new messages" });
    await jump.waitFor();
    assert.equal(await long.log.evaluate((node) => node.scrollTop), 0);
    await jump.click();
    await jump.waitFor({ state: "hidden" });
    void chat;
  },

  async "the service's own page lists flows, and goes there and back"({ open, service, axe, picture }) {
    const page = await open(service.address);
    await page.getByRole("button", { name: /Museum guide/ }).waitFor();
    assert.deepEqual(await faultsOf(page, axe), []);
    await page.getByRole("button", { name: /^Echo/ }).click();
    const chat = new Chat(page);
    await chat.kind();
    await picture(page, "page");
    await page.getByRole("button", { name: "All conversations" }).click();
    await page.getByText("You have begun this one.").waitFor();
    await page.goto(`${service.address}?flow=nobody`);
    await page.getByRole("alert").waitFor();
  },

  async "nothing is in the way of anybody, in light and dark, on desk and phone"({ open, site, axe, picture }) {
    const page = await open(site.page('data-flow="kinds" data-upload="/files"'));
    const chat = await opened(page);
    const found = [];
    const look = async (scheme, size, name, rules) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      if (page.viewportSize().width !== size.width) await page.setViewportSize(size);
      const hidden = await chat.log.evaluate((node) => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(node.scrollHeight - node.scrollTop - node.clientHeight)))));
      if (hidden > 2) found.push(`${name} ${scheme} ${size.width}: the end of the log is out of sight`);
      for (const fault of await faultsOf(page, axe, rules)) found.push(`${name} ${scheme} ${size.width}: ${fault}`);
    };
    await toTheEnd(chat, "byMouse", async (kind, step) => {
      const name = `${String(step).padStart(2, "0")}-${kind}`;
      // All rules in one scheme, and colours in the other; phone and desk by turns.
      const [size, first, second] = step % 2 ? [PHONE, "dark", "light"] : [DESKTOP, "light", "dark"];
      await look(first, size, name);
      await picture(page, `${name}-${first}-${size.width}`);
      await look(second, size, name, ["color-contrast"]);
    });
    await look("dark", DESKTOP, "end");
    await look("light", PHONE, "end");
    assert.deepEqual(found, []);
  },

  async "a theme that cannot be read is made readable"({ open, site, axe, picture }) {
    const page = await open(site.page('data-flow="pale"'));
    const chat = await opened(page);
    await chat.byMouse("text");
    for (const scheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      assert.deepEqual(await faultsOf(page, axe), []);
      await picture(page, `pale-${scheme}`);
    }
  },
};

/** What axe finds that is serious or critical; by all rules of WCAG 2.2 AA, or by these. */
async function faultsOf(page, axe, rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
  const run = (runOnly) => globalThis.axe.run(document, { resultTypes: ["violations"], runOnly });
  const { violations } = await page.evaluate(run, rules);
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.any.map((check) => check.message).join("; ")}`));
}
