// What a browser keeps of a conversation, so that it goes on after a reload. A private window may refuse; then it is kept
// until the page goes.

/**
 * @typedef {{ token: string, csrf: string, flow: string, name?: string, revision: number, unsent?: Unsent | null, done?: boolean }} Kept
 * @typedef {{ reply: import("../wire").Reply, body: Record<string, unknown> }} Unsent
 */

/** @param {string} key */
export function createMemory(key) {
  /** @type {Kept | null} */
  let own = null;
  let refused = false;
  return {
    /** @returns {Kept | null} */
    read() {
      if (refused) return own;
      try {
        const kept = JSON.parse(localStorage.getItem(key) ?? "null");
        return typeof kept?.token === "string" && typeof kept.csrf === "string" ? kept : null;
      } catch {
        return own;
      }
    },
    /** @param {Kept | null} kept */
    write(kept) {
      own = kept;
      try {
        if (kept) localStorage.setItem(key, JSON.stringify(kept));
        else localStorage.removeItem(key);
      } catch {
        refused = true;
      }
    },
  };
}
