import { describe, expect, it } from "vitest";
import { colourIn, findings, PAIRS } from "../src/looks/contrast";
import { sortOut } from "../src/model/files";

describe("a look", () => {
  it("can be read as it is at first", () => {
    expect(findings({}).filter((each) => each.better !== undefined)).toEqual([]);
    expect(findings({})).toHaveLength(PAIRS.length);
  });

  it("is offered the nearest colour that can be read", () => {
    const config = { colors: { primary: "#f22555", botBubble: "#ffffff" } };
    const pink = findings(config).find((each) => each.text === "primary");
    expect(pink?.ratio).toBeCloseTo(4.06, 1);
    const better = pink?.better ?? "";
    const after = findings({ colors: { ...config.colors, primary: better } }).find((each) => each.text === "primary");
    expect(after?.better).toBeUndefined();
    expect(after?.ratio).toBeLessThan(6);
    expect(colourIn({ colors: { primary: "red" } }, "primary")).toBe("#0b6470");
  });
});

describe("a file", () => {
  it("is told by what is in it", () => {
    const flow = '{"flow_data": {"nodes": []}}';
    expect(sortOut(flow)).toEqual({ flows: [flow], items: [], themes: [], replies: {} });
    expect(sortOut('{"/v1/books": {"answer": 1}}').replies).toEqual({ "/v1/books": { answer: 1 } });
    expect(sortOut('[{"type": "joke"}]').items).toEqual([{ type: "joke" }]);
    const seed = sortOut('{"cms_content": [{"type": "fact", "status": "archived"}, {"type": "joke"}], "themes": [{"name": "Sea"}], "flows": [{"file": "a.json"}, {"nodes": [], "name": "In it"}]}');
    expect([seed.items, seed.themes, seed.flows.map((text) => (JSON.parse(text) as { name: string }).name)]).toEqual([[{ type: "joke" }], [{ name: "Sea" }], ["In it"]]);
    expect(() => sortOut("no")).toThrow(SyntaxError);
  });
});
