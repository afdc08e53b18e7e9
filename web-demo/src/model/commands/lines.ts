/** Connecting steps. */
import type { Command } from "../command";
import type { Flow, Line } from "../flow";
import { cut, linesOf, quote, retarget } from "./place";

/** Lets a way of a step lead to another step; with `line` the connection that serves it now is changed. */
export function connect(flow: Flow, source: string, type: string, target: string, line?: Line): Command {
  const name = (id: string) => quote(flow.byId.get(id)?.title ?? id);
  return {
    label: `Connect ${name(source)} to ${name(target)}`,
    change: (draft) => {
      const old = line ?? flow.out.get(source)?.find((each) => each.type === type && each.rule === undefined);
      if (old) {
        if (old.target !== target) retarget(draft, flow, old, target);
      } else linesOf(draft, flow).push({ source, target, type });
    },
  };
}

export function disconnect(flow: Flow, line: Line): Command {
  const name = (id: string) => quote(flow.byId.get(id)?.title ?? id);
  return { label: `Cut the line from ${name(line.source)} to ${name(line.target)}`, change: (draft) => cut(draft, flow, [line]) };
}
