/**
 * What differs between two documents of a flow, as an author sees it: fields of steps, lines, and what stands at the head. How a
 * document is spelled does not matter, nor does the order of steps.
 */
import { readFlow, type Flow, type Line } from "./flow";
import { at, equal, isObject, type Json, type JsonObject } from "./json";

export interface Difference {
  /** What it is about; the same in each comparison of the flow. */
  key: string;
  kind: "head" | "graph" | "step" | "field" | "line";
  /** The step, or the one that a line leaves. */
  step: string | undefined;
  /** The field of the step or the head; the type of a line. */
  field: string;
  old: Json | undefined;
  now: Json | undefined;
}

interface Taken {
  head: Map<string, Json>;
  graph: Map<string, Json>;
  nodes: Map<string, JsonObject>;
  fields: Map<string, Map<string, Json>>;
  lines: Map<string, { line: Line; value: JsonObject }>;
}

/** Keys of the head that belong to the place where a flow is kept, or that are looked at on their own. */
const HEAD = ["name", "description", "version", "entry_node_id", "contract"];
const NO_FIELD = new Set(["id", "node_id", "node_key", "content", "data", "connections", "selected", "dragging", "measured", "width", "height"]);
const LIST_KEYS = new Set(["nodes", "connections", "edges", "viewport", "entry_node_id"]);

export function differences(before: Json, after: Json): Difference[] {
  const a = taken(before);
  const b = taken(after);
  const found: Difference[] = [];
  const compare = (kind: Difference["kind"], step: string | undefined, was: ReadonlyMap<string, Json>, is: ReadonlyMap<string, Json>) => {
    for (const field of new Set([...was.keys(), ...is.keys()])) {
      const [old, now] = [was.get(field), is.get(field)];
      if (!equal(old, now)) found.push({ key: `${kind} ${step ?? ""} ${field}`, kind, step, field, old, now });
    }
  };
  compare("head", undefined, a.head, b.head);
  compare("graph", undefined, a.graph, b.graph);
  for (const id of new Set([...a.nodes.keys(), ...b.nodes.keys()])) {
    const [old, now] = [a.nodes.get(id), b.nodes.get(id)];
    if (old && now) compare("field", id, a.fields.get(id) ?? new Map(), b.fields.get(id) ?? new Map());
    else found.push({ key: `step ${id}`, kind: "step", step: id, field: "", old, now });
  }
  for (const key of new Set([...a.lines.keys(), ...b.lines.keys()])) {
    const [old, now] = [a.lines.get(key), b.lines.get(key)];
    const line = (now ?? old)?.line;
    if (line && !equal(old?.value, now?.value)) found.push({ key: `line ${key}`, kind: "line", step: line.source, field: line.type, old: old?.value, now: now?.value });
  }
  return found;
}

/** The lines of a flow by what tells them apart in each comparison: where they leave, their type, and a number among those alike. */
export function linesByKey(flow: Flow): Map<string, Line> {
  const lines = new Map<string, Line>();
  for (const line of flow.lines) {
    let number = 0;
    while (lines.has(`${line.source} ${line.type} ${number}`)) number += 1;
    lines.set(`${line.source} ${line.type} ${number}`, line);
  }
  return lines;
}

/** The key of the line that a difference is about. */
export function lineKey(difference: Difference): string {
  return difference.key.slice("line ".length);
}

/** Where the line of a difference stands in a document, if it is there. */
export function lineOf(document: Json, key: string): Line | undefined {
  return taken(document).lines.get(key.slice("line ".length))?.line;
}

function taken(document: Json): Taken {
  const flow = readFlow(document);
  const envelope = (at(document, flow.envelope) ?? {}) as JsonObject;
  const body = (at(document, flow.graph) ?? {}) as JsonObject;
  const head = new Map<string, Json>();
  for (const key of HEAD) {
    const value = key === "entry_node_id" ? flow.entry : envelope[key];
    if (value !== undefined && value !== null && value !== "") head.set(key, value);
  }
  // Where a flow is kept by a key, the key stands in `info` there.
  for (const [key, value] of Object.entries(isObject(envelope.info) ? envelope.info : {})) if (key !== "seed_key") head.set(`info.${key}`, value);
  const graph = new Map(Object.entries(body).filter(([key]) => !LIST_KEYS.has(key) && (flow.graph.length > flow.envelope.length || key === "variables")));
  const nodes = new Map<string, JsonObject>();
  const fields = new Map<string, Map<string, Json>>();
  for (const step of flow.steps) {
    const node = at(document, step.path) as JsonObject;
    nodes.set(step.id, node);
    const own = new Map<string, Json>();
    for (const [key, value] of Object.entries(node)) if (!NO_FIELD.has(key) && !blank(key, value)) own.set(key, value);
    for (const [key, value] of Object.entries(step.content)) own.set(`content.${key}`, value);
    fields.set(step.id, own);
  }
  const lines = new Map<string, { line: Line; value: JsonObject }>();
  for (const [key, line] of linesByKey(flow)) {
    lines.set(key, { line, value: { target: line.target, ...(line.rule === undefined ? {} : { rule: line.rule }), ...(line.name === undefined ? {} : { name: line.name }) } });
  }
  return { head, graph, nodes, fields, lines };
}

/** Says nothing: what a server writes where an author wrote none. */
function blank(key: string, value: Json): boolean {
  if (value === null) return true;
  if (key === "position") return isObject(value) && value.x === 0 && value.y === 0;
  return isObject(value) && Object.keys(value).length === 0;
}
