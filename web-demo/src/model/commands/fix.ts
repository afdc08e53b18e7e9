/** Cures that the engine proposes, and notes that something is meant that way. */
import type { Command } from "../command";
import type { Flow, Line } from "../flow";
import { at, isObject, parsePointer, type Json, type JsonObject } from "../json";

/** One change of a JSON Patch (RFC 6902). */
export interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: Json;
}

export function applyFixes(fixes: readonly (readonly Operation[])[], label: string): Command {
  return {
    label,
    change: (draft) => {
      for (const fix of fixes) for (const operation of fix) apply(draft, operation);
    },
  };
}

function apply(draft: Json, operation: Operation): void {
  const path = parsePointer(operation.path);
  if (operation.op === "move" || operation.op === "copy") {
    const from = parsePointer(operation.from ?? "");
    const value = structuredClone(plain(at(draft, from))) as Json;
    if (operation.op === "move") apply(draft, { op: "remove", path: operation.from ?? "" });
    apply(draft, { op: "add", path: operation.path, value });
    return;
  }
  const key = path.at(-1);
  const parent = at(draft, path.slice(0, -1));
  if (key === undefined || parent === null || typeof parent !== "object") return;
  if (Array.isArray(parent)) {
    const index = key === "-" ? parent.length : Number(key);
    if (operation.op === "add") parent.splice(index, 0, operation.value as Json);
    else if (operation.op === "remove") parent.splice(index, 1);
    else if (operation.op === "replace") parent[index] = operation.value as Json;
  } else if (operation.op === "remove") delete (parent as JsonObject)[key];
  else if (operation.op === "add" || operation.op === "replace") (parent as JsonObject)[key] = operation.value as Json;
}

function plain(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

/** Writes down that a warning is meant that way. */
export function waive(flow: Flow, code: string, about: { node?: string; line?: Line }, note: string): Command {
  return {
    label: `Keep as it is: ${code}`,
    change: (draft) => {
      const head = at(draft, flow.envelope) as JsonObject;
      if (!isObject(head.info)) head.info = {};
      const info = head.info as JsonObject;
      if (!Array.isArray(info.waivers)) info.waivers = [];
      const waiver: JsonObject = { code };
      if (about.node !== undefined) waiver.node = about.node;
      else if (about.line) waiver.connection = { source: about.line.source, target: about.line.target };
      waiver.note = note;
      (info.waivers as Json[]).push(waiver);
    },
  };
}
