// What both entries export, over the module; `index.d.ts` says what it means.
import { ask, call, text } from "./binding.js";

export { ChatflowError } from "./binding.js";
export { Library } from "./library.js";
export { Preview } from "./preview.js";

const document = (value) => (typeof value === "string" ? value : text(value));
const calculates = (dialect) => dialect === "calculation";

export function check(flow) {
  return ask((engine) => engine.check(document(flow)));
}

export function applyPatch(flow, patch) {
  return ask((engine) => engine.applyPatch(text(flow), text(patch)));
}

export function checkExpression(expression, dialect) {
  return ask((engine) => engine.checkExpression(expression, calculates(dialect)));
}

export function evaluate(expression, context) {
  return ask((engine) => engine.evaluate(expression, text(context)));
}

export function explain(condition, context, { steps = [], dialect } = {}) {
  return ask((engine) => engine.explain(text(condition), text(context), text(steps), calculates(dialect)));
}

export function expressionFunctions() {
  return ask((engine) => engine.expressionFunctions());
}

export function flowVariables(flow) {
  return ask((engine) => engine.flowVariables(document(flow)));
}

export function mask(value, options = {}) {
  return ask((engine) => engine.mask(text(value), text(options)));
}

export function play(conversation) {
  return ask((engine) => engine.play(text(conversation)));
}
