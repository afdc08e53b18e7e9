/** Cures of mistakes in rules that the engine reports or lets pass: a wrong name of a function or a value, one `=` for two. */
import type { Diagnostic } from "../engine/protocol";
import type { Flow } from "../model/flow";
import { at, isObject, parsePointer, toPointer, type Json } from "../model/json";
import { knownValues } from "../model/values";

/** A diagnostic with a cure, where one can be told from what the engine says. */
export function withCure(diagnostic: Diagnostic, document: Json, functions: readonly string[], typos: readonly Diagnostic[] = []): Diagnostic {
  if (diagnostic.fix !== undefined) return diagnostic;
  // The engine tells that a value is not set; the value that is meant is known here.
  const typo = typos.find((each) => each.at === diagnostic.at && sameValue(each, diagnostic));
  if (typo?.fix !== undefined && typo.help !== undefined) return { ...diagnostic, help: typo.help, fix: typo.fix };
  const source = at(document, parsePointer(diagnostic.at));
  if (typeof source !== "string") return diagnostic;
  const cured = cureOf(diagnostic, source, functions);
  return cured === undefined ? diagnostic : { ...diagnostic, help: cured.help, fix: [{ op: "replace", path: diagnostic.at, value: cured.text }] };
}

/** Whether two diagnostics begin with the same value. */
export function sameValue(a: Diagnostic, b: Diagnostic): boolean {
  const named = (each: Diagnostic) => /^`([^`]+)`/.exec(each.message)?.[1];
  return named(a) !== undefined && named(a) === named(b);
}

function cureOf({ code, message }: Diagnostic, source: string, functions: readonly string[]): { help: string; text: string } | undefined {
  if (code.endsWith("unknown_function")) {
    const wrong = /function `([\w.]+)`/.exec(message)?.[1];
    const right = wrong === undefined ? undefined : nearest(wrong, functions);
    if (wrong === undefined || right === undefined) return undefined;
    return { help: `Change \`${wrong}\` to \`${right}\``, text: source.replaceAll(new RegExp(`\\b${wrong.replaceAll(".", "\\.")}(?=\\s*\\()`, "g"), right) };
  }
  if (code.endsWith("cel_syntax") && message.includes("write `==` to compare")) {
    const place = placeOf(message, source);
    if (place !== undefined && source[place] === "=") return { help: "Compare with `==`", text: `${source.slice(0, place)}=${source.slice(place)}` };
  }
  const missing = code.endsWith("cel_syntax") ? /missing `([)\]}])` at the end/.exec(message)?.[1] : undefined;
  return missing === undefined ? undefined : { help: `Add the missing \`${missing}\``, text: source + missing };
}

/** Where a message points to in an expression. */
export function placeOf(message: string, source: string): number | undefined {
  const found = /\(line (\d+), column (\d+)\)/.exec(message);
  if (!found) return undefined;
  const lines = source.split("\n").slice(0, Number(found[1]) - 1);
  return lines.reduce((sum, line) => sum + line.length + 1, 0) + Number(found[2]) - 1;
}

/** Values that a rule reads though nothing sets them, where a value of nearly that name is set: somebody mistyped. */
export function mistyped(flow: Flow): Diagnostic[] {
  const known = knownValues(flow);
  const set = known.filter((value) => value.setBy.length > 0).map((value) => value.path);
  return flow.steps.flatMap((step) => {
    const rules = step.kind === "condition" && Array.isArray(step.content.conditions) ? step.content.conditions : [];
    return rules.flatMap((rule, index): Diagnostic[] => {
      const key = ["if", "expression", "condition"].find((each) => isObject(rule) && typeof rule[each] === "string");
      if (key === undefined || !isObject(rule)) return [];
      const source = rule[key] as string;
      return readPaths(source).flatMap(({ path }): Diagnostic[] => {
        if (set.some((each) => each === path || path.startsWith(`${each}.`) || each.startsWith(`${path}.`))) return [];
        const right = nearest(path, set);
        if (right === undefined) return [];
        const place = toPointer([...step.contentPath, "conditions", index, key]);
        return [{ code: "value.mistyped", severity: "warning", at: place, message: `\`${path}\` is not set anywhere`, help: `Change it to \`${right}\``, fix: [{ op: "replace", path: place, value: renamed(source, path, right) }] }];
      });
    });
  });
}

/** The values that an expression reads, with their places; texts are passed over. */
export function readPaths(source: string): { path: string; from: number }[] {
  const bare = source.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, (text) => " ".repeat(text.length));
  const found = [...bare.matchAll(/(?<![\w.])(?:user|temp|context)(?:\.[A-Za-z_]\w*)+(?!\s*\(|\w)/g)];
  return found.map((each) => ({ path: each[0], from: each.index }));
}

/** Reads another value wherever this one is read; what stands in texts stays. */
function renamed(source: string, path: string, right: string): string {
  return readPaths(source)
    .filter((read) => read.path === path)
    .reduceRight((text, { from }) => text.slice(0, from) + right + text.slice(from + path.length), source);
}

/** The name that is meant, if one is near enough and no other is as near. */
export function nearest(wrong: string, names: readonly string[]): string | undefined {
  const most = wrong.length < 6 ? 1 : 2;
  const near = names.map((name) => ({ name, far: distance(wrong, name, most) })).filter(({ far }) => far > 0 && far <= most);
  const least = Math.min(...near.map(({ far }) => far));
  const best = near.filter(({ far }) => far === least);
  return best.length === 1 ? best[0]?.name : undefined;
}

/** How many letters differ; beyond `most` it does not matter how many. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? most + 1;
}
