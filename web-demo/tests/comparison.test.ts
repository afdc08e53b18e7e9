import { describe, expect, it } from "vitest";
import { compare } from "../src/model/comparison";
import { readFlow } from "../src/model/flow";
import type { Json } from "../src/model/json";
import { merge, settled, take } from "../src/model/merge";
import { run } from "../src/model/command";
import { differences, type Difference } from "../src/model/parts";
import { expressionsOf, pairs } from "../src/model/ruleDiff";
import { mergeMarks } from "../src/publish/mergeMarks";
import { ghostEdges, placesAmong } from "../src/canvas/ghosts";
import { placesOf } from "../src/canvas/elements";
import { rowsOf, withGhosts } from "../src/outline/rows";

const flow = () => ({
  name: "Tickets",
  version: "1.0.0",
  entry_node_id: "hello",
  nodes: [
    { id: "hello", type: "message", content: { text: "Hi" } },
    { id: "who", type: "question", content: { question: { text: "Who?" }, variable: "temp.who" } },
    { id: "size", type: "condition", content: { conditions: [{ name: "Many", if: "temp.n > 5", then: "$0" }, { name: "Few", if: "temp.n > 1", then: "$1" }] } },
    { id: "many", type: "message", content: { text: "Many" } },
    { id: "bye", type: "message", content: { text: "Bye" } },
  ],
  connections: [
    { source: "hello", target: "who", type: "default" },
    { source: "who", target: "size", type: "default" },
    { source: "size", target: "many", type: "$0" },
    { source: "size", target: "bye", type: "default" },
    { source: "many", target: "bye", type: "default" },
  ],
});
type Draft = ReturnType<typeof flow>;
const json = (value: Draft) => value as unknown as Json;
const changed = (change: (draft: Draft) => void): Json => {
  const made = flow();
  change(made);
  return json(made);
};
const before = json(flow());
const node = (draft: Draft, id: string) => draft.nodes.find((each) => each.id === id) as Draft["nodes"][number];

describe("a comparison", () => {
  it("tells nothing of steps that were moved, listed in another order or laid out", () => {
    const after = changed((draft) => {
      draft.nodes.reverse();
      Object.assign(draft.nodes[0] as object, { position: { x: 300, y: 40 } });
      Object.assign(draft, { info: { studio: { placed: true } }, version: "1.1.0" });
    });
    const found = compare(before, after);
    expect([found.groups, [...found.steps], [...found.lines], found.gone]).toEqual([[], [], [], { steps: [], lines: [] }]);
  });

  it("tells what was added, removed and changed, of steps and of lines", () => {
    const after = changed((draft) => {
      node(draft, "hello").content = { text: "Hello" };
      draft.nodes = draft.nodes.filter(({ id }) => id !== "many");
      draft.nodes.push({ id: "late", type: "message", content: { text: "Late" } });
      draft.connections = [
        { source: "hello", target: "who", type: "default" },
        { source: "who", target: "size", type: "default" },
        { source: "size", target: "late", type: "$0" },
        { source: "size", target: "bye", type: "default" },
        { source: "late", target: "bye", type: "default" },
      ];
    });
    const found = compare(before, after);
    expect([...found.steps]).toEqual([["hello", "changed"], ["size", "changed"], ["many", "removed"], ["late", "added"]]);
    expect([...found.lines]).toEqual([["size $0 0", "changed"], ["late default 0", "added"]]);
    expect(found.gone.steps.map(({ id }) => id)).toEqual(["many"]);
    // Where a line led before is gone; so is the line of a step that is.
    expect(found.gone.lines.map(({ source, target }) => `${source} ${target}`)).toEqual(["size many", "many bye"]);
  });

  it("marks a line as changed and not as gone where only its rule is another", () => {
    const ruled = (rule: string) => changed((draft) => Object.assign(draft.connections[0] as object, { condition: rule }));
    const found = compare(ruled("temp.a"), ruled("temp.b"));
    expect([...found.lines]).toEqual([["hello default 0", "changed"]]);
    expect(found.gone.lines).toEqual([]);
  });

  it("lists a step that is gone behind the one that stood before it", () => {
    const after = changed((draft) => {
      draft.nodes = draft.nodes.filter(({ id }) => id !== "who" && id !== "size");
      draft.connections = [];
    });
    expect(compare(before, after).groups.map(({ step, what }) => `${step} ${what}`)).toEqual(["hello changed", "who removed", "size removed", "many changed"]);
  });
});

describe("what is gone", () => {
  const after = changed((draft) => {
    draft.nodes = draft.nodes.filter(({ id }) => id !== "who");
    draft.connections = [{ source: "hello", target: "size", type: "default" }, ...draft.connections.slice(2)];
  });
  const { was, is, gone } = compare(before, after);
  const ghosts = { flow: was, steps: gone.steps, lines: gone.lines.map((line) => ({ line, kind: "removed" as const })) };

  it("gets a place on the canvas that moves nobody and covers nothing", () => {
    const places = placesOf(is, after);
    const all = placesAmong(is, after, places, ghosts);
    for (const [id, place] of places) expect(all.get(id)).toEqual(place);
    const ghost = all.get("who") as { x: number; y: number };
    for (const [id, place] of places) expect(Math.abs(place.x - ghost.x) >= 232 || Math.abs(place.y - ghost.y) >= 40, id).toBe(true);
    expect(ghost.y).toBeGreaterThan(places.get("hello")?.y ?? 0);
  });

  it("keeps its lines, which leave at ports that are drawn", () => {
    const all = placesAmong(is, after, placesOf(is, after), ghosts);
    expect(ghostEdges(is, ghosts, all).map(({ source, sourceHandle, target }) => `${source} ${sourceHandle} ${target}`)).toEqual(["hello default who", "who default size"]);
  });

  it("has a row in the outline below what led to it", () => {
    const rows = withGhosts(rowsOf(is, new Set(), undefined), ghosts);
    expect(rows.slice(0, 3).map(({ type, step, depth }) => `${type} ${step.id} ${depth}`)).toEqual(["step hello 0", "ghost who 1", "step size 0"]);
  });
});

describe("rules beside each other", () => {
  const sides = (after: Json) => {
    const difference = differences(before, after).find(({ key }) => key === "field size content.conditions") as Difference;
    return pairs(expressionsOf(difference, difference.old, readFlow(before)) ?? [], expressionsOf(difference, difference.now, readFlow(after)) ?? []);
  };

  it("pairs a rule with what it was, and leaves out those that stayed", () => {
    const found = sides(changed((draft) => (node(draft, "size").content.conditions = [{ name: "Many", if: "temp.n > 8", then: "$0" }, { name: "Few", if: "temp.n > 1", then: "$1" }])));
    expect(found).toEqual([
      { old: { number: 1, name: "Many", text: "temp.n > 5", leads: "Many" }, now: { number: 1, name: "Many", text: "temp.n > 8", leads: "Many" } },
    ]);
  });

  it("tells of rules that changed places: the first that is true wins", () => {
    const found = sides(changed((draft) => node(draft, "size").content.conditions?.reverse()));
    expect(found.map(({ old, now }) => [old?.name, now?.name])).toEqual([["Many", undefined], [undefined, "Many"]]);
  });
});

describe("two changes that meet", () => {
  const mine = changed((draft) => {
    node(draft, "hello").content = { text: "Mine" };
    node(draft, "bye").content = { text: "My bye" };
  });
  const theirs = changed((draft) => {
    node(draft, "hello").content = { text: "Theirs" };
    node(draft, "bye").content = { text: "Their bye" };
    node(draft, "many").content = { text: "So many" };
    draft.nodes.push({ id: "late", type: "message", content: { text: "Late" } });
    draft.connections.push({ source: "bye", target: "late", type: "default" });
  });
  const met = merge(differences(before, mine), differences(before, theirs));

  it("are marked: what collides, what was chosen, and what comes in by itself", () => {
    const marks = mergeMarks({ ...met, choices: { "field hello content.text": "theirs" }, document: theirs }, readFlow(mine));
    expect([...marks.steps]).toEqual([
      ["hello", { kind: "settled", word: "Theirs is taken" }],
      ["bye", { kind: "collides" }],
      ["many", { kind: "comes", word: "They changed it" }],
      ["late", { kind: "comes", word: "They added it" }],
    ]);
    expect(marks.ghosts.steps.map(({ id }) => id)).toEqual(["late"]);
    expect(marks.ghosts.lines.map(({ line }) => line.target)).toEqual(["late"]);
  });

  it("leave either text in the log: theirs first, then what of ours stays", () => {
    const { theirs: first, ours } = settled(met.conflicts, { "field hello content.text": "theirs" });
    const taken = run(mine, take(first, theirs, "theirs"))?.document as Json;
    const texts = (document: Json) => ["hello", "bye"].map((id) => readFlow(document).byId.get(id)?.content.text);
    expect(texts(taken)).toEqual(["Theirs", "Their bye"]);
    expect(texts(run(taken, take(ours, mine, "ours"))?.document as Json)).toEqual(["Theirs", "My bye"]);
  });

  it("take their step where both made one of the same name, if it is chosen", () => {
    const made = (text: string) => changed((draft) => draft.nodes.push({ id: "new", type: "message", content: { text } }));
    const [own, other] = [made("Mine"), made("Theirs")];
    const { conflicts } = merge(differences(before, own), differences(before, other));
    const document = run(own, take(settled(conflicts, { "step new": "theirs" }).theirs, other, "theirs"))?.document as Json;
    expect(readFlow(document).byId.get("new")?.content).toEqual({ text: "Theirs" });
  });

  it("keep a step that they deleted and we changed, in its place", () => {
    const gone = changed((draft) => (draft.nodes = draft.nodes.filter(({ id }) => id !== "hello")));
    const { conflicts } = merge(differences(before, mine), differences(before, gone));
    expect(settled(conflicts, {})).toEqual({ theirs: [], ours: [] });
  });
});
