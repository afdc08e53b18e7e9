/** The content library on this computer: what random questions and messages are drawn from in previews. */
import { create } from "zustand";
import * as storage from "../library/storage";
import { isObject, type Json, type JsonObject } from "../model/json";
import { sortOut } from "../model/files";
import { forget } from "./surroundings";
import { toast } from "./voice";

export type Item = JsonObject & { id: string; type: string; content: JsonObject };

interface Content {
  /** Undefined until it is read. */
  list: readonly Item[] | undefined;
  error: string | undefined;
}

export const useContent = create<Content>(() => ({ list: undefined, error: undefined }));

let writing: Promise<void> = Promise.resolve();

export async function refreshContent(): Promise<void> {
  try {
    await writing;
    const before = writing;
    const { content } = await storage.loadExtras();
    // What was written meanwhile is newer than what was read.
    if (writing === before) useContent.setState({ list: content.filter(isItem), error: undefined });
  } catch (error) {
    useContent.setState({ error: error instanceof Error ? error.message : String(error) });
  }
}

function write(list: readonly Item[]): void {
  useContent.setState({ list });
  forget();
  // One after the other, so that the last one stays.
  writing = writing
    .then(async () => void (await storage.changeExtras((extras) => ({ ...extras, content: [...list] }))))
    .catch((error: unknown) => useContent.setState({ error: error instanceof Error ? error.message : String(error) }));
}

export function changeItem(id: string, change: (item: Item) => Item): void {
  write((useContent.getState().list ?? []).map((item) => (item.id === id ? change(item) : item)));
}

export function addItem(type: string): string {
  const item = blankItem(type);
  write([item, ...(useContent.getState().list ?? [])]);
  return item.id;
}

export function blankItem(type: string): Item {
  return { id: newId(), type, content: type === "joke" ? { setup: "", punchline: "" } : type === "question" ? { question_text: "", answers: [] } : { text: "" }, tags: [] };
}

/** Changes several at once; undo makes them what they were. */
export function changeItems(ids: readonly string[], change: (item: Item) => Item, told: string): void {
  const chosen = new Set(ids);
  const before = useContent.getState().list ?? [];
  const old = new Map(before.filter((item) => chosen.has(item.id)).map((item) => [item.id, item]));
  write(before.map((item) => (chosen.has(item.id) ? change(item) : item)));
  toast(told, { label: "Undo", run: () => write((useContent.getState().list ?? []).map((item) => old.get(item.id) ?? item)) });
}

export function removeItems(ids: readonly string[]): void {
  const chosen = new Set(ids);
  const before = useContent.getState().list ?? [];
  const gone = before.filter((each) => chosen.has(each.id));
  if (gone.length === 0) return;
  write(before.filter((each) => !chosen.has(each.id)));
  toast(gone.length === 1 ? `Deleted “${titleOf(gone[0] as Item)}”` : `Deleted ${gone.length} items`, { label: "Undo", run: () => write([...gone, ...(useContent.getState().list ?? [])]) });
}

/** Takes in a list of items from a file; items without an id get one. Tells how many. */
export async function importItems(text: string): Promise<number> {
  return addItems(sortOut(text).items);
}

/** Adds items to those that are here; one with the same id or key takes the place of the old one. */
export async function addItems(list: readonly Json[]): Promise<number> {
  await refreshContent();
  const { list: now, error } = useContent.getState();
  // Written over what could not be read, it would be gone.
  if (now === undefined) throw new Error(error ?? "The library cannot be read");
  const items = list.filter(isObject).flatMap((each): Item[] => {
    if (typeof each.type !== "string" || !isObject(each.content)) return [];
    const known = now.find((item) => typeof each.seed_key === "string" && item.seed_key === each.seed_key);
    return [{ ...each, id: typeof each.id === "string" ? each.id : (known?.id ?? newId()), type: each.type, content: each.content }];
  });
  const ids = new Set(items.map((item) => item.id));
  if (items.length > 0) write([...items, ...now.filter((item) => !ids.has(item.id))]);
  await writing;
  return items.length;
}

/** What an item is called in lists: its first words. */
export function titleOf(item: Item): string {
  const { content } = item;
  const inner = isObject(content.question) ? content.question.text : undefined;
  const text = [content.text, content.question_text, content.setup, inner].find((each) => typeof each === "string" && each !== "");
  return typeof text === "string" ? text : "No words yet";
}

export function tagsOf(item: Item): string[] {
  return Array.isArray(item.tags) ? item.tags.map(String) : [];
}

function isItem(value: Json): value is Item {
  return isObject(value) && typeof value.id === "string" && typeof value.type === "string" && isObject(value.content);
}

/** A random UUID; the browser's own needs a secure page. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
