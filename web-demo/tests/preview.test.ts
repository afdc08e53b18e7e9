import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { InputRequest, Played, Turn } from "../src/engine/protocol";
import { lookChosen, looksNamed, nameLook } from "../src/looks/chosen";
import type { Look } from "../src/looks/store";
import { run } from "../src/model/command";
import { readFlow } from "../src/model/flow";
import type { Json, JsonObject } from "../src/model/json";
import { answerAtRandom } from "../src/preview/atRandom";
import { sceneOf } from "../src/preview/lines";
import { transcriptOf } from "../src/preview/transcript";
import { random } from "./samples";

const request = (input_type: string, more: JsonObject = {}) => ({ input_type, variable: "temp.a", question: { text: "?" }, options: [], node_id: "q", validation: {}, ...more }) as unknown as InputRequest;
const turn = (more: Partial<Turn> = {}): Turn => ({ messages: [], input_request: null, script_request: null, wait_for_acknowledgment: false, validation_error: null, session_ended: false, ended_reason: null, current_node_id: null, current_flow_id: null, typing_indicator: true, session_updated: { revision: 1 }, ...more });
const played = (...turns: [Json, Turn][]): Played => ({ turns: turns.map(([input, each], index) => ({ input, turn: each, number: index + 1 })), visits: [], waits_for: "answer", effect: null, state: {}, scopes: {}, taken: turns.length - 1, halts: [] });
const mine = (asked: InputRequest | null, input: Json) => sceneOf(played([null, turn({ input_request: asked })], [input, turn({ session_ended: true })])).lines.flatMap((line) => (line.is === "answer" ? line.text : []));

describe("what is seen of a conversation", () => {
  it("has answers in the words of the choice", () => {
    const options = [{ value: "a", label: "Apples" }, { value: { id: 2 }, label: "Pears" }];
    expect(mine(request("choice", { options }), "a")).toEqual(["Apples"]);
    expect(mine(request("choice", { options }), { id: 2 })).toEqual(["Pears"]);
    expect(mine(request("multiple_choice", { options }), ["a", { id: 2 }])).toEqual(["Apples, Pears"]);
    expect(mine(request("multiple_choice", { options }), [])).toEqual(["None"]);
    expect(mine(request("boolean"), false)).toEqual(["No"]);
    expect(mine(request("boolean", { options: [{ value: "y", label: "Of course" }, { value: "n", label: "Never" }] }), false)).toEqual(["Never"]);
    expect(mine(request("file"), { id: "preview/a.png", name: "a.png" })).toEqual(["a.png"]);
    expect(mine(request("text"), 7)).toEqual(["7"]);
  });

  it("tells an empty answer from going on", () => {
    expect(mine(request("text", { validation: { required: false } }), "")).toEqual(["Skipped"]);
    expect(mine(request("text"), "")).toEqual(["…"]);
    expect(mine(request("continue"), "")).toEqual([]);
    expect(mine(null, null)).toEqual([]);
    expect(mine(request("continue", { options: [{ value: "more", label: "More" }] }), "more")).toEqual(["More"]);
  });

  it("says a question once, however often it is answered wrongly", () => {
    const asked = request("number");
    const refused = { code: "not_a_number", message: "A number, please.", field: "temp.a", attempt: 1, remaining: 1 };
    const scene = sceneOf(played([null, turn({ input_request: asked })], ["lots", turn({ input_request: asked, validation_error: refused, messages: [{ type: "text", text: "A number, please.", content: {}, node_id: "q", level: "error" } as never] })]));
    expect(scene.lines.map((line) => line.is)).toEqual(["question", "answer", "message"]);
    expect(scene.asks).toMatchObject({ refusal: { remaining: 1 }, previous: "lots" });
  });

  it("asks nothing where it halts, while a call or a script runs, and at the end", () => {
    const asked = played([null, turn({ input_request: request("text") })]);
    expect(sceneOf(asked).asks).toMatchObject({ request: { input_type: "text" } });
    expect(sceneOf({ ...asked, visits: [{ turn: 0, said: 0 } as never] }, 1).asks).toBeUndefined();
    expect(sceneOf({ ...asked, effect: { id: "1" } as never }).asks).toBeUndefined();
    expect(sceneOf(played([null, turn({ script_request: {} as never })])).asks).toBeUndefined();
    expect(sceneOf(played([null, turn({ session_ended: true })])).asks).toBe("over");
    expect(sceneOf(played([null, turn({ wait_for_acknowledgment: true })])).asks).toMatchObject({ request: { input_type: "continue" } });
    expect(sceneOf({ ...asked, refused: "The flow asks no more." }).lines.at(-1)).toEqual({ is: "note", text: "The flow asks no more." });
  });
});

describe("an answer at random", () => {
  const draws = (asked: InputRequest) => {
    const draw = random(7);
    return Array.from({ length: 200 }, () => answerAtRandom(asked, draw));
  };

  it("is one of the options, or as many as are wanted, each once", () => {
    const options = ["a", "b", "c"].map((value) => ({ value }));
    expect(new Set(draws(request("choice", { options })))).toEqual(new Set(["a", "b", "c"]));
    const several = draws(request("multiple_choice", { options, validation: { min_selections: 2, max_selections: 2 } })) as string[][];
    for (const chosen of several) expect([chosen.length, new Set(chosen).size]).toEqual([2, 2]);
  });

  it("keeps to the bounds and steps of numbers and days", () => {
    for (const value of draws(request("number", { validation: { min: 4, max: 9 } }))) expect(["4", "5", "6", "7", "8", "9"]).toContain(value);
    for (const value of draws(request("slider", { slider_config: { min: -10, max: 10, step: 5 } }))) expect([-10, -5, 0, 5, 10]).toContain(value);
    for (const value of draws(request("date", { validation: { min: "2026-02-27", max: "2026-03-01" } }))) expect(["2026-02-27", "2026-02-28", "2026-03-01"]).toContain(value);
  });

  it("is as long as a text has to be, and a file of a kind that is taken", () => {
    for (const value of draws(request("text", { validation: { min_length: 6, max_length: 6 } }))) expect(value).toHaveLength(6);
    expect(answerAtRandom(request("file", { validation: { accept: ["image/png"] } }), random(1))).toMatchObject({ name: "file.png", mime_type: "image/png" });
  });
});

describe("the look of a flow", () => {
  const look = (id: string, more: Partial<Look> = {}): Look => ({ id, name: id, config: {}, place: "here", ...more });
  const changed = (document: Json, id: string | undefined) => run(document, nameLook(readFlow(document), id))?.document;

  it("is the one in the graph, else in the notes, else by key; on a server the usual one", () => {
    const document = { info: { theme_id: "notes" }, theme_seed_key: "key", flow_data: { theme_id: "graph", nodes: [] } };
    const named = looksNamed(document, readFlow(document));
    expect(named).toEqual(["graph", "notes", "key"]);
    const list = [look("key"), look("notes"), look("all", { place: "server", usual: true })];
    expect(lookChosen(named, list, false)?.id).toBe("notes");
    expect([lookChosen(["gone"], list, false)?.id, lookChosen(["gone"], list, true)?.id]).toEqual([undefined, "all"]);
  });

  it("is written where one is named already, and taken away everywhere", () => {
    expect(changed({ name: "A", nodes: [] }, "sea")).toEqual({ name: "A", nodes: [], info: { theme_id: "sea" } });
    expect(changed({ flow_data: { theme_id: "old", nodes: [] } }, "sea")).toEqual({ flow_data: { theme_id: "sea", nodes: [] } });
    expect(changed({ theme_seed_key: "key", nodes: [] }, "sea")).toEqual({ nodes: [], info: { theme_id: "sea" } });
    expect(changed({ theme_seed_key: "key", info: { theme_id: "a", contract: {} }, flow_data: { theme_id: "b", nodes: [] } }, undefined)).toEqual({ info: { contract: {} }, flow_data: { nodes: [] } });
  });
});

describe("a transcript", () => {
  const folder = join(import.meta.dirname, "../../tests/transcripts");
  const golden = readdirSync(folder).filter((name) => name.endsWith(".json"));
  /** The same with all keys the other way round. */
  const turned = (value: Json): Json => (Array.isArray(value) ? value.map(turned) : value !== null && typeof value === "object" ? Object.fromEntries(Object.entries(value).reverse().map(([key, each]) => [key, turned(each)])) : value);

  it.each(golden)("is the text that the engine writes: %s", (name) => {
    const { transcript } = JSON.parse(readFileSync(join(folder, name), "utf8"));
    const conversation = { ...played(...transcript.turns.map((each: { input: Json; turn: Json }) => [each.input, turned(each.turn)])), state: turned(transcript.state) as JsonObject, hash: transcript.state_hash, ...(transcript.refused === undefined ? {} : { refused: transcript.refused }) };
    const { format, flow, seed, turns, state, state_hash, ended, refused } = transcript;
    expect(transcriptOf(conversation, flow, seed)).toBe(`${JSON.stringify({ format, flow, seed, turns: turns.map(({ input, turn }: JsonObject) => ({ input, turn })), state, state_hash, ended, refused }, null, 2)}\n`);
  });

  it("has keys by code point, also those that look like numbers", () => {
    const text = transcriptOf({ ...played([null, turn()]), state: { "😀": 1, "\uffee": 2, "9": 3, "10": 4, b: [], a: {} } }, "f", "1");
    expect(text.slice(text.indexOf('"state"'))).toBe('"state": {\n    "10": 4,\n    "9": 3,\n    "a": {},\n    "b": [],\n    "\uffee": 2,\n    "😀": 1\n  },\n  "ended": null\n}\n');
  });
});
