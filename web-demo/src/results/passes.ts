/** What the traffic of a flow says of its steps and lines. */
import type { Flow } from "../model/flow";
import { count, percent, share } from "../parts/figures";
import type { Came, Traffic } from "../state/results";

/** Whether more people stay at a step than is usual in its flow. */
export function isMore(came: Came, usual: number): boolean {
  return came.stayed > 0 && came.stayed / came.visitors > usual;
}

/** A step's traffic in a sentence. */
export function cameWords(came: Came | undefined, usual: number): string {
  if (!came) return "not known yet";
  const stayed = came.stayed === 0 ? "" : `, ${stayWords(came)}${isMore(came, usual) ? ", more than usual" : ""}`;
  return `${count(came.visitors)} came${stayed}`;
}

/** “2 no further · 40 %”. */
export function stayWords({ visitors, stayed }: Came): string {
  return `${count(stayed)} no further · ${share(visitors === 0 ? 0 : stayed / visitors)}`;
}

export interface Passes {
  /** About how many people took the line, to draw it by. */
  people: number;
  label: string;
}

/** What is known of a line. Ways that lead from one step to the same other are told together: it is the steps that are recorded. */
export function passesOf(traffic: Traffic, flow: Flow, source: string, target: string): Passes | undefined {
  const came = traffic.steps.get(source);
  if (!came) return undefined;
  if (flow.byId.get(source)?.kind === "composite") return throughSubflow(traffic, flow, target);
  const lines = (flow.out.get(source) ?? []).filter((line) => flow.byId.has(line.target));
  if (lines.length === 1) {
    const people = came.visitors - came.stayed;
    return { people, label: count(people) };
  }
  const shares = traffic.shares.get(source);
  if (!shares) return came.visitors === 0 ? { people: 0, label: "0 %" } : undefined;
  const part = shares[target] ?? 0;
  const together = lines.filter((line) => line.target === target).length > 1 ? "together " : "";
  return { people: (came.visitors * part) / 100, label: `${together}${percent(part)}` };
}

/** What comes next after a sub-flow's step is a step of the sub-flow; but who came to a step with one way in took that way. */
function throughSubflow(traffic: Traffic, flow: Flow, target: string): Passes | undefined {
  const came = traffic.steps.get(target);
  if (!came || target === flow.entry || flow.into.get(target)?.length !== 1) return undefined;
  return { people: came.visitors, label: count(came.visitors) };
}

/** Between these widths, in pixels, a line is as thick as its people are many. */
const [THIN, THICK] = [1.5, 22];

export function thickness(people: number, total: number): number {
  return total === 0 ? THIN : THIN + (THICK - THIN) * Math.min(1, people / total);
}
