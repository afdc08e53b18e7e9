// A conversation held with the service by HTTP (docs/http.md).
import { Trouble } from "../chat/trouble.js";
import { newId } from "../chat/dom.js";

/**
 * @typedef {import("../wire").Conversation} Conversation @typedef {import("../wire").Turn} Turn @typedef {import("../wire").Reply} Reply
 * @typedef {import("./memory.js").Kept} Kept
 */

/** Scripts in a row that are declined before the chat gives up: a flow may ask for one again. */
const SCRIPTS = 5;
/** Rows of the history that are asked for at once. */
const ROWS = 1000;

/**
 * @param {{
 *   call: ReturnType<typeof import("./requests.js").createRequests>,
 *   memory: ReturnType<typeof import("./memory.js").createMemory>,
 *   flow: () => Promise<string>,
 *   start?: Record<string, unknown>,
 * }} parts `flow` finds the flow's id; `start` is what else goes into the body that starts
 * @returns {Conversation}
 */
export function createHttpConversation({ call, memory, flow, start: more = {} }) {
  /** @type {Kept | null} */
  let session = null;
  const path = (/** @type {string} */ rest = "") => `v1/chat/sessions/${encodeURIComponent(session?.token ?? "")}${rest}`;
  const csrf = () => ({ "X-CSRF-Token": session?.csrf ?? "" });

  /** @param {Partial<Kept>} changes */
  function keep(changes) {
    if (session) memory.write((session = { ...session, ...changes }));
  }

  /**
   * Sends a reply as it was first put together: with another revision it would be another request.
   * @param {Reply} reply
   * @returns {Promise<Turn>}
   */
  async function answer(reply) {
    if (!session) throw new Trouble("gone");
    const again = session.unsent?.reply.id === reply.id ? session.unsent.body : null;
    const body = again ?? { input: reply.input, input_type: reply.input_type, expected_revision: session.revision, client_message_id: reply.id };
    if (!again) keep({ unsent: { reply, body } });
    try {
      const turn = await call("POST", path("/interact"), { body, headers: { ...csrf(), "Idempotency-Key": reply.id } });
      keep({ unsent: null, revision: turn.session_updated?.revision ?? session.revision, done: turn.session_ended });
      return withoutScripts(turn);
    } catch (error) {
      if (error instanceof Trouble && !error.passes) keep({ unsent: null });
      throw error;
    }
  }

  /**
   * This page runs no scripts: the flow goes on by its way for failures (R10.24).
   * @param {any} turn
   * @returns {Promise<Turn>}
   */
  async function withoutScripts(turn) {
    let whole = turn;
    for (let asked = 0; whole.script_request && !whole.session_ended; asked += 1) {
      if (asked === SCRIPTS) throw new Trouble("refused", { detail: "The next step needs a script, which this chat does not run." });
      const body = { input: { error: "unsupported" }, input_type: "script_result", expected_revision: session?.revision, client_message_id: newId() };
      const next = await call("POST", path("/interact"), { body, headers: csrf() });
      keep({ revision: next.session_updated?.revision ?? session?.revision, done: next.session_ended });
      whole = { ...next, messages: [...(whole.messages ?? []), ...(next.messages ?? [])] };
    }
    return whole;
  }

  return {
    answer,
    async start() {
      const id = await flow();
      const before = session ?? memory.read();
      if (before && !before.done) {
        session = before;
        // It may have ended already, or be gone.
        await call("POST", path("/end"), { body: {}, headers: csrf() }).catch(() => null);
      }
      const turn = await call("POST", "v1/chat/start", { body: { flow_id: id, ...more } });
      session = { token: turn.session_token, csrf: turn.csrf_token, flow: id, name: turn.flow_name, revision: turn.revision, done: turn.session_ended };
      memory.write(session);
      return withoutScripts(turn);
    },
    async history() {
      session = memory.read();
      if (!session) return null;
      const rows = [];
      const [state, page] = await Promise.all([call("GET", path("?include=theme")), call("GET", path(`/history?limit=${ROWS}`))]);
      rows.push(...page.data);
      for (let last = page; last.data.length === ROWS;) {
        last = await call("GET", path(`/history?limit=${ROWS}&after_seq=${last.data.at(-1).seq}`));
        rows.push(...last.data);
      }
      const ended = state.status !== "active";
      const { unsent, name } = session;
      // An answer that was taken, or overtaken, has left its revision behind; sending it again would only repeat what was said.
      const isOpen = !ended && unsent?.body.expected_revision === state.revision;
      keep({ revision: state.revision, done: ended });
      const turn = { input_request: state.pending, script_request: state.script_request, session_ended: ended };
      const now = await withoutScripts(turn);
      return { rows: [...rows, ...said(now)], now, flow_name: name, theme: state.theme, unsent: isOpen ? unsent?.reply : null };
    },
  };
}

/**
 * What was said while scripts were declined is not in the history that was read before.
 * @param {Turn} turn
 */
const said = ({ messages = [] }) => (messages.length ? [{ interaction_type: "message", content: { messages } }] : []);
