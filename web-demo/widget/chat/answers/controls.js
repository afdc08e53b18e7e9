// The way to answer each kind of question.
import { carousel } from "./carousel.js";
import { carryOn, choice, pictures, yesNo } from "./choice.js";
import { date, field } from "./field.js";
import { file } from "./file.js";
import { number } from "./number.js";
import { several } from "./several.js";
import { slider } from "./slider.js";
import { WRONG, refusalNode } from "./asked.js";

/** @type {Record<string, (asked: import("./asked.js").Asked) => HTMLElement>} */
const KINDS = {
  boolean: yesNo, button: choice, carousel, choice, continue: carryOn, date, file, image_choice: pictures, multiple_choice: several, number, slider,
};

/**
 * @param {import("./asked.js").Asked} asked
 * @returns {HTMLElement[]}
 */
export function controls(asked) {
  const build = (KINDS[asked.request.input_type] ?? field)(asked);
  if (!asked.refusal) return [build];
  // Where nothing is typed, the buttons as a whole are told what was wrong.
  const group = build.role === "group" ? build : build.querySelector("[role=group]");
  if (!build.querySelector("[aria-invalid]")) group?.setAttribute("aria-describedby", WRONG);
  return [refusalNode(asked.refusal), build];
}
