import { describe, expect, it } from "vitest";
import { run } from "../src/model/command";
import { fromServer, toServer } from "../src/model/exchange";
import { readFlow } from "../src/model/flow";
import type { Json, JsonObject } from "../src/model/json";
import { compareSides, take } from "../src/model/merge";
import { differences } from "../src/model/parts";
import { wordDiff } from "../src/model/wordDiff";
import { Refused } from "../../bindings/client/client";
import { troubleOf } from "../src/server/trouble";
import { samples } from "./samples";

const flow = () => ({
  name: "Tickets",
  entry_node_id: "a",
  nodes: [
    { id: "a", type: "message", content: { messages: [{ type: "text", text: "Hi" }] } },
    { id: "b", type: "question", content: { question: { text: "Who?" }, variable: "temp.who" } },
    { id: "c", type: "message", content: { text: "Bye" } },
  ],
  connections: [
    { source: "a", target: "b", type: "default" },
    { source: "b", target: "c", type: "default" },
  ],
});
type Flow = ReturnType<typeof flow>;
const changed = (change: (draft: Flow) => void): Json => {
  const made = flow();
  change(made);
  return made as unknown as Json;
};
const ground = flow() as unknown as Json;
const merged = (mine: Json, theirs: Json) => {
  const { taken, conflicts } = compareSides({ mine: ground, theirs: ground }, { mine, theirs });
  return { document: run(mine, take(taken, theirs, "Take in"))?.document ?? mine, conflicts };
};

describe("what differs", () => {
  it("is nothing between spellings of the same", () => {
    const nodes = flow().nodes.map((node) => ({ ...node, info: {}, template: null, position: { x: 0, y: 0 } }));
    expect(differences(ground, { name: "Tickets", entry_node_id: "a", flow_data: { nodes: nodes.toReversed(), connections: flow().connections } } as unknown as Json)).toEqual([]);
  });

  it("is told by step and field", () => {
    const now = changed((draft) => {
      draft.name = "Which ticket?";
      Object.assign(draft.nodes[2] as object, { content: { text: "See you" } });
      draft.connections.pop();
      draft.nodes.push({ id: "d", type: "message", content: { text: "New" } });
    });
    expect(differences(ground, now).map((each) => each.key)).toEqual(["head  name", "field c content.text", "step d", "line b default 0"]);
  });

  it.each(samples)("is nothing once %s has been to a server and back", (_, source) => {
    const document = JSON.parse(source) as Json;
    expect(differences(document, fromServer({ id: "1", ...toServer(document) }))).toEqual([]);
  });
});

describe("merging", () => {
  it("takes what only the other side changed", () => {
    const mine = changed((draft) => Object.assign(draft.nodes[0] as object, { content: { messages: [{ type: "text", text: "Hello" }] } }));
    const theirs = changed((draft) => {
      Object.assign(draft.nodes[2] as object, { content: { text: "See you" } });
      draft.nodes.push({ id: "d", type: "message", content: { text: "New" } });
      draft.connections.push({ source: "c", target: "d", type: "default" });
    });
    const { document, conflicts } = merged(mine, theirs);
    expect(conflicts).toEqual([]);
    const read = readFlow(document);
    expect(read.byId.get("a")?.content).toEqual({ messages: [{ type: "text", text: "Hello" }] });
    expect(read.byId.get("c")?.content).toEqual({ text: "See you" });
    expect(read.out.get("c")?.map((line) => line.target)).toEqual(["d"]);
  });

  it("asks where both changed the same field, and not where both did the same", () => {
    const mine = changed((draft) => (Object.assign(draft.nodes[2] as object, { content: { text: "Mine" } }), (draft.name = "Both")));
    const theirs = changed((draft) => (Object.assign(draft.nodes[2] as object, { content: { text: "Theirs" } }), (draft.name = "Both")));
    const { document, conflicts } = merged(mine, theirs);
    expect(conflicts.map((each) => [each.key, each.mine.now, each.theirs.now])).toEqual([["field c content.text", "Mine", "Theirs"]]);
    expect(document).toEqual(mine);
  });

  it("asks where one side deleted what the other changed", () => {
    const mine = changed((draft) => Object.assign(draft.nodes[2] as object, { content: { text: "Mine" } }));
    const theirs = changed((draft) => (draft.nodes.pop(), draft.connections.pop()));
    expect(merged(mine, theirs).conflicts.map((each) => each.key)).toEqual(["step c"]);
    expect(merged(theirs, mine).conflicts.map((each) => each.key)).toEqual(["field c content.text"]);
  });

  it("brings a deleted step back where its change is chosen", () => {
    const mine = changed((draft) => (draft.nodes.pop(), draft.connections.pop()));
    const theirs = changed((draft) => Object.assign(draft.nodes[2] as object, { content: { text: "Theirs" } }));
    const { conflicts } = merged(mine, theirs);
    const document = run(mine, take(conflicts.map((each) => each.theirs), theirs, "Take theirs"))?.document;
    expect(readFlow(document as Json).byId.get("c")?.content).toEqual({ text: "Theirs" });
  });

  it("moves and cuts lines as the other side did", () => {
    const theirs = changed((draft) => {
      (draft.connections[0] as { target: string }).target = "c";
      draft.connections.pop();
    });
    expect((merged(ground, theirs).document as unknown as Flow).connections).toEqual([{ source: "a", target: "c", type: "default" }]);
  });

  it("keeps the spelling of a file that it changes", () => {
    const mine = { name: "Tickets", nodes: [{ id: "a", type: "custom", data: { nodeType: "message", content: { text: "Hi" } } }], edges: [{ id: "e", source: "a", target: "a" }] } as unknown as Json;
    const theirs = structuredClone(mine) as JsonObject;
    ((theirs.nodes as JsonObject[])[0]?.data as JsonObject).content = { text: "Hello" };
    const { taken } = compareSides({ mine, theirs: mine }, { mine, theirs });
    expect(run(mine, take(taken, theirs, "Take in"))?.document).toEqual(theirs);
  });
});

describe("words that differ", () => {
  it("are marked one by one", () => {
    expect(wordDiff("How old are you?", "How tall are you, then?")).toEqual([
      { text: "How ", sign: " " },
      { text: "old", sign: "-" },
      { text: "tall", sign: "+" },
      { text: " are ", sign: " " },
      { text: "you?", sign: "-" },
      { text: "you, then?", sign: "+" },
    ]);
    expect(wordDiff("same", "same")).toEqual([{ text: "same", sign: " " }]);
  });
});

describe("what a server refuses", () => {
  const refused = (status: number, code: string, detail: unknown) => troubleOf(new Refused(status, { code, detail: detail as never, request_id: "r1" }));
  it("is said in authors' words, with the engineers' beside them", () => {
    expect(refused(401, "unauthorized", "no")).toEqual({ kind: "signed-out", text: "The server does not know this token, or it has run out. Sign in again.", details: "401 · unauthorized · r1" });
    expect(refused(412, "precondition_failed", "changed").kind).toBe("conflict");
    expect(refused(422, "validation_error", [{ loc: ["body", "name"], msg: "is too long" }]).text).toBe("name: is too long.");
    expect(refused(400, "flow_validation_failed", { message: "Flow validation failed", validation_errors: ["Node 'w': no"] }).text).toBe("Node 'w': no.");
    expect(refused(503, "unavailable", "x").kind).toBe("server");
    expect(troubleOf(new TypeError("fetch failed"))).toMatchObject({ kind: "unreachable", details: "fetch failed" });
  });
});
