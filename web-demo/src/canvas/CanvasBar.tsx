import { useReactFlow, useStore } from "@xyflow/react";
import { AlignVerticalDistributeCenter, Maximize, Minus, Plus } from "lucide-react";
import { addAfter, tidyAll } from "../palette/actions";
import { hotkey } from "../palette/commands";
import { IconButton } from "../parts/IconButton";

export function CanvasBar({ fit }: { fit: () => void }) {
  const { zoomIn, zoomOut } = useReactFlow();
  const zoom = useStore((state) => Math.round(state.transform[2] * 100));
  return (
    <div className="cbar" role="toolbar" aria-label="Canvas">
      <IconButton icon={Plus} size="sm" label="Add a step" hotkey={hotkey("add") ?? ""} onClick={() => addAfter()} />
      <span className="div" />
      <IconButton icon={AlignVerticalDistributeCenter} size="sm" label="Tidy the layout" hotkey={hotkey("tidy") ?? ""} onClick={tidyAll} />
      <IconButton icon={Maximize} size="sm" label="Fit to view" hotkey="1" onClick={() => fit()} />
      <span className="div" />
      <IconButton icon={Minus} size="sm" label="Zoom out" onClick={() => void zoomOut()} />
      <span className="sm num t2 zoom">{zoom} %</span>
      <IconButton icon={Plus} size="sm" label="Zoom in" onClick={() => void zoomIn()} />
    </div>
  );
}
