import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const css = readFileSync(join(import.meta.dirname, "../src/styles/tokens.css"), "utf8");

/** The colours by name, each in its light and its dark form. */
const colours = [...css.matchAll(/--([\w-]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/gi)];
const light = new Map(colours.map(([, name, form]) => [name as string, form as string]));
const dark = new Map(colours.map(([, name, , form]) => [name as string, form as string]));

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const SURFACES = ["c-surface", "c-bg", "c-canvas", "c-sunken", "c-hover"];
const TEXTS = ["c-text", "c-text-2", "c-text-3", "c-accent-text", "c-danger-text", "c-warn-text", "c-ok-text", "c-info-text"];
const KINDS = ["message", "question", "condition", "action", "webhook", "composite", "script"];

const pairs: [string, string, number][] = [
  ...TEXTS.flatMap((text) => SURFACES.map((surface): [string, string, number] => [text, surface, 4.5])),
  ...["danger", "warn", "ok", "info", "accent"].map((role): [string, string, number] => [`c-${role}-text`, `c-${role}-soft`, 4.5]),
  ["c-on-accent", "c-accent", 4.5],
  ["c-text-2", "c-accent-soft", 4.5],
  ...["c-line-strong", "c-edge"].flatMap((line) => ["c-surface", "c-bg", "c-canvas"].map((surface): [string, string, number] => [line, surface, 3])),
  ...KINDS.map((kind): [string, string, number] => [`k-${kind}`, `k-${kind}-soft`, 3]),
];

describe.each([
  ["light", light],
  ["dark", dark],
])("colours, %s", (_, theme) => {
  it.each(pairs)("%s is told from %s", (front, back, least) => {
    expect(contrast(theme.get(front) ?? "#000000", theme.get(back) ?? "#000000")).toBeGreaterThanOrEqual(least);
  });
});

it("no colour has one form only", () => {
  expect(light.size).toBeGreaterThan(40);
  expect(css.replaceAll(/light-dark\([^;]*;/g, "").match(/#[0-9a-f]{3,8}\b|rgb\(/gi)).toBeNull();
});
