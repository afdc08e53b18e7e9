/** The values that a flow sets and reads, by path. */
import type { Flow, Step } from "./flow";
import { firstText, isObject, type Json } from "./json";

export interface KnownValue {
  path: string;
  setBy: string[];
  readBy: string[];
}

const PATH = /\b(?:user|temp|context|session|input|output|local)(?:\.[A-Za-z_]\w*)+/g;
const TARGETS = new Set(["variable", "result_variable", "append_to", "target", "error_variable", "response_variable", "track_shown_in"]);

export function knownValues(flow: Flow): KnownValue[] {
  const found = new Map<string, KnownValue>();
  const of = (path: string) => {
    const known = found.get(path) ?? { path, setBy: [], readBy: [] };
    found.set(path, known);
    return known;
  };
  for (const step of flow.steps) {
    const set = new Set<string>();
    const read = new Set<string>();
    collect(step.content, step, set, read);
    for (const line of flow.out.get(step.id) ?? []) if (line.rule !== undefined) texts(line.rule, read);
    for (const path of set) of(path).setBy.push(step.id);
    for (const path of read) of(path).readBy.push(step.id);
  }
  return [...found.values()].sort((a, b) => a.path.localeCompare(b.path));
}

function collect(value: Json, step: Step, set: Set<string>, read: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, step, set, read);
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (TARGETS.has(key) && typeof item === "string" && item !== "") set.add(item.includes(".") ? item : `temp.${item}`);
      else if (key === "response_mapping" && isObject(item)) for (const [from, to] of Object.entries(item)) set.add(from.startsWith("$") ? (firstText(to) ?? from) : from);
      else collect(item, step, set, read);
    }
  } else if (typeof value === "string") texts(value, read);
}

function texts(value: Json, read: Set<string>): void {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  for (const match of text.matchAll(PATH)) read.add(match[0]);
}
