/** Where the ports of a card are, and how lines run between them. */
import { CARD_WIDTH, HEADER, ROW, type Card } from "../model/card";

export interface Point {
  x: number;
  y: number;
}

/** The middle of the port of a row on the right, from the top of the card. */
export function rowPort(card: Card, index: number): number {
  const rows = card.rows.length + (card.hidden > 0 ? 1 : 0);
  const below = card.height - 4 - (rows + (card.bottomRow ? 1 : 0)) * ROW;
  return below + index * ROW + ROW / 2;
}

export const SIDE = CARD_WIDTH;
export { HEADER };

const OUT = 24;
const IN = 28;
const CORNER = 10;

/** The corners of a line. `outer` is where lines that go back run. */
export function route(from: Point, side: boolean, to: Point, outer: number): Point[] {
  const down = to.y >= from.y + (side ? OUT : IN);
  if (side) {
    if (down && to.x > from.x + CORNER) return [from, { x: to.x, y: from.y }, to];
    const x = down ? from.x + OUT : outer;
    return [from, { x, y: from.y }, { x, y: to.y - IN }, { x: to.x, y: to.y - IN }, to];
  }
  if (down && Math.abs(from.x - to.x) < 1) return [from, to];
  if (down) return [from, { x: from.x, y: to.y - IN }, { x: to.x, y: to.y - IN }, to];
  return [from, { x: from.x, y: from.y + OUT }, { x: outer, y: from.y + OUT }, { x: outer, y: to.y - IN }, { x: to.x, y: to.y - IN }, to];
}

/** The corners as a path with rounded turns. */
export function path(points: readonly Point[]): string {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return "";
  let made = `M${first.x} ${first.y}`;
  for (let index = 1; index < points.length - 1; index += 1) {
    const [before, here, after] = [points[index - 1], points[index], points[index + 1]] as [Point, Point, Point];
    const radius = Math.min(CORNER, distance(before, here) / 2, distance(here, after) / 2);
    const enter = toward(here, before, radius);
    const leave = toward(here, after, radius);
    made += `L${enter.x} ${enter.y}Q${here.x} ${here.y} ${leave.x} ${leave.y}`;
  }
  return `${made}L${last.x} ${last.y}`;
}

/** Where the label of a line stands: on its first stretch that is long enough. */
export function labelAt(points: readonly Point[], side: boolean): Point {
  const [from, next] = points as [Point, Point];
  if (!side) return { x: from.x, y: from.y + Math.min(30, Math.abs(next.y - from.y) / 2) };
  const length = Math.abs(next.x - from.x);
  return { x: from.x + Math.min(length / 2, 90), y: from.y };
}

/** The middle of the last stretch. */
export function nearEnd(points: readonly Point[]): Point {
  const [before, end] = points.slice(-2) as [Point, Point];
  return { x: (before.x + end.x) / 2, y: (before.y + end.y) / 2 };
}

function distance(a: Point, b: Point): number {
  return Math.abs(a.x - b.x) + Math.abs(a.y - b.y);
}

function toward(from: Point, to: Point, by: number): Point {
  const length = distance(from, to) || 1;
  return { x: from.x + ((to.x - from.x) / length) * by, y: from.y + ((to.y - from.y) / length) * by };
}
