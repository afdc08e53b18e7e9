import { Handle, Position, type NodeProps } from "@xyflow/react";
import { Hourglass, LogOut, OctagonPause, TrendingUp } from "lucide-react";
import { memo } from "react";
import { spoken } from "../model/card";
import type { Flow } from "../model/flow";
import { kindName } from "../parts/kinds";
import { MarkBadge } from "../parts/marks";
import { ProblemMark } from "../problems/ProblemMark";
import { count } from "../parts/figures";
import { cameWords, isMore, stayWords } from "../results/passes";
import { select, useEditor } from "../state/editor";
import { useTraffic, type Came } from "../state/results";
import { markWord, useMarks } from "../state/marks";
import { useProblems } from "../state/problems";
import { visitedIn, waitingAt } from "../preview/progress";
import { usePreview } from "../state/preview";
import { stopOf, useStops } from "../state/stops";
import { CardFace } from "./CardFace";
import type { StepNode } from "./elements";
import { rowPort } from "./geometry";

/** A step on the canvas. */
export const StepCard = memo(function StepCard({ id, data, selected }: NodeProps<StepNode>) {
  const step = useEditor((state) => state.flow?.byId.get(id));
  const label = useEditor((state) => (step && state.flow ? spoken(state.flow as Flow, step, kindName(step.kind)) : ""));
  const roving = useEditor((state) => (state.selection[0] ?? state.flow?.entry ?? state.flow?.steps[0]?.id) === id);
  const entry = useEditor((state) => state.flow?.entry === id);
  const problems = useProblems((state) => state.byStep.get(id));
  const waits = usePreview((state) => waitingAt(state.played, state.head) === id);
  const halted = usePreview((state) => state.head !== undefined);
  const stop = useStops((state) => stopOf(state.list, id));
  const on = usePreview((state) => visitedIn(state.played, state.head).has(id));
  const usual = useTraffic((traffic) => traffic.usual);
  const came = useTraffic((traffic) => traffic.steps.get(id));
  const mark = useMarks((state) => state.marks?.steps.get(id));
  if (!step) return null;
  // What the preview does is not what people did.
  const previewed = usual === undefined;
  const { card } = data;
  const problemWords = problems ? `. ${problems.length} ${problems.length === 1 ? "problem" : "problems"}` : "";
  return (
    <div
      role="group"
      className={`node k-${step.kind ?? "unknown"}${selected ? " sel" : ""}${on && previewed ? " hit" : ""}${step.kind === "composite" ? " stack" : ""}${mark ? ` marked m-${mark.kind}` : ""}`}
      style={{ height: card.height }}
      tabIndex={roving ? 0 : -1}
      data-step={id}
      aria-label={`${label}${mark ? `. ${markWord(mark)}` : ""}${usual === undefined ? "" : `. ${cameWords(came, usual)}`}${problemWords}${stop ? ". The preview halts here" : ""}`}
      onFocus={(event) => event.target === event.currentTarget && (!useEditor.getState().selection.includes(id) || useEditor.getState().way) && select([id])}
    >
      <Handle type="target" position={Position.Top} id="in" className="port t" isConnectableStart={false} />
      {mark ? (
        <MarkBadge mark={mark} />
      ) : waits && previewed ? (
        <span className="badge wait">
          {halted ? <OctagonPause aria-hidden="true" /> : <Hourglass aria-hidden="true" />} {halted ? "Halted here" : "Waiting here"}
        </span>
      ) : entry ? (
        <span className="badge start-here">Start</span>
      ) : null}
      {stop ? <span className={`stop-dot${stop.rule === undefined ? "" : " ruled"}`} title={stop.rule === undefined ? "The preview halts here" : `The preview halts here if ${stop.rule}`} /> : null}
      {usual !== undefined ? (
        <Stayed came={came} usual={usual} />
      ) : problems && problems.length > 0 ? (
        <span className="badge-right">
          <ProblemMark problems={problems} />
        </span>
      ) : null}
      <CardFace step={step} card={card} right={usual === undefined ? undefined : <span className="came num">{came ? count(came.visitors) : "–"}</span>} />
      {card.rows.map((way, index) => (
        <Handle key={way.id} type="source" position={Position.Right} id={way.id} className={`port r${way.line ? " used" : ""}${way.role === "failed" ? " failed" : ""}`} style={{ top: rowPort(card, index) - 1 }} isConnectableEnd={false} />
      ))}
      {card.bottom ? <Handle type="source" position={Position.Bottom} id={card.bottom.id} className={`port b${card.bottom.line ? " used" : ""}`} isConnectableEnd={false} /> : null}
    </div>
  );
});

/** How many people did not go on, marked where it is more than usual. */
function Stayed({ came, usual }: { came: Came | undefined; usual: number }) {
  if (!came || came.stayed === 0) return null;
  const more = isMore(came, usual);
  return (
    <span className={`badge-right stays${more ? " unusual" : ""}`} title={more ? "More than usual in this flow" : "Last seen here, without reaching the end"}>
      {more ? <TrendingUp className="s12" aria-hidden="true" /> : <LogOut className="s12" aria-hidden="true" />}
      {stayWords(came)}
    </span>
  );
}
