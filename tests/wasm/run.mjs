// Usage: node run.mjs GLUE MODULE…: the package's JavaScript, and the modules that it is for.
// Makes the calls that the engine has recorded natively (recordings.rs) in WebAssembly and demands the same bytes. They are
// kept in the file RECORDINGS, for whoever makes them elsewhere.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [glue, ...modules] = process.argv.slice(2);
const records = record();
for (const each of records.filter((each) => each.note !== undefined)) console.log(`note: ${each.note}`);
const calls = records.filter((each) => each.note === undefined);
for (const module of modules) await judge(module);

async function judge(module) {
  // One instance for each module.
  const chatflow = await import(`${pathToFileURL(resolve(glue))}?${basename(module)}`);
  chatflow.initSync({ module: readFileSync(module) });
  let failed = 0;
  for (const each of calls) {
    const fault = compare(chatflow, each);
    if (fault === undefined) continue;
    failed += 1;
    console.error(`FAILED ${each.name}: ${fault}`);
  }
  const counts = new Map();
  for (const { call } of calls) counts.set(call, (counts.get(call) ?? 0) + 1);
  const counted = [...counts].map(([call, count]) => `${count} × ${call}`).join(", ");
  console.log(`${basename(module)}: ${calls.length - failed} passed, ${failed} failed (${counted})`);
  if (failed > 0 || calls.length === 0) process.exitCode = 1;
}

function record() {
  const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
  const words = ["run", "--quiet", "--locked", "--package", "chatflow-tests", "--example", "recordings"];
  const options = { cwd: root, encoding: "utf8", maxBuffer: 1 << 29, stdio: ["ignore", "pipe", "inherit"] };
  const made = spawnSync(process.env.CARGO || "cargo", words, options);
  if (made.status !== 0) throw new Error(`cargo ${words.join(" ")} failed: ${made.error ?? made.status}`);
  if (process.env.RECORDINGS) writeFileSync(process.env.RECORDINGS, made.stdout);
  return made.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** What is wrong, or undefined. */
function compare(chatflow, { call, arguments: given, gives, throws, contains }) {
  let text;
  try {
    text = call === "rehearse" ? rehearse(chatflow, ...given) : chatflow[call](...given);
    if (gives === undefined) return `gave ${cut(text)}, not the error ${cut(throws)}`;
  } catch (error) {
    // A trap is a RuntimeError; refusals are texts.
    if (typeof error !== "string") return `${error.name}: ${error.message}`;
    if (throws === undefined) return `threw ${cut(error)}`;
    text = error;
  }
  const expected = gives ?? throws;
  if (text !== expected) {
    let at = 0;
    while (text[at] === expected[at]) at += 1;
    return `differs at ${at}:\n  native ${around(expected, at)}\n  wasm   ${around(text, at)}`;
  }
  const missing = (contains ?? []).filter((part) => !text.includes(part));
  return missing.length > 0 ? `lacks ${JSON.stringify(missing)}: ${text}` : undefined;
}

/** As `rehearsal.rs`: a conversation through snapshots, and what is left of it. */
function rehearse({ Library }, source, options, answers) {
  const library = new Library(source);
  const flows = library.flows();
  let preview = library.preview(options);
  const told = [preview.start("{}")];
  const settle = () => {
    while (JSON.parse(told.at(-1)).waits_for === "effect") {
      preview = library.restore(preview.snapshot());
      told.push(preview.resolve("null", "{}"));
    }
  };
  settle();
  for (const [index, answer] of JSON.parse(answers).entries()) {
    if (JSON.parse(told.at(-1)).waits_for === null) break;
    if (index % 3 === 2) preview = library.restore(preview.snapshot());
    told.push(preview.answer(answer, "{}"));
    settle();
  }
  const journal = preview.journal();
  return [
    `flows ${hash(flows)}`,
    `told ${hash(told.join("\n"))}`,
    `state ${preview.hash()}`,
    `journal ${hash(journal)}`,
    `trace ${hash(preview.trace())}`,
    `snapshot ${hash(preview.snapshot())}`,
    `replay ${hash(library.replay(journal, 0xffff_ffff, 0xffff_ffff))}`,
  ].join("\n");
}

/** As `Seed::from_text` of the engine. */
function hash(text) {
  return createHash("sha256").update(text).digest().readBigUInt64BE(0);
}

function cut(text) {
  return JSON.stringify(text.slice(0, 200));
}

function around(text, at) {
  return JSON.stringify(text.slice(Math.max(0, at - 60), at + 60));
}
