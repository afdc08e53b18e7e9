/** Steps as text: to copy and paste them within a flow and from one to another. */
import type { Command } from "../command";
import type { Flow } from "../flow";
import { at, isObject, type Json, type JsonObject } from "../json";
import { freshId, linesOf, nodesOf, setEntry } from "./place";

const FORMAT = "chatflow-steps";

export function copyText(document: Json, flow: Flow, ids: readonly string[]): string {
  const chosen = new Set(ids);
  const nodes = flow.steps.filter((step) => chosen.has(step.id)).map((step) => at(document, step.path));
  const connections = flow.lines.filter((line) => chosen.has(line.source) && chosen.has(line.target) && line.path.length === flow.graph.length + 2).map((line) => at(document, line.path));
  return JSON.stringify({ format: FORMAT, nodes, connections }, null, 2);
}

/** Pastes what `copyText` made; undefined if the text is something else. */
export function paste(flow: Flow, text: string): (Command & { ids: string[] }) | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(read) || read.format !== FORMAT || !Array.isArray(read.nodes)) return undefined;
  const nodes = read.nodes.filter(isObject);
  const taken = new Map(flow.byId);
  const renamed = new Map<string, string>();
  for (const node of nodes) {
    const old = idOf(node);
    const id = freshId({ ...flow, byId: taken }, old);
    taken.set(id, flow.steps[0] as never);
    renamed.set(old, id);
  }
  const lines = Array.isArray(read.connections) ? read.connections.filter(isObject) : [];
  return {
    label: nodes.length === 1 ? "Paste a step" : `Paste ${nodes.length} steps`,
    ids: [...renamed.values()],
    change: (draft) => {
      const list = nodesOf(draft, flow);
      for (const node of nodes) {
        const copy = structuredClone(node);
        const key = ["id", "node_id", "node_key"].find((each) => copy[each] !== undefined) ?? "id";
        copy[key] = renamed.get(idOf(node)) as string;
        if (isObject(copy.position)) copy.position = { ...copy.position, x: Number(copy.position.x) + 40, y: Number(copy.position.y) + 40 };
        if (isObject(copy.connections)) delete copy.connections;
        list.push(copy);
      }
      for (const line of lines) {
        const copy = structuredClone(line);
        for (const key of ["source", "source_node_id", "from", "target", "target_node_id", "to"]) {
          const id = renamed.get(String(copy[key]));
          if (id !== undefined) copy[key] = id;
        }
        linesOf(draft, flow).push(copy);
      }
      const first = [...renamed.values()][0];
      if (flow.steps.length === 0 && first !== undefined) setEntry(draft, flow, first);
    },
  };
}

function idOf(node: JsonObject): string {
  return String(node.id ?? node.node_id ?? node.node_key ?? "step");
}
