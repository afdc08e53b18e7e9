/** Finds for each element of a list which element of its older form it is. */
import { equal, isObject, type Json } from "../json";

export function align(now: readonly Json[], old: readonly Json[]): (number | undefined)[] {
  const places: (number | undefined)[] = now.map(() => undefined);
  const free = new Set(old.keys());
  const take = (index: number, was: number) => {
    places[index] = was;
    free.delete(was);
  };
  // Most lists are as they were.
  now.forEach((item, index) => {
    if (index < old.length && equal(item, old[index])) take(index, index);
  });
  const names = new Map<string, number[]>();
  for (const was of free) {
    const name = identity(old[was] as Json);
    if (name !== undefined) names.set(name, [...(names.get(name) ?? []), was]);
  }
  now.forEach((item, index) => {
    if (places[index] !== undefined) return;
    const name = identity(item);
    const was = name === undefined ? [...free].find((each) => equal(item, old[each])) : names.get(name)?.shift();
    if (was !== undefined && free.has(was)) take(index, was);
  });
  // What is left in its place was changed there.
  now.forEach((item, index) => {
    if (places[index] === undefined && free.has(index) && identity(item) === undefined && identity(old[index] as Json) === undefined) take(index, index);
  });
  return places;
}

/** What makes a step or a connection itself, whatever else of it changes. */
function identity(item: Json): string | undefined {
  if (!isObject(item)) return undefined;
  const id = item.id ?? item.node_id ?? item.node_key;
  if (typeof id === "string") return `id ${id}`;
  if (typeof item.source === "string") return `from ${item.source} ${String(item.type ?? item.connection_type)}`;
  return undefined;
}
