/** The flow as a list from its start: everything the canvas can do, without it. */
import { ListTree, Plus } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { addAfter } from "../palette/actions";
import { hotkey } from "../palette/commands";
import { IconButton } from "../parts/IconButton";
import { reveal } from "../parts/reveal";
import { Resizer } from "../parts/Resizer";
import { select, useEditor } from "../state/editor";
import { lookAt, useMarks } from "../state/marks";
import { useTraffic } from "../state/results";
import { OutlineRow } from "./OutlineRow";
import { rowsOf, withGhosts, type Row } from "./rows";

export function Outline() {
  const marks = useMarks((state) => state.marks);
  const at = useMarks((state) => state.at);
  const draft = useEditor((state) => state.flow);
  const chosen = useEditor((state) => state.selection);
  // A version that is compared stands in place of the draft, and is only looked at.
  const fixed = marks?.fixed !== undefined;
  const flow = marks?.fixed?.flow ?? draft;
  const selection = useMemo(() => (at === undefined ? chosen : [at]), [at, chosen]);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState<string>();
  const grid = useRef<HTMLDivElement>(null);
  const traffic = useTraffic(() => true) === true && !marks;
  const only = selection.length === 1 ? selection[0] : undefined;
  const told = useMemo(() => (flow ? rowsOf(flow, closed, only) : []), [flow, closed, only]);
  const ghosts = marks?.ghosts;
  const rows = useMemo(() => (ghosts ? withGhosts(told, ghosts) : told), [told, ghosts]);
  // The selection is shared with the canvas; a row of a way stays active as long as its step is the selected one.
  const shown = rows.find((row) => row.key === active);
  const current = shown && (only === undefined || owner(shown) === only) ? shown : (rows.find((row) => row.key === only || row.key === `ghost ${only}`) ?? rows[0]);

  useEffect(() => {
    if (only !== undefined) reveal(grid.current?.querySelector(`:is([data-step="${CSS.escape(only)}"], [data-seen="${CSS.escape(only)}"])`));
  }, [only]);

  const fold = (row: Row, shut: boolean) => {
    const next = new Set(closed);
    if (shut) next.add(row.step.id);
    else next.delete(row.step.id);
    setClosed(next);
  };

  const focus = (row: Row | undefined) => {
    if (row) grid.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(row.key)}"]`)?.focus();
  };

  const onKey = (event: KeyboardEvent) => {
    if (!current || event.altKey || event.ctrlKey || event.metaKey || (event.target as Element).matches("button")) return;
    const index = rows.indexOf(current);
    const parent = () => rows.slice(0, index).findLast((row) => row.depth < current.depth);
    const moves: Record<string, () => void> = {
      ArrowDown: () => focus(rows[index + 1]),
      ArrowUp: () => focus(rows[index - 1]),
      Home: () => focus(rows[0]),
      End: () => focus(rows.at(-1)),
      ArrowRight: () => (current.open === false ? fold(current, false) : focus(current.open ? rows[index + 1] : undefined)),
      ArrowLeft: () => (current.open ? fold(current, true) : focus(parent())),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  };

  const rowOf = (target: EventTarget) => {
    const key = (target as Element).closest<HTMLElement>("[data-key]")?.dataset.key;
    return rows.find((row) => row.key === key);
  };

  const onFocus = (row: Row | undefined) => {
    if (!row) return;
    setActive(row.key);
    if (fixed || row.type === "ghost") return lookAt(owner(row));
    const way = row.type !== "step" && row.from ? { source: row.from.step.id, type: row.from.way.type } : undefined;
    if (!(row.type === "step" && selection.length > 1 && selection.includes(row.step.id))) select([owner(row)], way);
  };

  return (
    <section className="panel left outline" data-region="outline" aria-label="Outline">
      <Resizer panel="side" label="Width of the outline" side="right" />
      <header className="ph">
        <ListTree className="s14" aria-hidden="true" />
        <h2 className="grow">Outline</h2>
        <span className="count">{flow?.steps.length === 1 ? "1 step" : `${flow?.steps.length ?? 0} steps`}</span>
        {fixed ? null : <IconButton icon={Plus} label="Add a step" hotkey={hotkey("add") ?? ""} size="sm" onClick={() => addAfter()} />}
      </header>
      {rows.length === 0 ? (
        <div className="empty" data-story="outline" tabIndex={-1}>
          <p>This flow has no steps yet.</p>
          <button type="button" className="btn pri" onClick={() => addAfter()}>
            Add the first message
          </button>
        </div>
      ) : (
        <div className="scroll" ref={grid}>
          <div
            role="treegrid"
            aria-label={marks ? `Steps of the flow. ${marks.title}` : "Steps of the flow"}
            {...(fixed ? { "data-fixed": "outline" } : { "data-story": "outline" })}
            className={traffic ? "with-people" : undefined}
            onKeyDown={onKey}
            onFocus={(event) => onFocus(rowOf(event.target))}
            onMouseDown={(event) => (event.target as Element).closest(".ofold") && event.preventDefault()}
            onClick={(event) => {
              const row = rowOf(event.target);
              if (row && row.open !== undefined && (event.target as Element).closest(".ofold")) fold(row, row.open);
              else focus(row);
            }}
          >
            <div role="row" className="vh">
              <span role="columnheader">Step</span>
              <span role="columnheader">{marks ? "Changes, or where it leads" : traffic ? "People" : "Leads to"}</span>
              <span role="columnheader">Problems</span>
            </div>
            {rows.map((row) => (
              <OutlineRow key={row.key} row={row} active={row === current} selected={(row.type === "step" || row.type === "ghost") && selection.includes(row.step.id)} fixed={fixed} />
            ))}
          </div>
        </div>
      )}
    </section>
  );
}

/** The step that is selected while a row has the focus. */
function owner(row: Row): string {
  return row.type === "step" || row.type === "ghost" ? row.step.id : (row.from?.step.id ?? row.step.id);
}
