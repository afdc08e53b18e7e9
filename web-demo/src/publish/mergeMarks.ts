/** What is marked while two changes of the same flow are brought together. */
import { useEffect, useMemo } from "react";
import { readFlow, type Flow } from "../model/flow";
import type { Choice } from "../model/merge";
import { lineKey, linesByKey, type Difference } from "../model/parts";
import { clearMarks, showMarks, type Mark, type MarkKind, type Marks } from "../state/marks";
import type { Collision } from "../state/remote";

const STAYS: Record<Choice, string> = { mine: "Yours stays", theirs: "Theirs is taken", both: "Both are taken" };

export function useMergeMarks(collision: Pick<Collision, "conflicts" | "taken" | "choices" | "document"> | undefined, mine: Flow | undefined): void {
  const marks = useMemo(() => collision && mine && mergeMarks(collision, mine), [collision, mine]);
  useEffect(() => {
    if (marks) showMarks(marks);
  }, [marks]);
  useEffect(() => clearMarks, []);
}

export function mergeMarks({ conflicts, taken, choices, document }: Pick<Collision, "conflicts" | "taken" | "choices" | "document">, mine: Flow): Marks {
  const theirs = readFlow(document);
  const steps = new Map<string, Mark>();
  for (const { key, mine: own, theirs: other } of conflicts) {
    const id = other.step ?? own.step;
    if (id === undefined) continue;
    const before = steps.get(id);
    const choice = choices[key];
    // A step is settled when all of it is, and by one word only if it was chosen the same way.
    if (choice === undefined || before?.kind === "collides") steps.set(id, { kind: "collides" });
    else steps.set(id, before && before.word !== STAYS[choice] ? { kind: "settled" } : { kind: "settled", word: STAYS[choice] });
  }
  for (const change of taken) if (change.step !== undefined && !steps.has(change.step) && !isPlace(change)) steps.set(change.step, { kind: "comes", word: wordOf(change, taken) });
  const there = linesByKey(theirs);
  const own = linesByKey(mine);
  const lines = new Map<string, MarkKind>();
  const coming: Marks["ghosts"]["lines"][number][] = [];
  for (const change of taken) {
    if (change.kind !== "line") continue;
    const key = lineKey(change);
    const line = there.get(key);
    if (own.has(key)) lines.set(key, change.now === undefined ? "removed" : "changed");
    if (line && change.now !== undefined && line.target !== own.get(key)?.target) coming.push({ line, kind: "comes" });
  }
  return { title: "Changed on both sides", steps, lines, ghosts: { flow: theirs, steps: theirs.steps.filter(({ id }) => steps.has(id) && !mine.byId.has(id)), lines: coming } };
}

/** Where a step is drawn is no change to tell of. */
function isPlace({ kind, field }: Difference): boolean {
  return kind === "field" && field === "position";
}

function wordOf({ step }: Difference, taken: readonly Difference[]): string {
  const whole = taken.find((each) => each.kind === "step" && each.step === step);
  return whole === undefined ? "They changed it" : whole.now === undefined ? "They removed it" : "They added it";
}
