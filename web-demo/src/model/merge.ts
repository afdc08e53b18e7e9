/** Brings together two changes of the same document. What only one side changed is taken; where both did, somebody chooses. */
import { connect } from "./commands/lines";
import { contentOf, cut, linesOf, nodeOf, nodesOf, retarget } from "./commands/place";
import type { Command } from "./command";
import { readFlow } from "./flow";
import { at, equal, isObject, put, type Json, type JsonObject } from "./json";
import { differences, lineOf, type Difference } from "./parts";

export interface Conflict {
  key: string;
  mine: Difference;
  theirs: Difference;
}

export interface Merge {
  /** What the other side changed and this one did not. */
  taken: Difference[];
  conflicts: Conflict[];
}

/** `mine` and `theirs` are what each side made of the same document. */
export function merge(mine: readonly Difference[], theirs: readonly Difference[]): Merge {
  const taken: Difference[] = [];
  const conflicts: Conflict[] = [];
  for (const other of theirs) {
    const own = mine.find((each) => each.key === other.key) ?? mine.find((each) => clash(each, other));
    if (!own) taken.push(other);
    else if (!(own.key === other.key && equal(own.now, other.now))) conflicts.push({ key: other.key, mine: own, theirs: other });
  }
  return { taken, conflicts };
}

/** One side deleted a step in which the other side changed something. */
function clash(a: Difference, b: Difference): boolean {
  if (a.step === undefined || a.step !== b.step) return false;
  const gone = (each: Difference) => each.kind === "step" && each.now === undefined;
  return (gone(a) && b.kind === "field") || (gone(b) && a.kind === "field");
}

export type Choice = "mine" | "theirs" | "both";

/**
 * What to make of both sides as it was chosen; where nothing was, ours stays. All that they wrote comes first, then what of ours stays
 * instead: in two entries of the log neither text is lost.
 */
export function settled(conflicts: readonly Conflict[], choices: Readonly<Record<string, Choice>>): { theirs: Difference[]; ours: Difference[] } {
  const stays = conflicts.filter(({ key }) => choices[key] !== "theirs");
  const taken = new Set(conflicts.filter((each) => !stays.includes(each)).map(({ theirs }) => theirs.step));
  const ours = stays
    // What they deleted holds no text; and a step that we deleted is there again if anything of theirs in it was chosen.
    .filter(({ mine, theirs }) => theirs.now !== undefined && !(mine.kind === "step" && mine.now === undefined && taken.has(mine.step)))
    .map(({ key, mine, theirs }) => (choices[key] === "both" ? { ...mine, now: bothOf(mine.now, theirs.now) } : mine));
  const theirs = conflicts.filter(({ key, theirs: { now } }) => now !== undefined || choices[key] === "theirs").map((each) => each.theirs);
  return { theirs, ours: ours.filter((each, index) => ours.findIndex(({ key }) => key === each.key) === index) };
}

/** What stands in either list, the own first. */
export function bothOf(mine: Json | undefined, theirs: Json | undefined): Json | undefined {
  if (!Array.isArray(mine) || !Array.isArray(theirs)) return theirs;
  const known = new Set(mine.map((each) => JSON.stringify(each)));
  return [...mine, ...theirs.filter((each) => !known.has(JSON.stringify(each)))];
}

/** Makes changes that were found elsewhere in this document, too. `whole` is the document they come from. */
export function take(changes: readonly Difference[], whole: Json, label: string): Command {
  return {
    label,
    change: (draft) => {
      const rank = { step: 0, field: 1, line: 2, graph: 3, head: 3 };
      for (const change of changes.toSorted((a, b) => rank[a.kind] - rank[b.kind])) takeOne(draft, change, whole);
    },
  };
}

function takeOne(draft: Json, change: Difference, whole: Json): void {
  const flow = readFlow(JSON.parse(JSON.stringify(draft)) as Json);
  const now = copy(change.now);
  if (change.kind === "head") {
    put(draft, [...flow.envelope, ...split(change.field)], now);
    if (change.field === "entry_node_id" && at(draft, [...flow.graph, "entry_node_id"]) !== undefined) put(draft, [...flow.graph, "entry_node_id"], now);
    return;
  }
  if (change.kind === "graph") return put(draft, [...flow.graph, change.field], now);
  if (change.kind === "line") return takeLine(draft, change, whole);
  const id = change.step ?? "";
  const step = flow.byId.get(id);
  if (change.kind === "step" && now === undefined) {
    if (step) (at(draft, step.path.slice(0, -1)) as Json[]).splice(Number(step.path.at(-1)), 1);
    return;
  }
  if (!step) {
    const source = readFlow(whole).byId.get(id);
    const node = change.kind === "step" ? now : source && copy(at(whole, source.path) as Json);
    if (node !== undefined) nodesOf(draft, flow).push(node);
    return;
  }
  // Both made a step of this name.
  if (change.kind === "step") return put(draft, step.path, now);
  if (change.field.startsWith("content.")) put(contentOf(draft, step), [change.field.slice("content.".length)], now);
  else put(nodeOf(draft, step), [change.field], now);
}

function takeLine(draft: Json, change: Difference, whole: Json): void {
  const flow = readFlow(JSON.parse(JSON.stringify(draft)) as Json);
  const here = lineOf(JSON.parse(JSON.stringify(draft)) as Json, change.key);
  if (change.now === undefined) {
    if (here) cut(draft, flow, [here]);
    return;
  }
  const there = lineOf(whole, change.key);
  const raw = there && at(whole, there.path);
  const target = isObject(change.now) ? String(change.now.target) : "";
  if (here && !isObject(raw)) return retarget(draft, flow, here, target);
  if (!isObject(raw)) return connect(flow, change.step ?? "", change.field, target).change(draft);
  if (here && isObject(at(draft, here.path))) put(draft, here.path, copy(raw));
  else linesOf(draft, flow).push(copy(raw) as JsonObject);
}

function split(field: string): string[] {
  return field.startsWith("info.") ? ["info", field.slice("info.".length)] : [field];
}

function copy<Value extends Json | undefined>(value: Value): Value {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as Value);
}

/** Of both documents, what the other side made of the common ground, seen from this side. */
export function compareSides(ground: { mine: Json; theirs: Json }, now: { mine: Json; theirs: Json }): Merge {
  return merge(differences(ground.mine, now.mine), differences(ground.theirs, now.theirs));
}
