/** The flows kept on this computer. */
import { create } from "zustand";
import * as storage from "../library/storage";
import { sortOut } from "../model/files";
import { isObject, type Json, type JsonObject } from "../model/json";
import { addItems } from "./content";
import { forget } from "./surroundings";
import { blankFlow } from "../model/blank";
import { readFlow } from "../model/flow";
import { open } from "../model/log";

interface Flows {
  /** Undefined until they are read. */
  list: storage.StoredFlow[] | undefined;
  error: string | undefined;
}

export const useFlows = create<Flows>(() => ({ list: undefined, error: undefined }));

export async function refresh(): Promise<void> {
  try {
    useFlows.setState({ list: await storage.listFlows(), error: undefined });
  } catch (error) {
    useFlows.setState({ list: [], error: error instanceof Error ? error.message : String(error) });
  }
}

/** Keeps a text as a flow and tells its key. Throws a SyntaxError if it is not JSON. */
export async function keep(text: string, remote?: storage.Remote): Promise<string> {
  const history = open(text);
  const flow = readFlow(history.document);
  const key = await freeKey(flow.key ?? flow.name);
  await storage.saveFlow({ key, name: flow.name, base: text, cursor: 0, steps: flow.steps.length, changed: Date.now(), remote }, [], 0);
  await refresh();
  return key;
}

/** Takes in files: flows, content with themes, replies of calls. Tells the key of the flow to open, if there is one. */
export async function takeIn(texts: readonly string[]): Promise<string | undefined> {
  const sorted = texts.map(sortOut);
  for (const { items } of sorted) if (items.length > 0) await addItems(items);
  for (const { themes } of sorted) if (themes.length > 0) await storage.changeThemes((kept) => [...kept, ...themes.filter(isObject)]);
  const handlers = Object.assign({}, ...sorted.map((each) => each.replies)) as JsonObject;
  if (Object.keys(handlers).length > 0) await storage.changeExtras((extras) => ({ ...extras, handlers: { ...extras.handlers, ...handlers } }));
  forget();
  const flows = sorted.flatMap((each) => each.flows);
  if (flows.length === 0 && sorted.every((each) => each.items.length + each.themes.length + Object.keys(each.replies).length === 0)) throw new Error("There is no flow in it.");
  const keys: string[] = [];
  for (const text of flows) keys.push(await keep(text));
  // The one that no other runs as a part of it is where a conversation begins.
  const first = flows.findIndex((text) => {
    const key = readFlow(JSON.parse(text) as Json).key;
    return key === undefined || !flows.some((other) => other !== text && other.includes(JSON.stringify(key)));
  });
  return keys[first] ?? keys[0];
}

export async function startEmpty(): Promise<string> {
  const key = await freeKey("my-flow");
  return keep(blankFlow(key, "My flow"));
}

export async function openSample(): Promise<string> {
  const samples = await import("../library/samples");
  const more = samples.extras();
  await storage.changeExtras((extras) => ({ content: extras.content.length > 0 ? extras.content : more.content, handlers: { ...extras.handlers, ...more.handlers } }));
  const look = samples.look();
  await storage.changeThemes((kept) => (kept.some((theme) => theme.seed_key === look.seed_key || theme.id === look.seed_key) ? [...kept] : [...kept, look]));
  const known = new Set((await storage.listFlows()).map((flow) => flow.key));
  let first: string | undefined;
  for (const text of samples.flows.toReversed()) {
    const key = readFlow(JSON.parse(text)).key ?? "";
    first = known.has(key) ? key : await keep(text);
  }
  return first ?? "";
}

/** Takes a flow away, and gives what brings it back. */
export async function remove(key: string): Promise<() => Promise<void>> {
  const kept = await storage.loadFlow(key);
  await storage.removeFlow(key);
  await refresh();
  return async () => {
    if (kept) await storage.saveFlow(kept.flow, kept.entries, 0);
    await refresh();
  };
}

async function freeKey(stem: string): Promise<string> {
  const taken = new Set((await storage.listFlows()).map((flow) => flow.key));
  let key = stem;
  for (let number = 2; taken.has(key); number += 1) key = `${stem}-${number}`;
  return key;
}
