// For Node: the module is read from beside this file when it is imported.
import { readFileSync } from "node:fs";
import { loadNow } from "./binding.js";

export * from "./api.js";

loadNow(readFileSync(new URL("./chatflow.wasm", import.meta.url)));

export default async function init() {}
