/** What an expression may go on with: the values of the flow, and the engine's functions. */
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { ask } from "../engine/client";
import type { ExpressionFunction } from "../engine/protocol";
import { knownValues } from "../model/values";
import { at } from "../model/json";
import { useEditor } from "../state/editor";
import { usePreview } from "../state/preview";

let functions: Promise<ExpressionFunction[]> | undefined;

export async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const word = context.matchBefore(/[\w.]+/);
  if (!word && !context.explicit) return null;
  const { flow } = useEditor.getState();
  const state = usePreview.getState().played?.state;
  // What is being typed is read nowhere else and set by nobody: it is no offer.
  const offered = (flow ? knownValues(flow) : []).filter((value) => value.setBy.length > 0 || value.path !== word?.text);
  const values = offered.map((value) => {
    const now = at(state, value.path.split("."));
    return { label: value.path, type: "variable", detail: now === undefined ? "not known yet" : short(JSON.stringify(now)), info: `Set in ${value.setBy.length} steps, read in ${value.readBy.length}` };
  });
  functions ??= ask("functions");
  const known = await functions.catch(() => []);
  const behind = word?.text.includes(".") === true;
  const calls = known.map((each) => ({ label: each.name, apply: `${each.name}(`, type: "function", detail: each.signature, info: `${each.about} ${each.example}`, method: each.kind === "method" }));
  const dot = behind ? (word?.from ?? 0) + (word?.text.lastIndexOf(".") ?? 0) + 1 : undefined;
  // Behind a dot comes the rest of a path, or a method.
  if (dot !== undefined && !values.some((value) => value.label.startsWith(word?.text ?? "") && value.label !== word?.text)) {
    return { from: dot, options: calls.filter((each) => each.method), validFor: /^\w*$/ };
  }
  return { from: word?.from ?? context.pos, options: [...values, ...calls.filter((each) => !each.method)], validFor: /^[\w.]*$/ };
}

function short(text: string): string {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}
