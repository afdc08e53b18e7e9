/** Moves the focus between the regions of the page, and back to where somebody was. */
import { useEditor } from "../state/editor";
import { useLayout } from "../state/layout";

type Story = "outline" | "canvas";
let last: Story = "canvas";

/** Notes in which of the two views of a flow somebody works. */
export function follow(): () => void {
  const listen = (event: FocusEvent) => {
    const { story: changed, fixed } = (event.target as Element | null)?.closest?.<HTMLElement>("[data-story], [data-fixed]")?.dataset ?? {};
    const story = changed ?? fixed;
    if (story === "outline" || story === "canvas") last = story;
  };
  document.addEventListener("focusin", listen);
  return () => document.removeEventListener("focusin", listen);
}

/** Runs when what was decided is on the screen; not if somebody has put the focus elsewhere by then. */
function later(run: () => void): void {
  const before = document.activeElement;
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const now = document.activeElement;
      if (now === null || now === before || now === document.body) run();
    }),
  );
}

/** Goes to a step, the selected one if none is named, in the view that was used last. */
export function focusStory(named?: string): void {
  if (innerWidth < 900) useLayout.setState({ front: "outline" });
  later(() => {
    const id = named ?? useEditor.getState().selection[0];
    for (const story of [last, last === "canvas" ? "outline" : "canvas"]) {
      const view = document.querySelector<HTMLElement>(`:is([data-story="${story}"], [data-fixed="${story}"])`);
      if (!view) continue;
      const step = id === undefined ? undefined : view.querySelector<HTMLElement>(`:is([data-step="${CSS.escape(id)}"], [data-seen="${CSS.escape(id)}"])`);
      (step ?? view.querySelector<HTMLElement>('[tabindex="0"]') ?? view).focus();
      return;
    }
  });
}

/** Goes to the form of the selected step: to its first field, or to its name. */
export function focusInspector(what: "first" | "name" = "first"): void {
  later(() => {
    const panel = document.querySelector<HTMLElement>('[data-region="inspector"]');
    const name = panel?.querySelector<HTMLInputElement>("[data-name]");
    const field = panel?.querySelector<HTMLElement>(".scroll :is(input, textarea, select, .cm-content)") ?? panel?.querySelector<HTMLElement>(".scroll button:not(:disabled)");
    const goal = what === "name" ? name : (field ?? name);
    goal?.focus();
    if (what === "name") name?.select();
  });
}

/** Goes to the numbers of the selected step. */
export function focusResults(): void {
  later(() => document.querySelector<HTMLElement>('[data-region="step-results"] h2')?.focus());
}

/** Goes to a field of the form by its path, if it is shown. */
export function focusField(pointer: string): void {
  later(() => {
    for (let path = pointer; path !== ""; path = path.slice(0, path.lastIndexOf("/"))) {
      const field = document.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`);
      if (!field) continue;
      const goal = field.matches("input, textarea, select, button") ? field : field.querySelector<HTMLElement>("input, textarea, select, .cm-content, button");
      goal?.focus();
      return;
    }
    focusInspector();
  });
}

/** Goes round the regions that are shown. */
export function nextRegion(direction: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>("[data-region]")].filter((region) => region.offsetParent !== null || region.tagName === "HEADER");
  const here = regions.findIndex((region) => region.contains(document.activeElement));
  const goal = regions[(here + direction + regions.length) % regions.length];
  if (!goal) return;
  const inside = goal.querySelector<HTMLElement>('[tabindex="0"]:not([role="separator"]), a[href], button:not(:disabled), input, textarea, select');
  (inside ?? goal).focus();
}
