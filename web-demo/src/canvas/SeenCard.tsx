import { Handle, Position, type NodeProps } from "@xyflow/react";
import { memo } from "react";
import { spoken } from "../model/card";
import { kindName } from "../parts/kinds";
import { MarkBadge } from "../parts/marks";
import { lookAt, markWord, useMarks } from "../state/marks";
import { CardFace } from "./CardFace";
import { rowPort } from "./geometry";
import type { SeenNode } from "./ghosts";

/** A step that can be looked at and not changed: one that is gone, or one of a published version. */
export const SeenCard = memo(function SeenCard({ id, data: { step, card, flow, mark } }: NodeProps<SeenNode>) {
  const current = useMarks((state) => state.at === id);
  const first = useMarks((state) => state.at === undefined && state.marks?.fixed !== undefined && (state.marks.fixed.flow.entry ?? state.marks.fixed.flow.steps[0]?.id) === id);
  return (
    <div
      role="group"
      className={`node seen k-${step.kind ?? "unknown"}${current ? " sel" : ""}${step.kind === "composite" ? " stack" : ""}${mark ? ` marked m-${mark.kind}` : ""}`}
      style={{ height: card.height }}
      tabIndex={current || first ? 0 : -1}
      data-seen={id}
      aria-label={`${spoken(flow, step, kindName(step.kind))}${mark ? `. ${markWord(mark)}` : ""}`}
      onFocus={() => lookAt(id)}
      onClick={(event) => event.currentTarget.focus({ preventScroll: true })}
    >
      <Handle type="target" position={Position.Top} id="in" className="port t" isConnectable={false} />
      {mark ? <MarkBadge mark={mark} /> : null}
      <CardFace step={step} card={card} />
      {card.rows.map((way, index) => (
        <Handle key={way.id} type="source" position={Position.Right} id={way.id} className={`port r${way.line ? " used" : ""}`} style={{ top: rowPort(card, index) - 1 }} isConnectable={false} />
      ))}
      {card.bottom ? <Handle type="source" position={Position.Bottom} id={card.bottom.id} className={`port b${card.bottom.line ? " used" : ""}`} isConnectable={false} /> : null}
    </div>
  );
});
