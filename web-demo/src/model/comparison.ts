/** What differs between two documents of a flow, as the canvas, the outline and lists show it. Moving a step is no change. */
import { readFlow, type Flow, type Line, type Step } from "./flow";
import type { Json, JsonObject } from "./json";
import { differences, lineKey, linesByKey, type Difference } from "./parts";

export type Sign = "added" | "removed" | "changed";

export interface Group {
  /** The step, or nothing for the flow as a whole. */
  step: string | undefined;
  title: string;
  what: Sign;
  differences: Difference[];
}

export interface Comparison {
  was: Flow;
  is: Flow;
  groups: readonly Group[];
  /** By step, with those that are gone. */
  steps: ReadonlyMap<string, Sign>;
  /** Of the lines that are there, by their key. */
  lines: ReadonlyMap<string, Sign>;
  /** What is there no longer; of a line that leads elsewhere, where it led. */
  gone: { steps: readonly Step[]; lines: readonly Line[] };
}

export function compare(before: Json, after: Json): Comparison {
  const found = differences(before, after);
  const [was, is] = [readFlow(before), readFlow(after)];
  const groups = grouped(found, was, is);
  const steps = new Map(groups.flatMap(({ step, what }): [string, Sign][] => (step === undefined ? [] : [[step, what]])));
  const old = linesByKey(was);
  const lines = new Map<string, Sign>();
  const gone: Line[] = [];
  for (const difference of found) {
    if (difference.kind !== "line") continue;
    const key = lineKey(difference);
    const line = old.get(key);
    if (difference.now !== undefined) lines.set(key, line ? "changed" : "added");
    if (line && (difference.now as JsonObject | undefined)?.target !== line.target) gone.push(line);
  }
  return { was, is, groups, steps, lines, gone: { steps: was.steps.filter((step) => steps.get(step.id) === "removed"), lines: gone } };
}

/** By step, in the order of the flow; what is gone stands behind what stood before it. */
export function grouped(list: readonly Difference[], before: Flow, after: Flow): Group[] {
  const groups = new Map<string, Group>();
  for (const difference of list) {
    if (difference.kind === "field" && difference.field === "position") continue;
    if (difference.kind === "head" && (difference.field === "info.studio" || difference.field === "version")) continue;
    const { step } = difference;
    const title = step === undefined ? "The flow" : ((after.byId.get(step) ?? before.byId.get(step))?.title ?? step);
    const group = groups.get(step ?? "") ?? { step, title, what: "changed", differences: [] };
    groups.set(step ?? "", group);
    if (difference.kind === "step") group.what = difference.now === undefined ? "removed" : "added";
    group.differences.push(difference);
  }
  const order = new Map([...after.byId.keys()].map((id, index) => [id, index]));
  let last = -1;
  before.steps.forEach(({ id }, index) => {
    const place = order.get(id);
    if (place === undefined) order.set(id, last + (index + 1) / (before.steps.length + 1));
    else last = place;
  });
  return [...groups.values()].toSorted((a, b) => (order.get(a.step ?? "") ?? -1) - (order.get(b.step ?? "") ?? -1));
}
