/** Where steps are drawn. A flow is laid out by the studio until somebody moves a step; then all places are written down. */
import type { Command } from "../command";
import type { Flow, Step } from "../flow";
import { at, isObject, type JsonObject } from "../json";
import { nodeOf } from "./place";

export type Places = ReadonlyMap<string, { x: number; y: number }>;

const MARK = "studio";

/** Whether the positions in the document were made here, for cards of this size, and are to be used. */
export function placed(document: unknown, flow: Flow): boolean {
  const mark = at(document, [...flow.envelope, "info", MARK]);
  return isObject(mark) && mark.placed === true;
}

export function moveSteps(flow: Flow, places: Places, label: string, merge?: string): Command {
  return {
    label,
    ...(merge === undefined ? {} : { merge }),
    change: (draft) => {
      const head = at(draft, flow.envelope) as JsonObject;
      if (!isObject(head.info)) head.info = {};
      const info = head.info as JsonObject;
      if (!isObject(info[MARK])) info[MARK] = { placed: true };
      else if ((info[MARK] as JsonObject).placed !== true) (info[MARK] as JsonObject).placed = true;
      for (const [id, place] of places) {
        const step = flow.byId.get(id);
        if (step) write(draft as never, step, place);
      }
    },
  };
}

/** Lets the studio lay the flow out again, now and after each change. */
export function tidy(flow: Flow): Command {
  return {
    label: `Tidy ${flow.steps.length} steps`,
    change: (draft) => {
      const info = at(draft, [...flow.envelope, "info"]);
      if (!isObject(info) || !isObject(info[MARK])) return;
      delete (info[MARK] as JsonObject).placed;
      if (Object.keys(info[MARK] as JsonObject).length === 0) delete info[MARK];
      if (Object.keys(info).length === 0) delete (at(draft, flow.envelope) as JsonObject).info;
    },
  };
}

function write(draft: never, step: Step, place: { x: number; y: number }): void {
  const node = nodeOf(draft, step);
  const x = Math.round(place.x);
  const y = Math.round(place.y);
  if (isObject(node.position)) {
    if (node.position.x !== x) node.position.x = x;
    if (node.position.y !== y) node.position.y = y;
  } else node.position = { x, y };
}
