import { BaseEdge, EdgeLabelRenderer, type EdgeProps } from "@xyflow/react";
import { Plus, X } from "lucide-react";
import { memo, useRef, useState } from "react";
import { addAfter, cutLine } from "../palette/actions";
import { IconButton } from "../parts/IconButton";
import { MarkTag } from "../parts/marks";
import type { LineEdge } from "./elements";
import { passesOf, thickness } from "../results/passes";
import { useEditor } from "../state/editor";
import { useTraffic } from "../state/results";
import { labelAt, path, route } from "./geometry";

/** A line, with its label, and what can be done with it while the mouse is there. */
export const LineView = memo(function LineView({ id, source, target, sourceX, sourceY, targetX, targetY, data, markerEnd }: EdgeProps<LineEdge>) {
  const [near, setNear] = useState(false);
  const leaving = useRef<ReturnType<typeof setTimeout>>(undefined);
  const traffic = useTraffic((all) => all);
  // Most of the time a line does not ask for the flow, and is not drawn anew when that changes.
  const flow = useEditor((state) => (traffic ? state.flow : undefined));
  if (!data) return null;
  const passes = traffic && flow ? passesOf(traffic, flow, source, target) : undefined;
  const people = passes && (data.label !== "" || passes.people > 0) ? passes.label : "";
  const points = route({ x: sourceX, y: sourceY }, data.side, { x: targetX, y: targetY - 2 }, data.outer);
  const label = labelAt(points, data.side);
  const enter = () => {
    clearTimeout(leaving.current);
    setNear(true);
  };
  const leave = () => {
    leaving.current = setTimeout(() => setNear(false), 250);
  };
  return (
    <g onMouseEnter={enter} onMouseLeave={leave}>
      <BaseEdge id={id} path={path(points)} {...(markerEnd === undefined || traffic ? {} : { markerEnd })} {...(traffic && passes ? { style: { strokeWidth: thickness(passes.people, traffic.total) } } : {})} className={`e${traffic ? " passes" : data.taken ? " on" : ""}${near ? " near" : ""}${data.mark ? ` m-${data.mark}` : ""}`} interactionWidth={20} />
      {data.label !== "" || people !== "" || near || data.mark ? (
        <EdgeLabelRenderer>
          <div className="elab nopan" style={{ transform: `translate(-50%, -50%) translate(${label.x}px, ${label.y}px)` }} onMouseEnter={enter} onMouseLeave={leave}>
            {data.mark ? <MarkTag kind={data.mark} /> : null}
            {data.label === "" ? null : <span className="elab-text">{data.label}</span>}
            {people === "" ? null : <span className="elab-people num">{data.label === "" ? people : `· ${people}`}</span>}
            {near ? (
              <span className="elab-acts">
                <IconButton icon={Plus} size="xs" label="Put a step in" tabIndex={-1} onClick={() => addAfter({ source, type: data.way.type })} />
                <IconButton icon={X} size="xs" label="Cut the line" tabIndex={-1} onClick={() => cutLine(data.way)} />
              </span>
            ) : null}
          </div>
        </EdgeLabelRenderer>
      ) : null}
    </g>
  );
});
