// What a chat shows: its bar, its log and the way to answer, in a look. What is said and what comes of answers is not its affair.
import { controls } from "./answers/controls.js";
import { createComposer } from "./composer.js";
import { button, el, icon, iconButton } from "./dom.js";
import { createLog } from "./log.js";
import { isCalm, rulesOf, usualPause } from "./look.js";
import { picture, safeUrl } from "./markup.js";
import { CHAT_STYLE } from "./style.js";
import { Trouble, inWords } from "./trouble.js";

/** @typedef {import("../wire").Turn} Turn @typedef {import("../wire").Item} Item @typedef {import("../wire").Theme} Theme @typedef {import("../wire").Line} Line */

/** From so long on, in ms, there is a button that shows everything. */
const LONG = 2500;

/**
 * @param {import("../wire").Frame} frame
 * @returns {import("../wire").View}
 */
export function createView({ root, into = root, leave, again }) {
  let tale = 0; // rises with each telling, so that an older one ends
  /** @type {Theme | null | undefined} */
  let theme;
  /** @type {(() => void) | null} */
  let wake = null; // ends the pause before a line
  const sheet = new CSSStyleSheet();
  const face = el("span", { class: "face", "aria-hidden": "true" });
  const title = el("h2");
  const banner = el("p", { class: "banner", role: "status" });
  const log = createLog();
  const composer = createComposer(root, () => isCalm(theme));
  const way = leave && iconButton(leave.icon, leave.label, leave.act);
  if (leave?.icon === "back") way?.classList.add("first");
  const bar = el("header", { class: "bar" }, leave?.icon === "back" && way, face, title,
    iconButton("again", "Start again", again), leave?.icon === "close" && way);
  const base = new CSSStyleSheet();
  base.replaceSync(CHAT_STYLE);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, base, sheet];
  into.append(el("div", { class: "chat" }, bar, banner, log.node, log.jump, composer.node));

  /** The sign that somebody writes, as the theme has it. */
  function typing() {
    const how = theme?.config?.bot?.typingIndicator ?? "dots";
    if (how === "none") return null;
    if (how === "text") return el("div", { class: "notice", "aria-hidden": "true" }, `${title.textContent} is typing …`);
    return el("div", { class: "bubble typing", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
  }

  function hush() {
    tale += 1;
    wake?.();
    log.node.onclick = log.node.onkeydown = null;
  }

  return {
    log,
    composer,
    typing,
    hush,
    isCalm: () => isCalm(theme),
    dress(look, name, scheme) {
      theme = look;
      sheet.replaceSync(rulesOf(look, scheme));
      const bot = look?.config?.bot ?? {};
      const avatar = bot.avatar || look?.avatar_url || "";
      const image = safeUrl(avatar, true);
      face.replaceChildren(image ? picture(image) : avatar && avatar.length <= 8 ? avatar : icon("talk"));
      title.textContent = (look ? bot.name : "") || name || "Chat";
      bar.hidden = look?.config?.layout?.showHeader === false && !leave;
    },
    warn(trouble) {
      if (!trouble) return banner.replaceChildren();
      banner.replaceChildren(icon(trouble.kind === "offline" ? "offline" : "clock"), el("span", {}, inWords(trouble)));
    },
    pauseBefore(item, turn) {
      if (item.level) return 0;
      return item.delay_ms ?? item.typing_delay_ms ?? (turn.typing_indicator === false ? 0 : usualPause(theme));
    },
    async tell(lines, paced) {
      hush();
      const at = tale;
      let calm = !paced;
      const hasten = () => { calm = true; wake?.(); };
      if (!calm && lines.reduce((sum, { pause = 0 }) => sum + pause, 0) > LONG) composer.fill([button("Show everything now", hasten, "quiet")]);
      log.node.onclick = hasten;
      log.node.onkeydown = (event) => { if (event.key === "Enter" || event.key === "Escape") { event.stopPropagation(); hasten(); } };
      for (const { nodes, whose, pause = 0 } of lines) {
        if (!calm && pause > 0) {
          const dots = typing();
          if (dots) log.show([dots], "passing");
          await new Promise((/** @type {(value?: unknown) => void} */ done) => {
            const timer = setTimeout(done, pause);
            wake = () => { clearTimeout(timer); wake = null; done(); };
          });
          dots?.remove();
        }
        if (at !== tale) return false;
        log.show(nodes(), whose);
      }
      log.node.onclick = log.node.onkeydown = null;
      return true;
    },
    ask: (asked) => composer.fill(controls(asked)),
    close() {
      composer.fill([el("p", { class: "notice" }, inWords(new Trouble("ended"))), el("div", { class: "set" }, button("Start again", again))]);
    },
  };
}
