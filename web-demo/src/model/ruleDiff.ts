/** Rules and expressions of two documents beside each other, each with the one that it was. */
import type { Flow } from "./flow";
import { firstText, isObject, type Json } from "./json";
import type { Difference } from "./parts";
import { pathType, ruleText } from "./ways";
import { aligned } from "./wordDiff";

export interface Expression {
  /** Its place among its like, from 1; the first that is true wins. */
  number: number;
  name: string;
  text: string;
  /** The step it leads to, if it leads anywhere. */
  leads: string;
}

export interface Pair {
  old: Expression | undefined;
  now: Expression | undefined;
}

/** The expressions that a side of a difference consists of; undefined if it is no matter of expressions. */
export function expressionsOf(difference: Difference, value: Json | undefined, flow: Flow): Expression[] | undefined {
  const { kind, field } = difference;
  if (kind === "line") {
    const ruled = [difference.old, difference.now].some((side) => isObject(side) && side.rule !== undefined);
    if (!ruled) return undefined;
    return isObject(value) ? [{ number: 1, name: firstText(value.name) ?? "", text: ruleText(value.rule ?? ""), leads: title(flow, value.target) }] : [];
  }
  if (kind !== "field") return undefined;
  if (field === "content.code") return typeof value === "string" ? [{ number: 1, name: "", text: value, leads: "" }] : [];
  if (field !== "content.conditions" && field !== "content.actions") return undefined;
  if (!Array.isArray(value)) return [];
  return value.map((row, index) => {
    const number = index + 1;
    if (!isObject(row)) return { number, name: "", text: String(row), leads: "" };
    if (field === "content.actions") return { number, name: firstText(row.type) ?? "", text: actionText(row), leads: "" };
    const type = pathType(row.then);
    const target = flow.out.get(difference.step ?? "")?.find((line) => line.type === type)?.target;
    return { number, name: firstText(row.name) ?? "", text: ruleText(row.if ?? row.expression ?? row.condition ?? ""), leads: target === undefined ? type : title(flow, target) };
  });
}

function title(flow: Flow, id: unknown): string {
  return flow.byId.get(String(id))?.title ?? String(id);
}

/** One part a line, as an author would read it out. */
function actionText(row: Record<string, Json>): string {
  return Object.entries(row)
    .filter(([key]) => key !== "type")
    .map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("\n");
}

/** What differs, in order: those that came or went, and those that stand in the place of another. */
export function pairs(old: readonly Expression[], now: readonly Expression[]): Pair[] {
  const same = ({ name, text, leads }: Expression) => JSON.stringify([name, text, leads]);
  const found: Pair[] = [];
  // Between two that stayed, the first that went and the first that came belong together.
  let open = 0;
  for (const { sign, at } of aligned(old.map(same), now.map(same))) {
    if (sign === " ") open = found.length;
    else if (sign === "-") found.push({ old: old[at], now: undefined });
    else {
      const free = found.find((pair, index) => index >= open && pair.now === undefined);
      if (free) free.now = now[at];
      else found.push({ old: undefined, now: now[at] });
    }
  }
  return found;
}
