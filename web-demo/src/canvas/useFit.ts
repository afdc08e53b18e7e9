import { getViewportForBounds, useReactFlow, useStoreApi } from "@xyflow/react";
import { useCallback } from "react";
import { CARD_WIDTH, cardHeight } from "../model/card";
import { useEditor } from "../state/editor";
import type { Places } from "./elements";

const LEAST = 0.08;

/** Brings steps into sight, whether they are drawn already or not. */
export function useFit(places: Places): (ids?: readonly string[]) => void {
  const store = useStoreApi();
  const { setViewport } = useReactFlow();
  return useCallback(
    (ids) => {
      const { flow } = useEditor.getState();
      const boxes = (ids ?? [...places.keys()]).flatMap((id) => {
        const place = places.get(id);
        const step = flow?.byId.get(id);
        return flow && place && step ? [{ ...place, height: cardHeight(flow, step) }] : [];
      });
      if (boxes.length === 0) return;
      const x = Math.min(...boxes.map((box) => box.x));
      const y = Math.min(...boxes.map((box) => box.y));
      const width = Math.max(...boxes.map((box) => box.x)) + CARD_WIDTH - x;
      const height = Math.max(...boxes.map((box) => box.y + box.height)) - y;
      const view = store.getState();
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      void setViewport(getViewportForBounds({ x, y, width, height }, view.width, view.height, LEAST, 1, 0.08), { duration: calm ? 0 : 240 });
    },
    [places, setViewport, store],
  );
}
