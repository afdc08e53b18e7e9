/** What is done to several items at once. */
import type { Json, JsonObject } from "./json";

export const STATUS: Record<string, string> = { draft: "Draft", pending_review: "In review", approved: "Approved", published: "Published", archived: "Archived" };

export function countOf(count: number, of = count): string {
  return `${count === of ? "" : `${count} of `}${of === 1 ? "1 item" : `${of} items`}`;
}

/** The tags that any of them has, in order. */
export function tagsAmong(items: readonly JsonObject[]): string[] {
  return [...new Set(items.flatMap(tags))].toSorted((a, b) => a.localeCompare(b));
}

export function withTag(item: JsonObject, tag: string): string[] {
  return tags(item).includes(tag) ? tags(item) : [...tags(item), tag];
}

export function withoutTag(item: JsonObject, tag: string): string[] {
  return tags(item).filter((each) => each !== tag);
}

function tags(item: JsonObject): string[] {
  return Array.isArray(item.tags) ? item.tags.map(String) : [];
}

/** Items as a file, which a library can take in again. */
export function fileOf(items: readonly JsonObject[]): string {
  return `${JSON.stringify({ cms_content: items as Json[] }, null, 2)}\n`;
}
