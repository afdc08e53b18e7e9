/** Content on the server that somebody is signed in at. What is changed is sent when somebody says so, with the revision it was read in. */
import { create } from "zustand";
import { answered, Refused } from "../../../bindings/client/client";
import { equal, isObject, type Json, type JsonObject } from "../model/json";
import { api, noted } from "../server/session";
import type { Trouble } from "../server/trouble";
import type { Item } from "./content";
import { announce } from "./voice";

export interface ServerItem {
  item: Item;
  /** As it is on the server. */
  was: Item;
  etag: string | undefined;
}

interface ServerContent {
  list: readonly ServerItem[] | undefined;
  trouble: Trouble | undefined;
}

export const useServerContent = create<ServerContent>(() => ({ list: undefined, trouble: undefined }));

const at = (id: string) => ({ params: { path: { content_id: id } } });

export async function attempt<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    const answer = await ask();
    useServerContent.setState({ trouble: undefined });
    return answer;
  } catch (error) {
    useServerContent.setState({ trouble: noted(error) });
    return undefined;
  }
}

function put(entry: ServerItem): void {
  const list = useServerContent.getState().list ?? [];
  const known = list.some((each) => each.item.id === entry.item.id);
  useServerContent.setState({ list: known ? list.map((each) => (each.item.id === entry.item.id ? entry : each)) : [entry, ...list] });
}

export const changed = ({ item, was }: ServerItem): boolean => !equal(item, was);

export async function listItems(search: string): Promise<void> {
  const page = await attempt(() => answered(api().GET("/v1/cms/content", { params: { query: { limit: 200, ...(search === "" ? {} : { search }) } } })));
  if (!page) return;
  const mine = useServerContent.getState().list?.filter(changed) ?? [];
  useServerContent.setState({ list: page.data.map((each) => mine.find(({ item }) => item.id === each.id) ?? { item: each as unknown as Item, was: each as unknown as Item, etag: undefined }) });
}

/** Reads an item with its wordings and its revision. */
export async function openItem(id: string, again = false): Promise<void> {
  const known = useServerContent.getState().list?.find(({ item }) => item.id === id);
  if (known?.etag !== undefined && !again) return;
  const read = await attempt(() => readItem(id));
  if (read) put(read);
}

export async function readItem(id: string): Promise<ServerItem> {
  const { data, error, response } = await api().GET("/v1/cms/content/{content_id}", at(id));
  if (error !== undefined) throw new Refused(response.status, error);
  const variants = await answered(api().GET("/v1/cms/content/{content_id}/variants", { params: { path: { content_id: id }, query: { limit: 100 } } }));
  const item = { ...(data as unknown as Item), variants: variants.data as unknown as Json };
  return { item, was: item, etag: response.headers.get("etag") ?? "" };
}

export function changeServerItem(id: string, change: (item: Item) => Item): void {
  const entry = useServerContent.getState().list?.find(({ item }) => item.id === id);
  if (entry) put({ ...entry, item: change(entry.item) });
}

/** Makes an item on the server. Tells its id. */
export async function makeItem(item: Item): Promise<string | undefined> {
  const made = await attempt(() => answered(api().POST("/v1/cms/content", { body: { type: item.type, content: item.content, tags: item.tags ?? [] } as never })));
  if (!made) return undefined;
  await openItem(made.id, true);
  return made.id;
}

/** Sends what was changed of an item and its wordings, unless somebody else changed the item meanwhile. */
export async function sendItem(entry: ServerItem, over = false): Promise<void> {
  const { item, was, etag } = entry;
  const done = await attempt(async () => {
    const body = Object.fromEntries((["content", "tags", "info"] as const).filter((key) => !equal(item[key], was[key])).map((key) => [key, item[key]]));
    if (Object.keys(body).length > 0) await answered(api().PUT("/v1/cms/content/{content_id}", { ...at(item.id), headers: over || etag === undefined ? {} : { "If-Match": etag }, body: body as never }));
    await sendWordings(item, was);
    if (item.status !== was.status) await answered(api().POST("/v1/cms/content/{content_id}/status", { ...at(item.id), body: { status: item.status } as never }));
    return true;
  });
  if (done !== true) return;
  await openItem(item.id, true);
  announce("Saved on the server");
}

async function sendWordings(item: Item, was: Item): Promise<void> {
  const rows = (variants: Json | undefined) => (Array.isArray(variants) ? variants.filter(isObject) : []);
  const before = rows(was.variants);
  const path = (row: JsonObject) => ({ params: { path: { content_id: item.id, variant_id: String(row.id) } } });
  for (const row of rows(item.variants)) {
    const old = before.find((each) => each.variant_key === row.variant_key);
    const { variant_key, variant_data, weight, is_active } = row;
    if (!old) await answered(api().POST("/v1/cms/content/{content_id}/variants", { ...at(item.id), body: { variant_key, variant_data, weight, is_active } as never }));
    else if (!equal(old, row)) await answered(api().PUT("/v1/cms/content/{content_id}/variants/{variant_id}", { ...path(old), body: { variant_data, weight, is_active } as never }));
  }
  const kept = new Set(rows(item.variants).map((row) => row.variant_key));
  for (const row of before) if (!kept.has(row.variant_key)) await answered(api().DELETE("/v1/cms/content/{content_id}/variants/{variant_id}", path(row)));
}
