/** What a test of wordings means, in plain words. */
import { share } from "../parts/figures";
import type { Test } from "../server/results";

export function wordingName(key: string): string {
  return key === "control" ? "A, the words as they are" : key;
}

/** Of so many tests in which both wordings are equally good, so many show as much. */
function chance(p: number): string {
  if (p < 0.001) return "If both were equally good, so large a difference would be seen in fewer than 1 of 1,000 tests.";
  return `If both were equally good, so large a difference would be seen in about ${Math.max(1, Math.round(p * 1000)).toLocaleString()} of 1,000 tests (p = ${p.toLocaleString(undefined, { maximumFractionDigits: 4 })}).`;
}

export function verdict(test: Test): string[] {
  const { winning_variant: winner, statistical_significance: sure, test_results: arms } = test;
  if (sure === null) return ["There is nothing to compare: only one wording has been shown."];
  const own = arms.control;
  const several = sure.correction === "holm" ? ["Several wordings are compared at once; the figures allow for that (Holm)."] : [];
  const few = sure.method === "fisher-exact" ? ["As there are few conversations, they were compared exactly (Fisher)."] : [];
  const how = [...few, ...several];
  if (winner === "control") return [`The words as they are do better than every other wording. ${chance(sure.p_value)}`, ...how];
  const best = winner === null ? undefined : arms[winner];
  if (winner !== null && best && own) return [`${winner} does better than A: ${share(best.conversion_rate)} against ${share(own.conversion_rate)} reach the end. ${chance(sure.p_value)}`, ...how];
  if (sure.is_significant) return [`One wording does worse than A. ${chance(sure.p_value)}`, ...how];
  return [`Nothing is decided yet: the difference is too small, or too few people have seen each wording. ${chance(sure.p_value)}`, ...how];
}
