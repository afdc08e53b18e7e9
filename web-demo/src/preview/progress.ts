/** What is shown of a conversation: all of it, or its first steps. */
import type { Played, Visit } from "../engine/protocol";

/** The step of the open flow that waits, or at which it halts. */
export function waitingAt(played: Played | undefined, head?: number): string | undefined {
  if (!played) return undefined;
  if (head !== undefined) {
    const next = played.visits[head];
    return next?.own ? next.node : undefined;
  }
  return played.waits_for === null ? undefined : played.visits.findLast((visit) => visit.own)?.node;
}

/** The lines that were taken, as “source target”. */
export function linesTaken(played: Played | undefined, head?: number): string[] {
  const own = played?.visits.slice(0, head).filter((visit) => visit.own) ?? [];
  return [...new Set(own.flatMap((visit) => (visit.next === null ? [] : [`${visit.node} ${visit.next}`])))];
}

const visited = new WeakMap<Played, Map<number | undefined, ReadonlySet<string>>>();

/** The steps of the open flow that were visited. */
export function visitedIn(played: Played | undefined, head?: number): ReadonlySet<string> {
  if (!played) return new Set();
  const byHead = visited.get(played) ?? new Map<number | undefined, ReadonlySet<string>>();
  const known = byHead.get(head) ?? new Set(played.visits.slice(0, head).filter((visit) => visit.own).map((visit) => visit.node));
  byHead.set(head, known);
  visited.set(played, byHead);
  return known;
}

/** The turns as they stand after so many steps. */
export function shownTurns(played: Played, head: number | undefined): Played["turns"] {
  const last: Visit | undefined = head === undefined ? undefined : played.visits[head - 1];
  if (!last) return played.turns;
  // What was said later in the turn, and what it asks at its end, is not there yet.
  if (head !== undefined && played.visits[head]?.turn !== last.turn) return played.turns.slice(0, last.turn + 1);
  return played.turns.slice(0, last.turn + 1).map((each, index) => (index < last.turn ? each : { ...each, turn: { ...each.turn, messages: each.turn.messages.slice(0, last.said), input_request: null, session_ended: false } }));
}
