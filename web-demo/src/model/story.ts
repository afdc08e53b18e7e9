/**
 * The order in which a flow is told: from its start along the usual ways, with branches stepping aside. The outline and the layout
 * are both made of it, so that they agree.
 */
import type { Flow, Step } from "./flow";
import { waysOf, type Way } from "./ways";

/** A run of steps, each leading to the next by its usual way. */
export interface Chain {
  /** The step and way it branches from; undefined for the main story and for steps that nothing leads to. */
  from: { step: Step; way: Way } | undefined;
  steps: { step: Step; ways: readonly Way[]; branches: Chain[] }[];
}

export function tell(flow: Flow): Chain[] {
  const told = new Set<string>();
  const chains: Chain[] = [];
  if (flow.entry !== undefined && flow.byId.has(flow.entry)) chains.push(chain(flow.entry, undefined));
  // Then what nothing leads to, and at last circles that are never entered.
  for (const step of flow.steps) if (!told.has(step.id) && !flow.into.has(step.id)) chains.push(chain(step.id, undefined));
  for (const step of flow.steps) if (!told.has(step.id)) chains.push(chain(step.id, undefined));
  return chains;

  function chain(first: string, from: Chain["from"]): Chain {
    const made: Chain = { from, steps: [] };
    let id: string | undefined = first;
    while (id !== undefined && !told.has(id)) {
      const step = flow.byId.get(id);
      if (!step) break;
      told.add(id);
      const ways = waysOf(flow, step);
      made.steps.push({ step, ways, branches: [] });
      id = onward(ways)?.line?.target;
    }
    for (const each of made.steps) {
      for (const way of each.ways) {
        const target = way.line?.target;
        if (target === undefined || told.has(target) || !flow.byId.has(target)) continue;
        each.branches.push(chain(target, { step: each.step, way }));
      }
    }
    return made;
  }
}

/** The way on which the story goes on in the same column. */
export function onward(ways: readonly Way[]): Way | undefined {
  return ways.find((way) => way.role === "default" && way.line);
}

/** All steps of a chain and of what branches from it, in the order of the telling. */
export function* walk(chains: readonly Chain[]): Generator<Step> {
  for (const chain of chains) {
    for (const each of chain.steps) {
      yield each.step;
      yield* walk(each.branches);
    }
  }
}
