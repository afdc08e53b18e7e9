/** Where the preview of a flow halts. Kept on this computer, not in the flow: how somebody looks for a fault is nobody else's affair. */
import { create } from "zustand";
import type { Stop } from "../engine/protocol";
import { useEditor } from "./editor";

interface Stops {
  list: readonly Stop[];
}

export const useStops = create<Stops>(() => ({ list: [] }));

const place = (key: string) => `chatflow-studio-stops ${key}`;

useEditor.subscribe((now, before) => {
  if (now.key !== before.key) useStops.setState({ list: now.key === undefined ? [] : kept(now.key) });
});

function kept(key: string): Stop[] {
  try {
    return JSON.parse(localStorage.getItem(place(key)) ?? "[]") as Stop[];
  } catch {
    return [];
  }
}

function write(list: readonly Stop[]): void {
  useStops.setState({ list });
  const { key } = useEditor.getState();
  if (key === undefined) return;
  try {
    if (list.length === 0) localStorage.removeItem(place(key));
    else localStorage.setItem(place(key), JSON.stringify(list));
  } catch {
    // Without storage they last as long as the page.
  }
}

export function stopOf(list: readonly Stop[], step: string): Extract<Stop, { on: "step" }> | undefined {
  return list.find((stop): stop is Extract<Stop, { on: "step" }> => stop.on === "step" && stop.step === step);
}

/** Puts a stop at a step, or takes it away. */
export function toggleStop(step: string): boolean {
  const { list } = useStops.getState();
  const there = stopOf(list, step);
  write(there ? list.filter((stop) => stop !== there) : [...list, { on: "step", step }]);
  return !there;
}

/** Halts at a step only where a rule is true; an empty rule is none. */
export function setRule(step: string, rule: string): void {
  const { list } = useStops.getState();
  const rest = list.filter((stop) => !(stop.on === "step" && stop.step === step));
  write([...rest, { on: "step", step, ...(rule.trim() === "" ? {} : { rule }) }]);
}

export function toggleFailures(): void {
  const { list } = useStops.getState();
  write(list.some((stop) => stop.on === "failure") ? list.filter((stop) => stop.on !== "failure") : [...list, { on: "failure" }]);
}

export function watchValue(path: string): void {
  const { list } = useStops.getState();
  if (path !== "" && !list.some((stop) => stop.on === "value" && stop.path === path)) write([...list, { on: "value", path }]);
}

export function dropStop(stop: Stop): void {
  write(useStops.getState().list.filter((each) => each !== stop));
}

export function clearStops(): void {
  write([]);
}
