/** What the marks on the canvas compare, how many there are, and the way from one to the next. */
import { ChevronDown, ChevronUp, X } from "lucide-react";
import { hotkey } from "../palette/commands";
import { IconButton } from "../parts/IconButton";
import { MarkPill } from "../parts/marks";
import { clearMarks, nextChange, useMarks, type MarkKind } from "../state/marks";

export default function MarksKey() {
  const marks = useMarks((state) => state.marks);
  if (!marks) return null;
  const counts = new Map<MarkKind, number>();
  for (const { kind } of marks.steps.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return (
    <div className="marks-key" role="group" aria-label="Changes that are marked">
      <b className="m">{marks.title}</b>
      {counts.size === 0 ? <span className="sm t2">No step differs</span> : [...counts].map(([kind, count]) => <MarkPill key={kind} mark={{ kind }} count={count} />)}
      {counts.size === 0 ? null : (
        <span className="row steps">
          <IconButton icon={ChevronUp} size="sm" label="Previous change" hotkey={hotkey("previous-change") ?? ""} onClick={() => nextChange(-1)} />
          <IconButton icon={ChevronDown} size="sm" label="Next change" hotkey={hotkey("next-change") ?? ""} onClick={() => nextChange(1)} />
        </span>
      )}
      {marks.alone ? <IconButton icon={X} size="sm" label="Take the marks away" onClick={clearMarks} /> : null}
    </div>
  );
}
