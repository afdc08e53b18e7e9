// A chat: a conversation as a log and the way to answer. Where the conversation comes from is not its affair (`Conversation`).
import { button, el, icon, newId } from "./dom.js";
import { labelOf } from "./markup.js";
import { bubble, messageNodes, questionNodes } from "./message.js";
import { Trouble, inWords, troubleOf } from "./trouble.js";
import { createView } from "./view.js";

/**
 * @typedef {import("../wire").Turn} Turn @typedef {import("../wire").Reply} Reply @typedef {import("../wire").Row} Row
 * @typedef {import("../wire").Request} Request @typedef {import("../wire").Refusal} Refusal @typedef {import("../wire").Theme} Theme
 */

/** Attempts by itself when the service is at fault; after them the visitor decides. */
const ATTEMPTS = 4;
/** The longest wait between attempts, in ms. */
const LONGEST = 15_000;

/**
 * @param {import("../wire").Setting} setting
 * @returns {import("../wire").Chat}
 */
export function createChat({ root, into, conversation, scheme = "auto", leave, upload, hurry = false, ...first }) {
  let visit = 0; // rises whenever the log begins anew, so that what comes late for an older one is dropped
  /** @type {(() => void) | null} */
  let wake = null; // ends the wait for another attempt
  const view = createView({ root, into, leave, again: () => startAgain() });
  const { log, composer, warn } = view;
  dress(first.theme, first.name);

  /**
   * @param {Theme | null | undefined} look
   * @param {string} [name]
   */
  function dress(look, name) {
    view.dress(look, name, scheme);
  }

  /**
   * Waits, unless it is woken before.
   * @param {number} ms
   * @returns {Promise<void>}
   */
  function pause(ms) {
    return new Promise((done) => {
      const end = () => { clearTimeout(timer); wake = null; done(); };
      const timer = setTimeout(end, ms);
      wake = end;
    });
  }

  /**
   * Does what may be in trouble that passes, until it is done; null when the log has begun anew meanwhile.
   * @template T
   * @param {() => Promise<T>} act
   * @param {(trouble: Trouble, again: () => void) => void} tell
   * @returns {Promise<T | null>}
   */
  async function patiently(act, tell) {
    const at = visit;
    let faults = 0;
    for (let attempt = 0; at === visit; attempt += 1) {
      try {
        const done = await act();
        if (at !== visit) return null;
        warn(null);
        return done;
      } catch (error) {
        const trouble = troubleOf(error);
        if (at !== visit) return null;
        if (!trouble.passes) { warn(null); throw trouble; }
        warn(trouble);
        tell(trouble, () => wake?.());
        if (trouble.kind === "broken") faults += 1;
        const wait = trouble.wait !== undefined ? trouble.wait * 1000 : Math.min(LONGEST, 500 * 2 ** attempt);
        await pause(faults >= ATTEMPTS ? 2 ** 31 - 1 : wait);
      }
    }
    return null;
  }

  // ---- what is said

  /**
   * Shows the messages of a turn one after another, then what it asks.
   * @param {Turn} turn
   * @param {unknown} [previous] the last answer, to be mended if it was wrong
   */
  async function play(turn, previous) {
    const said = (turn.messages ?? []).map((item) => ({ nodes: () => messageNodes(item), pause: view.pauseBefore(item, turn) }));
    const asked = turn.validation_error ? [] : [{ nodes: () => questionNodes(turn.input_request?.question) }];
    if (await view.tell([...said, ...asked], !hurry && !view.isCalm())) settle(turn, turn.validation_error ? previous : undefined);
  }

  /**
   * Fills the composer: with what is asked, or with the end.
   * @param {Turn} turn
   * @param {unknown} [previous]
   */
  function settle(turn, previous) {
    if (turn.session_ended) return view.close();
    ask(turn.input_request ?? { input_type: "continue" }, turn.validation_error ?? null, previous);
  }

  /**
   * @param {Request} request
   * @param {Refusal | null} refusal
   * @param {unknown} previous
   */
  function ask(request, refusal, previous) {
    const send = (/** @type {unknown} */ input, /** @type {string} */ shown) =>
      deliver(request, { id: newId(), input, input_type: request.input_type, shown });
    view.ask({ request, refusal, previous, send, upload });
  }

  // ---- what is answered

  /**
   * Sends an answer until it is known to be taken. The reply keeps its id, so that it counts once.
   * @param {Request} request
   * @param {Reply} reply
   * @returns {Promise<void>}
   */
  async function deliver(request, reply) {
    const mark = el("span", { class: "mark", hidden: true }, icon("clock"), "Waiting to send");
    const own = reply.shown ? el("div", { class: "bubble mine" }, reply.shown, mark) : null;
    if (own) log.show([own], "mine");
    composer.wait();
    const dots = view.typing();
    const slow = setTimeout(() => { if (dots) log.show([dots], "passing"); }, 250);
    const settled = () => { clearTimeout(slow); dots?.remove(); mark.hidden = true; };
    try {
      const turn = await patiently(() => conversation.answer(reply), (_, again) => {
        settled();
        mark.hidden = false;
        log.toEnd();
        // Another answer in its place is safe: if this one was taken after all, the conversation has moved.
        const change = () => { visit += 1; wake?.(); warn(null); own?.remove(); ask(request, null, reply.input); };
        composer.fill([el("div", { class: "set" }, button("Send now", again), button("Change my answer", change, "pill"))]);
      });
      settled();
      if (turn) await play(turn, reply.input);
    } catch (error) {
      settled();
      const trouble = troubleOf(error);
      if (trouble.kind === "moved" || trouble.kind === "ended") return resume(inWords(trouble), reply);
      if (trouble.kind === "gone") return offer(trouble);
      own?.remove();
      ask(request, { code: "refused", message: inWords(trouble) }, reply.input);
    }
  }

  /** @param {Trouble} trouble */
  function offer(trouble) {
    composer.fill([el("p", { class: "wrong-text", role: "alert" }, icon("alert"), el("span", {}, inWords(trouble))),
      el("div", { class: "set" }, button("Start again", startAgain, "pill full"))]);
  }

  // ---- beginning and going on

  function anew() {
    visit += 1;
    wake?.();
    view.hush();
    warn(null);
    log.clear();
    composer.fill([]);
  }

  async function startAgain() {
    anew();
    try {
      const turn = await patiently(() => conversation.start(), (_, again) => composer.fill([button("Try again", again, "pill full")]));
      if (!turn) return;
      dress(turn.theme, turn.flow_name);
      await play(turn);
    } catch (error) {
      offer(troubleOf(error));
    }
  }

  /**
   * Shows what was said and goes on from there; begins if there is nothing yet.
   * @param {string} [why]
   * @param {Reply} [lost] an answer that came too late; it is offered again where it may fit
   * @returns {Promise<void>}
   */
  async function resume(why, lost) {
    anew();
    try {
      const act = async () => (await conversation.history()) ?? "nothing";
      const past = await patiently(act, (_, again) => composer.fill([button("Try again", again, "pill full")]));
      if (past === "nothing") return startAgain();
      if (!past) return;
      dress(past.theme, past.flow_name);
      log.quietly(() => past.rows.forEach(showRow));
      if (why) log.show([el("p", { class: "notice" }, why)]);
      const request = past.now.input_request ?? { input_type: "continue" };
      if (past.unsent) return deliver(request, past.unsent);
      settle(past.now, lost?.input_type === request.input_type ? lost.input : undefined);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble.kind === "gone") return startAgain();
      offer(trouble);
    }
  }

  /** @param {Row} row */
  function showRow({ interaction_type: kind, content }) {
    if (kind === "message") {
      for (const item of content.messages ?? []) log.show(messageNodes(item));
      if (content.question) log.show(questionNodes(content.question));
    } else if (kind === "input" && content.input_type !== "script_result" && (content.input_type !== "continue" || content.value)) {
      const text = labelOf(content.valid === false ? content.input : content.value ?? content.input) || "Skipped";
      log.show([bubble(text === "[REDACTED]" ? "••••" : text, "mine")], "mine");
    }
  }

  const online = () => { warn(null); wake?.(); };
  const offline = () => warn(new Trouble("offline"));
  addEventListener("online", online);
  addEventListener("offline", offline);
  return {
    dress,
    open: () => resume(),
    startAgain,
    focus: composer.focus,
    stop() {
      anew();
      log.stop();
      removeEventListener("online", online);
      removeEventListener("offline", offline);
    },
  };
}
