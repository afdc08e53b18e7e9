import { useReactFlow, useStore } from "@xyflow/react";
import { useEffect, useRef } from "react";
import { CARD_WIDTH } from "../model/card";
import { useEditor } from "../state/editor";
import { useMarks } from "../state/marks";
import type { Places } from "./elements";

/** Brings the step that somebody looks at into sight if it is not. */
export function useReveal(places: Places): void {
  const selected = useEditor((state) => (state.selection.length === 1 ? state.selection[0] : undefined));
  const only = useMarks((state) => state.at) ?? selected;
  const { setCenter, getViewport, getZoom } = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const size = useRef({ width, height });
  size.current = { width, height };
  useEffect(() => {
    const place = only === undefined ? undefined : places.get(only);
    const { width: wide, height: high } = size.current;
    if (!place || wide === 0) return;
    const view = getViewport();
    const left = place.x * view.zoom + view.x;
    const top = place.y * view.zoom + view.y;
    const card = CARD_WIDTH * view.zoom;
    if (left >= 8 && top >= 8 && left + card <= wide - 8 && top + 90 * view.zoom <= high - 8) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    void setCenter(place.x + CARD_WIDTH / 2, place.y + 60, { zoom: getZoom(), duration: calm ? 0 : 240 });
    // A panel that opens may hide it.
  }, [only, places, width, setCenter, getViewport, getZoom]);
}
