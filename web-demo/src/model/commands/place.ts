/** What commands share: where things are in a draft, and names that are not taken. */
import { readFlow, type Flow, type Line, type Step } from "../flow";
import { at, isObject, type Json, type JsonObject } from "../json";

/** The list of nodes in a draft; made if there is none. */
export function nodesOf(draft: Json, flow: Flow): Json[] {
  return listAt(draft, flow, "nodes");
}

export function linesOf(draft: Json, flow: Flow): Json[] {
  return listAt(draft, flow, flow.linesKey);
}

function listAt(draft: Json, flow: Flow, key: string): Json[] {
  const body = at(draft, flow.graph) as JsonObject;
  if (!Array.isArray(body[key])) body[key] = [];
  return body[key] as Json[];
}

/** Takes a connection out of a draft. */
export function cut(draft: Json, flow: Flow, lines: readonly Line[]): void {
  const list = linesOf(draft, flow);
  const indexes = lines.filter((line) => line.path.at(-2) === flow.linesKey && line.path.length === flow.graph.length + 2).map((line) => Number(line.path.at(-1)));
  for (const index of indexes.sort((a, b) => b - a)) list.splice(index, 1);
  for (const line of lines) {
    if (line.path.at(-2) !== "connections" || line.path.length === flow.graph.length + 2) continue;
    const own = at(draft, line.path.slice(0, -1));
    if (isObject(own)) delete own[String(line.path.at(-1))];
  }
}

/** Lets a connection lead elsewhere, in the author's spelling. */
export function retarget(draft: Json, flow: Flow, line: Line, target: string): void {
  if (line.path.length !== flow.graph.length + 2) {
    (at(draft, line.path.slice(0, -1)) as JsonObject)[String(line.path.at(-1))] = target;
    return;
  }
  const raw = at(draft, line.path) as JsonObject;
  const key = ["target", "target_node_id", "to"].find((each) => raw[each] !== undefined) ?? "target";
  raw[key] = target;
}

export function freshId(flow: Flow, stem: string): string {
  const clean = stem.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_+|_+$/g, "") || "step";
  let id = clean;
  for (let number = 2; flow.byId.has(id); number += 1) id = `${clean}_${number}`;
  return id;
}

/** The raw node of a step in a draft. */
export function nodeOf(draft: Json, step: Step): JsonObject {
  return at(draft, step.path) as JsonObject;
}

/** The content of a step in a draft; made if there is none. */
export function contentOf(draft: Json, step: Step): JsonObject {
  const content = at(draft, step.contentPath);
  if (isObject(content)) return content;
  const parent = at(draft, step.contentPath.slice(0, -1)) as JsonObject;
  const made: JsonObject = {};
  parent[String(step.contentPath.at(-1))] = made;
  return at(draft, step.contentPath) as JsonObject;
}

/** The flow as it stands in the middle of a command. */
export function reread(draft: Json): Flow {
  return readFlow(JSON.parse(JSON.stringify(draft)) as Json);
}

export function setEntry(draft: Json, flow: Flow, id: string): void {
  const head = at(draft, flow.envelope) as JsonObject;
  const body = at(draft, flow.graph) as JsonObject;
  if (head.entry_node_id === undefined && body.entry_node_id !== undefined) body.entry_node_id = id;
  else head.entry_node_id = id;
}

export function quote(title: string): string {
  return `“${title}”`;
}
