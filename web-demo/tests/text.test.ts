import { describe, expect, it } from "vitest";
import { setField } from "../src/model/command";
import { change, open, text } from "../src/model/log";
import { samples } from "./samples";

describe("what is opened and saved keeps its bytes", () => {
  it.each(samples)("%s", (_, source) => {
    expect(text(open(source))).toBe(source);
  });

  it.each([
    ["numbers, escapes and spaces", '  {"a" : 1.0 , "b":\t12345678901234567890, "c": "\\u00e9\\/", "d":[ ] ,\r\n "e":{ }}\n\n'],
    ["keys named twice", '{"a": 1, "a": 2}'],
    ["a list at the top", '[1, {"x": null}]\n'],
    ["keys of the language", '{"__proto__": {"x": 1}, "constructor": 1}'],
  ])("%s", (_, source) => {
    expect(text(open(source))).toBe(source);
  });

  it("writes only what changed", () => {
    const source = `{\n  "b": 1.50,\n  "unknown": {"z": 1, "a": [1,2,  3]},\n  "name": "Old",\n  "nodes": [\n    {"id": "x", "type": "message"}\n  ]\n}\n`;
    let history = open(source);
    history = change(history, setField("", ["name"], "New"));
    expect(text(history)).toBe(source.replace('"Old"', '"New"'));
    history = change(history, setField("", ["nodes", 1], { id: "y", type: "message" }));
    expect(text(history)).toBe(source.replace('"Old"', '"New"').replace('"message"}\n', '"message"},\n    {"id": "y", "type": "message"}\n'));
    history = change(history, setField("", ["nodes", 0], undefined));
    expect(text(history)).toBe(source.replace('"Old"', '"New"').replace('{"id": "x"', '{"id": "y"'));
    history = change(history, setField("", ["unknown", "z"], undefined));
    expect(text(history)).toContain('"unknown": {"a": [1,2,  3]}');
  });

  it("reads what it wrote", () => {
    let history = open('{"nodes": []}');
    history = change(history, setField("", ["nodes", 0], { id: "a", content: { text: 'He said "hi"\n', list: [{}, [], null] } }));
    expect(JSON.parse(text(history))).toEqual(history.document);
  });
});
