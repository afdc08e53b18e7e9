// A number: typed, or changed in steps. It is a line of text, so that what is no number stays to be mended.
import { el, iconButton } from "../dom.js";
import { described, form, hintNode, nameOf, skipButton } from "./asked.js";

/** @param {import("./asked.js").Asked} asked */
export function number(asked) {
  const { request, refusal, previous, send } = asked;
  const { min, max, step = 1 } = request.validation ?? {};
  const [least, most] = [Number(min ?? -Infinity), Number(max ?? Infinity)];
  const input = el("input", {
    type: "text", inputMode: Number(min) >= 0 ? "decimal" : "text", autocomplete: "off", enterKeyHint: "send", role: "spinbutton",
    placeholder: request.placeholder || "", value: String(previous ?? request.default_value ?? ""),
    "aria-label": nameOf(request), "aria-valuemin": min, "aria-valuemax": max, ...described(asked, request.help_text),
  });
  /** @param {number} by */
  const change = (by) => {
    const now = input.value.trim() === "" ? NaN : Number(input.value);
    const next = Number.isNaN(now) ? Number(min ?? 0) : now + by * Number(step);
    input.value = String(Number(Math.min(most, Math.max(least, next)).toFixed(9)));
    tell();
  };
  const tell = () => input.setAttribute("aria-valuenow", input.value);
  input.addEventListener("input", tell);
  input.addEventListener("keydown", (event) => {
    const by = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if (by) { event.preventDefault(); change(by); }
  });
  if (input.value) tell();
  return form(() => send(input.value, input.value.trim() || "…"),
    el("div", { class: refusal ? "field number wrong" : "field number" },
      iconButton("less", "Less", () => change(-1)), input, iconButton("more", "More", () => change(1))),
    el("button", { class: "pill full beside" }, "Send"), hintNode(request.help_text ?? ""), skipButton(asked));
}
