import { isObject, type Json } from "../model/json";

/** The content that a document names by id, in its order, each once. */
export function named(document: Json): string[] {
  const found = new Set<string>();
  const look = (value: Json): void => {
    if (Array.isArray(value)) value.forEach(look);
    else if (isObject(value)) {
      for (const [key, inner] of Object.entries(value)) {
        if (key === "content_id" && typeof inner === "string" && /^[0-9a-f-]{36}$/i.test(inner)) found.add(inner);
        else look(inner as Json);
      }
    }
  };
  look(document);
  return [...found];
}
