/** Adding, deleting and naming steps. */
import type { Command } from "../command";
import type { Flow, Step } from "../flow";
import type { JsonObject } from "../json";
import type { Kind } from "../kinds";
import { contentOf, cut, freshId, linesOf, nodeOf, nodesOf, quote, retarget, setEntry } from "./place";

/** What a new step of a kind holds. */
const BLANK: Record<Kind, () => JsonObject> = {
  message: () => ({ messages: [{ type: "text", text: "" }] }),
  question: () => ({ question: { text: "" }, input_type: "text", variable: "temp.answer" }),
  condition: () => ({ conditions: [{ if: "", then: "$0" }], default_path: "default" }),
  action: () => ({ actions: [{ type: "set_variable", variable: "temp.value", value: "" }] }),
  webhook: () => ({ url: "https://", method: "POST" }),
  composite: () => ({ composite_flow_seed_key: "" }),
  script: () => ({ code: "", language: "javascript", outputs: [] }),
};

export const KIND_NAME: Record<Kind, string> = {
  message: "Message",
  question: "Question",
  condition: "Condition",
  action: "Action",
  webhook: "Webhook",
  composite: "Sub-flow",
  script: "Script",
};

export interface Place {
  /** The way that is to lead to the new step; what it led to comes after the new step. */
  after?: { source: string; type: string };
  position?: { x: number; y: number };
}

/** Adds a step; `id` tells under which id. */
export function addStep(flow: Flow, kind: Kind, place: Place = {}): Command & { id: string } {
  const id = freshId(flow, KIND_NAME[kind]);
  return {
    id,
    label: `Add a ${KIND_NAME[kind].toLowerCase()}`,
    change: (draft) => {
      const node: JsonObject = { id, type: kind, content: BLANK[kind]() };
      if (place.position) node.position = place.position;
      nodesOf(draft, flow).push(node);
      if (flow.entry === undefined || flow.steps.length === 0) setEntry(draft, flow, id);
      if (!place.after) return;
      const { source, type } = place.after;
      const old = flow.out.get(source)?.find((line) => line.type === type && line.rule === undefined);
      if (old) {
        const next = old.target;
        retarget(draft, flow, old, id);
        linesOf(draft, flow).push({ source: id, target: next, type: "default" });
      } else {
        linesOf(draft, flow).push({ source, target: id, type });
      }
    },
  };
}

/** Adds a step before another: all that led to that leads to the new one, and it leads on. */
export function addBefore(flow: Flow, kind: Kind, step: Step): Command & { id: string } {
  const id = freshId(flow, KIND_NAME[kind]);
  return {
    id,
    label: `Add a ${KIND_NAME[kind].toLowerCase()} before ${quote(step.title)}`,
    change: (draft) => {
      nodesOf(draft, flow).push({ id, type: kind, content: BLANK[kind]() });
      for (const line of flow.into.get(step.id) ?? []) retarget(draft, flow, line, id);
      linesOf(draft, flow).push({ source: id, target: step.id, type: "default" });
      if (flow.entry === step.id) setEntry(draft, flow, id);
    },
  };
}

/** Deletes steps; what led to them leads to where their usual way went. */
export function deleteSteps(flow: Flow, ids: readonly string[]): Command {
  const gone = new Set(ids);
  const first = flow.byId.get(ids[0] ?? "");
  const next = (id: string, seen: ReadonlySet<string> = new Set()): string | undefined => {
    if (!gone.has(id)) return id;
    if (seen.has(id)) return undefined;
    const lines = flow.out.get(id) ?? [];
    const line = lines.find((each) => each.rule === undefined && (each.type === "default" || each.type === "success")) ?? (lines.length === 1 ? lines[0] : undefined);
    return line && next(line.target, new Set([...seen, id]));
  };
  return {
    label: ids.length === 1 && first ? `Delete ${quote(first.title)}` : `Delete ${ids.length} steps`,
    change: (draft) => {
      const cutting = flow.lines.filter((line) => gone.has(line.source));
      for (const line of flow.lines) {
        if (gone.has(line.source) || !gone.has(line.target)) continue;
        const onward = next(line.target);
        if (onward === undefined || onward === line.source) cutting.push(line);
        else retarget(draft, flow, line, onward);
      }
      cut(draft, flow, cutting);
      const list = nodesOf(draft, flow);
      const indexes = flow.steps.filter((step) => gone.has(step.id)).map((step) => Number(step.path.at(-1)));
      for (const index of indexes.sort((a, b) => b - a)) list.splice(index, 1);
      if (flow.entry !== undefined && gone.has(flow.entry)) {
        const entry = next(flow.entry) ?? flow.steps.find((step) => !gone.has(step.id))?.id;
        if (entry !== undefined) setEntry(draft, flow, entry);
      }
    },
  };
}

export function renameStep(step: Step, name: string, merge?: string): Command {
  return {
    label: `Rename ${quote(step.title)}`,
    ...(merge === undefined ? {} : { merge }),
    change: (draft) => {
      const node = nodeOf(draft, step);
      if (name.trim() === "") delete node.name;
      else if (node.name !== name) node.name = name;
    },
  };
}

export function startHere(flow: Flow, step: Step): Command {
  return { label: `Start at ${quote(step.title)}`, change: (draft) => setEntry(draft, flow, step.id) };
}

/** Replaces the content of a step, as the JSON view does. */
export function replaceContent(step: Step, content: JsonObject): Command {
  return {
    label: `Change ${quote(step.title)}`,
    change: (draft) => {
      const here = contentOf(draft, step);
      for (const key of Object.keys(here)) if (!Object.hasOwn(content, key)) delete here[key];
      for (const [key, value] of Object.entries(content)) if (JSON.stringify(here[key]) !== JSON.stringify(value)) here[key] = value;
    },
  };
}
