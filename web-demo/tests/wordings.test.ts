import { describe, expect, it } from "vitest";
import { forEverybody, freeKey, ownWeight, readWordings, shares, writeWordings } from "../src/model/wordings";

describe("wordings", () => {
  const kept = [{ id: "1", variant_key: "B", variant_data: { text: "Hi" }, weight: 300, conditions: { min_age: 8 } }, { variant_key: "C", variant_data: {}, is_active: false }];

  it("are read and written without loss", () => {
    const list = readWordings(kept as never);
    expect(list).toEqual([
      { key: "B", data: { text: "Hi" }, weight: 300, active: true },
      { key: "C", data: {}, weight: 100, active: false },
    ]);
    expect(writeWordings(list, kept as never)).toEqual([{ ...kept[0], is_active: true }, { ...kept[1], weight: 100 }]);
    expect(readWordings(undefined)).toEqual([]);
  });

  it("share people by weight, and all get the own one where there is no other", () => {
    const list = readWordings(kept as never);
    expect(shares(100, list)).toEqual([25, 75, 0]);
    expect(shares(0, list)).toEqual([0, 100, 0]);
    expect(shares(100, [])).toEqual([100]);
    const parts = ({ variants, info }: ReturnType<typeof forEverybody>) => shares(ownWeight(info), readWordings(variants));
    expect(parts(forEverybody("C", kept as never, { note: "kept" }))).toEqual([0, 0, 100]);
    expect(parts(forEverybody("control", kept as never, { control_weight: 0 }))).toEqual([100, 0, 0]);
    expect(forEverybody("C", kept as never, { note: "kept" })).toEqual({ variants: [{ ...kept[0], is_active: false }, { ...kept[1], weight: 100, is_active: true }], info: { note: "kept", control_weight: 0 } });
    expect([ownWeight({ control_weight: 7 }), ownWeight(undefined), freeKey(list)]).toEqual([7, 100, "D"]);
  });
});
