// What conversations run on.
import { ChatflowError, ask, call, text } from "./binding.js";
import { place, previewOf } from "./preview.js";

export class Library {
  #handle;
  #flows;

  constructor(source) {
    this.#handle = call((engine) => new engine.Library(text(source)));
    this.#flows = ask(() => this.#handle.flows());
  }

  get flows() {
    return this.#flows;
  }

  preview(options = {}) {
    return previewOf(this.#call((handle) => handle.preview(text(options))));
  }

  restore(snapshot) {
    return previewOf(this.#call((handle) => handle.restore(snapshot)));
  }

  replay(journal, until) {
    const [turn, step] = place(until);
    return JSON.parse(this.#call((handle) => handle.replay(journalText(journal), turn, step)));
  }

  resume(journal, until) {
    const [turn, step] = place(until);
    const written = journalText(journal);
    const replay = JSON.parse(this.#call((handle) => handle.replay(written, turn, step)));
    const preview = previewOf(this.#call((handle) => handle.resume(written, turn, step)));
    return { preview, replay };
  }

  dispose() {
    this.#handle?.free();
    this.#handle = undefined;
  }

  #call(run) {
    const handle = this.#handle;
    if (!handle) throw new ChatflowError("disposed", "the library was disposed of");
    return call(() => run(handle));
  }
}

function journalText(journal) {
  return typeof journal === "string" ? journal : text(journal);
}
