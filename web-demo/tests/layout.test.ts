import { describe, expect, it } from "vitest";
import { CARD_WIDTH, cardHeight } from "../src/model/card";
import { readFlow, type Flow } from "../src/model/flow";
import type { Json } from "../src/model/json";
import { layout } from "../src/model/layout";
import { tell, walk } from "../src/model/story";
import { random, sample, samples } from "./samples";

function overlaps(flow: Flow): string[] {
  const places = layout(flow);
  const boxes = flow.steps.map((step) => ({ id: step.id, ...(places.get(step.id) as { x: number; y: number }), height: cardHeight(flow, step) }));
  return boxes.flatMap((a, index) => boxes.slice(index + 1).flatMap((b) => (a.x < b.x + CARD_WIDTH && b.x < a.x + CARD_WIDTH && a.y < b.y + b.height && b.y < a.y + a.height ? [`${a.id} ${b.id}`] : [])));
}

function tangle(count: number, seed: number): Flow {
  const next = random(seed);
  const pick = () => `n${Math.floor(next() * count)}`;
  const nodes = Array.from({ length: count }, (_, index) => {
    const options = Array.from({ length: Math.floor(next() * 5) }, (_, each) => ({ label: `Answer ${each}`, value: each }));
    return { id: `n${index}`, type: options.length > 0 ? "question" : "message", content: { text: "Some words that are said here", options } };
  });
  const connections = nodes.flatMap((node) => [
    ...node.content.options.flatMap((_, each) => (next() > 0.4 ? [{ source: node.id, target: pick(), type: `$${each}` }] : [])),
    ...(next() > 0.2 ? [{ source: node.id, target: pick(), type: "default" }] : []),
  ]);
  return readFlow({ entry_node_id: "n0", nodes, connections } as Json);
}

describe("the layout", () => {
  it.each(samples)("lays no step of %s over another", (_, source) => {
    expect(overlaps(readFlow(JSON.parse(source)))).toEqual([]);
  });

  it.each(Array.from({ length: 40 }, (_, seed) => [seed]))("lays no step of a tangle over another (%i)", (seed) => {
    expect(overlaps(tangle(30, seed))).toEqual([]);
  });

  it("keeps the main story in one column, and goes down", () => {
    const flow = readFlow(JSON.parse(sample("profile")));
    const places = layout(flow);
    const main = ["ask_name", "ask_age", "age_branch", "ask_time"].map((id) => places.get(id) as { x: number; y: number });
    expect(new Set(main.map((place) => place.x))).toEqual(new Set([0]));
    expect(main.map((place) => place.y)).toEqual(main.map((place) => place.y).toSorted((a, b) => a - b));
  });

  it("lays 1,000 steps out in half a second", () => {
    const flow = tangle(1000, 5);
    const begin = performance.now();
    expect(layout(flow).size).toBe(1000);
    expect(performance.now() - begin).toBeLessThan(500);
  });
});

describe("the story", () => {
  it.each(samples)("tells each step of %s once", (_, source) => {
    const flow = readFlow(JSON.parse(source));
    const told = [...walk(tell(flow))].map((step) => step.id);
    expect(told.toSorted()).toEqual(flow.steps.map((step) => step.id).toSorted());
    expect(told[0]).toBe(flow.entry);
  });
});
