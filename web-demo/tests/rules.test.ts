import { describe, expect, it } from "vitest";
import { readClauses, typed, writeClauses } from "../src/model/clauses";
import { readFlow } from "../src/model/flow";
import type { Json } from "../src/model/json";
import { mistyped, nearest, placeOf, readPaths, withCure } from "../src/problems/cures";
import { locate } from "../src/problems/locate";
import { markOf } from "../src/problems/marks";
import { inputsOf, differsFrom } from "../src/preview/recorded";
import type { Played } from "../src/engine/protocol";

describe("rules in words", () => {
  it.each([
    ["has(user.name)"],
    ["!has(temp.school.id)"],
    ["temp.age >= 8 && temp.age < 12"],
    ['user.name == "Tui" || user.name == "Kea"'],
    ['temp.tags.contains("sea")'],
    ['"sea" in temp.tags'],
    ['temp.kind in ["a", "b", 3]'],
    ["temp.ready == true && temp.gone != null"],
    ['temp.name.startsWith("A && B")'],
  ])("are the same rule again: %s", (source) => {
    const clauses = readClauses(source);
    expect(clauses).toBeDefined();
    expect(writeClauses(clauses as never)).toBe(source);
  });

  it.each([["size(user.name) < 5"], ["temp.a && temp.b == 1"], ["temp.a == 1 && temp.b == 2 || temp.c == 3"], ["temp.a == temp.b"], ["!(temp.a == 1)"]])("are not made of what does not fit: %s", (source) => {
    expect(readClauses(source)).toBeUndefined();
  });

  it("reads what is typed as what it looks like", () => {
    expect([typed("8", ">"), typed("8", "contains"), typed("true", "=="), typed("a, 2", "in")]).toEqual([8, "8", true, ["a", 2]]);
    expect(readClauses("user.name == 'O\\'Neill \"x\"'")?.list[0]?.value).toBe("O'Neill \"x\"");
  });
});

const flow = (rule: string) => ({ nodes: [{ id: "q", type: "question", content: { question: { text: "?" }, variable: "temp.book_count" } }, { id: "c", type: "condition", content: { conditions: [{ if: rule, then: "$0" }] } }], connections: [] }) as unknown as Json;
const place = "/nodes/1/content/conditions/0/if";

describe("cures of rules", () => {
  const cured = (code: string, message: string, rule: string) => withCure({ code, severity: "error", at: place, message }, flow(rule), ["size", "string", "timestamp"]).fix;
  it("correct the name of a function", () => {
    expect(cured("condition.unknown_function", "unknown function `sise` with 1 argument", "sise(temp.a) > sise(temp.b)")).toEqual([{ op: "replace", path: place, value: "size(temp.a) > size(temp.b)" }]);
    expect(cured("condition.unknown_function", "unknown function `quite_else` with 1 argument", "quite_else(temp.a)")).toBeUndefined();
  });

  it("compare with two signs, and close brackets", () => {
    expect(cured("condition.cel_syntax", "unexpected `=`: write `==` to compare (line 1, column 8)", "temp.a = 'x'")).toEqual([{ op: "replace", path: place, value: "temp.a == 'x'" }]);
    expect(cured("condition.cel_syntax", "missing `)` at the end (line 1, column 12)", "size(temp.a")).toEqual([{ op: "replace", path: place, value: "size(temp.a)" }]);
  });

  it("name the value that is meant, where the engine tells that one is not set", () => {
    const document = flow("temp.book_cout > 3");
    const told = { code: "variable.unset", severity: "warning" as const, at: place, message: "`temp.book_cout` is used here, but nothing can have set it before" };
    expect(withCure(told, document, [], mistyped(readFlow(document)))).toMatchObject({ message: told.message, fix: [{ op: "replace", path: place, value: "temp.book_count > 3" }] });
  });

  it("find values that are mistyped, and leave alone what nobody sets", () => {
    const found = mistyped(readFlow(flow("temp.book_cout > 3 && 'temp.book_cout' != ''")));
    expect(found.map(({ code, message, fix }) => [code, message, fix])).toEqual([["value.mistyped", "`temp.book_cout` is not set anywhere", [{ op: "replace", path: place, value: "temp.book_count > 3 && 'temp.book_cout' != ''" }]]]);
    expect(mistyped(readFlow(flow("user.age > 3 && temp.book_count > 2")))).toEqual([]);
    expect(nearest("temp.ab", ["temp.aa", "temp.ac"])).toBeUndefined();
  });

  it("underline the smallest wrong part", () => {
    const mark = (code: string, message: string, rule: string) => {
      const { from, to } = markOf(locate({ code, severity: "error", at: place, message }, readFlow(flow(rule))), rule);
      return rule.slice(from, to);
    };
    expect(mark("condition.unknown_function", "unknown function `sise` with 1 argument", "1 > sise(temp.a)")).toBe("sise");
    expect(mark("value.mistyped", "`temp.x` is not set anywhere", "temp.xy == temp.x")).toBe("temp.x");
    expect(mark("condition.cel_syntax", "unexpected `=`: write `==` to compare (line 1, column 8)", "temp.a = 1")).toBe("=");
    expect(mark("condition.cel_syntax", "missing `)` at the end (line 1, column 99)", "size(temp.a")).toBe("a");
    expect(placeOf("(line 2, column 3)", "ab\ncd")).toBe(5);
    expect(readPaths("has(user.name) && temp.list.size() > 0").map(({ path }) => path)).toEqual(["user.name", "temp.list"]);
  });
});

describe("a recorded conversation", () => {
  const step = (node_id: string, execution_details: object, node_type = "question") => ({ node_id, node_type, execution_details: execution_details as never, error_message: null });
  it("is made of what was answered", () => {
    expect(
      inputsOf([step("m", { type: "message" }, "message"), step("m", { acknowledged: true, user_response: null }, "message"), step("q", { user_response: null }), step("q", { user_response: "a", valid: true }), step("w", { response_status: null, error: "gone" }, "webhook"), step("w", { response_status: 200, response_body: { b: 1 } }, "webhook")]),
    ).toEqual([
      { type: "answer", value: null },
      { type: "answer", value: "a" },
      { type: "outcome", outcome: { result: "failed", code: "host_error", reason: "gone" } },
      { type: "outcome", outcome: { result: "done", value: { status: 200, headers: {}, body: { b: 1 } } } },
    ]);
  });

  it("tells where it goes another way", () => {
    const played = (...nodes: string[]) => ({ visits: nodes.map((node) => ({ node })) }) as unknown as Played;
    expect(differsFrom(["a", "b"], played("a", "b"))).toBeNull();
    expect(differsFrom(["a", "b"], played("a", "c"))).toBe("Differs from step 2: it was “b”, now it is “c”.");
    expect(differsFrom(["a", "b", "c"], played("a", "b"))).toBe("Stops at step 2 of 3.");
  });
});
