/** What is marked on the canvas and in the outline: what differs from a version, what somebody else changed, what collides. */
import { create } from "zustand";
import type { Comparison } from "../model/comparison";
import type { Flow, Line, Step } from "../model/flow";
import type { Json } from "../model/json";
import { select, useEditor } from "./editor";
import { useLayout } from "./layout";
import { announce } from "./voice";

export type MarkKind = "added" | "removed" | "changed" | "collides" | "settled" | "comes";

export interface Mark {
  kind: MarkKind;
  /** In place of the word that its kind has. */
  word?: string;
}

/** Steps and lines that the flow does not have, drawn among those it has. */
export interface Ghosts {
  /** The flow that has them. */
  flow: Flow;
  steps: readonly Step[];
  lines: readonly { line: Line; kind: MarkKind }[];
}

export interface Marks {
  /** What is compared with what. */
  title: string;
  steps: ReadonlyMap<string, Mark>;
  /** By the keys of lines. */
  lines: ReadonlyMap<string, MarkKind>;
  ghosts: Ghosts;
  /** The flow that is shown in place of the draft, to be looked at only. */
  fixed?: { flow: Flow; document: Json };
  /** Whether no panel belongs to them, so that somebody must be able to take them away. */
  alone?: boolean;
}

interface State {
  marks: Marks | undefined;
  /** The step that somebody looks at, where it is not one of the draft. */
  at: string | undefined;
}

export const useMarks = create<State>(() => ({ marks: undefined, at: undefined }));

export const WORDS: Record<MarkKind, string> = { added: "Added", removed: "Removed", changed: "Changed", collides: "Both changed it", settled: "Chosen", comes: "Comes in" };

export function markWord(mark: Mark): string {
  return mark.word ?? WORDS[mark.kind];
}

export function showMarks(marks: Marks): void {
  const before = useMarks.getState();
  // Nothing of the draft stays selected while something else is shown: keys would change it unseen.
  if (marks.fixed && !before.marks?.fixed) select([]);
  const kept = before.at !== undefined && marks.steps.has(before.at) && (before.marks?.fixed === undefined) === (marks.fixed === undefined);
  useMarks.setState({ marks, at: kept ? before.at : undefined });
}

export function clearMarks(): void {
  useMarks.setState({ marks: undefined, at: undefined });
}

/** Marks what a comparison found. */
export function comparisonMarks(title: string, { was, is, steps, lines, gone }: Comparison, more: Partial<Marks> = {}): Marks {
  return {
    title,
    steps: new Map([...steps].flatMap(([id, kind]): [string, Mark][] => (is.byId.has(id) || was.byId.has(id) ? [[id, { kind }]] : []))),
    lines,
    ghosts: { flow: was, steps: gone.steps, lines: gone.lines.map((line) => ({ line, kind: "removed" })) },
    ...more,
  };
}

/** The step that somebody looks at. */
export function here(): string | undefined {
  return useMarks.getState().at ?? useEditor.getState().selection[0];
}

/** Looks at a step, whether the draft has it or not. */
export function lookAt(id: string): void {
  const { marks } = useMarks.getState();
  const own = marks?.fixed === undefined && useEditor.getState().flow?.byId.has(id) === true;
  select(own ? [id] : []);
  if (useMarks.getState().at !== (own ? undefined : id)) useMarks.setState({ at: own ? undefined : id });
}

/** Looks at the next change, or the one before. Tells its step. */
export function nextChange(direction: 1 | -1): string | undefined {
  const { marks } = useMarks.getState();
  const list = [...(marks?.steps ?? [])];
  if (!marks || list.length === 0) {
    announce("Nothing is marked");
    return undefined;
  }
  const index = list.findIndex(([id]) => id === here());
  const next = (index + (index < 0 && direction < 0 ? 0 : direction) + list.length) % list.length;
  const [id, mark] = list[next] as [string, Mark];
  lookAt(id);
  const step = marks.fixed?.flow.byId.get(id) ?? useEditor.getState().flow?.byId.get(id) ?? marks.ghosts.flow.byId.get(id);
  announce(`${markWord(mark)}: ${step?.title ?? id}, ${next + 1} of ${list.length}`);
  return id;
}

useEditor.subscribe((now, before) => {
  if (now.key !== before.key) clearMarks();
  // What somebody does to the draft must be seen: versions make room for it.
  else if (now.history?.document !== before.history?.document && useMarks.getState().marks?.fixed) useLayout.setState({ sheet: undefined });
  else if (now.selection !== before.selection && now.selection.length > 0 && useMarks.getState().at !== undefined) useMarks.setState({ at: undefined });
});
