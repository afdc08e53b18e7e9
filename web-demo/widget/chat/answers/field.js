// A line to type in. What is right or wrong is for the conversation to say (F61).
import { el, icon } from "../dom.js";
import { described, form, hintNode, nameOf, skipButton, submit } from "./asked.js";

/** @type {Record<string, [type: string, example: string, autocomplete?: string]>} */
const FIELDS = {
  text: ["text", "Type your answer"],
  email: ["email", "name@example.org", "email"],
  phone: ["tel", "+64 21 123 4567", "tel"],
  url: ["url", "https://", "url"],
  file: ["url", "https://"],
};

/** @param {import("./asked.js").Asked} asked */
export function field(asked) {
  const { request, refusal, previous, send } = asked;
  const [type, example, autocomplete = "off"] = FIELDS[request.input_type] ?? FIELDS.text;
  const rules = request.validation ?? {};
  const longest = rules.max_length ?? rules.maxLength;
  const hint = request.help_text || (longest && type === "text" ? `Up to ${longest} letters` : "") || (rules.required === false ? "You may skip this." : "");
  const input = el("input", {
    type, autocomplete, enterKeyHint: "send", placeholder: request.placeholder || example,
    value: typeof previous === "string" || typeof previous === "number" ? String(previous) : String(request.default_value ?? ""),
    "aria-label": nameOf(request), ...described(asked, hint),
  });
  return form(() => send(input.value, input.value.trim() || "…"),
    el("div", { class: refusal ? "field wrong" : "field" }, input, el("button", { class: "send", "aria-label": "Send" }, icon("send"))),
    hintNode(hint), skipButton(asked));
}

/** @param {import("./asked.js").Asked} asked */
export function date(asked) {
  const { request, refusal, previous, send } = asked;
  const { min, max } = request.validation ?? {};
  const day = (/** @type {unknown} */ text) => (/^\d{4}-\d\d-\d\d$/.test(String(text)) ? text : null);
  const input = el("input", {
    type: "date", min: day(min), max: day(max), value: day(previous) ?? day(request.default_value) ?? "",
    "aria-label": nameOf(request), ...described(asked, request.help_text),
  });
  const shown = () => (input.value ? new Date(`${input.value}T12:00`).toLocaleDateString(undefined, { dateStyle: "long" }) : "…");
  return form(() => send(input.value, shown()),
    el("div", { class: refusal ? "field wrong" : "field" }, input), hintNode(request.help_text ?? ""), submit("Send"), skipButton(asked));
}
