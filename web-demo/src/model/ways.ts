/** The ways that lead out of a step: what its ports, its rows in the outline and its lines are made of. */
import type { Flow, Line, Step } from "./flow";
import { firstText, isObject, type Json } from "./json";
import { ruleWords } from "./ruleWords";

export type Role = "answer" | "rule" | "default" | "failed" | "other";

export interface Way {
  /** Unique among the ways of its step. */
  id: string;
  /** The type of the connection that serves it. */
  type: string;
  role: Role;
  label: string;
  /** What must hold, as the author wrote it. */
  rule?: string;
  line: Line | undefined;
}

export const YES_NO = new Set(["boolean", "confirm", "yes_no"]);

const known = new WeakMap<Flow, Map<string, readonly Way[]>>();

export function waysOf(flow: Flow, step: Step): readonly Way[] {
  const ofFlow = known.get(flow) ?? new Map<string, readonly Way[]>();
  known.set(flow, ofFlow);
  const made = ofFlow.get(step.id) ?? findWays(flow, step);
  ofFlow.set(step.id, made);
  return made;
}

function findWays(flow: Flow, step: Step): Way[] {
  const lines = [...(flow.out.get(step.id) ?? [])];
  const ways: Way[] = [];
  const take = (fits: (line: Line) => boolean): Line | undefined => {
    const index = lines.findIndex(fits);
    return index < 0 ? undefined : lines.splice(index, 1)[0];
  };
  const plain = (type: string) => (line: Line) => line.type === type && line.rule === undefined;
  const add = (role: Role, type: string, label: string, rule?: string) => {
    const line = take(plain(type)) ?? take((each) => each.type === type && role !== "default");
    ways.push({ id: type, type, role, label, line, ...(rule === undefined ? {} : { rule }) });
  };

  if (step.kind === "condition") {
    const seen = new Set<string>();
    rules(step).forEach((rule) => {
      if (rule.type === "default" || seen.has(rule.type)) return;
      seen.add(rule.type);
      add("rule", rule.type, rule.name ?? "", rule.text);
    });
  } else {
    answers(step).forEach((label, index) => add("answer", `$${index}`, label));
  }
  const branches = ways.length > 0;
  const tail: Way[] = [];
  if (step.kind === "condition") tail.push(way("default", "default", "Otherwise", take(plain(otherwise(step)))));
  else if (step.kind === "message") tail.push(way("default", "default", "Next", take(plain("default"))));
  else if (step.kind === "question") tail.push(way("default", "default", branches ? "Anything else" : "Next", take(plain("default"))));
  else {
    tail.push(way("default", "default", "Done", take(plain("success")) ?? take(plain("default"))));
    if (step.kind !== undefined) {
      const failed = take(plain("failure")) ?? take(plain("error"));
      if (failed || step.kind !== "composite") ways.push(way("failed", failed?.type ?? "failure", "Failed", failed));
    }
  }
  lines.forEach((line, index) => {
    const rule = line.rule === undefined ? undefined : ruleText(line.rule);
    ways.push({ id: `${line.type}#${index}`, type: line.type, role: rule === undefined ? "other" : "rule", label: line.name ?? (rule === undefined ? typeWords(line.type) : ""), line, ...(rule === undefined ? {} : { rule }) });
  });
  return [...ways, ...tail];
}

function way(role: Role, type: string, label: string, line: Line | undefined): Way {
  return { id: type, type, role, label, line };
}

export interface Rule {
  text: string;
  name: string | undefined;
  /** The connection type that it takes. */
  type: string;
}

/** The rules of a condition. */
export function rules(step: Step): Rule[] {
  const list = step.content.conditions;
  if (!Array.isArray(list)) return [];
  return list.map((entry) => {
    if (!isObject(entry)) return { text: "", name: undefined, type: "default" };
    return { text: ruleText(entry.if ?? entry.expression ?? entry.condition ?? ""), name: firstText(entry.name), type: pathType(entry.then) };
  });
}

function otherwise(step: Step): string {
  return pathType(step.content.default_path ?? step.content.else ?? step.content.default);
}

export function pathType(value: unknown): string {
  const text = firstText(value) ?? "default";
  const number = /^(?:\$|option_)(\d{1,2})$/i.exec(text);
  return number ? `$${Number(number[1])}` : text;
}

/** The labels of the answers of a question, or of the quick replies of a message. */
export function answers(step: Step): string[] {
  const key = step.kind === "question" ? "options" : step.kind === "message" ? "quick_replies" : undefined;
  if (key === undefined) return [];
  const list = step.content[key];
  if (Array.isArray(list) && list.length > 0) return list.map(optionLabel);
  return step.kind === "question" && YES_NO.has(String(step.content.input_type)) ? ["Yes", "No"] : [];
}

export function optionLabel(option: Json): string {
  if (!isObject(option)) return option === null ? "" : String(option);
  return firstText(option.label, option.text, option.title, option.value) ?? "";
}

export function ruleText(rule: Json): string {
  return typeof rule === "string" ? rule : JSON.stringify(rule);
}

function typeWords(type: string): string {
  if (type === "timeout") return "No reply in time";
  if (type === "error" || type === "failure") return "Failed";
  if (type === "default" || type === "success") return "Next";
  return type;
}

/** What a way is called in a list or beside a line. */
export function wayName(way: Way): string {
  return way.label || ruleWords(way.rule ?? "") || (way.role === "rule" ? "Rule not written yet" : way.type);
}
