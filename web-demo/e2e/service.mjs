/** A real service for a story: an empty database, an account that may do all, and leave for the page to call. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = process.env.CHATFLOW ?? join(dirname(fileURLToPath(import.meta.url)), "../../target/debug/chatflow");

/** `origin` is that of the page; `settings` are variables of the environment. */
export async function startService(origin, settings = {}) {
  if (!existsSync(PROGRAM)) throw new Error(`no service at ${PROGRAM}: build it with “cargo build -p chatflow-server”, or name it in CHATFLOW`);
  const folder = mkdtempSync(join(tmpdir(), "chatflow-studio-"));
  const env = { ...process.env, CHATFLOW_DB: join(folder, "flows.db"), FLOW_CORS__ORIGINS: JSON.stringify([origin]), FLOW_RATE__ENABLED: "false", ...settings };
  const run = (...words) => execFileSync(PROGRAM, words, { env, cwd: folder, encoding: "utf8" });
  const account = (name) => {
    const id = /[0-9a-f-]{36}/.exec(run("user", "add", "--type", "wriveted", "--name", name))?.[0];
    return run("token", "--env", "development", "--user", id).trim();
  };
  const token = account("Mere");
  const child = spawn(PROGRAM, ["serve", "--env", "development", "--listen", "127.0.0.1:0", "--no-egress"], { env, cwd: folder });
  const url = await new Promise((resolve, reject) => {
    let told = "";
    const listen = (chunk) => {
      told += chunk;
      const found = /http:\/\/[\d.]+:\d+/.exec(told);
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("exit", () => reject(new Error(`the service ended: ${told}`)));
  });
  const send = async (method, path, body, headers) => {
    const response = await fetch(url + path, { method, headers: { "content-type": "application/json", ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };
  const call = (method, path, body, headers = {}) => send(method, path, body, { authorization: `Bearer ${token}`, ...headers });
  /** What somebody without an account does. */
  const visit = (path, body, headers = {}) => send("POST", path, body, headers);
  const stop = () => {
    child.removeAllListeners("exit");
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, token, call, visit, run, stop };
}
