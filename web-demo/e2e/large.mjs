/**
 * A flow of a thousand steps: what the main thread does while it is dragged and panned, how soon an edit is checked, and what it
 * takes of memory. The figures are printed; those that have a bound are held to it. What the machine draws (raster) is not counted,
 * nor is what other pages do: this story is run alone.
 */
import { bounded, equal, openText, until } from "./harness.mjs";

const STEPS = 1000;

/** Rows of questions, rules and messages, joined and branching, with a way back. */
function flow() {
  const nodes = [];
  const connections = [];
  for (let index = 0; index < STEPS; index += 1) {
    const id = `s${index}`;
    const next = `s${index + 1}`;
    const kind = ["message", "question", "condition", "message"][index % 4];
    if (kind === "message") nodes.push({ id, type: kind, content: { messages: [{ type: "text", text: `Step ${index} says something about {{temp.v${index % 40}}}.` }] } });
    if (kind === "question") nodes.push({ id, type: kind, content: { question: { text: `What about ${index}?` }, input_type: "choice", options: [{ label: "This", value: "a" }, { label: "That", value: "b" }], variable: `temp.v${index % 40}` } });
    if (kind === "condition") nodes.push({ id, type: kind, content: { conditions: [{ if: `temp.v${index % 40} == 'a'`, then: "$0" }], default_path: "default" } });
    if (index + 1 < STEPS) connections.push({ source: id, target: next, type: "default" });
    if (kind === "condition" && index + 5 < STEPS) connections.push({ source: id, target: `s${index + 5}`, type: "$0" });
  }
  return JSON.stringify({ seed_key: "large", name: "Large", version: "1.0.0", entry_node_id: "s0", nodes, connections });
}

/** What the browser does on each of its threads while something is done. */
async function traced(page, context, act) {
  const client = await context.newCDPSession(page);
  const events = [];
  client.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await client.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["toplevel", "disabled-by-default-devtools.timeline", "devtools.timeline", "__metadata"] } });
  await act();
  const ended = new Promise((resolve) => client.once("Tracing.tracingComplete", resolve));
  await client.send("Tracing.end");
  await ended;
  await client.detach();
  return events;
}

/** Main-thread tasks of the page, in ms, while something is done. */
async function tasks(page, context, act) {
  const events = await traced(page, context, act);
  const named = (name) => new Set(events.filter((event) => event.name === "thread_name" && event.args?.name === name).map((event) => `${event.pid} ${event.tid}`));
  const main = named("CrRendererMain");
  // The thread of this page is the one that ran its scripts.
  const own = new Set(events.filter((event) => event.name === "FunctionCall" && JSON.stringify(event.args ?? {}).includes("/assets/")).map((event) => `${event.pid} ${event.tid}`).filter((thread) => main.has(thread)));
  const found = events.filter((event) => event.name === "RunTask" && event.dur !== undefined && own.has(`${event.pid} ${event.tid}`)).map((event) => event.dur / 1000);
  return found.filter((duration) => duration >= 1).sort((a, b) => a - b);
}

/** Tasks of the engine's worker that compute for a while, in ms of its own time: what else the machine does is not in it. */
async function computed(page, context, act) {
  const events = await traced(page, context, act);
  const workers = new Set(events.filter((event) => event.name === "thread_name" && /DedicatedWorker/.test(event.args?.name ?? "")).map((event) => `${event.pid} ${event.tid}`));
  return events.filter((event) => event.name === "RunTask" && event.tdur !== undefined && workers.has(`${event.pid} ${event.tid}`)).map((event) => event.tdur / 1000).filter((duration) => duration > 5).sort((a, b) => a - b);
}

const percentile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
const told = (durations) => `${durations.length} tasks of 1 ms and more, 50 % ≤ ${percentile(durations, 0.5).toFixed(1)} ms, 95 % ≤ ${percentile(durations, 0.95).toFixed(1)} ms, longest ${(durations.at(-1) ?? 0).toFixed(1)} ms`;

export const large = [
  [
    "stays light with a thousand steps",
    async (page, { url, context }) => {
      const begin = performance.now();
      await openText(page, url, flow());
      const opened = performance.now() - begin;
      await page.getByRole("button", { name: "Close preview" }).click();
      await until(() => page.evaluate(() => document.querySelectorAll(".node").length > 3), true, "the cards");
      const pane = await page.locator(".react-flow__pane").boundingBox();
      const at = { x: pane.x + pane.width / 2, y: pane.y + pane.height / 2 };
      const panned = await tasks(page, context, async () => {
        for (let round = 0; round < 6; round += 1) {
          await page.mouse.move(pane.x + 30, at.y);
          await page.mouse.down();
          for (let step = 0; step < 30; step += 1) await page.mouse.move(pane.x + 30 + step * 3, at.y - step * 12);
          await page.mouse.up();
        }
      });
      await page.keyboard.press("Escape");
      const card = page.locator(".node").nth(3);
      const box = await card.locator("b").boundingBox();
      const dragged = await tasks(page, context, async () => {
        await page.mouse.move(box.x + 4, box.y + 4);
        await page.mouse.down();
        for (let step = 0; step < 120; step += 1) await page.mouse.move(box.x + 4 + Math.sin(step / 9) * 120, box.y + 4 + Math.cos(step / 7) * 90);
        await page.mouse.up();
      });
      // Each edit is checked: the engine's time, measured around its worker.
      const checks = await page.evaluate(async () => {
        const times = [];
        const post = Worker.prototype.postMessage;
        const asked = new Map();
        Worker.prototype.postMessage = function (message, ...rest) {
          if (message?.call === "check") {
            asked.set(message.id, performance.now());
            this.addEventListener("message", ({ data }) => {
              if (asked.has(data.id)) times.push(performance.now() - asked.get(data.id));
              asked.delete(data.id);
            });
          }
          return post.call(this, message, ...rest);
        };
        window.checkTimes = times;
        return times.length;
      });
      equal(checks, 0, "the checks so far");
      await page.locator(".node.k-message").first().focus();
      const field = page.getByLabel("Text of message 1");
      await field.waitFor();
      const work = await computed(page, context, async () => {
        for (let edit = 1; edit <= 10; edit += 1) {
          await field.fill(`Other words ${edit}`);
          await until(() => page.evaluate(() => window.checkTimes.length), edit, "the checks");
        }
      });
      const times = (await page.evaluate(() => window.checkTimes)).sort((a, b) => a - b);
      const { usedJSHeapSize } = await page.evaluate(() => ({ usedJSHeapSize: performance.memory?.usedJSHeapSize ?? 0 }));
      console.log(`       opened in ${Math.round(opened)} ms; script heap ${(usedJSHeapSize / 1e6).toFixed(0)} MB`);
      console.log(`       panning: ${told(panned)}`);
      console.log(`       dragging: ${told(dragged)}`);
      console.log(`       check per edit: median ${times[5].toFixed(0)} ms, longest ${times.at(-1).toFixed(0)} ms; of it computing: median ${percentile(work, 0.5).toFixed(0)} ms`);
      equal(panned.length > 10 && dragged.length > 10, true, "tasks were seen");
      bounded(percentile(panned, 0.95), 32, "95th percentile of tasks while panning");
      bounded(percentile(dragged, 0.95), 32, "95th percentile of tasks while dragging");
      equal(work.length >= 10, true, "the checks were seen");
      bounded(percentile(work, 0.5), 100, "median of what checking an edit computes");
    },
    { alone: true },
  ],
];
