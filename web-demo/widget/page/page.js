// The service's own page: lists the flows that a visitor may start, and holds one conversation.
import { createChat } from "../chat/chat.js";
import { el } from "../chat/dom.js";
import { inWords, troubleOf } from "../chat/trouble.js";
import { createHttpConversation } from "../http/conversation.js";
import { createMemory } from "../http/memory.js";
import { createRequests } from "../http/requests.js";

/** @typedef {{ id: string, name: string, description?: string, embedded?: boolean, theme?: import("../wire").Theme | null }} Flow */

const base = new URL(".", location.href.split("?")[0]).href;
const call = createRequests(base);
const app = /** @type {HTMLElement} */ (document.getElementById("app"));
const home = /** @type {HTMLElement} */ (document.getElementById("home"));
/** @type {{ chat: import("../wire").Chat, place: HTMLElement } | null} */
let open = null;
let view = 0;

/** @param {string} flow */
const memoryOf = (flow) => createMemory(`chatflow ${base} ${flow}`);

/** @param {string} search */
function go(search) {
  history.pushState(null, "", search || location.pathname);
  route(true);
}

/** @param {Flow} flow @param {boolean} byVisitor */
function talk(flow, byVisitor) {
  const place = el("div", { class: "place" });
  app.append(place);
  const conversation = createHttpConversation({ call, memory: memoryOf(flow.id), flow: async () => flow.id });
  const leave = /** @type {const} */ ({ icon: "back", label: "All conversations", act: () => go("") });
  const chat = createChat({ root: place.attachShadow({ mode: "open" }), conversation, name: flow.name, theme: flow.theme, leave });
  open = { chat, place };
  document.title = flow.name;
  if (byVisitor) chat.focus();
  chat.open();
}

/** @param {number} at */
async function list(at) {
  home.hidden = false;
  document.title = "Chatflow";
  const lead = el("h1", { id: "lead" }, "What shall we talk about?");
  home.replaceChildren(lead);
  try {
    /** @type {Flow[]} */
    const all = (await call("GET", "v1/chat/flows")).data;
    if (at !== view) return;
    // Flows that others run as a part make little sense alone; `/?key=` still opens them.
    const flows = all.filter((flow) => !flow.embedded);
    const card = (/** @type {Flow} */ flow) => {
      const kept = memoryOf(flow.id).read();
      const begun = Boolean(kept && !kept.done);
      return el("button", { type: "button", class: begun ? "flow current" : "flow", onclick: () => go(`?flow=${flow.id}`) },
        el("b", {}, flow.name), flow.description && el("small", {}, flow.description), begun && el("small", {}, "You have begun this one."));
    };
    const what = flows.length ? "Pick a conversation to start." : "There is nothing to talk about yet. Import a flow: chatflow import FILE";
    home.replaceChildren(lead, el("p", {}, what), ...flows.map(card));
  } catch (error) {
    fault(at, error);
  }
}

/** @param {number} at @param {unknown} error */
function fault(at, error) {
  if (at !== view) return;
  const trouble = troubleOf(error);
  const words = trouble.kind === "gone" ? "There is no such conversation. It may not be published." : trouble.kind === "offline" ? "The server can’t be reached." : inWords(trouble);
  const again = el("button", { type: "button", class: "flow", onclick: () => route(true) }, el("b", {}, "Try again"));
  const leave = el("button", { type: "button", class: "flow", onclick: () => go("") }, el("b", {}, "All conversations"));
  home.hidden = false;
  home.replaceChildren(el("h1", { id: "lead" }, "Chatflow"), el("p", { class: "fault", role: "alert" }, words), again, leave);
}

async function route(byVisitor = false) {
  const at = (view += 1);
  open?.chat.stop();
  open?.place.remove();
  open = null;
  home.hidden = true;
  const query = new URLSearchParams(location.search);
  const wanted = query.get("flow") ?? query.get("key");
  if (!wanted) return list(at);
  try {
    const flow = await call("GET", `v1/chat/flows/${encodeURIComponent(wanted)}`);
    if (at !== view) return;
    if (query.get("flow") !== flow.id) history.replaceState(null, "", `?flow=${flow.id}`);
    talk(flow, byVisitor);
  } catch (error) {
    fault(at, error);
  }
}

addEventListener("popstate", () => route(true));
route();
