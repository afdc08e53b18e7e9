/** Where the arrow keys lead from a step: down the usual way, right into a branch, left to its sibling, up to where one came from. */
import type { Flow } from "../model/flow";
import { waysOf } from "../model/ways";

export function along(flow: Flow, id: string, key: string): string | undefined {
  const step = flow.byId.get(id);
  if (!step) return undefined;
  const ways = waysOf(flow, step).filter((way) => way.line && flow.byId.has(way.line.target));
  const usual = ways.find((way) => way.role === "default") ?? ways[0];
  const from = flow.into.get(id)?.find((line) => flow.byId.has(line.source) && line.source !== id)?.source;
  if (key === "ArrowDown") return usual?.line?.target;
  if (key === "ArrowRight") return (ways.find((way) => way !== usual) ?? usual)?.line?.target;
  if (key === "ArrowUp") return from;
  if (key !== "ArrowLeft" || from === undefined) return undefined;
  const parent = flow.byId.get(from);
  const siblings = parent ? waysOf(flow, parent).flatMap((way) => (way.line ? [way.line.target] : [])) : [];
  return siblings[(siblings.indexOf(id) + 1) % siblings.length];
}
