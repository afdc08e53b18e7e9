// The module, and everything that crosses its border: JSON text in, JSON text or a refusal out.
import * as glue from "./glue.js";

let state = "unloaded";

/** Something was refused; see `index.d.ts`. */
export class ChatflowError extends Error {
  constructor(code, message, options) {
    super(message, options);
    this.name = "ChatflowError";
    this.code = code;
  }
}

/** Takes the module in: its bytes, or compiled, at once. */
export function loadNow(module) {
  glue.initSync({ module });
  state = "loaded";
}

/** Takes the module in from wherever it is. */
export async function load(source) {
  try {
    await glue.default({ module_or_path: source });
    state = "loaded";
  } catch (error) {
    throw new ChatflowError("not_loaded", `the engine cannot be loaded: ${error.message}`, { cause: error });
  }
}

/** Makes a call of the module; what it refuses is thrown as a `ChatflowError`. */
export function call(run) {
  if (state !== "loaded") throw unusable();
  try {
    return run(glue);
  } catch (error) {
    throw refusal(error);
  }
}

/** As `call`, for calls that give JSON text. */
export function ask(run) {
  return JSON.parse(call(run));
}

/** The text of a value; `undefined` counts as null. */
export function text(value) {
  try {
    return JSON.stringify(value) ?? "null";
  } catch (error) {
    throw new ChatflowError("argument", "an argument cannot be written as JSON", { cause: error });
  }
}

function unusable() {
  return state === "trapped"
    ? new ChatflowError("trapped", "the engine broke down on an earlier call; load the page anew")
    : new ChatflowError("not_loaded", "the engine is not loaded: await init() first");
}

function refusal(error) {
  if (typeof error === "string") {
    const { code, message, causes } = JSON.parse(error);
    const cause = causes.reduceRight((inner, each) => new Error(each, inner && { cause: inner }), undefined);
    return new ChatflowError(code, message, cause && { cause });
  }
  if (error instanceof WebAssembly.RuntimeError) {
    // Its memory may be in any state.
    state = "trapped";
    return new ChatflowError("trapped", `the engine broke down: ${error.message}`, { cause: error });
  }
  return error;
}
