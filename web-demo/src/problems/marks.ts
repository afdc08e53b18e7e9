/** The smallest part of an expression that a problem is about. */
import type { Mark } from "../code/marks";
import { placeOf, readPaths } from "./cures";
import type { Problem } from "./locate";

export function markOf(problem: Problem, source: string): Mark {
  const { message, severity } = problem;
  const [from, to] = span(problem, source);
  return { from, to, message, severity };
}

function span({ code, message }: Problem, source: string): [number, number] {
  const wrong = code.endsWith("unknown_function") ? /function `([\w.]+)`/.exec(message)?.[1] : undefined;
  if (wrong !== undefined) {
    const at = new RegExp(`\\b${wrong.replaceAll(".", "\\.")}\\s*\\(`).exec(source)?.index;
    if (at !== undefined) return [at, at + wrong.length];
  }
  const named = /^`((?:user|temp|context)\.[\w.]+)`/.exec(message)?.[1];
  const read = named === undefined ? undefined : readPaths(source).find(({ path }) => path === named);
  if (read) return [read.from, read.from + read.path.length];
  const place = placeOf(message, source);
  // Behind the end there is nothing to underline: the last sign stands for it.
  if (place !== undefined) return place < source.length ? [place, place + (/^\w+/.exec(source.slice(place))?.[0].length ?? 1)] : [Math.max(0, source.length - 1), source.length];
  return [0, source.length];
}
