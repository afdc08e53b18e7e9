/** A conversation as `chatflow chat --json` prints it, byte for byte: the engine's own transcript. */
import type { Played } from "../engine/protocol";
import { isObject, type Json, type JsonObject } from "../model/json";

/** `flow` is its key or id. */
export function transcriptOf(played: Played, flow: string, seed: string): string {
  const last = played.turns.at(-1)?.turn;
  const turns = played.turns.map(({ input, turn }, index) => {
    const before = played.turns[index - 1]?.turn.input_request;
    // Going on is no answer, unless there were replies to choose from.
    const goesOn = before?.input_type === "continue" && before.options.length === 0;
    return object(["input", goesOn ? null : sorted(input)], ["turn", sorted(turn as unknown as Json)]);
  });
  const transcript = object(["format", 1], ["flow", flow], ["seed", seed], ["turns", turns], ["state", sorted(played.state)], ["state_hash", played.hash], ["ended", last?.ended_reason ?? null], ["refused", played.refused]);
  return `${written(transcript, "")}\n`;
}

/** An object whose keys stand in this order, whatever they are. */
type Ordered = { entries: (readonly [string, Written])[] };
type Written = Json | Ordered | Written[];

function object(...entries: (readonly [string, Written | undefined])[]): Ordered {
  return { entries: entries.filter((entry): entry is readonly [string, Written] => entry[1] !== undefined) };
}

/** With the keys of all objects by code point, as the engine has them. */
function sorted(value: Json): Written {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return object(...Object.keys(value).sort(byCodePoint).map((key) => [key, sorted((value as JsonObject)[key] ?? null)] as const));
}

function byCodePoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((letter, index) => letter !== right[index]);
  return at === -1 ? left.length - right.length : (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1);
}

function written(value: Written, indent: string): string {
  const inner = `${indent}  `;
  const block = (open: string, parts: string[], close: string) => (parts.length === 0 ? open + close : `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`);
  if (Array.isArray(value)) return block("[", value.map((item) => written(item, inner)), "]");
  if (value !== null && typeof value === "object") return block("{", (value as Ordered).entries.map(([key, each]) => `${JSON.stringify(key)}: ${written(each, inner)}`), "}");
  return JSON.stringify(value);
}
