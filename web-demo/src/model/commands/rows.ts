/**
 * The answers of a question and the rules of a condition. Connections serve answers by their number, so what moves an answer moves
 * its connection along.
 */
import type { Command } from "../command";
import type { Flow, Line, Step } from "../flow";
import { at, isObject, type Json, type JsonObject } from "../json";
import { rules } from "../ways";
import { contentOf, cut } from "./place";

function list(draft: Json, step: Step, key: string): Json[] {
  const content = contentOf(draft, step);
  if (!Array.isArray(content[key])) content[key] = [];
  return content[key] as Json[];
}

export function addAnswer(step: Step, label: string, value: string): Command {
  return { label: "Add an answer", change: (draft) => void list(draft, step, "options").push({ label, value }) };
}

export function removeAnswer(flow: Flow, step: Step, index: number): Command {
  return {
    label: "Delete an answer",
    change: (draft) => {
      list(draft, step, "options").splice(index, 1);
      renumber(draft, flow, step, (number) => (number > index ? number - 1 : number));
      const gone = numbered(flow, step).filter(([, number]) => number === index);
      cut(draft, flow, gone.map(([line]) => line));
    },
  };
}

export function moveAnswer(flow: Flow, step: Step, from: number, to: number): Command {
  return {
    label: "Move an answer",
    change: (draft) => {
      const answers = list(draft, step, "options");
      const [moved] = answers.splice(from, 1);
      if (moved === undefined) return;
      answers.splice(to, 0, moved);
      renumber(draft, flow, step, (number) => {
        if (number === from) return to;
        if (from < to && number > from && number <= to) return number - 1;
        return to < from && number >= to && number < from ? number + 1 : number;
      });
    },
  };
}

/** The connections of a step that serve a numbered answer. */
function numbered(flow: Flow, step: Step): [Line, number][] {
  return (flow.out.get(step.id) ?? []).flatMap((line): [Line, number][] => (/^\$\d+$/.test(line.type) ? [[line, Number(line.type.slice(1))]] : []));
}

function renumber(draft: Json, flow: Flow, step: Step, next: (number: number) => number): void {
  const own: [string, string, Json][] = [];
  for (const [line, number] of numbered(flow, step)) {
    const to = `$${next(number)}`;
    if (to === line.type) continue;
    if (line.path.length !== flow.graph.length + 2) {
      own.push([String(line.path.at(-1)), to, line.target]);
      continue;
    }
    const raw = at(draft, line.path) as JsonObject;
    raw[raw.connection_type !== undefined ? "connection_type" : "type"] = to;
  }
  const inline = at(draft, [...step.path, "connections"]);
  if (!isObject(inline)) return;
  for (const [key] of own) delete inline[key];
  for (const [, key, target] of own) inline[key] = target;
}

export function addRule(step: Step, rule = ""): Command {
  return {
    label: "Add a rule",
    change: (draft) => {
      const taken = new Set(rules(step).map((each) => each.type));
      let number = 0;
      while (taken.has(`$${number}`)) number += 1;
      list(draft, step, "conditions").push({ if: rule, then: `$${number}` });
    },
  };
}

export function removeRule(flow: Flow, step: Step, index: number): Command {
  return {
    label: "Delete a rule",
    change: (draft) => {
      const type = rules(step)[index]?.type;
      list(draft, step, "conditions").splice(index, 1);
      const shared = rules(step).some((rule, each) => each !== index && rule.type === type);
      if (!shared && type !== "default") cut(draft, flow, (flow.out.get(step.id) ?? []).filter((line) => line.type === type));
    },
  };
}

/** Moves an element of a list in the content of a step; nothing else depends on its place. */
export function moveRow(step: Step, key: string, from: number, to: number, label: string): Command {
  return {
    label,
    change: (draft) => {
      const rows = list(draft, step, key);
      const [moved] = rows.splice(from, 1);
      if (moved !== undefined) rows.splice(to, 0, moved);
    },
  };
}

export function removeRow(step: Step, key: string, index: number, label: string): Command {
  return { label, change: (draft) => void list(draft, step, key).splice(index, 1) };
}

export function addRow(step: Step, key: string, value: Json, label: string): Command {
  return { label, change: (draft) => void list(draft, step, key).push(value) };
}

/** A kind of answer with choices begins with two of them, so that there is something to choose. */
export function setAnswerKind(step: Step, kind: string, choices: boolean): Command {
  return {
    label: "Change the kind of answer",
    change: (draft) => {
      const content = contentOf(draft, step);
      content.input_type = kind;
      if (choices && !(Array.isArray(content.options) && content.options.length > 0)) {
        content.options = [
          { label: "First answer", value: "first" },
          { label: "Second answer", value: "second" },
        ];
      }
    },
  };
}
