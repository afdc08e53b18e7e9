/**
 * Where what lies outside of this folder is found: the engine, which `cargo xtask package` builds or which lies in the folder that
 * CHATFLOW_PACKAGE names, and what the typed client of the service needs.
 */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

export function engine(): { alias: Record<string, string> } {
  const folder = process.env.CHATFLOW_PACKAGE ?? resolve(here, "../../target/npm/chatflow");
  const entry = join(folder, "index.js");
  if (!process.env.VITEST && !existsSync(entry)) throw new Error(`no engine in ${folder}: run “cargo xtask package” first, or name its folder in CHATFLOW_PACKAGE`);
  return { alias: { chatflow: entry, "openapi-fetch": resolve(here, "../node_modules/openapi-fetch") } };
}
