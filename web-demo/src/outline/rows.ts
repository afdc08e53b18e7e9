/** The rows of the outline, made of the story of a flow. */
import type { Flow, Step } from "../model/flow";
import { onward, tell, type Chain } from "../model/story";
import { wayName, type Way } from "../model/ways";

export interface Row {
  key: string;
  depth: number;
  /** A step; a way that leads to a step that stands elsewhere; one that leads nowhere yet; or a step that the flow does not have. */
  type: "step" | "link" | "open" | "ghost";
  step: Step;
  /** The way that leads here, if it is a branch. */
  from: { step: Step; way: Way } | undefined;
  leads: string;
  /** Whether rows below belong to it, and whether they are shown. */
  open: boolean | undefined;
}

export function rowsOf(flow: Flow, closed: ReadonlySet<string>, selected: string | undefined): Row[] {
  const rows: Row[] = [];
  const place = new Map<string, number>();
  const chains = tell(flow);
  for (const chain of chains) add(chain, 0);
  rows.forEach((row, index) => {
    if (row.type !== "link") return;
    const target = place.get(row.step.id) ?? Infinity;
    const source = place.get(row.from?.step.id ?? "") ?? 0;
    row.leads = target <= source ? "↑ goes back" : target < index ? "↑ above" : "↓ further on";
  });
  return rows;

  function add(chain: Chain, depth: number): void {
    chain.steps.forEach(({ step, ways, branches }, index) => {
      const usual = onward(ways);
      const follows = usual?.line !== undefined && usual.line.target === chain.steps[index + 1]?.step.id;
      const under = ways.filter((way) => {
        if (way === usual && follows) return false;
        if (way.line) return true;
        if (way.role === "failed" || ways.length === 1) return false;
        if (step.kind === "condition") return true;
        return selected === step.id && way.role === "answer";
      });
      const only = ways.filter((way) => way.line);
      // A single way needs no row of its own: the step's says where it leads.
      const shown = only.length <= 1 && under.every((way) => way.line && way === usual) ? [] : under;
      const open = shown.length === 0 ? undefined : !closed.has(step.id);
      place.set(step.id, rows.length);
      rows.push({ key: step.id, depth, type: "step", step, from: index === 0 ? chain.from : undefined, leads: leads(flow, ways), open });
      if (open !== true) {
        // What is folded away still has a place, so that links to it know their direction.
        for (const branch of branches) hide(branch, rows.length);
        return;
      }
      for (const way of shown) {
        const branch = branches.find((each) => each.from?.way === way);
        if (branch) add(branch, depth + 1);
        else {
          const target = way.line ? flow.byId.get(way.line.target) : undefined;
          rows.push({ key: `${step.id} ${way.id}`, depth: depth + 1, type: target ? "link" : "open", step: target ?? step, from: { step, way }, leads: target ? "" : nowhere(way), open: undefined });
        }
      }
    });
  }

  function hide(chain: Chain, at: number): void {
    for (const each of chain.steps) {
      place.set(each.step.id, at);
      for (const branch of each.branches) hide(branch, at);
    }
  }
}

/** Puts rows of steps that the flow does not have below what led to them. */
export function withGhosts(rows: readonly Row[], ghosts: { flow: Flow; steps: readonly Step[] }): readonly Row[] {
  if (ghosts.steps.length === 0) return rows;
  const made = [...rows];
  for (const step of ghosts.steps) {
    const before = new Set((ghosts.flow.into.get(step.id) ?? []).map((line) => line.source));
    const above = made.findIndex((row) => (row.type === "step" || row.type === "ghost") && before.has(row.step.id));
    const row = made[above];
    const ghost: Row = { key: `ghost ${step.id}`, depth: row === undefined ? 0 : row.type === "ghost" ? row.depth : row.depth + 1, type: "ghost", step, from: undefined, leads: "", open: undefined };
    made.splice(above < 0 ? made.length : above + 1, 0, ghost);
  }
  return made;
}

function nowhere(way: Way): string {
  if (way.line) return "leads to a step that is gone";
  return way.role === "answer" ? "as anything else" : "leads nowhere yet";
}

function leads(flow: Flow, ways: readonly Way[]): string {
  const used = ways.filter((way) => way.line);
  if (used.length === 0) return "ends here";
  if (used.length > 1) return `${used.length} ways`;
  return `→ ${flow.byId.get(used[0]?.line?.target ?? "")?.title ?? "a step that is gone"}`;
}

/** The name of the way that leads to a row. */
export function fromWords(row: Row): string | undefined {
  return row.from && wayName(row.from.way);
}
