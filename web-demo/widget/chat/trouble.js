// What can be in the way of an answer, and its words.

/**
 * - `offline`: nothing came back; it may have arrived.
 * - `busy`: the service asks to wait.
 * - `broken`: the service has a fault.
 * - `moved`: the conversation went on elsewhere.
 * - `ended`: it takes no more answers.
 * - `gone`: there is no such conversation.
 * - `refused`: this answer cannot be taken.
 * @typedef {"offline" | "busy" | "broken" | "moved" | "ended" | "gone" | "refused"} Kind
 */

export class Trouble extends Error {
  /**
   * @param {Kind} kind
   * @param {{wait?: number, detail?: string}} [more] `wait` in seconds
   */
  constructor(kind, { wait, detail = "" } = {}) {
    super(kind);
    this.kind = kind;
    this.wait = wait;
    this.detail = detail;
  }

  /** Whether the same may be asked again, and is done once all the same. */
  get passes() {
    return this.kind === "offline" || this.kind === "busy" || this.kind === "broken";
  }
}

/**
 * @param {unknown} error
 * @returns {Trouble}
 */
export function troubleOf(error) {
  if (error instanceof Trouble) return error;
  console.error(error);
  return new Trouble("refused", { detail: "This page has a fault. Reload it; what was said is kept." });
}

/** @param {Trouble} trouble */
export function inWords({ kind, detail }) {
  switch (kind) {
    case "offline": return navigator.onLine === false
      ? "You’re offline. Nothing is lost; we catch up when you are back."
      : "The chat can’t be reached. Nothing is lost; we try again.";
    case "busy": return "That was a little fast. We try again in a moment.";
    case "broken": return "The chat has a fault on its side. Nothing is lost.";
    case "moved": return "This chat went on in another window. Here is where it is now.";
    case "ended": return "This chat has ended.";
    case "gone": return "This chat is no longer kept. Start again to talk.";
    case "refused": return detail || "This answer was not taken. Change it and send it again.";
  }
}
