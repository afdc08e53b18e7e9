import { describe, expect, it } from "vitest";
import { fileOf, tagsAmong, withTag, withoutTag } from "../src/model/chosen";
import { sortOut } from "../src/model/files";
import type { Json, JsonObject } from "../src/model/json";
import { reading, syllables } from "../src/model/reading";
import { usesIn } from "../src/model/uses";

describe("the reading age", () => {
  // Counted by hand, and worked out on paper.
  it.each([
    // 6 words, 1 sentence, 6 syllables: 2.34 + 11.8 − 15.59.
    ["The cat sat on the mat.", 6, 1, 6, -1.45, 5],
    // 5 + 11 words, 2 sentences, 8 + 14 syllables: 3.12 + 16.225 − 15.59.
    ["The museum opens at nine. Families with young children can leave their bags at the desk.", 16, 2, 22, 3.755, 9],
    // Now-for-the-fun-part, I'm-go-ing-to-show-you-some-pic-tures: 5 + 7 words, 5 + 9 syllables: 2.34 + 11.8 · 14/12 − 15.59.
    ["Now for the fun part! I’m going to show you some pictures. 😄", 12, 2, 14, 0.516667, 6],
    // 10 words, 1 sentence; il-lus-tra-ted 4, in-for-ma-tion 4, re-gar-ding 3, our 1, ex-hi-bi-tions 4, is 1, a-vai-la-ble 4, at 1, re-cep-tion 3, desks 1.
    ["Illustrated information regarding our exhibitions is available at reception desks", 10, 1, 26, 18.99, 24],
  ] as const)("of “%s”", (text, words, sentences, count, grade, age) => {
    const found = reading(text);
    expect([found.words, found.sentences, found.syllables, found.age]).toEqual([words, sentences, count, age]);
    expect(found.grade).toBeCloseTo(grade, 5);
  });

  it("counts a value, a number and a word with a hyphen as what is heard at least", () => {
    expect(reading("Hello, {{user.name}}! You are 12.")).toMatchObject({ words: 5, sentences: 2, syllables: 6 });
    expect(reading("A twenty-one gun salute costs 3.50 or 1,000.")).toMatchObject({ words: 8, sentences: 1 });
  });

  it("is not known without words, nor for what is not English", () => {
    expect(reading(" 😄 ")).toEqual({ words: 0, sentences: 0, syllables: 0, grade: undefined, age: undefined });
    expect(reading("Добро пожаловать!")).toMatchObject({ words: 2, age: undefined });
  });

  it("counts syllables by how a word is spelled", () => {
    const hand: Record<string, number> = { the: 1, make: 1, makes: 1, liked: 1, wanted: 2, boxes: 2, table: 2, tables: 2, whole: 1, museum: 3, idea: 3, tea: 1, quiet: 2, seeing: 2, family: 3, stories: 2, agreed: 2, called: 1, "twenty-one": 3, "can’t": 1, "20": 1, café: 2 };
    for (const [word, count] of Object.entries(hand)) expect([word, syllables(word)]).toEqual([word, count]);
  });
});

describe("several items", () => {
  const items: JsonObject[] = [{ id: "1", type: "fact", content: { text: "One" }, tags: ["b", "a"] }, { id: "2", type: "fact", content: { text: "Two" } }];

  it("get a tag and lose one, each keeping its own", () => {
    expect(tagsAmong(items)).toEqual(["a", "b"]);
    expect(items.map((item) => withTag(item, "a"))).toEqual([["b", "a"], ["a"]]);
    expect(items.map((item) => withoutTag(item, "b"))).toEqual([["a"], []]);
  });

  it("are a file that can be taken in again", () => {
    expect(sortOut(fileOf(items)).items).toEqual(items);
  });
});

describe("where an item is used", () => {
  it("is told by flow and step, however deep it is named", () => {
    const flow = { name: "Guide", nodes: [{ id: "a", type: "message", name: "Hello", content: { messages: [{ content_id: "item-1" }] } }, { id: "b", type: "question", content: { question: { content_id: "item-2" } } }, { id: "c", type: "message", content: { text: "Bye" } }], connections: [] };
    expect(usesIn("guide", flow as unknown as Json, ["item-1", "item-2", "item-3"])).toEqual([
      { item: "item-1", key: "guide", flow: "Guide", step: { id: "a", title: "Hello" } },
      { item: "item-2", key: "guide", flow: "Guide", step: { id: "b", title: "B" } },
    ]);
  });
});
