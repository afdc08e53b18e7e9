// Usage: node run.mjs FOLDER, the folder of the package for Node.
// Makes the calls that the engine has recorded natively (recordings.rs) in WebAssembly and demands the same bytes.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const chatflow = createRequire(import.meta.url)(join(resolve(process.argv[2]), "chatflow.js"));
const records = record();
let passed = 0;
let failed = 0;
for (const each of records) {
  if (each.note !== undefined) {
    console.log(`note: ${each.note}`);
    continue;
  }
  const fault = compare(each);
  if (fault === undefined) {
    passed += 1;
    continue;
  }
  failed += 1;
  console.error(`FAILED ${each.name}: ${fault}`);
}
for (const call of ["play", "check", "evaluate"]) {
  console.log(`${call}: ${records.filter((each) => each.call === call).length} calls`);
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;

function record() {
  const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
  const words = ["run", "--quiet", "--locked", "--package", "chatflow-tests", "--example", "recordings"];
  const options = { cwd: root, encoding: "utf8", maxBuffer: 1 << 29, stdio: ["ignore", "pipe", "inherit"] };
  const made = spawnSync(process.env.CARGO || "cargo", words, options);
  if (made.status !== 0) throw new Error(`cargo ${words.join(" ")} failed: ${made.error ?? made.status}`);
  return made.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** What is wrong, or undefined. */
function compare({ call, arguments: texts, gives, throws, contains }) {
  let text;
  try {
    text = chatflow[call](...texts);
    if (gives === undefined) return `gave ${cut(text)}, not the error ${cut(throws)}`;
  } catch (error) {
    // A trap is a RuntimeError; refusals are plain errors.
    if (error.constructor !== Error) return `${error.name}: ${error.message}`;
    if (throws === undefined) return `threw ${cut(error.message)}`;
    text = error.message;
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

function cut(text) {
  return JSON.stringify(text.slice(0, 200));
}

function around(text, at) {
  return JSON.stringify(text.slice(Math.max(0, at - 60), at + 60));
}
