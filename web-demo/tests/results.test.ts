import { describe, expect, it } from "vitest";
import { readFlow } from "../src/model/flow";
import { length, share } from "../src/parts/figures";
import { cameWords, isMore, passesOf, stayWords, thickness } from "../src/results/passes";
import { named } from "../src/results/named";
import { verdict } from "../src/results/verdict";
import type { Test } from "../src/server/results";
import { dayBefore, usualOf, type Traffic } from "../src/state/results";

const flow = readFlow({
  entry_node_id: "q",
  nodes: [{ id: "q", type: "question", content: { question: { text: "?" }, options: ["a", "b", "c"] } }, { id: "m", type: "message", content: {} }, { id: "n", type: "message", content: {} }],
  connections: [{ source: "q", target: "m", type: "$0" }, { source: "q", target: "m", type: "$1" }, { source: "q", target: "n", type: "$2" }, { source: "m", target: "n", type: "default" }],
});

const traffic: Traffic = {
  of: "",
  total: 10,
  usual: 0.1,
  steps: new Map([["q", { visitors: 10, stayed: 2 }], ["m", { visitors: 6, stayed: 1 }], ["n", { visitors: 7, stayed: 0 }]]),
  shares: new Map([["q", { m: 60, n: 20 }]]),
};

describe("traffic", () => {
  it("tells the part of those who took a line, together where two lines lead to one step", () => {
    expect(passesOf(traffic, flow, "q", "m")).toEqual({ people: 6, label: "together 60 %" });
    expect(passesOf(traffic, flow, "q", "n")).toEqual({ people: 2, label: "20 %" });
  });

  it("tells those who went on where there is one line", () => {
    expect(passesOf(traffic, flow, "m", "n")).toEqual({ people: 5, label: "5" });
  });

  it("tells of a way out of a sub-flow only who must have taken it", () => {
    const nodes = [{ id: "s", type: "composite", content: {} }, { id: "m", type: "message", content: {} }, { id: "n", type: "message", content: {} }];
    const line = (source: string, target: string, type = "default") => ({ source, target, type });
    const came = { ...traffic, steps: new Map([["s", { visitors: 9, stayed: 0 }], ...traffic.steps]) };
    const one = readFlow({ entry_node_id: "s", nodes, connections: [line("s", "m", "success"), line("s", "n", "failure"), line("m", "n")] });
    expect(passesOf(came, one, "s", "m")).toEqual({ people: 6, label: "6" });
    expect(passesOf(came, one, "s", "n")).toBeUndefined();
  });

  it("does not take what is not known for nothing", () => {
    expect(passesOf({ ...traffic, steps: new Map() }, flow, "m", "n")).toBeUndefined();
    expect(passesOf({ ...traffic, shares: new Map() }, flow, "q", "m")).toBeUndefined();
    expect(cameWords(undefined, 0.1)).toBe("not known yet");
  });

  it("marks where more stay than is usual", () => {
    expect(isMore({ visitors: 10, stayed: 2 }, 0.1)).toBe(true);
    expect(isMore({ visitors: 10, stayed: 1 }, 0.1)).toBe(false);
    expect(cameWords({ visitors: 10, stayed: 2 }, 0.1)).toBe("10 came, 2 no further · 20 %, more than usual");
    expect(stayWords({ visitors: 0, stayed: 0 })).toBe("0 no further · 0 %");
    // 3 of 23
    expect(usualOf(traffic.steps)).toBeCloseTo(3 / 23, 12);
    expect(usualOf(new Map())).toBe(0);
  });

  it("draws lines as thick as their people are many", () => {
    expect([thickness(0, 10), thickness(5, 10), thickness(10, 10), thickness(0, 0)]).toEqual([1.5, 11.75, 22, 1.5]);
  });
});

it("writes figures as people read them", () => {
  expect([share(0.685), share(0), share(1)]).toEqual(["68.5 %", "0 %", "100 %"]);
  expect([length(0.091), length(48), length(59.96), length(125), length(3600), length(3725)]).toEqual(["0.09 s", "48 s", "60 s", "2 min 5 s", "1 h", "1 h 2 min"]);
});

it("counts days in UTC", () => {
  const night = Date.UTC(2026, 2, 1, 23, 59);
  expect([dayBefore(0, night), dayBefore(1, night)]).toEqual(["2026-03-01", "2026-02-28"]);
});

it("finds the content that a document names", () => {
  const [a, b] = ["5b0f0000-0000-4000-8000-000000000001", "5b0f0000-0000-4000-8000-000000000002"];
  expect(named({ nodes: [{ content: { messages: [{ content_id: b }, { content_id: a }] } }, { content: { question: { content_id: a } } }, { content_id: "{{temp.id}}" }] })).toEqual([b, a]);
});

describe("what a test of wordings means", () => {
  const arm = (sample_size: number, conversions: number) => ({ sample_size, conversions, conversion_rate: conversions / sample_size, engagement_rate: 0, traffic_percentage: 50, confidence_interval: [0, 1] as never, p_value: null, lift: null });
  const of = (change: Partial<Test>): Test => ({ content_id: "", test_status: "active", test_results: { control: arm(400, 48), B: arm(400, 72) }, statistical_significance: { p_value: 0.017485, is_significant: true, confidence_level: 0.95, method: "two-proportion-z", correction: "none" }, winning_variant: "B", confidence_level: 0.95, time_period: null, scope: null, ...change });
  const sure = of({}).statistical_significance as NonNullable<Test["statistical_significance"]>;

  it.each([
    ["a winner", {}, "B does better than A: 18 % against 12 % reach the end. If both were equally good, so large a difference would be seen in about 17 of 1,000 tests (p = 0.0175)."],
    ["the words as they are", { winning_variant: "control" }, "The words as they are do better than every other wording. If both were equally good, so large a difference would be seen in about 17 of 1,000 tests (p = 0.0175)."],
    ["nothing yet", { winning_variant: null, statistical_significance: { ...sure, p_value: 0.4, is_significant: false } }, "Nothing is decided yet: the difference is too small, or too few people have seen each wording. If both were equally good, so large a difference would be seen in about 400 of 1,000 tests (p = 0.4)."],
    ["a loser", { winning_variant: null }, "One wording does worse than A. If both were equally good, so large a difference would be seen in about 17 of 1,000 tests (p = 0.0175)."],
    ["one wording", { winning_variant: null, statistical_significance: null }, "There is nothing to compare: only one wording has been shown."],
    ["hardly by chance", { statistical_significance: { ...sure, p_value: 0.0002 } }, "B does better than A: 18 % against 12 % reach the end. If both were equally good, so large a difference would be seen in fewer than 1 of 1,000 tests."],
  ])("%s", (_, change, words) => {
    expect(verdict(of(change))[0]).toBe(words);
  });

  it("tells how it was compared where that is not the usual way", () => {
    expect(verdict(of({ statistical_significance: { ...sure, method: "fisher-exact", correction: "holm" } })).slice(1)).toEqual(["As there are few conversations, they were compared exactly (Fisher).", "Several wordings are compared at once; the figures allow for that (Holm)."]);
  });
});
