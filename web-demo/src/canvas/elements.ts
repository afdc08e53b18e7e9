/** The cards and lines of a flow as the canvas library takes them. */
import { MarkerType, Position, type Edge, type Node } from "@xyflow/react";
import { CARD_WIDTH, cardOf, type Card } from "../model/card";
import { placed } from "../model/commands/places";
import type { Flow } from "../model/flow";
import type { Json } from "../model/json";
import { fillPlaces, layout } from "../model/layout";
import { linesByKey } from "../model/parts";
import { wayName, waysOf, type Way } from "../model/ways";
import type { MarkKind } from "../state/marks";
import { rowPort } from "./geometry";

export type Places = ReadonlyMap<string, { x: number; y: number }>;
export type StepNode = Node<{ card: Card }, "step">;
export type LineEdge = Edge<{ way: Way; label: string; side: boolean; outer: number; taken: boolean; mark: MarkKind | undefined }, "line">;

export function placesOf(flow: Flow, document: Json): Places {
  if (placed(document, flow)) return fillPlaces(flow);
  // Most changes are of words: the places stay.
  const shape = shapeOf(flow);
  if (last?.shape !== shape) last = { shape, places: layout(flow) };
  return last.places;
}

let last: { shape: string; places: Places } | undefined;

/** All that the layout looks at. */
function shapeOf(flow: Flow): string {
  const cards = flow.steps.map((step) => {
    const card = cardOf(flow, step);
    return `${step.id} ${card.height} ${waysOf(flow, step).map((way) => `${way.id}>${way.line?.target ?? ""}`).join(",")}`;
  });
  return `${flow.entry ?? ""}\n${cards.join("\n")}`;
}

export function stepNodes(flow: Flow, places: Places, selection: readonly string[], before: ReadonlyMap<string, StepNode>): StepNode[] {
  const chosen = new Set(selection);
  return flow.steps.map((step) => {
    const card = cardOf(flow, step);
    const position = places.get(step.id) ?? { x: 0, y: 0 };
    const old = before.get(step.id);
    const selected = chosen.has(step.id);
    if (old && old.position.x === position.x && old.position.y === position.y && old.selected === selected && sameCard(old.data.card, card)) return old;
    return { id: step.id, type: "step" as const, position, data: { card }, selected, width: CARD_WIDTH, height: card.height, handles: ports(card) };
  });
}

/** Ports are known before a card is drawn, so lines to cards out of sight can be. */
export function ports(card: Card): NonNullable<StepNode["handles"]> {
  const box = { width: 1, height: 1 };
  return [
    { id: "in", type: "target", position: Position.Top, x: CARD_WIDTH / 2, y: 0, ...box },
    ...card.rows.map((way, index) => ({ id: way.id, type: "source" as const, position: Position.Right, x: CARD_WIDTH - 1, y: rowPort(card, index), ...box })),
    ...(card.bottom ? [{ id: card.bottom.id, type: "source" as const, position: Position.Bottom, x: CARD_WIDTH / 2, y: card.height - 1, ...box }] : []),
  ];
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/** `marks` are by the keys of lines. */
export function lineEdges(flow: Flow, places: Places, taken: ReadonlySet<string>, before: ReadonlyMap<string, LineEdge> = NONE, marks: ReadonlyMap<string, MarkKind> = NONE): LineEdge[] {
  const edges: LineEdge[] = [];
  const marked = new Map(marks.size === 0 ? [] : [...linesByKey(flow)].map(([key, line]) => [line, marks.get(key)]));
  const heights = new Map(flow.steps.map((step) => [step.id, cardOf(flow, step).height]));
  let back = 0;
  for (const step of flow.steps) {
    const ways = waysOf(flow, step);
    const used = ways.filter((way) => way.line).length;
    for (const way of ways) {
      const target = way.line?.target;
      if (target === undefined || !flow.byId.has(target)) continue;
      const from = places.get(step.id) ?? { x: 0, y: 0 };
      const to = places.get(target) ?? { x: 0, y: 0 };
      let outer = 0;
      if (to.y <= from.y + (heights.get(step.id) ?? 0)) {
        outer = outside(places, heights, to.y, from.y + (heights.get(step.id) ?? 0)) + 28 + (back % 5) * 12;
        back += 1;
      }
      const on = taken.has(`${step.id} ${target}`);
      const made: LineEdge = {
        id: `${step.id} ${way.id}`,
        type: "line",
        source: step.id,
        sourceHandle: way.id,
        target,
        targetHandle: "in",
        data: { way, label: used > 1 ? labelOf(way, flow, outer > 0, target) : "", side: way.role !== "default", outer, taken: on, mark: way.line && marked.get(way.line) },
        markerEnd: { type: MarkerType.ArrowClosed, width: on ? 10 : 14, height: on ? 10 : 14, color: on ? "var(--c-accent)" : "var(--c-edge)" },
        zIndex: on ? 1 : 0,
      };
      const old = before.get(made.id);
      edges.push(old && alike(old, made) ? old : made);
    }
  }
  return edges;
}

function sameCard(a: Card, b: Card): boolean {
  const same = a.height === b.height && a.body === b.body && a.hidden === b.hidden && a.rows.length === b.rows.length && sameWay(a.bottom, b.bottom);
  return same && a.rows.every((way, index) => sameWay(way, b.rows[index]));
}

function sameWay(a: Way | undefined, b: Way | undefined): boolean {
  return a?.id === b?.id && a?.label === b?.label && a?.rule === b?.rule && a?.line === b?.line;
}

function alike(a: LineEdge, b: LineEdge): boolean {
  return a.target === b.target && a.data?.label === b.data?.label && a.data?.outer === b.data?.outer && a.data?.taken === b.data?.taken && a.data?.mark === b.data?.mark && a.data?.way.line === b.data?.way.line && a.data?.way.role === b.data?.way.role;
}

function labelOf(way: Way, flow: Flow, back: boolean, target: string): string {
  const name = way.rule !== undefined && way.label === "" ? "" : wayName(way);
  return back ? `${name} → ${flow.byId.get(target)?.title ?? target}`.trim() : name;
}

/** The right edge of everything that stands between two heights. */
export function outside(places: Places, heights: ReadonlyMap<string, number>, top: number, bottom: number): number {
  let most = -Infinity;
  for (const [id, place] of places) if (place.y < bottom && place.y + (heights.get(id) ?? 0) > top) most = Math.max(most, place.x + CARD_WIDTH);
  return most;
}
