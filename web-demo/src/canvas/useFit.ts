import { getViewportForBounds, useReactFlow, useStoreApi } from "@xyflow/react";
import { useCallback } from "react";
import { CARD_WIDTH } from "../model/card";
import type { Places } from "./elements";

const LEAST = 0.08;

/** How much of a card is shown, by how far away it is. */
export function levelOf({ transform }: { transform: readonly [number, number, number] }): "full" | "mid" | "far" | "dots" {
  const zoom = transform[2];
  return zoom >= 0.7 ? "full" : zoom >= 0.4 ? "mid" : zoom >= 0.15 ? "far" : "dots";
}

/** Brings steps into sight, whether they are drawn already or not. */
export function useFit(places: Places, heightOf: (id: string) => number): (ids?: readonly string[]) => void {
  const store = useStoreApi();
  const { setViewport } = useReactFlow();
  return useCallback(
    (ids) => {
      const boxes = (ids ?? [...places.keys()]).flatMap((id) => {
        const place = places.get(id);
        return place ? [{ ...place, height: heightOf(id) }] : [];
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
    [places, heightOf, setViewport, store],
  );
}
