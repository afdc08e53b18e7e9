import { BaseEdge, EdgeLabelRenderer, type EdgeProps } from "@xyflow/react";
import { memo } from "react";
import { MarkTag } from "../parts/marks";
import { labelAt, nearEnd, path, route } from "./geometry";
import type { SeenEdge } from "./ghosts";

/** A line that can be looked at and not changed. */
export const SeenLine = memo(function SeenLine({ id, sourceX, sourceY, targetX, targetY, data, markerEnd }: EdgeProps<SeenEdge>) {
  if (!data) return null;
  const points = route({ x: sourceX, y: sourceY }, data.side, { x: targetX, y: targetY - 2 }, data.outer);
  // Where a line led stands at its end: its beginning may be that of the line that is there now.
  const label = data.ghost ? nearEnd(points) : labelAt(points, data.side);
  const told = data.mark !== undefined && data.told !== false;
  return (
    <g>
      <BaseEdge id={id} path={path(points)} {...(markerEnd === undefined ? {} : { markerEnd })} className={`e${data.mark ? ` m-${data.mark}` : ""}`} interactionWidth={0} />
      {told || (data.label !== "" && !data.ghost) ? (
        <EdgeLabelRenderer>
          <div className="elab nopan" style={{ transform: `translate(-50%, -50%) translate(${label.x}px, ${label.y}px)` }}>
            {told && data.mark ? <MarkTag kind={data.mark} /> : null}
            {data.label === "" ? null : <span className="elab-text">{data.label}</span>}
          </div>
        </EdgeLabelRenderer>
      ) : null}
    </g>
  );
});
