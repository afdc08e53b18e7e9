/** What is in a file that somebody opens. */
import { isObject, type Json, type JsonObject } from "./json";

export interface Sorted {
  /** As they stand in the file, where they are all of it. */
  flows: string[];
  items: Json[];
  themes: Json[];
  /** Replies of calls, by address or endpoint. */
  replies: JsonObject;
}

/** Throws a SyntaxError if it is not JSON. */
export function sortOut(text: string): Sorted {
  const read = JSON.parse(text) as Json;
  const sorted: Sorted = { flows: [], items: [], themes: [], replies: {} };
  if (Array.isArray(read)) sorted.items = read;
  else if (!isObject(read)) return sorted;
  else if (isFlow(read)) sorted.flows = [text];
  else if (Object.keys(read).length > 0 && Object.keys(read).every((key) => /^(\/|https?:)/.test(key))) sorted.replies = read;
  else {
    const list = (key: string) => (Array.isArray(read[key]) ? read[key] : []);
    sorted.items = [...list("cms_content"), ...list("content")].filter((item) => !(isObject(item) && item.status === "archived"));
    sorted.themes = list("themes");
    // Flows that are only named lie in files of their own.
    sorted.flows = list("flows").filter((flow) => isObject(flow) && isFlow(flow)).map((flow) => `${JSON.stringify(flow, null, 2)}\n`);
  }
  return sorted;
}

function isFlow(read: JsonObject): boolean {
  const inner = isObject(read.flow) ? read.flow : read;
  const graph = isObject(inner.flow_data) ? inner.flow_data : inner;
  return Array.isArray(graph.nodes);
}
