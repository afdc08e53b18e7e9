import { describe, expect, it } from "vitest";
import type { Command } from "../src/model/command";
import { setField } from "../src/model/command";
import { copyText, paste } from "../src/model/commands/clipboard";
import { connect, disconnect } from "../src/model/commands/lines";
import { moveSteps, tidy } from "../src/model/commands/places";
import { addAnswer, addRule, moveAnswer, moveRow, removeAnswer, removeRule } from "../src/model/commands/rows";
import { addBefore, addStep, deleteSteps, renameStep, startHere } from "../src/model/commands/steps";
import { readFlow, type Flow, type Step } from "../src/model/flow";
import type { Json } from "../src/model/json";
import { KINDS } from "../src/model/kinds";
import { change, open, redo, text, undo, type History } from "../src/model/log";
import { ruleWords } from "../src/model/ruleWords";
import { answers, rules, waysOf } from "../src/model/ways";
import { random, sample, samples } from "./samples";

const act = (history: History, make: (flow: Flow) => Command) => change(history, make(readFlow(history.document)));
const flowOf = (history: History) => readFlow(history.document);

describe("undo", () => {
  it.each(samples)("takes 500 random commands on %s back to the same bytes", (name, source) => {
    const next = random(name.length * 7919);
    let history = open(source);
    for (let count = 0; count < 500; count += 1) history = change(history, anything(history.document, next));
    expect(history.entries.length).toBeGreaterThan(300);
    const end = text(history);
    expect(JSON.parse(end)).toEqual(history.document);
    while (history.cursor > 0) history = undo(history);
    expect(text(history)).toBe(source);
    while (history.cursor < history.entries.length) history = redo(history);
    expect(JSON.parse(text(history))).toEqual(JSON.parse(end));
    // And the same from what is kept, as after a reload.
    const kept = JSON.parse(JSON.stringify(history.entries));
    let again = open(source, kept, history.cursor);
    expect(again.document).toEqual(history.document);
    while (again.cursor > 0) again = undo(again);
    expect(text(again)).toBe(source);
  });

  it("makes one entry of one visit to a field", () => {
    let history = open('{"name": "A"}');
    for (const name of ["Ab", "Abc", "Abcd"]) history = change(history, setField("Rename", ["name"], name, "visit 1"));
    history = change(history, setField("Rename", ["name"], "B", "visit 2"));
    expect(history.entries.length).toBe(2);
    expect(undo(history).document).toEqual({ name: "Abcd" });
    expect(undo(undo(history)).document).toEqual({ name: "A" });
  });

  it("keeps no entry for a change that changes nothing", () => {
    const history = open('{"name": "A"}');
    expect(change(history, setField("Rename", ["name"], "A"))).toBe(history);
  });
});

describe("steps", () => {
  it("come between a step and what it led to", () => {
    let history = open(sample("profile"));
    history = act(history, (flow) => addStep(flow, "message", { after: { source: "ask_name", type: "default" } }));
    const flow = flowOf(history);
    expect(flow.out.get("ask_name")?.[0]?.target).toBe("message");
    expect(flow.out.get("message")?.[0]?.target).toBe("ask_age");
  });

  it("leave a joined line when they are deleted", () => {
    let history = open(sample("profile"));
    history = act(history, (flow) => deleteSteps(flow, ["ask_age", "age_branch"]));
    const flow = flowOf(history);
    expect(flow.byId.has("ask_age")).toBe(false);
    expect(flow.out.get("ask_name")?.map((line) => line.target)).toEqual(["ask_time"]);
    expect(flow.lines.every((line) => flow.byId.has(line.source) && flow.byId.has(line.target))).toBe(true);
  });

  it("hand the start on when the first is deleted", () => {
    const history = act(open(sample("profile")), (flow) => deleteSteps(flow, ["ask_name"]));
    expect(flowOf(history).entry).toBe("ask_age");
  });

  it("are copied with the lines between them, under ids that are free", () => {
    let history = open(sample("ticket"));
    const copied = copyText(history.document, flowOf(history), ["children", "size"]);
    history = act(history, (flow) => paste(flow, copied) as Command);
    const flow = flowOf(history);
    expect(flow.byId.get("children_2")?.content).toEqual(flow.byId.get("children")?.content);
    expect(flow.out.get("children_2")?.map((line) => line.target)).toEqual(["size_2"]);
    expect(flow.out.has("size_2")).toBe(false);
    // And into another flow.
    const other = act(open('{"name": "Other", "nodes": []}'), (each) => paste(each, copied) as Command);
    expect(flowOf(other).entry).toBe("children");
    expect(paste(flow, "Some text")).toBeUndefined();
  });
});

describe("a step before another", () => {
  it("is where all lines to that step lead, and the start if that was it", () => {
    let history = act(open(sample("profile")), (flow) => addBefore(flow, "message", flow.byId.get("ask_time") as Step));
    let flow = flowOf(history);
    expect(flow.into.get("ask_time")?.map((line) => line.source)).toEqual(["message"]);
    expect(flow.into.get("message")?.length).toBe(3);
    history = act(history, (each) => addBefore(each, "message", each.byId.get("ask_name") as Step));
    flow = flowOf(history);
    expect(flow.entry).toBe("message_2");
  });
});

describe("rules in words", () => {
  it.each([
    ["has(context.group_name) && context.group_name != null && context.group_name != ''", "group_name is set"],
    ["has(user.name) && temp.other != ''", "has(user.name) && temp.other != ''"],
    ["!has(user.name)", "name is not set"],
    ["user.age_number >= 65", "age_number >= 65"],
    ["temp.a == 'x' || temp.b == 'y'", "temp.a == 'x' || temp.b == 'y'"],
    ["size(user.tags) > 0", "size(user.tags) > 0"],
  ])("%s", (rule, words) => {
    expect(ruleWords(rule)).toBe(words);
  });
});

describe("answers and rules", () => {
  it("keep their lines when they move and go", () => {
    let history = open(sample("guide"));
    const leads = () => {
      const flow = flowOf(history);
      const step = flow.byId.get("what_next") as Step;
      return answers(step).map((label, index) => [label, flow.out.get("what_next")?.find((line) => line.type === `$${index}`)?.target]);
    };
    expect(leads()[0]).toEqual(["Another trail, please", "next_round"]);
    history = act(history, (flow) => moveAnswer(flow, flow.byId.get("what_next") as Step, 0, 2));
    expect(leads()[2]).toEqual(["Another trail, please", "next_round"]);
    history = act(history, (flow) => removeAnswer(flow, flow.byId.get("what_next") as Step, 0));
    expect(leads()[1]).toEqual(["Another trail, please", "next_round"]);
    history = act(history, (flow) => removeAnswer(flow, flow.byId.get("what_next") as Step, 1));
    expect(flowOf(history).out.get("what_next")?.some((line) => line.type.startsWith("$"))).toBe(false);
  });

  it("give each new rule a way of its own", () => {
    let history = act(open(sample("ticket")), (flow) => addRule(flow.byId.get("party") as Step, "true"));
    expect(rules(flowOf(history).byId.get("party") as Step).map((rule) => rule.type)).toEqual(["$0", "$1", "$2"]);
    history = act(history, (flow) => removeRule(flow, flow.byId.get("party") as Step, 0));
    expect(flowOf(history).out.get("party")?.map((line) => line.type).sort()).toEqual(["$1", "default"]);
  });
});

describe("spellings", () => {
  it("are read as they come and changed in place", () => {
    const source = '{"nodes":[{"node_id":"A","node_type":"MESSAGE","content":{"text":"Yo"},"connections":{"default":"B"}},{"id":"B","type":"custom","data":{"nodeType":"question","content":{"text":"Age?"}}}],"edges":[{"from":"B","to":"A","type":"smoothstep"}]}';
    let history = open(source);
    const flow = flowOf(history);
    expect(flow.steps.map((step) => [step.id, step.kind])).toEqual([["A", "message"], ["B", "question"]]);
    expect(flow.out.get("A")?.[0]?.target).toBe("B");
    history = act(history, (each) => connect(each, "A", "default", "A"));
    history = act(history, (each) => connect(each, "B", "default", "B"));
    expect(text(history)).toBe(source.replace('"default":"B"', '"default":"A"').replace('"to":"A"', '"to":"B"'));
    history = act(history, (each) => disconnect(each, each.out.get("A")?.[0] as never));
    expect(flowOf(history).out.has("A")).toBe(false);
  });
});

/** One of all commands, on something of the flow. */
function anything(document: Json, next: () => number): Command {
  const flow = readFlow(document);
  const any = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const step = flow.steps.length > 0 ? any(flow.steps) : undefined;
  const kind = any(KINDS);
  if (!step) return addStep(flow, kind);
  const ways = waysOf(flow, step);
  const questions = flow.steps.filter((each) => each.kind === "question" && Array.isArray(each.content.options) && each.content.options.length > 0);
  const conditions = flow.steps.filter((each) => each.kind === "condition" && rules(each).length > 0);
  const question = questions.length > 0 ? any(questions) : undefined;
  const condition = conditions.length > 0 ? any(conditions) : undefined;
  const count = question ? answers(question).length : 0;
  const choices: (() => Command)[] = [
    () => addStep(flow, kind, { after: { source: step.id, type: any(ways).type } }),
    () => addStep(flow, kind, { position: { x: next() * 900, y: next() * 900 } }),
    () => (flow.steps.length > 3 ? deleteSteps(flow, [step.id]) : addStep(flow, kind)),
    () => connect(flow, step.id, any(ways).type, any(flow.steps).id),
    () => (flow.lines.length > 0 ? disconnect(flow, any(flow.lines)) : addStep(flow, kind)),
    () => renameStep(step, next() > 0.3 ? `Name ${Math.floor(next() * 100)}` : "", next() > 0.5 ? "visit" : undefined),
    () => startHere(flow, step),
    () => setField("Write", [...step.contentPath, any(["text", "variable", "note"])], any<Json | undefined>(["one", 2, undefined, { a: [1, { b: null }] }])),
    () => paste(flow, copyText(document, flow, [step.id, any(flow.steps).id])) as Command,
    () => moveSteps(flow, new Map([[step.id, { x: next() * 500, y: next() * 500 }]]), "Move"),
    () => tidy(flow),
    () => (question ? addAnswer(question, "New", "new") : addStep(flow, "question")),
    () => (question ? removeAnswer(flow, question, Math.floor(next() * count)) : addStep(flow, "question")),
    () => (question ? moveAnswer(flow, question, Math.floor(next() * count), Math.floor(next() * count)) : addStep(flow, "question")),
    () => (condition ? addRule(condition, "true") : addStep(flow, "condition")),
    () => (condition ? removeRule(flow, condition, Math.floor(next() * rules(condition).length)) : addStep(flow, "condition")),
    () => (condition ? moveRow(condition, "conditions", 0, rules(condition).length - 1, "Move a rule") : addStep(flow, "condition")),
  ];
  return any(choices)();
}
