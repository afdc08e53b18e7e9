// Where the visitor answers: what stands there changes, its height slides, and the focus is not lost.
import { el } from "./dom.js";

/** How long its height takes to change, in ms. */
const SLIDE = 160;

/**
 * @param {ShadowRoot} root
 * @param {() => boolean} isCalm
 * @returns {import("../wire").Composer}
 */
export function createComposer(root, isCalm) {
  const inner = el("div", { class: "answer" });
  const node = el("section", { class: "composer", "aria-label": "Your answer", tabIndex: -1 }, inner);
  // Whoever has not touched the chat keeps the focus where it is.
  let touched = false;
  const touch = () => { touched = true; };
  root.addEventListener("pointerdown", touch, { capture: true });
  root.addEventListener("keydown", touch, { capture: true });

  function focus() {
    touched = true;
    const first = node.querySelector("[aria-invalid]") ?? node.querySelector("input:not(:disabled)") ?? node.querySelector("button");
    /** @type {HTMLElement} */ (first ?? node).focus({ preventScroll: true });
  }
  /** Whether the focus is here, or nowhere because what had it is gone. */
  const has = () => touched && (!root.activeElement || node.contains(root.activeElement)) && (root.activeElement !== null || document.activeElement === document.body || document.activeElement === root.host);

  /** @param {HTMLElement[]} children */
  function put(children) {
    const before = node.offsetHeight;
    inner.replaceChildren(...children);
    inner.inert = false;
    const after = node.offsetHeight;
    if (!isCalm() && before !== after) node.animate([{ height: `${before}px`, overflow: "hidden" }, { height: `${after}px`, overflow: "hidden" }], { duration: SLIDE, easing: "cubic-bezier(.2, 0, 0, 1)" });
  }
  return {
    node,
    focus,
    fill(children) {
      const keeps = has();
      put(children);
      if (keeps) focus();
    },
    // The controls stay, so that nothing jumps.
    wait() {
      const keeps = has();
      inner.inert = true;
      if (keeps) node.focus({ preventScroll: true });
    },
  };
}
