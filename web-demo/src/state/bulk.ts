/** What is done to several items of a server at once, by its endpoints for many; what it refused is told item by item. */
import { answered, Refused } from "../../../bindings/client/client";
import type { JsonObject } from "../model/json";
import { api } from "../server/session";
import type { Item } from "./content";
import { attempt, readItem } from "./serverContent";

export interface Done {
  count: number;
  refused: readonly { id: string; why: string; code: string }[];
}

const body = (value: unknown) => ({ body: value as never });

/** Changes each in its own way: `{ id, tags: [...] }`. */
export function updateMany(items: readonly JsonObject[]): Promise<Done | undefined> {
  return attempt(async () => {
    const found = await answered(api().POST("/v1/cms/content/bulk", body({ operation: "update", items })));
    return { count: found.success_count, refused: found.errors.map(({ id, index, error, code }) => ({ id: id ?? String(items[index]?.id), why: error, code })) };
  });
}

/** Gives all the same status. */
export function setStatus(ids: readonly string[], status: string): Promise<Done | undefined> {
  return attempt(async () => {
    const found = await answered(api().PATCH("/v1/cms/content/bulk", body({ content_ids: ids, updates: { status } })));
    return { count: found.updated_count, refused: found.errors.map(({ content_id, error, code }) => ({ id: content_id, why: error, code })) };
  });
}

/** Deletes those that no published flow uses. */
export function deleteMany(ids: readonly string[]): Promise<Done | undefined> {
  return attempt(async () => {
    const found = await answered(api().DELETE("/v1/cms/content/bulk", body({ content_ids: ids })));
    return { count: found.deleted_count, refused: found.errors.map(({ content_id, error, code }) => ({ id: content_id, why: error, code })) };
  });
}

/** Deletes also what published flows use, one by one. */
export function deleteUsed(ids: readonly string[]): Promise<Done | undefined> {
  return attempt(async () => {
    const refused: { id: string; why: string; code: string }[] = [];
    for (const id of ids) {
      const { error, response } = await api().DELETE("/v1/cms/content/{content_id}", { params: { path: { content_id: id }, query: { force: true } } });
      if (error !== undefined) refused.push({ id, why: new Refused(response.status, error).message, code: error.code });
    }
    return { count: ids.length - refused.length, refused };
  });
}

/** Items with their wordings, as they are on the server. */
export function wholeItems(ids: readonly string[]): Promise<Item[] | undefined> {
  return attempt(async () => {
    const items: Item[] = [];
    for (const id of ids) items.push((await readItem(id)).was);
    return items;
  });
}
