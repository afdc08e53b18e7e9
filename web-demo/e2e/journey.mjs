/**
 * The whole way of a flow: drawn from nothing, cured, talked to, halted, kept, published and talked to by a visitor. Once with the
 * mouse and once with keys alone. The engine's transcript of the preview must be, byte for byte, the one that the program prints of the
 * same file, and the one of what the service told the visitor.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asked, branchByMouse, card, keyboard, otherwiseByKeys, palette, ruleByKeys, startEmpty } from "./hands.mjs";
import { equal, said, saved, textOf, until } from "./harness.mjs";
import { signIn } from "./signing.mjs";

/** What both flows look at, with a fault: a mistyped function. */
const RULE = { name: "Short name", rule: "sise(user.name) < 5", holds: "{{user.name}}, what a short name!", otherwise: "What a long name." };
const FAULT = "condition.unknown_function";

/** Of the answer to a visitor, what is the engine's turn; the rest names the session, or says it once more for older clients. */
const TURN = ["current_flow_id", "current_node_id", "ended_reason", "input_request", "messages", "script_request", "session_ended", "session_updated", "typing_indicator", "validation_error", "wait_for_acknowledgment"];

/** With keys in order, as the engine's transcripts have them: a service sends some of them otherwise. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

/**
 * The engine's transcript of what the service told a visitor, as text. Its values and their hash are those that the service has
 * stored. Two things differ by nature and are taken from the preview: the flow's id, which a server gives, and the seed, which it draws.
 */
function transcriptThere(service, turns, answers, { flow, seed, turns: [{ turn: { current_flow_id } }] }) {
  const replayed = JSON.parse(service.run("replay", "--session", turns[0].session_id, "--json"));
  equal(replayed.divergence, null, "what the stored conversation does otherwise");
  const told = turns.map((body, index) => {
    const turn = Object.fromEntries(TURN.map((key) => [key, body[key]]));
    equal(turn.current_flow_id, turns[0].current_flow_id, "the flow of each turn");
    return { input: answers[index - 1]?.text ?? null, turn: sorted({ ...turn, current_flow_id }) };
  });
  const transcript = { format: 1, flow, seed, turns: told, state: sorted(replayed.state), state_hash: replayed.state_hash, ended: turns.at(-1).ended_reason };
  return `${JSON.stringify(transcript, null, 2)}\n`;
}

/** What the program itself prints of the same conversation with the same file. */
function transcriptHere(service, file, answers) {
  const folder = mkdtempSync(join(tmpdir(), "chatflow-journey-"));
  try {
    writeFileSync(join(folder, "flow.json"), file);
    writeFileSync(join(folder, "answers.txt"), answers.map(({ text }) => `${text}\n`).join(""));
    return service.run("chat", join(folder, "flow.json"), "--answers", join(folder, "answers.txt"), "--seed", "1", "--json");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function transcript(page) {
  const [download] = await Promise.all([page.waitForEvent("download"), palette(page, "keep the transcript")]);
  return textOf(download);
}

/** Has the same conversation on the service's own page, as a visitor. */
async function talkThere(context, link, answers) {
  const visitor = await context.newPage();
  const turns = [];
  visitor.on("response", async (response) => {
    if (/\/chat\/start$|\/interact$/.test(new URL(response.url()).pathname)) turns.push(response.json());
  });
  await visitor.goto(link);
  for (const [index, answer] of answers.entries()) {
    await until(() => turns.length, index + 1, "the turns on the service");
    if (answer.text === undefined) await visitor.getByRole("button", { name: answer.pick }).click();
    else {
      await visitor.getByRole("textbox").fill(answer.text);
      await visitor.keyboard.press("Enter");
    }
  }
  await until(() => turns.length, answers.length + 1, "the turns on the service");
  const shown = await visitor.locator(".bubble, [class*=bubble]").allInnerTexts();
  return { turns: await Promise.all(turns), shown };
}

/** Chats, looks back, answers otherwise, halts, keeps, reloads, publishes and compares: the same for both ways of drawing. */
async function rest(page, { service, context, keys }) {
  const press = async (button, key) => (keys ? page.keyboard.press(key) : button.click());
  const reply = async (text) => {
    const input = asked(page).locator("input");
    // While the flow cannot run, the chat is kept, but not seen.
    await input.waitFor();
    await (keys ? input.focus() : input.click());
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  };
  // A chat through it.
  await until(async () => (await said(page)).slice(0, 2), ["Hello!", "What is your name?"], "the beginning");
  await reply("Tui");
  await until(async () => (await said(page)).slice(3), ["Tui, what a short name!"], "the end for short names");
  // Step back, and change the answer.
  await press(page.getByRole("button", { name: /^One answer back/ }), "Shift+F7");
  await until(() => asked(page).locator("input").count(), 1, "the question again");
  await reply("Kahurangi");
  await until(async () => (await said(page)).slice(2), ["Kahurangi", "What a long name."], "the end for long names");
  await until(() => page.getByLabel("Which try").inputValue(), "1", "the try");
  // A stop at the rule: the conversation halts before it, and goes on when told to.
  if (keys) {
    await page.locator('[data-story="outline"] [data-step="condition"]').first().focus();
    await page.keyboard.press("F9");
  } else {
    await card(page, "condition").click();
    await page.getByRole("button", { name: /^Halt the preview here/ }).click();
  }
  await page.locator(".stop-dot").waitFor();
  await press(page.getByRole("button", { name: /^One answer back/ }), "Shift+F7");
  await until(() => asked(page).locator("input").count(), 1, "the question again");
  await reply("Tui");
  const halted = page.getByRole("group", { name: "Halted" });
  await halted.waitFor();
  equal(await halted.locator("b").innerText(), "“Condition”", "where it halts");
  equal(await said(page), ["Hello!", "What is your name?", "Tui"], "what is said before the stop");
  await press(halted.getByRole("button", { name: "Go on" }), "F8");
  await until(async () => (await said(page)).at(-1), "Tui, what a short name!", "the end");
  // Kept over a reload, the stop too.
  await page.getByText("Saved on this computer").waitFor();
  const before = await saved(page);
  await page.reload();
  await page.locator(".stop-dot").waitFor();
  equal(await saved(page), before, "the file after a reload");
  // The same conversation, to its end.
  await asked(page).locator("input").waitFor();
  await reply("Tui");
  await halted.waitFor();
  await press(halted.getByRole("button", { name: "Go on" }), "F8");
  await until(async () => (await said(page)).length, 4, "the length of the chat");
  const preview = await transcript(page);
  const bubbles = await said(page);
  // Published to a running service.
  if (keys) await page.keyboard.press("Shift+Control+p");
  else await page.getByRole("button", { name: "Publish", exact: true }).click();
  const form = page.getByRole("form", { name: "Sign in at a server" });
  await form.waitFor();
  if (keys) {
    await form.getByLabel("Server").focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.type(service.url);
    await page.keyboard.press("Tab");
    await page.keyboard.type(service.token);
    await page.keyboard.press("Enter");
  } else await signIn(page, service);
  const sheet = page.locator(".sheet");
  await sheet.getByText("All of it: this is the first version.").waitFor();
  const go = sheet.locator(".foot").getByRole("button", { name: "Publish" });
  await (keys ? go.press("Enter") : go.click());
  await sheet.getByText("is live.").waitFor();
  const link = await sheet.getByRole("link", { name: "Open the chat" }).getAttribute("href");
  // And there it says the same.
  const answers = [{ text: "Tui" }];
  const there = await talkThere(context, link, answers);
  equal(preview, transcriptHere(service, before, answers), "the transcript by the program");
  equal(preview, transcriptThere(service, there.turns, answers, JSON.parse(preview)), "the transcript on the service");
  equal(there.shown.map((text) => text.trim()).filter(Boolean), bubbles, "what the visitor reads");
}

export const journey = [
  [
    "takes a flow from nothing to a visitor, by mouse",
    async (page, { url, service, context }) => {
      await branchByMouse(page, url, RULE);
      equal(JSON.parse(await saved(page)).nodes.length, 5, "the steps");
      // A fault, reported and cured by its quick fix.
      await page.getByRole("button", { name: /^Problems/ }).click();
      const problem = page.locator(".problem", { hasText: FAULT }).first();
      await problem.waitFor();
      await problem.locator(".acts .btn").first().click();
      await until(() => page.locator(".problem", { hasText: FAULT }).count(), 0, "the problem");
      await page.getByRole("button", { name: /^Problems/ }).click();
      await rest(page, { service, context, keys: false });
    },
    { service: true },
  ],
  [
    "takes a flow from nothing to a visitor, with keys alone",
    async (page, { url, service, context }) => {
      const by = keyboard(page);
      const { keys, at, fill } = by;
      await startEmpty(url, by);
      await ruleByKeys(by, RULE);
      await fill("Text of message 1", RULE.holds);
      await keys("Escape");
      await at("message");
      await otherwiseByKeys(by);
      await fill("Text of message 1", RULE.otherwise);
      await keys("Escape");
      await at("message_2");
      // The fault, by its key: a check that is under way is waited for.
      await page.locator('[data-story="outline"] [data-step="condition"]').first().focus();
      await keys(".");
      await until(async () => JSON.parse(await saved(page)).nodes.find((node) => node.id === "condition").content.conditions[0].if, "size(user.name) < 5", "the rule");
      await rest(page, { service, context, keys: true });
    },
    { service: true },
  ],
];
