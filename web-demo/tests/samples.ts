import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const demo = join(import.meta.dirname, "../../server/demo");

/** The flows of the demo, as text. */
export const samples: [string, string][] = readdirSync(demo)
  .filter((name) => name.endsWith("-flow.json"))
  .map((name) => [name, readFileSync(join(demo, name), "utf8")]);

export function sample(name: string): string {
  return samples.find(([each]) => each === `${name}-flow.json`)?.[1] ?? "";
}

/** Numbers from a seed, so that a failure can be had again. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
