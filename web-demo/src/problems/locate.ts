/** Where in a flow a diagnostic points to. */
import type { Diagnostic, Severity } from "../engine/protocol";
import type { Flow, Line } from "../model/flow";
import { isObject, parsePointer, type Path } from "../model/json";

export interface Problem extends Diagnostic {
  step: string | undefined;
  line: Line | undefined;
  /** The path of the field within the document. */
  path: readonly string[];
  /** The field in a word, if it is in one. */
  field: string | undefined;
}

export function locate(diagnostic: Diagnostic, flow: Flow): Problem {
  const path = parsePointer(diagnostic.at);
  const step = flow.steps.find((each) => begins(path, each.path));
  const line = step ? undefined : flow.lines.find((each) => begins(path, each.path));
  const inner = step ? path.slice(step.contentPath.length) : [];
  return { ...diagnostic, path, step: step?.id ?? line?.source, line, field: inner[0] };
}

function begins(path: readonly string[], start: Path): boolean {
  return path.length >= start.length && start.every((key, index) => String(key) === path[index]);
}

/** Problems with a field, or with something in it. */
export function within(problems: readonly Problem[], path: Path): Problem[] {
  return problems.filter((problem) => begins(problem.path, path));
}

export const ORDER: readonly Severity[] = ["error", "warning", "info"];

export function worst(problems: readonly Problem[]): Severity | undefined {
  return ORDER.find((severity) => problems.some((problem) => problem.severity === severity));
}

export function counted(problems: readonly Problem[], severity: Severity): Problem[] {
  return problems.filter((problem) => problem.severity === severity && problem.waived === undefined);
}

export function fixes(problem: Problem): boolean {
  return Array.isArray(problem.fix) && problem.fix.length > 0 && problem.fix.every(isObject as (value: unknown) => boolean);
}
