import { useEffect } from "react";
import { copiedText, deleteSelected, pasteText } from "../palette/actions";
import { DOINGS, pressed } from "../palette/commands";
import { useLayout } from "../state/layout";
import { focusStory } from "./focus";

/** Lets keys do what the palette says. */
export function useKeys(): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.altKey) return;
      const target = event.target as Element;
      const { palette, picking, keys } = useLayout.getState();
      if (palette || picking || keys) return;
      const story = target.closest?.("[data-story]") !== null && !target.matches("input, textarea, select, [contenteditable]");
      const looking = target.closest?.("[data-fixed]") !== null;
      // The chat is a tree of its own, in which the field is.
      const typing = (event.composedPath()[0] as Element).matches?.("input, textarea, select, [contenteditable], [contenteditable] *");
      const key = pressed(event);
      if (key === "escape" && target.closest?.("[data-region='inspector'], [data-region='preview']") && target.getAttribute?.("aria-expanded") !== "true") {
        event.preventDefault();
        focusStory();
        return;
      }
      const doing = DOINGS.find((each) => each.keys?.includes(key) && !each.native && (!each.story || story || (each.looks === true && looking)) && (each.when?.() ?? true));
      if (!doing) return;
      // While somebody types, undo and the like belong to the field.
      if (typing && ["undo", "redo", "duplicate"].includes(doing.id) && !target.closest("[data-region='inspector']")) return;
      if (doing.id === "edit" && target.matches("button, a, [role='button']")) return;
      event.preventDefault();
      doing.run();
    };
    // By these events, the clipboard needs no leave.
    const clip = (event: ClipboardEvent) => {
      const target = event.target as Element | null;
      if (event.defaultPrevented || !event.clipboardData || target?.closest?.("[data-story]") == null || target.matches("input, textarea")) return;
      if (event.type === "paste") {
        if (pasteText(event.clipboardData.getData("text/plain"))) event.preventDefault();
        return;
      }
      const text = copiedText();
      if (text === undefined) return;
      event.clipboardData.setData("text/plain", text);
      event.preventDefault();
      if (event.type === "cut") deleteSelected();
    };
    document.addEventListener("keydown", listen);
    for (const type of ["copy", "cut", "paste"] as const) document.addEventListener(type, clip);
    return () => {
      document.removeEventListener("keydown", listen);
      for (const type of ["copy", "cut", "paste"] as const) document.removeEventListener(type, clip);
    };
  }, []);
}
