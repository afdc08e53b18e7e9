// Requests to the service, and what its refusals mean for a chat.
import { Trouble } from "../chat/trouble.js";

/** The longest that an answer is waited for, in ms: more than the service allows itself. */
const PATIENCE = 70_000;

/**
 * No cookies go along, so that the chat works where third parties have none (F16).
 * @param {string} base the service's address, with a slash at its end
 */
export function createRequests(base) {
  /**
   * @param {"GET" | "POST"} method
   * @param {string} path
   * @param {{ body?: unknown, headers?: Record<string, string> }} [more]
   * @returns {Promise<any>}
   */
  return async function call(method, path, { body, headers = {} } = {}) {
    /** @type {Record<string, string>} */
    const kind = body === undefined ? {} : { "Content-Type": "application/json" };
    /** @type {Response} */
    let response;
    /** @type {any} */
    let data;
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      const text = body === undefined ? undefined : JSON.stringify(body);
      response = await fetch(base + path, { method, headers: { ...kind, ...headers }, body: text, credentials: "omit", cache: "no-store", signal });
      data = await response.json().catch((error) => { if (response.ok) throw error; });
    } catch {
      throw new Trouble("offline");
    }
    if (response.ok) return data;
    const wait = Number(response.headers.get("Retry-After") ?? NaN);
    throw troubleOfStatus(response.status, data?.code, Number.isNaN(wait) ? undefined : wait);
  };
}

/**
 * @param {number} status
 * @param {string | undefined} code
 * @param {number | undefined} wait
 */
function troubleOfStatus(status, code, wait) {
  if (code === "revision_conflict") return new Trouble("moved");
  if (code === "session_not_active") return new Trouble("ended");
  if (code === "session_busy" || status === 429) return new Trouble("busy", { wait: wait ?? 1 });
  if (status >= 500) return new Trouble("broken", { wait });
  if (status === 404 || status === 403 || code === "node_gone") return new Trouble("gone");
  if (status === 413) return new Trouble("refused", { detail: "This answer is too long. Shorten it and send it again." });
  return new Trouble("refused");
}
