/** Results: what 200 scripted conversations come to, on the canvas, in the outline, in tables and in a file; every figure is known by hand. */
import { readFileSync } from "node:fs";
import { equal, until } from "./harness.mjs";
import { card } from "./hands.mjs";
import { converse, scripted, workedTest } from "./scripted.mjs";
import { signIn } from "./signing.mjs";

const SETTINGS = { FLOW_ANALYTICS__CACHE_SECONDS: "0" };

const part = (page, name) => page.getByRole("region", { name, exact: true });

/** Signs in and opens the flow as it is kept there. */
export async function openScripted(page, { url, service }) {
  await page.goto(url);
  await page.getByRole("region", { name: "On a server" }).getByRole("button", { name: "Sign in" }).click();
  await signIn(page, service);
  await page.getByRole("list", { name: "Flows on the server" }).getByRole("button", { name: "Library card" }).click();
  await card(page, "hello").waitFor();
}

export async function openResults(page) {
  await page.getByRole("button", { name: "Results", exact: true }).click();
  await page.locator(".traffic-key svg").first().waitFor();
}

export async function openFigures(page) {
  await page.getByRole("group", { name: "Look at it as" }).getByRole("button", { name: "Figures" }).click();
  await part(page, "Files").waitFor();
  equal(/#\/flows\/[^/]+\/results\/figures/.test(page.url()), true, "the figures have an address");
}

/** The rows of a chart's table, opened as a reader would. */
async function table(page, title) {
  const button = page.getByRole("button", { name: `Table: ${title}` });
  await button.waitFor();
  if ((await button.getAttribute("aria-expanded")) === "false") await button.click();
  return rows(part(page, title).locator("table"));
}

const rows = (locator) => locator.locator("tbody tr").evaluateAll((list) => list.map((row) => [...row.children].map((cell) => cell.textContent)));

/** A file of comma-separated values, without quotes in it. */
function csv(text) {
  const [head, ...lines] = text.trim().split(/\r?\n/).map((line) => line.split(","));
  return lines.map((line) => Object.fromEntries(head.map((name, at) => [name, line[at]])));
}

/** Wilson's interval for k of n, with 95 %, in percent with one decimal. */
function wilson(k, n) {
  const [z, p] = [1.959964, k / n];
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const words = (rate) => `${(rate * 100).toLocaleString("en-US", { maximumFractionDigits: 1 })} %`;
  return `${words(middle - half)} to ${words(middle + half)}`;
}

export const results = [
  [
    "tells what 200 conversations came to",
    async (page, { url, service }) => {
      const { id, arms } = await scripted(service);
      await openScripted(page, { url, service });
      await openResults(page);
      // The whole flow: 140 of 200 reach the end; 40 that said nothing and 20 that stopped at the age wait.
      await page.getByText("200 conversations · 140 finished (70 %) · 60 still going on").waitFor();
      await onOtherDays(page);
      await onTheCanvas(page);
      await inTheOutline(page);
      await openFigures(page);
      await inFigures(page);
      await ofAStep(page);
      await besideOthers(page);
      await ofWordings(page, arms);
      await asAFile(page);
      // One more, an adult: 141 of 201 are 70.1 %.
      await converse(service, id, [["adult", "choice"]]);
      await page.getByRole("button", { name: "Newer numbers" }).click();
      await page.getByText("201 conversations · 141 finished (70.1 %) · 60 still going on").waitFor();
    },
    { service: true, settings: SETTINGS },
  ],
  [
    "says in plain words what a test of wordings means",
    async (page, { url, service }) => {
      const item = await workedTest(service);
      await page.goto(`${url}#/library/${item}`);
      await page.getByRole("group", { name: "Where the content is" }).getByRole("button", { name: "Server" }).click();
      await signIn(page, service);
      // A: 48 of 400, B: 72 of 400; z = 2.3764, p = 0.01748 (S5.32).
      await page.getByText("B does better than A: 18 % against 12 % reach the end. If both were equally good, so large a difference would be seen in about 17 of 1,000 tests (p = 0.0175).").waitFor();
      equal(await table(page, "Reached the end"), [
        ["A, the words as they are", "400", "48", "12 %", "9.2 % to 15.6 %", "–", "–", "40 %", "50 %"],
        ["B", "400", "72", "18 %", "14.5 % to 22.1 %", "0.0175", "+50 %", "47 %", "50 %"],
      ], "the worked example");
      // What is decided can be acted on; it is sent like any other change.
      await page.getByRole("button", { name: "Use B for everyone" }).click();
      await page.getByRole("button", { name: "Save on the server" }).click();
      await until(async () => (await service.call("GET", `/v1/cms/content/${item}/variants`)).data.map((each) => [each.variant_key, each.is_active]).sort(), [["B", true], ["control", false]], "the wordings in use");
      await page.getByText("is over", { exact: true }).waitFor();
      equal(await page.getByRole("button", { name: "Use B for everyone" }).count(), 0, "whether it can be decided again");
    },
    { service: true, settings: SETTINGS },
  ],
  [
    "reads results by keys alone",
    async (page, { url, service }) => {
      await scripted(service, 20);
      await openScripted(page, { url, service });
      const keys = (...list) => list.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
      // The skip link leads to the outline; R tells how many came, without leaving the flow as it is built.
      await page.getByRole("link", { name: "Use the outline" }).focus();
      await keys("Enter");
      await until(() => page.evaluate(() => document.activeElement?.getAttribute("data-step")), "hello", "the row with the focus");
      await keys("r");
      // Of each ten conversations: 10 to hello; 2 stay at who. So of 20 4 stay, 20 %.
      await until(() => page.locator('.orow[data-step="who"] .opeople').innerText(), "20 came, 4 no further · 20 %, more than usual", "who, in the outline");
      await keys("r");
      await until(() => page.locator(".opeople").count(), 0, "what is told of people");
      await keys("Control+k");
      await page.keyboard.type("results: what happened");
      await keys("Enter");
      await page.locator(".traffic-key svg").first().waitFor();
      await page.locator('.orow[data-step="hello"]').focus();
      await keys("ArrowDown");
      await until(() => page.evaluate(() => document.activeElement?.getAttribute("data-step")), "who", "the row with the focus");
      // Enter leads to the numbers of the step, Escape back.
      await part(page, "Answers").waitFor();
      await keys("Enter");
      await until(() => page.evaluate(() => document.activeElement?.textContent), "Who", "the heading of the step");
      await page.getByRole("button", { name: "Table: Answers" }).focus();
      await keys("Enter");
      // Adults 10, children 6 of 16 answers.
      await until(() => rows(part(page, "Answers").locator("table")).then((all) => all.map((row) => row.slice(0, 3))), [["adult", "10", "62.5 %"], ["child", "6", "37.5 %"]], "the answers");
      await keys("Escape");
      await until(() => page.evaluate(() => document.activeElement?.getAttribute("data-step")), "who", "the row with the focus");
    },
    { service: true, settings: SETTINGS },
  ],
  [
    "stops a file that is not made yet, and stops asking while nobody looks",
    async (page, { url, service }) => {
      await scripted(service, 10);
      await openScripted(page, { url, service });
      await openResults(page);
      await openFigures(page);
      // Nobody makes files here, so that it waits as long as it takes to stop it.
      await page.getByRole("button", { name: "Make a file" }).click();
      await page.locator('[data-export="preparing"]').getByRole("button", { name: /^Stop/ }).click();
      await page.locator('[data-export="cancelled"]').getByText("was stopped").waitFor();
      // Of 10 conversations, 7 have ended (0, 1 and five adults).
      await part(page, "Now").getByText("conversations go on").waitFor();
      await until(() => part(page, "Now").locator("dd").first().innerText(), "3", "the conversations that go on");
      await page.getByRole("button", { name: "Keep asking" }).click();
      await page.locator('[data-live="off"]').waitFor();
      let asked = 0;
      page.on("request", (request) => request.url().includes("real-time") && (asked += 1));
      await page.evaluate(() => {
        Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      });
      await page.getByRole("button", { name: "Keep asking" }).click();
      // Switched on again, but behind another tab: it does not ask until somebody looks.
      await page.locator('[data-live="off"]').waitFor();
      equal(asked, 0, "how often it asked while nobody looked");
      const request = page.waitForRequest((each) => each.url().includes("real-time"));
      await page.evaluate(() => {
        Object.defineProperty(document, "visibilityState", { value: "visible", configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      });
      await request;
      await page.locator('[data-live="on"]').waitFor();
    },
    { service: true, settings: { ...SETTINGS, FLOW_JOBS__ENABLED: "false" } },
  ],
];

/** Days before anybody came, and back. */
async function onOtherDays(page) {
  const before = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
  await page.getByLabel("Last day").fill(before);
  await page.locator(".traffic-key", { hasText: "No conversations on these days" }).waitFor();
  await page.locator(".results-bar").getByText("No conversations on these days").waitFor();
  await until(() => card(page, "who").locator(".came").innerText(), "0", "who came to who before");
  await page.getByLabel("Days", { exact: true }).selectOption({ label: "Last 30 days" });
  await page.getByText("200 conversations · 140 finished (70 %) · 60 still going on").waitFor();
}

async function onTheCanvas(page) {
  const came = (id) => card(page, id).locator(".came").innerText();
  // Out of sight a card is not drawn.
  await page.getByRole("button", { name: /^Fit to view/ }).click();
  for (const [id, visitors] of [["hello", "200"], ["who", "200"], ["age", "60"], ["old", "40"], ["club", "30"], ["story", "10"], ["adult", "100"], ["bye", "140"]]) await until(() => came(id), visitors, `who came to ${id}`);
  // 40 of 200 and 20 of 60; over all steps 60 of 200 + 200 + 60 + 40 + 30 + 10 + 100 + 140 = 780, 7.7 %.
  equal(await card(page, "who").locator(".stays.unusual").innerText(), "40 no further · 20 %", "who stays at who");
  equal(await card(page, "age").locator(".stays.unusual").innerText(), "20 no further · 33.3 %", "who stays at age");
  equal(await page.locator(".node .stays").count(), 2, "steps at which somebody stays");
  equal(await page.locator(".traffic-key .stays").innerText(), "7.7 % +", "what is usual");
  equal((await card(page, "who").getAttribute("aria-label")).includes("200 came, 40 no further · 20 %, more than usual"), true, "it is said");
  // Of 200 departures from who 60 go to age, 100 to adult; of 40 from old 30 to club.
  for (const [way, part] of [["A child", "· 30 %"], ["Me", "· 50 %"], ["Otherwise", "· 25 %"]]) await until(() => page.locator(".elab", { hasText: way }).locator(".elab-people").innerText(), part, `who took ${way}`);
  // 1.5 + 20.5 · 200/200 = 22 px from hello; 1.5 + 20.5 · 100/200 = 11.75 px from adult.
  const width = (id) => page.locator(`.react-flow__edge[data-id="${id}"] path.e`).evaluate((path) => path.style.strokeWidth);
  equal(await width("hello default"), "22", "the line from hello");
  equal(await width("adult default"), "11.75", "the line from adult");
  await page.getByRole("button", { name: /^People on each step/ }).click();
  await until(() => page.locator(".node .came").count(), 0, "figures after it was switched off");
  await page.getByRole("button", { name: /^People on each step/ }).click();
  await until(() => came("age"), "60", "who came to age, again");
}

async function inTheOutline(page) {
  await page.getByRole("button", { name: /^Outline/ }).click();
  const told = (id) => page.locator(`.orow[data-step="${id}"] .opeople`).innerText();
  await until(() => told("age"), "60 came, 20 no further · 33.3 %, more than usual", "age, in the outline");
  await until(() => told("club"), "30 came", "club, in the outline");
  await page.getByRole("button", { name: /^Outline/ }).click();
}

async function inFigures(page) {
  const glance = part(page, "At a glance");
  // 160 said something, 200 answers: 160 to who, 40 to age. 40 that said nothing have not left yet: it is not half an hour.
  await glance.getByText("70 %").waitFor();
  await until(() => glance.locator("dl > div").evaluateAll((list) => list.slice(0, 2).concat(list.slice(4)).map((each) => each.querySelector("dd").textContent)), ["200", "70 %", "80 %", "200"], "the figures at a glance");
  await page.getByRole("checkbox", { name: /^also conditions/ }).check();
  await until(async () => (await table(page, "Visitors of each step")).length, 8, "the steps in the table");
  // Breadth first; fewer at the next: (200 - 60) / 200, (100 - 40) / 100, (140 - 30) / 140, (30 - 10) / 30.
  equal(await table(page, "Visitors of each step"), [
    ["Hello", "200", "100 %", "0", "0 %"],
    ["Who", "200", "100 %", "40", "70 %"],
    ["Age", "60", "30 %", "20", "0 %"],
    ["Adult", "100", "50 %", "0", "60 %"],
    ["Old", "40", "20 %", "0", "0 %"],
    ["Bye", "140", "70 %", "0", "78.6 %"],
    ["Club", "30", "15 %", "0", "66.7 %"],
    ["Story", "10", "5 %", "0", "–"],
  ], "the steps");
  const days = await table(page, "Conversations over time");
  // A week back and today. All were had today; had midnight (UTC) passed meanwhile, yesterday.
  equal([days.length, days.reduce((sum, row) => sum + Number(row[1]), 0)], [8, 200], "the days");
  await page.getByRole("group", { name: "Bars are" }).getByRole("button", { name: "Weeks" }).click();
  await until(async () => (await table(page, "Conversations over time")).reduce((sum, row) => sum + Number(row[1]), 0), 200, "the weeks");
  await page.getByRole("group", { name: "Bars are" }).getByRole("button", { name: "Hours" }).click();
  await until(async () => (await table(page, "Conversations over time")).length > 24, true, "the hours");
  equal((await table(page, "Conversations over time")).reduce((sum, row) => sum + Number(row[1]), 0), 200, "the hours");
}

async function ofAStep(page) {
  await page.getByLabel("Step", { exact: true }).selectOption({ label: "Who" });
  const one = part(page, "One step");
  // 160 answers: 100 for themselves, 60 for a child.
  await until(async () => (await table(page, "Answers")).map((row) => row.slice(0, 3)), [["adult", "100", "62.5 %"], ["child", "60", "37.5 %"]], "the answers at who");
  await until(() => rows(one.getByRole("region", { name: "Table of where people come from" })), [["Hello", "100 %"]], "where people come from");
  await until(() => rows(one.getByRole("region", { name: "Table of where they go" })), [["Adult", "50 %"], ["Age", "30 %"], ["nowhere: it ends or waits here", "20 %"]], "where they go");
  await until(async () => (await rows(one.getByRole("region", { name: "Table of whole ways" })))[0], ["Hello → Who → Adult → Bye", "100", "100 %"], "the usual way");
  await page.getByLabel("Step", { exact: true }).selectOption({ label: "Age" });
  // 6 ten times, 9 twenty times, 12 ten times: 360 / 40 = 9.
  await until(async () => (await table(page, "Answers")).map((row) => row.slice(0, 3)), [["9", "20", "50 %"], ["12", "10", "25 %"], ["6", "10", "25 %"]], "the answers at age");
  await one.getByText("From 6 to 12, 9 on average, 9 in the middle; nine of ten at most 12.").waitFor();
}

async function besideOthers(page) {
  await page.getByLabel("Compare with").selectOption({ label: "Opening times" });
  // 140 of 200 beside 4 of 10: (0.7 - 0.4) / 0.4 = 75 %.
  await page.getByText("“Library card” brings most conversations to the end. Its part of 70 % is 75 % above the mean of the others.").waitFor();
  equal((await table(page, "Flows beside each other")).map((row) => [row[0], row[2], row[3]]), [["Library card", "200", "70 %"], ["Opening times", "10", "40 %"]], "both flows");
}

async function ofWordings(page, { A, B }) {
  const found = await table(page, "Welcome to the library.");
  const words = (k, n) => `${((k / n) * 100).toLocaleString("en-US", { maximumFractionDigits: 1 })} %`;
  // The service draws who gets which; all 200 got one.
  equal(A.shown + B.shown, 200, "who was shown a wording");
  equal(found.map((row) => row.slice(0, 5)), [
    ["A, the words as they are", String(A.shown), String(A.ended), words(A.ended, A.shown), wilson(A.ended, A.shown)],
    ["B", String(B.shown), String(B.ended), words(B.ended, B.shown), wilson(B.ended, B.shown)],
  ], "the wordings");
  await part(page, "Tests of wordings").locator(".note").first().waitFor();
}

async function asAFile(page) {
  await page.getByRole("button", { name: "Make a file" }).click();
  const ready = page.locator('[data-export="completed"]').first();
  const [download] = await Promise.all([page.waitForEvent("download"), ready.getByRole("button", { name: /^Download/ }).click()]);
  const steps = csv(readFileSync(await download.path(), "utf8"));
  equal(Object.fromEntries(steps.map((step) => [step.node_id, [step.visitors, step.interactions]])), { adult: ["100", "0"], age: ["60", "40"], bye: ["140", "0"], club: ["30", "0"], hello: ["200", "0"], old: ["40", "0"], story: ["10", "0"], who: ["200", "160"] }, "the steps in the file");
}
