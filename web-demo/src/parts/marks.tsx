/** How marks of a comparison look: an icon, a word and a colour. */
import { Check, Diff, GitMerge, Minus, Plus, ArrowDownToLine, type LucideIcon } from "lucide-react";
import { markWord, WORDS, type Mark, type MarkKind } from "../state/marks";

export const MARKS: Record<MarkKind, { icon: LucideIcon; look: string }> = {
  added: { icon: Plus, look: "ok" },
  removed: { icon: Minus, look: "bad" },
  changed: { icon: Diff, look: "info" },
  collides: { icon: GitMerge, look: "warn" },
  settled: { icon: Check, look: "ok" },
  comes: { icon: ArrowDownToLine, look: "acc" },
};

const COUNTED: Record<MarkKind, string> = { added: "added", removed: "removed", changed: "changed", collides: "to choose", settled: "chosen", comes: "of theirs" };

export function MarkPill({ mark, count }: { mark: Mark; count?: number }) {
  const { icon: Icon, look } = MARKS[mark.kind];
  return (
    <span className={`pill ${look}`}>
      <Icon className="s12" aria-hidden="true" />
      {count === undefined ? markWord(mark) : `${count} ${COUNTED[mark.kind]}`}
    </span>
  );
}

/** The mark at the edge of a card. */
export function MarkBadge({ mark }: { mark: Mark }) {
  const { icon: Icon, look } = MARKS[mark.kind];
  return (
    <span className={`badge m-${look}`}>
      <Icon aria-hidden="true" />
      {markWord(mark)}
    </span>
  );
}

/** The mark of a line, beside its label. */
export function MarkTag({ kind }: { kind: MarkKind }) {
  const { icon: Icon, look } = MARKS[kind];
  return (
    <span className={`tag m-${look}`}>
      <Icon className="s12" aria-hidden="true" />
      {WORDS[kind]}
    </span>
  );
}
