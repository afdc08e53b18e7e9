// A number between two ends.
import { el } from "../dom.js";
import { described, form, hintNode, nameOf, skipButton, submit } from "./asked.js";

/** @param {import("./asked.js").Asked} asked */
export function slider(asked) {
  const { request, previous, send } = asked;
  const config = request.slider_config ?? {};
  const { min = 0, max = 100, step = 1, min_label: low, max_label: high, unit = "", show_labels: labels = true } = config;
  const middle = min + Math.round((max - min) / 2 / step) * step;
  const start = previous ?? config.default_value ?? config.default ?? middle;
  const input = el("input", { type: "range", "aria-label": nameOf(request), ...described(asked, request.help_text) });
  // In this order: a value is cut to the ends that stand.
  Object.assign(input, { min: String(min), max: String(max), step: String(step), value: String(start) });
  const value = el("output");
  const button = submit("");
  const shown = () => `${input.value}${unit && ` ${unit}`}`;
  const update = () => {
    value.textContent = shown();
    button.textContent = `Send ${shown()}`;
    input.setAttribute("aria-valuetext", shown());
  };
  input.addEventListener("input", update);
  update();
  const end = (/** @type {number} */ at, /** @type {string} */ label) => el("span", {}, label ? `${at} · ${label}` : `${at}`);
  return form(() => send(Number(input.value), shown()),
    el("div", { class: "range" }, value, input, labels && el("div", {}, end(min, low), end(max, high))),
    hintNode(request.help_text ?? ""), button, skipButton(asked));
}
