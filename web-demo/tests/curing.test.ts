import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Diagnostic } from "../src/engine/protocol";
import { readFlow } from "../src/model/flow";
import * as log from "../src/model/log";
import { setField } from "../src/model/command";
import { cure, fixFirst } from "../src/palette/actions";
import { run, useEditor } from "../src/state/editor";
import { useProblems } from "../src/state/problems";

/** Checks that are under way, to be answered by the test. */
const checks: { text: string; done: (found: Diagnostic[]) => void; failed: (reason: Error) => void }[] = [];

vi.mock("../src/engine/client", () => ({
  ask: (call: string, text: string) => (call === "check" ? new Promise((done, failed) => checks.push({ text, done, failed })) : Promise.resolve([])),
}));
vi.mock("../src/state/surroundings", () => ({ surroundings: () => Promise.resolve({ others: [], content: [], handlers: {} }), forget: () => undefined }));

const RULE = ["nodes", 0, "content", "conditions", 0, "if"];
const AT = `/${RULE.join("/")}`;
const rule = () => (useEditor.getState().history?.document as any).nodes[0].content.conditions[0].if as string;
const fault = (value: string): Diagnostic => ({ code: "condition.unknown_function", severity: "error", at: AT, message: "unknown function", fix: [{ op: "replace", path: AT, value }] });
const change = (text: string) => run(setField("Change the rule", RULE, text, "rule"));
const under = (count: number) => vi.waitFor(() => expect(checks).toHaveLength(count));

let opened = 0;

beforeEach(async () => {
  checks.length = 0;
  opened += 1;
  const text = JSON.stringify({ nodes: [{ id: "c", type: "condition", content: { conditions: [{ if: "true", then: "$0" }] } }], connections: [] });
  const history = log.open(text, [], 0);
  useEditor.setState({ key: `flow-${opened}`, history, flow: readFlow(history.document), selection: ["c"] });
  await under(1);
  checks[0]?.done([]);
  await vi.waitFor(() => expect(useProblems.getState().fresh).toBe(true));
});

describe("a cure that is asked for while the check is under way", () => {
  it("is done as soon as its check is there", async () => {
    change("sise(user.name) < 5");
    fixFirst();
    await under(2);
    expect(checks[1]?.text).toContain("sise");
    expect(rule()).toBe("sise(user.name) < 5");
    checks[1]?.done([fault("size(user.name) < 5")]);
    await vi.waitFor(() => expect(rule()).toBe("size(user.name) < 5"));
  });

  it("is the cure of the flow as it is by then, and comes once however often it is asked for", async () => {
    change("sise(user.name) < 5");
    fixFirst();
    fixFirst();
    await under(2);
    change("sise(user.name) < 6");
    checks[1]?.done([fault("size(user.name) < 5")]);
    await under(3);
    expect(rule()).toBe("sise(user.name) < 6");
    checks[2]?.done([fault("size(user.name) < 6")]);
    await vi.waitFor(() => expect(rule()).toBe("size(user.name) < 6"));
    // The second looks at what the first has left.
    await under(4);
    checks[3]?.done([]);
    await vi.waitFor(() => expect(useProblems.getState().fresh).toBe(true));
    expect(rule()).toBe("size(user.name) < 6");
    expect(useEditor.getState().history?.entries.at(-1)?.label).toBe("Fix condition.unknown_function");
  });

  it("is looked for again by its button, and is let go if the problem has gone", async () => {
    change("sise(user.name) < 5");
    await under(2);
    checks[1]?.done([fault("size(user.name) < 5")]);
    await vi.waitFor(() => expect(useProblems.getState().list).toHaveLength(1));
    const shown = useProblems.getState().list;
    change("true || sise(user.name) < 5");
    cure(shown);
    await under(3);
    checks[2]?.done([fault("true || size(user.name) < 5")]);
    await vi.waitFor(() => expect(rule()).toBe("true || size(user.name) < 5"));
    cure(shown);
    await under(4);
    checks[3]?.done([]);
    await vi.waitFor(() => expect(useProblems.getState().fresh).toBe(true));
    expect(rule()).toBe("true || size(user.name) < 5");
  });

  it("is let go if another flow is opened meanwhile, or the check cannot be made", async () => {
    change("sise(user.name) < 5");
    fixFirst();
    await under(2);
    checks[1]?.failed(new Error("The engine could not be loaded."));
    await vi.waitFor(() => expect(useProblems.getState().error).toBeDefined());
    expect(rule()).toBe("sise(user.name) < 5");
    change("sise(user.name) < 7");
    fixFirst();
    await under(3);
    const { history } = useEditor.getState();
    useEditor.setState({ key: "another", history: undefined, flow: undefined, selection: [] });
    useEditor.setState({ history, flow: readFlow(history?.document ?? null) });
    await under(4);
    checks[3]?.done([fault("size(user.name) < 7")]);
    await vi.waitFor(() => expect(useProblems.getState().fresh).toBe(true));
    expect(rule()).toBe("sise(user.name) < 7");
  });
});
