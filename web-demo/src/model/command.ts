/** A change of a document: what it is called, and what it does. Commands are the only way to change a document. */
import { create } from "mutative";
import type { Json, Path } from "./json";

export interface Command {
  /** As a verb with its object, shown at undo: “Delete “Welcome””. */
  label: string;
  /** Entries that follow each other with the same key become one: all typing of one visit to a field. */
  merge?: string;
  change: (draft: Json) => void;
}

export interface Patch {
  op: "add" | "remove" | "replace";
  path: (string | number)[];
  value?: Json;
}

/** One change as it is kept: forwards and backwards. */
export interface Entry {
  label: string;
  merge?: string;
  forward: Patch[];
  back: Patch[];
}

/** Runs a command. Undefined if it changed nothing. */
export function run(document: Json, command: Command): { document: Json; entry: Entry } | undefined {
  const [next, forward, back] = create(document as object, (draft) => command.change(draft as Json), { enablePatches: { pathAsArray: true, arrayLengthAssignment: false } });
  if (forward.length === 0) return undefined;
  const entry: Entry = { label: command.label, forward: forward as Patch[], back: back as Patch[] };
  if (command.merge !== undefined) entry.merge = command.merge;
  return { document: next as Json, entry };
}

/** Writes a value into a field. */
export function setField(label: string, path: Path, value: Json | undefined, merge?: string): Command {
  return { label, ...(merge === undefined ? {} : { merge }), change: (draft) => putIn(draft, path, value) };
}

function putIn(draft: Json, path: Path, value: Json | undefined): void {
  let here = draft as Record<string | number, Json>;
  for (const [index, key] of path.slice(0, -1).entries()) {
    const next = here[key];
    if (next === null || typeof next !== "object") {
      if (value === undefined) return;
      here[key] = typeof path[index + 1] === "number" ? [] : {};
    }
    here = here[key] as Record<string | number, Json>;
  }
  const last = path.at(-1);
  if (last === undefined) return;
  if (value !== undefined) {
    if (JSON.stringify(here[last]) !== JSON.stringify(value)) here[last] = value;
  } else if (Array.isArray(here)) here.splice(Number(last), 1);
  else if (Object.hasOwn(here, last)) delete here[last];
}
