/** Steps and lines that the flow on the canvas does not have, drawn among those it has. */
import type { Edge, Node } from "@xyflow/react";
import { CARD_WIDTH, cardHeight, cardOf, type Card } from "../model/card";
import { placed } from "../model/commands/places";
import type { Flow, Line, Step } from "../model/flow";
import type { Json } from "../model/json";
import { placeAmong } from "../model/layout";
import { wayName, waysOf } from "../model/ways";
import type { Ghosts, Mark, MarkKind } from "../state/marks";
import { outside, ports, type Places } from "./elements";

/** A card that is there to be looked at. */
export type SeenNode = Node<{ step: Step; card: Card; flow: Flow; mark: Mark | undefined }, "seen">;
/** `told` says whether a line tells its mark: at a card that is a ghost itself it need not. */
export type SeenEdge = Edge<{ label: string; side: boolean; outer: number; mark: MarkKind | undefined; ghost?: boolean; told?: boolean }, "seen">;

/** Places with those of the ghosts; the cards of the flow stay where they are. */
export function placesAmong(flow: Flow, document: Json, places: Places, ghosts: Ghosts): Places {
  if (ghosts.steps.length === 0) return places;
  const asWritten = placed(document, flow);
  const more = ghosts.steps.map(({ id, position }) => ({ id, before: (ghosts.flow.into.get(id) ?? []).map((line) => line.source), wish: asWritten ? position : undefined }));
  return placeAmong(new Map(places), more, heightIn(flow, ghosts));
}

/** The height of the card of a step, of the flow or a ghost. */
export function heightIn(flow: Flow, ghosts: Ghosts | undefined): (id: string) => number {
  return (id) => {
    const own = flow.byId.get(id);
    const other = own ? undefined : ghosts?.flow.byId.get(id);
    return own ? cardHeight(flow, own) : ghosts && other ? cardHeight(ghosts.flow, other) : 0;
  };
}

export function seenNode(flow: Flow, step: Step, position: { x: number; y: number }, mark: Mark | undefined): SeenNode {
  const card = cardOf(flow, step);
  return { id: step.id, type: "seen", position, data: { step, card, flow, mark }, width: CARD_WIDTH, height: card.height, handles: ports(card), draggable: false, selectable: false, connectable: false, deletable: false };
}

export function ghostNodes(ghosts: Ghosts, places: Places, marks: ReadonlyMap<string, Mark>): SeenNode[] {
  return ghosts.steps.map((step) => seenNode(ghosts.flow, step, places.get(step.id) ?? { x: 0, y: 0 }, marks.get(step.id)));
}

/** The lines of ghosts, and those that led elsewhere. */
export function ghostEdges(flow: Flow, ghosts: Ghosts, places: Places): SeenEdge[] {
  const height = heightIn(flow, ghosts);
  const heights = new Map([...places.keys()].map((id) => [id, height(id)]));
  return ghosts.lines.flatMap(({ line, kind }, index): SeenEdge[] => {
    const from = places.get(line.source);
    const to = places.get(line.target);
    const port = portOf(flow, ghosts.flow, line);
    if (!from || !to || !port) return [];
    const bottom = from.y + (heights.get(line.source) ?? 0);
    const outer = to.y <= bottom ? outside(places, heights, to.y, bottom) + 40 : 0;
    return [{ id: `ghost ${index}`, type: "seen", source: line.source, sourceHandle: port.id, target: line.target, targetHandle: "in", data: { label: port.label, side: port.side, outer, mark: kind, ghost: true, told: flow.byId.has(line.source) && flow.byId.has(line.target) }, selectable: false, deletable: false }];
  });
}

/** Where a line leaves the card that is drawn: at the port of its type, or at the bottom. */
function portOf(flow: Flow, other: Flow, line: Line): { id: string; side: boolean; label: string } | undefined {
  const step = flow.byId.get(line.source) ?? other.byId.get(line.source);
  if (!step) return undefined;
  const drawn = flow.byId.has(line.source) ? flow : other;
  const card = cardOf(drawn, step);
  const row = card.rows.find((way) => way.line === line) ?? card.rows.find((way) => way.type === line.type);
  const way = row ?? card.bottom ?? card.rows[0];
  return way && { id: way.id, side: way !== card.bottom, label: wayWords(other, line) };
}

/** What a line was called, where its step has several. */
function wayWords(flow: Flow, line: Line): string {
  const step = flow.byId.get(line.source);
  const ways = step ? waysOf(flow, step).filter((way) => way.line) : [];
  const own = ways.find((way) => way.line === line);
  return own && ways.length > 1 ? wayName(own) : "";
}
