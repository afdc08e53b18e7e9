/**
 * Places for the steps of a flow, from top to bottom: the main story in one straight column, branches to the right of where they
 * leave. The same flow always gets the same places, and no two cards overlap.
 */
import { cardHeight, portOffset, CARD_WIDTH } from "./card";
import type { Flow } from "./flow";
import { tell, type Chain } from "./story";

const COLUMN = CARD_WIDTH + 96;
const GAP = 64;
/** Room between the port of a branch and the card it leads to. */
const STEP_ASIDE = 44;

export interface Place {
  x: number;
  y: number;
}

interface Span {
  top: number;
  bottom: number;
}

export function layout(flow: Flow): Map<string, Place> {
  const chains = tell(flow);
  const heights = new Map(flow.steps.map((step) => [step.id, cardHeight(flow, step)]));
  const tops = vertical(flow, chains, heights);
  const columns: Span[][] = [];
  const places = new Map<string, Place>();
  const below = () => Math.max(0, ...columns.flat().map((span) => span.bottom + GAP));

  for (const root of chains) {
    const shift = places.size === 0 ? 0 : Math.max(0, below() - Math.min(...ids(root).map((id) => tops.get(id) ?? 0)));
    put(root, 0, shift);
  }
  return places;

  function put(chain: Chain, least: number, shift: number): void {
    const span = spanOf(chain, tops, heights, shift);
    let column = least;
    while (columns[column]?.some((taken) => span.top < taken.bottom + GAP / 2 && taken.top < span.bottom + GAP / 2)) column += 1;
    (columns[column] ??= []).push(span);
    for (const { step } of chain.steps) places.set(step.id, { x: column * COLUMN, y: (tops.get(step.id) ?? 0) + shift });
    // The lowest port takes the nearest column, so that lines do not cross.
    for (const { branches } of chain.steps) for (const branch of branches.toReversed()) put(branch, column + 1, shift);
  }
}

/** The top of each card: below everything that leads to it without going back. */
function vertical(flow: Flow, chains: readonly Chain[], heights: ReadonlyMap<string, number>): Map<string, number> {
  const heads = new Map<string, { source: string; offset: number }>();
  collect(chains);
  const back = goingBack(flow, chains);
  const tops = new Map<string, number>();
  const open = new Set<string>();
  for (const step of flow.steps) top(step.id);
  spread(chains);
  return tops;

  /** In a circle the usual way may lead back; a column still goes down. */
  function spread(list: readonly Chain[]): void {
    for (const chain of list) {
      let least = 0;
      for (const { step, branches } of chain.steps) {
        const value = Math.max(tops.get(step.id) ?? 0, least);
        tops.set(step.id, value);
        least = value + (heights.get(step.id) ?? 0) + GAP;
        spread(branches);
      }
    }
  }

  function top(id: string): number {
    const known = tops.get(id);
    if (known !== undefined) return known;
    if (open.has(id)) return 0;
    open.add(id);
    let value = 0;
    for (const line of flow.into.get(id) ?? []) {
      if (back.has(line) || !flow.byId.has(line.source) || line.source === id) continue;
      const head = heads.get(id);
      const start = top(line.source);
      const beside = head?.source === line.source;
      value = Math.max(value, start + (beside ? head.offset : (heights.get(line.source) ?? 0) + GAP));
    }
    open.delete(id);
    tops.set(id, value);
    return value;
  }

  function collect(list: readonly Chain[]): void {
    for (const chain of list) {
      const first = chain.steps[0]?.step.id;
      if (chain.from && first !== undefined) {
        // All branches of a step begin below its lowest port: their lines pass above the cards.
        heads.set(first, { source: chain.from.step.id, offset: portOffset(flow, chain.from.step) + STEP_ASIDE });
      }
      for (const each of chain.steps) collect(each.branches);
    }
  }
}

/** The lines that close a circle, found from the start. */
function goingBack(flow: Flow, chains: readonly Chain[]): Set<unknown> {
  const back = new Set<unknown>();
  const done = new Set<string>();
  const open = new Set<string>();
  // The usual way first, so that the main story goes down.
  const leaving = (id: string) => (flow.out.get(id) ?? []).toSorted((a, b) => Number(b.type === "default") - Number(a.type === "default"));
  const visit = (id: string) => {
    const stack: { id: string; next: number }[] = [{ id, next: 0 }];
    open.add(id);
    while (stack.length > 0) {
      const here = stack.at(-1) as { id: string; next: number };
      const line = leaving(here.id)[here.next];
      here.next += 1;
      if (!line) {
        stack.pop();
        open.delete(here.id);
        done.add(here.id);
      } else if (open.has(line.target)) back.add(line);
      else if (!done.has(line.target) && flow.byId.has(line.target)) {
        open.add(line.target);
        stack.push({ id: line.target, next: 0 });
      }
    }
  };
  for (const chain of chains) {
    const first = chain.steps[0]?.step.id;
    if (first !== undefined && !done.has(first)) visit(first);
  }
  return back;
}

function spanOf(chain: Chain, tops: ReadonlyMap<string, number>, heights: ReadonlyMap<string, number>, shift: number): Span {
  const spans = chain.steps.map(({ step }) => ({ top: (tops.get(step.id) ?? 0) + shift, bottom: (tops.get(step.id) ?? 0) + shift + (heights.get(step.id) ?? 0) }));
  return { top: Math.min(...spans.map((span) => span.top)), bottom: Math.max(...spans.map((span) => span.bottom)) };
}

function ids(chain: Chain): string[] {
  return chain.steps.flatMap((each) => [each.step.id, ...each.branches.flatMap(ids)]);
}

/** Places for steps that have none, among those that have. */
export function fillPlaces(flow: Flow): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const step of flow.steps) if (step.position) places.set(step.id, step.position);
  const rest = flow.steps.filter((step) => !step.position).map(({ id }) => ({ id, before: (flow.into.get(id) ?? []).map((line) => line.source), wish: undefined }));
  return placeAmong(places, rest, (id) => heightOf(flow, id) ?? 0);
}

/** A card that has no place yet: what leads to it, and where it would like to be. */
export interface Homeless {
  id: string;
  before: readonly string[];
  wish: Place | undefined;
}

/** Adds places for more cards: where they wish, or below what leads to them, and beside what stands there. */
export function placeAmong(places: Map<string, Place>, more: readonly Homeless[], height: (id: string) => number): Map<string, Place> {
  for (const { id, before, wish } of more) {
    const above = before.find((each) => places.has(each) && each !== id);
    const start = above === undefined ? undefined : places.get(above);
    const place = wish ? { ...wish } : start ? { x: start.x, y: start.y + height(above as string) + GAP } : { x: 0, y: 0 };
    const own = height(id);
    const taken = () => [...places].some(([other, at]) => Math.abs(at.x - place.x) < CARD_WIDTH + 16 && place.y < at.y + height(other) + 16 && at.y < place.y + own + 16);
    while (taken()) place.x += COLUMN;
    places.set(id, place);
  }
  return places;
}

function heightOf(flow: Flow, id: string): number | undefined {
  const step = flow.byId.get(id);
  return step && cardHeight(flow, step);
}
