/** The wordings of an item: its own words, called A, and others of which each person gets one. */
import { isObject, type Json, type JsonObject } from "./json";

export interface Wording {
  /** Its key, which stays as long as it is counted. */
  key: string;
  /** What it says otherwise than the item itself. */
  data: JsonObject;
  weight: number;
  active: boolean;
}

const USUAL = 100;

export function readWordings(variants: Json | undefined): Wording[] {
  return (Array.isArray(variants) ? variants : []).filter(isObject).map((each) => ({
    key: String(each.variant_key ?? ""),
    data: isObject(each.variant_data) ? each.variant_data : {},
    weight: typeof each.weight === "number" ? each.weight : USUAL,
    active: each.is_active !== false,
  }));
}

/** Writes wordings back; what is not looked at here, such as conditions, stays with its key. */
export function writeWordings(list: readonly Wording[], before: Json | undefined): Json[] {
  const known = (Array.isArray(before) ? before : []).filter(isObject);
  return list.map(({ key, data, weight, active }) => ({ ...known.find((each) => each.variant_key === key), variant_key: key, variant_data: data, weight, is_active: active }));
}

/** How often the item's own words are chosen, against the weights of the others. */
export function ownWeight(info: Json | undefined): number {
  const weight = isObject(info) ? info.control_weight : undefined;
  return typeof weight === "number" ? weight : USUAL;
}

/** The parts of a hundred people that get each wording, the own one first. Without others everybody gets that. */
export function shares(own: number, list: readonly Wording[]): number[] {
  const weights = [own, ...list.map((each) => (each.active ? each.weight : 0))];
  const sum = weights.slice(1).some((each) => each > 0) ? weights.reduce((total, each) => total + each, 0) : 0;
  return sum === 0 ? weights.map((_, index) => (index === 0 ? 100 : 0)) : weights.map((each) => Math.round((each / sum) * 100));
}

/** One wording for everybody. “control” is the item's own, unless one is called so. */
export function forEverybody(key: string, variants: Json | undefined, info: Json | undefined): { variants: Json[]; info: JsonObject } {
  const list = readWordings(variants).map((each) => ({ ...each, active: each.key === key, weight: each.key === key ? Math.max(1, each.weight) : each.weight }));
  const own = list.some((each) => each.active) ? 0 : Math.max(1, ownWeight(info));
  return { variants: writeWordings(list, variants), info: { ...(isObject(info) ? info : {}), control_weight: own } };
}

/** The next letter that is free; A is the item itself. */
export function freeKey(list: readonly Wording[]): string {
  const taken = new Set(list.map((each) => each.key));
  const letter = [..."BCDEFGHIJKLMNOPQRSTUVWXYZ"].find((each) => !taken.has(each));
  return letter ?? `V${list.length + 2}`;
}
