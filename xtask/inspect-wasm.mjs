// Usage: node inspect-wasm.mjs MODULE GZIP_LIMIT
// Fails if the module imports anything from `env` (a C library or a clock crept in) or is too large.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";

const [path, limit] = process.argv.slice(2);
const bytes = readFileSync(path);
const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
const size = gzipSync(bytes, { level: 9 }).length;
console.log(`${basename(path)}: ${bytes.length} bytes, ${size} gzipped (limit ${limit}), ${imports.length} imports`);

const foreign = imports.filter((each) => each.module === "env").map((each) => each.name);
if (foreign.length > 0) {
  console.error(`the module imports from env: ${foreign.join(", ")}`);
  process.exitCode = 1;
}
if (!(size < Number(limit))) {
  console.error(`the module is ${size} bytes gzipped, not under ${limit}`);
  process.exitCode = 1;
}
