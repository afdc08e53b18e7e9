// A chat on any page, by one line: <script src="https://HOST/widget.js" data-flow="KEY" async></script>
import { createChat } from "../chat/chat.js";
import { el, icon } from "../chat/dom.js";
import { beginPathsAt } from "../chat/markup.js";
import { createHttpConversation } from "../http/conversation.js";
import { createMemory } from "../http/memory.js";
import { createRequests } from "../http/requests.js";
import { FRAME_STYLE } from "./frame.js";
import { settingsOf, uploadTo } from "./settings.js";

/** Screens on which the panel takes all there is. */
const SMALL = "(max-width: 520px), (max-height: 420px)";

/** @param {HTMLScriptElement} script */
export async function embed(script) {
  const settings = settingsOf(script);
  const { base, flow, target, scheme, label, start, upload } = settings;
  if (!flow) return console.error("chatflow: the script needs data-flow, the key or the id of a flow");
  beginPathsAt(base);
  const call = createRequests(base);
  const find = () => call("GET", `v1/chat/flows/${encodeURIComponent(flow)}`);
  /** @type {{ id: string, name: string, theme?: import("../wire").Theme | null } | null} */
  const known = await find().catch((error) => {
    console.error(`chatflow: ${error.message === "gone" ? `nobody may start a flow “${flow}”` : `${base} cannot be reached from this page (cors.origins?)`}`);
    return null;
  });
  if (!known) return;
  const place = settings.place || (target ? "inline" : known.theme?.config?.layout?.position) || "bottom-right";
  const key = `chatflow ${base} ${flow}`;
  const conversation = createHttpConversation({ call, memory: createMemory(key), flow: async () => known.id, start });
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open", delegatesFocus: false });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(FRAME_STYLE);
  root.adoptedStyleSheets = [sheet];
  const given = { root, conversation, scheme, name: known.name, theme: known.theme, upload: upload ? uploadTo(upload) : undefined };

  if (place === "inline") {
    const within = target ? document.querySelector(target) : null;
    if (target && !within) return console.error(`chatflow: there is no element ${target} on this page`);
    host.dataset.inline = "";
    if (within) within.append(host);
    else script.after(host);
    return createChat(given).open();
  }
  host.dataset.place = place;
  document.body.append(host);
  launch({ ...given, host, key, isFull: place === "fullscreen", isOpen: settings.isOpen, label: label || `Chat: ${known.name}` });
}

/**
 * The button and the panel that it opens.
 * @param {import("../wire").Setting & { host: HTMLElement, key: string, isFull: boolean, isOpen: boolean, label: string }} parts
 */
function launch({ host, key, isFull, isOpen, label, ...given }) {
  const { root } = given;
  const panel = el("div", { class: "panel", id: "panel", role: "dialog", "aria-label": label, hidden: true });
  const button = el("button", { type: "button", class: "launcher", "aria-label": label, "aria-expanded": "false", "aria-controls": "panel" }, icon("talk"));
  root.append(panel, button);
  const chat = createChat({ ...given, into: panel, leave: { icon: "close", label: "Close", act: close } });
  const small = matchMedia(SMALL);
  let begun = false;
  const fit = () => {
    const full = isFull || small.matches;
    host.toggleAttribute("data-full", full);
    panel.setAttribute("aria-modal", String(full));
  };
  small.addEventListener("change", fit);
  fit();

  /** @param {boolean} byVisitor */
  function open(byVisitor) {
    panel.hidden = false;
    button.setAttribute("aria-expanded", "true");
    remember(key, true);
    if (!begun) chat.open();
    begun = true;
    if (byVisitor) chat.focus();
  }
  function close() {
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
    remember(key, false);
    button.focus();
  }
  button.addEventListener("click", () => (panel.hidden ? open(true) : close()));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    // Where nothing else is to be seen, the focus stays within.
    if (event.key !== "Tab" || !host.hasAttribute("data-full")) return;
    const all = [...panel.querySelectorAll("button, input, a[href], video, audio, [tabindex='0']")].filter((node) => node.checkVisibility());
    const [first, last] = [all[0], all[all.length - 1]];
    const [from, to] = event.shiftKey ? [first, last] : [last, first];
    if (root.activeElement === from && to instanceof HTMLElement) { event.preventDefault(); to.focus(); }
  });
  if (isOpen || remembered(key)) open(false);
}

/** @param {string} key @param {boolean} isOpen */
function remember(key, isOpen) {
  try { sessionStorage.setItem(`${key} open`, String(isOpen)); } catch { /* a private window may refuse */ }
}

/** @param {string} key */
function remembered(key) {
  try { return sessionStorage.getItem(`${key} open`) === "true"; } catch { return false; }
}
