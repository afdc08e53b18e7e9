// The real `chatflow serve` on a database of its own, and pages of other origins.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A server on a database of its own, which can be killed and comes again at the same address. */
export class Service {
  #program;
  #folder = mkdtempSync(join(tmpdir(), "chatflow-browser-"));
  #origins;
  #child;
  address = "";

  constructor(program, origins) {
    this.#program = program;
    this.#origins = origins;
    for (const seed of ["tests/browser/seed.json", "server/demo/seed.json"]) {
      const ran = spawnSync(program, ["import", seed, "--db", this.#database], { encoding: "utf8" });
      if (ran.status !== 0) throw new Error(`import of ${seed}: ${ran.stderr}`);
    }
  }

  get #database() {
    return join(this.#folder, "chatflow.db");
  }

  async start() {
    const listen = this.address ? new URL(this.address).host : "127.0.0.1:0";
    const words = ["serve", "--env", "development", "--listen", listen, "--db", this.#database, "--handlers", "server/demo/handlers.json"];
    const env = { ...process.env, FLOW_CORS__ORIGINS: JSON.stringify(this.#origins), FLOW_RATE__PER_SESSION: "6000" };
    this.#child = spawn(this.#program, words, { env, stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: this.#child.stdout })) {
      const address = /^Chatflow listens on (\S+)/.exec(line)?.[1];
      if (!address) continue;
      this.address = address.endsWith("/") ? address : `${address}/`;
      return;
    }
    throw new Error("the server did not listen");
  }

  /** As `kill -9` does. */
  async kill() {
    const gone = new Promise((done) => this.#child.once("exit", done));
    this.#child.kill("SIGKILL");
    await gone;
  }

  async end() {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Reads something as a client without a browser does. */
  async read(path, init) {
    const response = await fetch(new URL(path, this.address), init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
}

/** Pages of another origin, as strict as a page can be, with one line for the chat. */
export class Site {
  #server;
  #service;
  origin = "";

  async start() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    await new Promise((done) => this.#server.listen(0, "127.0.0.1", done));
    this.origin = `http://127.0.0.1:${this.#server.address().port}`;
  }

  serves(service) {
    this.#service = service;
  }

  /** The address of a page whose script has these attributes. */
  page(attributes, service = this.#service) {
    return `${this.origin}/?${new URLSearchParams({ line: attributes, from: service.address.replace(/\/$/, "") })}`;
  }

  #answer(request, response) {
    const { pathname } = new URL(request.url, this.origin);
    if (pathname.endsWith(".js")) {
      const file = pathname === "/own.js" ? "tests/browser/own.js" : join(".", pathname);
      response.writeHead(200, { "Content-Type": "text/javascript" }).end(readFileSync(file));
      return;
    }
    if (pathname === "/own") {
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
      response.end('<!doctype html><html lang="en"><title>Own</title><main><h1>Own</h1><div id="here"></div></main><script type="module" src="/own.js"></script></html>');
      return;
    }
    if (request.method === "POST") {
      request.resume();
      response.writeHead(200, { "Content-Type": "application/json" }).end('{"url":"https://files.example/a.png"}');
      return;
    }
    const asked = new URL(request.url, this.origin).searchParams;
    const [line, from] = [asked.get("line") ?? "", asked.get("from") ?? ""];
    const policy = `default-src 'none'; script-src ${from}/widget.js; connect-src ${from} 'self'; img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'`;
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy, "Cross-Origin-Embedder-Policy": "require-corp" });
    response.end(`<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width, initial-scale=1"><title>A page</title></head>
<body><main><h1>A page of somebody’s</h1><p><a href="#x">A link</a></p><div id="here"></div></main>
<script src="${from}/widget.js" ${line} async></script></body></html>`);
  }

  end() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
