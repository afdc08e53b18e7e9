import { useEffect, useRef, useState, type RefObject } from "react";

/** How wide there is room for a picture. */
export function useWide(): [RefObject<HTMLDivElement | null>, number] {
  const room = useRef<HTMLDivElement>(null);
  const [wide, setWide] = useState(0);
  useEffect(() => {
    if (!room.current) return;
    const watch = new ResizeObserver(([entry]) => entry && setWide(Math.floor(entry.contentRect.width)));
    watch.observe(room.current);
    return () => watch.disconnect();
  }, []);
  return [room, wide];
}
