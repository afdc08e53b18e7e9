import { useCallback } from "react";
import { setField } from "../model/command";
import { quote } from "../model/commands/place";
import { at, toPointer, type Json, type Path } from "../model/json";
import type { Step } from "../model/flow";
import { run, useEditor } from "../state/editor";
import { mergeKey } from "./visit";

export interface Field {
  /** Where it is in the document; also the mark by which problems find it. */
  pointer: string;
  value: Json | undefined;
  set: (value: Json | undefined) => void;
}

/** A field in the content of a step. */
export function useField(step: Step, path: Path): Field {
  const whole = [...step.contentPath, ...path];
  const pointer = toPointer(whole);
  const value = at(step.content, path) as Json | undefined;
  const set = useCallback(
    (next: Json | undefined) => {
      // The step may have moved in the list since it was drawn.
      const now = useEditor.getState().flow?.byId.get(step.id);
      if (now) run(setField(`Change ${quote(now.title)}`, [...now.contentPath, ...path], next, mergeKey(pointer)));
    },
    // The pointer stands for the path.
    [step.id, pointer],
  );
  return { pointer, value, set };
}
