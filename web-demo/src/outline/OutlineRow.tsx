import { ChevronRight, CornerDownRight } from "lucide-react";
import { memo } from "react";
import { kindName, Tile } from "../parts/kinds";
import { MarkPill } from "../parts/marks";
import { ProblemMark } from "../problems/ProblemMark";
import { useProblems } from "../state/problems";
import { waitingAt } from "../preview/progress";
import { useMarks } from "../state/marks";
import { usePreview } from "../state/preview";
import { cameWords, isMore, passesOf } from "../results/passes";
import { useEditor } from "../state/editor";
import { useTraffic } from "../state/results";
import { fromWords, type Row } from "./rows";

interface Properties {
  row: Row;
  active: boolean;
  selected: boolean;
  /** Whether the flow is only looked at, so that nothing known of the draft belongs here. */
  fixed: boolean;
}

export const OutlineRow = memo(function OutlineRow({ row, active, selected, fixed }: Properties) {
  const problems = useProblems((state) => (row.type === "step" && !fixed ? state.byStep.get(row.step.id) : undefined));
  const waits = usePreview((state) => row.type === "step" && !fixed && waitingAt(state.played, state.head) === row.step.id);
  const mark = useMarks((state) => (row.type === "step" || row.type === "ghost" ? state.marks?.steps.get(row.step.id) : undefined));
  const marking = useMarks((state) => state.marks !== undefined);
  const traffic = useTraffic(() => true) === true && !marking;
  const from = fromWords(row);
  return (
    <div
      role="row"
      className={`orow is-${row.type}${selected ? " selected" : ""}`}
      aria-level={row.depth + 1}
      aria-expanded={row.open}
      aria-selected={selected}
      tabIndex={active ? 0 : -1}
      data-key={row.key}
      {...(row.type === "ghost" || (fixed && row.type === "step") ? { "data-seen": row.step.id } : row.type === "step" ? { "data-step": row.step.id } : {})}
      style={{ "--depth": row.depth } as React.CSSProperties}
    >
      <span role="gridcell" className="oname">
        {row.open === undefined ? (
          <span className="ofold" />
        ) : (
          <span className={`ofold${row.open ? " open" : ""}`}>
            <ChevronRight className="s14" aria-hidden="true" />
          </span>
        )}
        {row.type === "open" ? <CornerDownRight className="s14 t3" aria-hidden="true" /> : <Tile kind={row.step.kind} />}
        {from === undefined ? null : (
          <span className="ofrom trunc" title={from}>
            {row.type === "open" ? from : `${from}:`}
          </span>
        )}
        {row.type === "open" ? null : <span className={`otitle trunc${row.type === "link" ? " t2" : ""}`}>{row.step.title}</span>}
        <span className="vh">{row.type === "step" || row.type === "ghost" ? `, ${kindName(row.step.kind)}` : ""}</span>
      </span>
      {traffic ? (
        <People row={row} />
      ) : (
        <span role="gridcell" className="oleads trunc">
          {mark ? <MarkPill mark={mark} /> : waits ? <span className="pill acc">Waiting here</span> : row.leads}
        </span>
      )}
      <span role="gridcell" className="omark">
        {problems && problems.length > 0 ? <ProblemMark problems={problems} /> : null}
      </span>
    </div>
  );
}, same);

/** How many people came to a step, or took a way: in place of where it leads, for which there is not room as well. */
function People({ row }: { row: Row }) {
  const traffic = useTraffic((all) => all);
  const flow = useEditor((state) => state.flow);
  if (!traffic || !flow) return null;
  if (row.type !== "step") {
    const passes = row.type === "link" && row.from ? passesOf(traffic, flow, row.from.step.id, row.step.id) : undefined;
    return (
      <span role="gridcell" className="opeople num">
        {passes?.label}
      </span>
    );
  }
  const came = traffic.steps.get(row.step.id);
  return (
    <span role="gridcell" className={`opeople num${came && isMore(came, traffic.usual) ? " unusual" : ""}`}>
      {cameWords(came, traffic.usual)}
    </span>
  );
}

/** Rows are made anew with each change; most of them look as before. */
function same(a: Properties, b: Properties): boolean {
  const [x, y] = [a.row, b.row];
  return a.active === b.active && a.fixed === b.fixed && a.selected === b.selected && x.key === y.key && x.type === y.type && x.depth === y.depth && x.leads === y.leads && x.open === y.open && x.step === y.step && fromWords(x) === fromWords(y);
}
