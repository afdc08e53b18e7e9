/**
 * A flow document as the studio shows it. Documents may be spelled in several ways (see the runtime's accepted forms); this reads
 * them all, changes nothing, and remembers the path of each thing so that a change goes to where the author wrote it.
 */
import { at, firstText, isObject, type Json, type JsonObject, type Path } from "./json";
import { kindOf, type Kind } from "./kinds";

export interface Step {
  id: string;
  kind: Kind | undefined;
  /** What people call it: its name, else its id made readable. */
  title: string;
  content: JsonObject;
  path: Path;
  contentPath: Path;
  position: { x: number; y: number } | undefined;
}

export interface Line {
  source: string;
  target: string;
  /** The canonical type: `default`, `$0`, `success`, `failure`, or a name. */
  type: string;
  /** What must hold for it to be taken. */
  rule: Json | undefined;
  name: string | undefined;
  path: Path;
}

export interface Flow {
  name: string;
  description: string;
  version: string;
  key: string | undefined;
  steps: readonly Step[];
  byId: ReadonlyMap<string, Step>;
  lines: readonly Line[];
  out: ReadonlyMap<string, readonly Line[]>;
  into: ReadonlyMap<string, readonly Line[]>;
  entry: string | undefined;
  /** Where the envelope and the graph are. */
  envelope: Path;
  graph: Path;
  /** The key of the list of connections: `connections` or `edges`. */
  linesKey: string;
}

/** What did not change is read once. */
const steps = new WeakMap<object, Step>();
const lines = new WeakMap<object, { kind: Kind | undefined; line: Line }>();

export function readFlow(document: Json): Flow {
  const envelope: Path = isObject(document) && isObject(document.flow) && !Array.isArray(document.nodes) ? ["flow"] : [];
  const head = (at(document, envelope) ?? {}) as JsonObject;
  const graph: Path = isObject(head.flow_data) ? [...envelope, "flow_data"] : envelope;
  const body = (at(document, graph) ?? {}) as JsonObject;
  const nodes = Array.isArray(body.nodes) ? body.nodes : [];
  const read: Step[] = [];
  const byId = new Map<string, Step>();
  nodes.forEach((node, index) => {
    if (!isObject(node)) return;
    const step = readStep(node, [...graph, "nodes", index]);
    if (step.id === "" || byId.has(step.id)) return;
    read.push(step);
    byId.set(step.id, step);
  });
  const linesKey = Array.isArray(body.connections) && (body.connections.length > 0 || !Array.isArray(body.edges)) ? "connections" : Array.isArray(body.edges) ? "edges" : "connections";
  const all: Line[] = [];
  const listed = body[linesKey];
  if (Array.isArray(listed)) {
    listed.forEach((line, index) => {
      if (isObject(line)) all.push(readLine(line, [...graph, linesKey, index], byId));
    });
  }
  for (const step of read) {
    const own = at(document, [...step.path, "connections"]);
    if (!isObject(own)) continue;
    for (const [type, target] of Object.entries(own)) {
      if (typeof target === "string" || typeof target === "number") {
        all.push({ source: step.id, target: String(target), type: canonical(type, byId.get(step.id)?.kind), rule: undefined, name: undefined, path: [...step.path, "connections", type] });
      }
    }
  }
  const out = group(all, (line) => line.source);
  const into = group(all, (line) => line.target);
  return {
    name: firstText(head.name) ?? "Untitled flow",
    description: firstText(head.description) ?? "",
    version: firstText(head.version) ?? "1.0.0",
    key: firstText(head.seed_key, isObject(head.info) ? head.info.seed_key : undefined, head.id),
    steps: read,
    byId,
    lines: all,
    out,
    into,
    entry: firstText(head.entry_node_id, body.entry_node_id) ?? inferEntry(read, into),
    envelope,
    graph,
    linesKey,
  };
}

function readStep(node: JsonObject, path: Path): Step {
  const known = steps.get(node);
  if (known && known.path.at(-1) === path.at(-1) && known.path.length === path.length) return known;
  const data = isObject(node.data) ? node.data : {};
  const id = firstText(node.id, node.node_id, node.node_key, data.id) ?? "";
  const type = typeof node.type === "string" && node.type.toLowerCase() !== "custom" ? node.type : undefined;
  const inner: Path = !isObject(node.content) && isObject(data.content) ? ["data", "content"] : ["content"];
  const content = at(node, inner);
  const place = [node.position, node.position_absolute, node.positionAbsolute, data.position].find(isObject);
  const step: Step = {
    id,
    kind: kindOf(firstText(node.node_type, type, data.nodeType, data.node_type)),
    title: firstText(node.name, isObject(content) ? content.composite_name : undefined) ?? readable(id),
    content: isObject(content) ? content : {},
    position: place && typeof place.x === "number" && typeof place.y === "number" ? { x: place.x, y: place.y } : undefined,
    path,
    contentPath: [...path, ...inner],
  };
  steps.set(node, step);
  return step;
}

function readLine(line: JsonObject, path: Path, byId: ReadonlyMap<string, Step>): Line {
  const known = lines.get(line);
  if (known && known.line.path.at(-1) === path.at(-1) && known.kind === byId.get(known.line.source)?.kind) return known.line;
  const data = isObject(line.data) ? line.data : {};
  const source = firstText(line.source, line.source_node_id, line.from) ?? "";
  const rule = line.conditions ?? data.conditions ?? line.condition ?? data.condition;
  const type = firstText(line.connection_type, data.connection_type, line.type, data.type, line.sourceHandle);
  const made: Line = {
    source,
    target: firstText(line.target, line.target_node_id, line.to) ?? "",
    type: canonical(type, byId.get(source)?.kind),
    rule: predicate(rule),
    name: firstText(line.name),
    path,
  };
  lines.set(line, { kind: byId.get(source)?.kind, line: made });
  return made;
}

const LOOKS = new Set(["smoothstep", "bezier", "straight", "step", "simplebezier", "", "next", "conditional"]);

/** The one spelling of a connection's type. */
export function canonical(type: string | undefined, kind?: Kind): string {
  const lower = (type ?? "").trim().toLowerCase();
  if (LOOKS.has(lower)) return "default";
  const number = /^(?:\$|option_)(\d{1,2})$/.exec(lower);
  if (number) return `$${Number(number[1])}`;
  if (lower === "ok" || (lower === "complete" && kind === "composite")) return "success";
  return lower === "fail" ? "failure" : lower;
}

function predicate(rule: unknown): Json | undefined {
  if (typeof rule === "string") return rule === "" ? undefined : rule;
  if (!isObject(rule) || Object.keys(rule).length === 0) return undefined;
  return rule.if ?? rule.expression ?? rule.cel ?? rule;
}

function inferEntry(read: readonly Step[], into: ReadonlyMap<string, readonly Line[]>): string | undefined {
  const first = read.filter((step) => !into.has(step.id));
  return first.length === 1 ? first[0]?.id : undefined;
}

function group(lines: readonly Line[], key: (line: Line) => string): Map<string, Line[]> {
  const made = new Map<string, Line[]>();
  for (const line of lines) {
    const list = made.get(key(line));
    if (list) list.push(line);
    else made.set(key(line), [line]);
  }
  return made;
}

/** `ask_age` → `Ask age`. */
export function readable(id: string): string {
  const words = id.replaceAll(/[_-]+/g, " ").trim();
  return words === "" ? id : words[0]?.toUpperCase() + words.slice(1);
}
