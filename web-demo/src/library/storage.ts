/** What is kept on this computer: flows as they were opened, and every change since. */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Entry } from "../model/command";
import type { Json, JsonObject } from "../model/json";

/** Where on a server a flow is kept, and how both sides were when they were last the same. */
export interface Remote {
  server: string;
  id: string;
  /** The revision there. */
  etag: string;
  /** The document there, and what it was here. */
  theirs: Json;
  mine: Json;
  /** The label of the newest published version. */
  published: string | null;
}

export interface StoredFlow {
  remote?: Remote | undefined;
  key: string;
  name: string;
  base: string;
  cursor: number;
  steps: number;
  changed: number;
}

interface Schema extends DBSchema {
  flows: { key: string; value: StoredFlow };
  entries: { key: [string, number]; value: Entry };
  extras: { key: string; value: Json };
}

let opening: Promise<IDBPDatabase<Schema>> | undefined;

function database(): Promise<IDBPDatabase<Schema>> {
  opening ??= openDB<Schema>("chatflow-studio", 1, {
    upgrade(db) {
      db.createObjectStore("flows", { keyPath: "key" });
      db.createObjectStore("entries");
      db.createObjectStore("extras");
    },
  });
  return opening;
}

export async function listFlows(): Promise<StoredFlow[]> {
  const flows = await (await database()).getAll("flows");
  return flows.sort((a, b) => b.changed - a.changed);
}

const range = (key: string, from = 0) => IDBKeyRange.bound([key, from], [key, Number.MAX_SAFE_INTEGER]);

export async function loadFlow(key: string): Promise<{ flow: StoredFlow; entries: Entry[] } | undefined> {
  const transaction = (await database()).transaction(["flows", "entries"]);
  const [flow, entries] = await Promise.all([transaction.objectStore("flows").get(key), transaction.objectStore("entries").getAll(range(key))]);
  return flow && { flow, entries };
}

/**
 * Keeps a flow with its log; entries before `from` are kept already. With `seen`, only if it is as it was kept at that time:
 * another tab may have changed it. Tells whether it is kept.
 */
export async function saveFlow(flow: StoredFlow, entries: readonly Entry[], from: number, seen?: number): Promise<boolean> {
  const transaction = (await database()).transaction(["flows", "entries"], "readwrite");
  const log = transaction.objectStore("entries");
  if (seen !== undefined) {
    const now = await transaction.objectStore("flows").get(flow.key);
    if (now && now.changed !== seen) return false;
  }
  await Promise.all([
    transaction.objectStore("flows").put(flow),
    log.delete(range(flow.key, from)),
    ...entries.slice(from).map((entry, index) => log.put(entry, [flow.key, from + index])),
    transaction.done,
  ]);
  return true;
}

export async function removeFlow(key: string): Promise<void> {
  const transaction = (await database()).transaction(["flows", "entries"], "readwrite");
  await Promise.all([transaction.objectStore("flows").delete(key), transaction.objectStore("entries").delete(range(key)), transaction.done]);
}

/** Content and answers of calls that came with flows, for previews. */
export interface Extras {
  content: Json[];
  handlers: JsonObject;
}

export async function loadExtras(): Promise<Extras> {
  return read(await (await database()).get("extras", "all"));
}

function read(kept: Json | undefined): Extras {
  return (kept as unknown as Extras | undefined) ?? { content: [], handlers: {} };
}

/** Changes it in one go, since something else may be changed at the same moment. Tells what is kept then. */
export async function changeExtras(change: (extras: Extras) => Extras): Promise<Extras> {
  const { store, done } = (await database()).transaction("extras", "readwrite");
  const extras = change(read(await store.get("all")));
  await Promise.all([store.put(extras as unknown as Json, "all"), done]);
  return extras;
}

/** Looks of chats that are kept here. */
export async function loadThemes(): Promise<JsonObject[]> {
  return ((await (await database()).get("extras", "themes")) ?? []) as JsonObject[];
}

/** Changes them in one go. */
export async function changeThemes(change: (themes: readonly JsonObject[]) => JsonObject[]): Promise<void> {
  const { store, done } = (await database()).transaction("extras", "readwrite");
  const themes = ((await store.get("themes")) ?? []) as JsonObject[];
  await Promise.all([store.put(change(themes), "themes"), done]);
}
