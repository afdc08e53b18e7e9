import { useReactFlow, useStore } from "@xyflow/react";
import { AlignVerticalDistributeCenter, Maximize, Minus, Plus, Users } from "lucide-react";
import { addAfter, tidyAll } from "../palette/actions";
import { hotkey } from "../palette/commands";
import { IconButton } from "../parts/IconButton";
import { useEditor } from "../state/editor";
import { showTraffic, useResults } from "../state/results";

export function CanvasBar({ fit }: { fit: () => void }) {
  const { zoomIn, zoomOut } = useReactFlow();
  const zoom = useStore((state) => Math.round(state.transform[2] * 100));
  const kept = useEditor((state) => state.remote !== undefined);
  const shown = useResults((state) => state.shown);
  return (
    <div className="cbar" role="toolbar" aria-label="Canvas">
      <IconButton icon={Plus} size="sm" label="Add a step" hotkey={hotkey("add") ?? ""} onClick={() => addAfter()} />
      <span className="div" />
      {kept ? <IconButton icon={Users} size="sm" label="People on each step" hotkey={hotkey("traffic") ?? ""} aria-pressed={shown} onClick={() => showTraffic(!shown)} /> : null}
      <IconButton icon={AlignVerticalDistributeCenter} size="sm" label="Tidy the layout" hotkey={hotkey("tidy") ?? ""} onClick={tidyAll} />
      <IconButton icon={Maximize} size="sm" label="Fit to view" hotkey="1" onClick={() => fit()} />
      <span className="div" />
      <IconButton icon={Minus} size="sm" label="Zoom out" onClick={() => void zoomOut()} />
      <span className="sm num t2 zoom">{zoom} %</span>
      <IconButton icon={Plus} size="sm" label="Zoom in" onClick={() => void zoomIn()} />
    </div>
  );
}
