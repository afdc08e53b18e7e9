// One conversation, step by step.
import { ChatflowError, ask, call, text } from "./binding.js";

/** Only this package may make previews. */
const OWN = Symbol("own");

/** A preview of a handle of the module. */
export function previewOf(handle) {
  return new Preview(OWN, handle);
}

/** A place of a journal or preview for the module; what is left out is the end. */
export function place({ turn = Infinity, step = Infinity } = {}) {
  const number = (value) => Math.min(value, 0xffff_ffff);
  return [number(turn), number(step)];
}

export class Preview {
  #handle;
  #progress;

  constructor(own, handle) {
    if (own !== OWN) throw new TypeError("previews are made by `Library.preview`");
    this.#handle = handle;
    this.#progress = ask(() => handle.first());
  }

  get progress() {
    return this.#progress;
  }

  start(options) {
    return this.#feed((handle) => handle.start(when(options)));
  }

  answer(value, options) {
    return this.#feed((handle) => handle.answer(text(value), when(options)));
  }

  resolve(outcome, options) {
    return this.#feed((handle) => handle.resolve(text(outcome), when(options)));
  }

  async settle(resolver) {
    while (this.#progress?.effect) {
      const { effect } = this.#progress;
      let outcome;
      try {
        outcome = await resolver(effect);
      } catch (error) {
        outcome = { result: "failed", code: "host_error", reason: String(error?.message ?? error) };
      }
      this.resolve(outcome);
    }
    return this.#progress;
  }

  patch(updates, options) {
    return this.#feed((handle) => handle.patch(text(updates), when(options)));
  }

  end(options) {
    return this.#feed((handle) => handle.end(when(options)));
  }

  state({ scopes = false, masked = false } = {}) {
    return this.#ask((handle) => handle.state(scopes, masked));
  }

  hash() {
    return this.#call((handle) => handle.hash());
  }

  trace() {
    return this.#ask((handle) => handle.trace());
  }

  states() {
    return this.#ask((handle) => handle.states());
  }

  explain(condition, { step, dialect } = {}) {
    return this.#ask((handle) => handle.explain(text(condition), step, dialect === "calculation"));
  }

  snapshot() {
    return this.#call((handle) => handle.snapshot());
  }

  journal() {
    return this.#ask((handle) => handle.journal());
  }

  fork(at) {
    const [turn, step] = place({ ...this.#progress?.place, step: Infinity, ...at });
    return previewOf(this.#call((handle) => handle.fork(turn, step)));
  }

  dispose() {
    this.#handle?.free();
    this.#handle = undefined;
  }

  #feed(run) {
    this.#progress = this.#ask(run);
    return this.#progress;
  }

  #ask(run) {
    return JSON.parse(this.#call(run));
  }

  #call(run) {
    const handle = this.#handle;
    if (!handle) throw new ChatflowError("disposed", "the preview was disposed of");
    return call(() => run(handle));
  }
}

function when(options) {
  return options ? text(options) : "{}";
}
