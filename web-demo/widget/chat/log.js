// The log: what was said, and staying at its end unless the reader has gone up.
import { button, el } from "./dom.js";

const NEAR = 48;

/** @returns {import("../wire").Log} */
export function createLog() {
  let unread = 0;
  let follows = true;
  let place = 0;
  const node = el("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": "Conversation", tabIndex: 0 });
  const jump = button("", () => toEnd(), "jump");
  jump.hidden = true;

  const isNear = () => node.scrollHeight - node.scrollTop - node.clientHeight < NEAR;
  function toEnd() {
    node.scrollTop = node.scrollHeight;
    place = node.scrollTop;
    follows = true;
    unread = 0;
    jump.hidden = true;
  }
  node.addEventListener("scroll", () => {
    // Only the reader goes up; a log that has become lower is still followed.
    const isUp = node.scrollTop < place - 1;
    place = node.scrollTop;
    if (isNear()) toEnd();
    else if (isUp) follows = false;
  });
  // A picture that has come, a field that has grown, a keyboard that slid in: the end stays in sight.
  const watcher = new ResizeObserver(() => { if (follows) toEnd(); });
  watcher.observe(node);

  return {
    node,
    jump,
    toEnd,
    stop: () => watcher.disconnect(),
    clear() {
      node.replaceChildren();
      toEnd();
    },
    show(nodes, whose = "said") {
      for (const each of nodes) {
        node.append(each);
        each.addEventListener("load", () => { if (follows) toEnd(); }, { capture: true });
        if (!follows && whose === "said") unread += 1;
      }
      if (follows || whose === "mine") return toEnd();
      jump.textContent = `${unread} new message${unread === 1 ? "" : "s"}`;
      jump.hidden = unread === 0;
    },
    quietly(fill) {
      node.setAttribute("aria-live", "off");
      fill();
      toEnd();
      setTimeout(() => node.setAttribute("aria-live", "polite"), 500);
    },
  };
}
