/**
 * The engine in a browser does what it does natively: the calls that `cargo run --package chatflow-tests --example recordings`
 * writes, one a line, are made again in the page, and must give the same bytes. Of each generated conversation that is its
 * transcript, and the hashes of its journal, trace, state and snapshot. RECORDINGS names the file.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { equal } from "./harness.mjs";

const PACKAGE = process.env.CHATFLOW_PACKAGE ?? join(dirname(fileURLToPath(import.meta.url)), "../../target/npm/chatflow");

/** Runs in the page: what differs, by name. */
async function compare({ records }) {
  const chatflow = await import("./glue.js");
  await chatflow.default({ module_or_path: await fetch("./chatflow.wasm") });
  const hash = async (text) => new DataView(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).getBigUint64(0);
  const rehearse = async (source, options, answers) => {
    const library = new chatflow.Library(source);
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
    const lines = { flows, told: told.join("\n") };
    const more = { journal, trace: preview.trace(), snapshot: preview.snapshot(), replay: library.replay(journal, 0xffff_ffff, 0xffff_ffff) };
    const words = [];
    for (const [name, text] of Object.entries(lines)) words.push(`${name} ${await hash(text)}`);
    words.push(`state ${preview.hash()}`);
    for (const [name, text] of Object.entries(more)) words.push(`${name} ${await hash(text)}`);
    return words.join("\n");
  };
  const differ = [];
  for (const { name, call, arguments: given, gives, throws } of records) {
    let text;
    try {
      text = call === "rehearse" ? await rehearse(...given) : chatflow[call](...given);
    } catch (error) {
      text = typeof error === "string" ? error : String(error);
    }
    if (text !== (gives ?? throws)) differ.push(name);
  }
  return differ;
}

/** The module and its glue alone, without the studio. */
function serveModule() {
  const types = { "/": "text/html", "/glue.js": "text/javascript", "/chatflow.wasm": "application/wasm" };
  const server = createServer((request, response) => {
    const type = types[request.url];
    if (type === undefined) return response.writeHead(request.url === "/favicon.ico" ? 204 : 404).end();
    response.writeHead(200, { "content-type": type });
    response.end(request.url === "/" ? "<!doctype html><title>The engine</title>" : readFileSync(join(PACKAGE, request.url)));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({ url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() })));
}

export const same = [
  [
    "gives in the browser what the engine gives natively, byte for byte",
    async (page) => {
      const records = readFileSync(process.env.RECORDINGS, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line)).filter((each) => each.name?.startsWith("generated "));
      equal(records.filter((each) => each.call === "play").length >= 1000, true, "a thousand generated conversations");
      const site = await serveModule();
      try {
        await page.goto(site.url);
        const counts = {};
        const differ = [];
        for (let from = 0; from < records.length; from += 100) {
          const part = records.slice(from, from + 100);
          differ.push(...(await page.evaluate(compare, { records: part })));
          for (const { call } of part) counts[call] = (counts[call] ?? 0) + 1;
        }
        equal(differ, [], "what differs");
        console.log(`       ${Object.entries(counts).map(([call, count]) => `${count} × ${call}`).join(", ")}`);
      } finally {
        site.close();
      }
    },
    { needs: "RECORDINGS", elsewhere: true },
  ],
];
