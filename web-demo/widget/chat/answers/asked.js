// What all ways to answer have in common.
import { button, el, icon } from "../dom.js";
import { textOf } from "../markup.js";

/** @typedef {import("../../wire").Request} Request @typedef {import("../../wire").Option} Option @typedef {import("../../wire").Refusal} Refusal @typedef {import("../../wire").Asked} Asked */

/** The ids of what describes a field. */
export const WRONG = "wrong";
export const HINT = "hint";

/** Above so many answers they stand in a grid, and above so many there is a field to search them. */
export const GRID = 6;
export const SEARCH = 10;

/** @param {Request} request */
export const nameOf = (request) => textOf(request.question) || "Your answer";

/** @param {Request} request */
export const optionsOf = (request) => request.options ?? [];

/**
 * @param {Request} request
 * @param {string} kind
 * @param {...(Node | string | false | null | undefined)} children
 */
export const group = (request, kind, ...children) =>
  el("div", { class: `set ${kind}`, role: "group", "aria-label": nameOf(request) }, ...children);

/** @param {Asked} asked */
export const skipButton = ({ request, send }) =>
  request.validation?.required === false && button("Skip", () => send("", "Skipped"), "pill skip");

/**
 * What tells a field's reader that the last answer was wrong, and the hint.
 * @param {Asked} asked
 * @param {string} [hint]
 */
export const described = ({ refusal }, hint) => ({
  "aria-invalid": refusal && "true",
  "aria-describedby": [refusal && WRONG, hint && HINT].filter(Boolean).join(" ") || null,
});

/** @param {string} text */
export const hintNode = (text) => Boolean(text) && el("p", { class: "hint", id: HINT }, text);

/**
 * The refusal of the last answer, above the controls.
 * @param {Refusal} refusal
 */
export function refusalNode({ message, remaining }) {
  const tries = remaining ? ` You can try ${remaining} more ${remaining === 1 ? "time" : "times"}.` : "";
  return el("p", { class: "wrong-text", id: WRONG }, icon("alert"), el("span", {}, message + tries));
}

/**
 * A form that gives an answer.
 * @param {(event: SubmitEvent) => void} answer
 * @param {...(Node | string | false | null | undefined)} children
 */
export function form(answer, ...children) {
  const onsubmit = (/** @type {SubmitEvent} */ event) => { event.preventDefault(); answer(event); };
  return el("form", { onsubmit, noValidate: true }, ...children);
}

/** @param {string} text */
export const submit = (text) => el("button", { class: "pill full" }, text);
