/** Asks the engine. The only way from the page to it. */
import type { CallName, Calls, Request, Response } from "./protocol";

/** The engine said no; the message says why. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

const waiting = new Map<number, { resolve: (answer: never) => void; reject: (reason: Error) => void }>();
let worker: Worker | undefined;
let count = 0;

function ready(): Worker {
  if (worker) return worker;
  worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = (event: MessageEvent<Response>) => {
    const { id } = event.data;
    const asked = waiting.get(id);
    waiting.delete(id);
    if ("refused" in event.data) asked?.reject(new Refused(event.data.refused, event.data.code));
    else asked?.resolve(event.data.answer as never);
  };
  worker.onerror = () => {
    for (const asked of waiting.values()) asked.reject(new Refused("The engine could not be loaded.", "not_loaded"));
    waiting.clear();
    worker?.terminate();
    worker = undefined;
  };
  return worker;
}

export function ask<Name extends CallName>(call: Name, ...words: Calls[Name]["ask"]): Promise<Calls[Name]["answer"]> {
  count += 1;
  const request: Request<Name> = { id: count, call, ask: words };
  return new Promise((resolve, reject) => {
    waiting.set(request.id, { resolve: resolve as (answer: never) => void, reject });
    ready().postMessage(request);
  });
}
