import type { KeyboardEvent, PointerEvent } from "react";
import { resize, useLayout, type Sized } from "../state/layout";

const LEAST = 240;
const MOST = 560;

/** The edge of a panel: drag it, or use the arrow keys. */
export function Resizer({ panel, label, side }: { panel: Sized; label: string; side: "left" | "right" }) {
  const width = useLayout((state) => state.widths[panel]);
  const set = (value: number) => resize(panel, Math.max(LEAST, Math.min(MOST, Math.round(value))));
  // The edge stands on the far side of a panel: to the left of those at the right of the page.
  const sign = side === "left" ? -1 : 1;
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const edge = event.currentTarget;
    const begin = event.clientX;
    edge.setPointerCapture(event.pointerId);
    const move = (to: globalThis.PointerEvent) => set(width + sign * (to.clientX - begin));
    edge.addEventListener("pointermove", move);
    edge.addEventListener("lostpointercapture", () => edge.removeEventListener("pointermove", move), { once: true });
  };
  const key = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    set(width + sign * by);
  };
  return <div className={`resizer ${side}`} role="separator" aria-orientation="vertical" aria-label={label} aria-valuenow={width} aria-valuemin={LEAST} aria-valuemax={MOST} tabIndex={0} onPointerDown={drag} onKeyDown={key} />;
}
