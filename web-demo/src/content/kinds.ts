/** The kinds of items. */
export const TYPES = ["question", "message", "joke", "fact", "quote", "prompt"];

export function kindWords(type: string): string {
  return type === "" ? "" : (type[0] ?? "").toUpperCase() + type.slice(1);
}
