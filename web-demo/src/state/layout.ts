/** Which panels are open, and how light it is. */
import { create } from "zustand";

export type Side = "outline" | "problems" | "values" | "add";
/** Panels whose width can be changed. */
export type Sized = "side" | "inspector" | "preview";
export type Sheet = "publish" | "versions" | "merge" | "conversations";
export type Below = "steps" | "values" | "calls" | "stops";
export type Theme = "system" | "light" | "dark";

interface Layout {
  side: Side | undefined;
  inspector: boolean;
  preview: boolean;
  /** What is shown where there is not room for all. */
  front: "outline" | "inspector" | "preview";
  palette: "all" | "commands" | "steps" | undefined;
  /** What the picker of steps is for. */
  picking: { title: string; pick: (choice: Pick) => void; kinds: boolean; steps: boolean } | undefined;
  keys: boolean;
  /** What stands at the right in place of the form and the preview. */
  sheet: Sheet | undefined;
  /** What the preview tells below the chat. */
  below: Below;
  theme: Theme;
  /** The same of the preview's chat alone; as the studio, if it is the system's. */
  chatTheme: Theme;
  /** Whether the chat has its pauses before messages. */
  paced: boolean;
  widths: Record<Sized, number>;
}

export type Pick = { kind: string } | { step: string };

const KEY = "chatflow-studio-layout";

function kept(): Partial<Layout> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Layout>;
  } catch {
    return {};
  }
}

const before = kept();

export const useLayout = create<Layout>(() => ({
  side: before.side,
  inspector: before.inspector ?? true,
  preview: before.preview ?? true,
  front: "outline",
  palette: undefined,
  picking: undefined,
  keys: false,
  sheet: undefined,
  below: "steps",
  theme: before.theme ?? "system",
  chatTheme: before.chatTheme ?? "system",
  paced: before.paced ?? false,
  widths: { side: 340, inspector: 320, preview: 344, ...before.widths },
}));

useLayout.subscribe(({ side, inspector, preview, theme, chatTheme, paced, widths }) => {
  try {
    localStorage.setItem(KEY, JSON.stringify({ side, inspector, preview, theme, chatTheme, paced, widths }));
  } catch {
    // Without storage the panels are as they were at first.
  }
  show(theme);
});

function show(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

if (typeof document !== "undefined") show(before.theme ?? "system");

export function resize(panel: Sized, width: number): void {
  useLayout.setState((now) => ({ widths: { ...now.widths, [panel]: width } }));
}

export function toggleSide(side: Side): void {
  useLayout.setState((now) => ({ side: now.side === side ? undefined : side }));
}

export function pick(title: string, offer: { kinds: boolean; steps: boolean }, done: (choice: Pick) => void): void {
  useLayout.setState({ picking: { title, pick: done, ...offer } });
}
