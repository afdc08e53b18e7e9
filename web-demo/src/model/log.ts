/** The log of all changes of one document, with a cursor: what lies behind it can be undone, what lies before it done again. */
import { apply } from "mutative";
import { type Command, type Entry, run } from "./command";
import type { Json } from "./json";
import { readTree, type TextNode } from "./text/tree";
import { writeOver } from "./text/write";

export interface History {
  /** The text as it was opened; the log counts from it. */
  base: string;
  tree: TextNode;
  document: Json;
  entries: readonly Entry[];
  /** How many entries are done. */
  cursor: number;
}

/** Opens a text, with the changes that were made since. Throws a SyntaxError if it is not JSON. */
export function open(base: string, entries: readonly Entry[] = [], cursor = entries.length): History {
  const tree = readTree(base);
  const document = entries.slice(0, cursor).reduce((value, entry) => patched(value, entry.forward), tree.value);
  return { base, tree, document, entries, cursor };
}

export function change(history: History, command: Command): History {
  const done = run(history.document, command);
  if (!done) return history;
  const kept = history.entries.slice(0, history.cursor);
  const last = kept.at(-1);
  if (last && last.merge !== undefined && last.merge === done.entry.merge) {
    kept[kept.length - 1] = { ...last, forward: [...last.forward, ...done.entry.forward], back: [...done.entry.back, ...last.back] };
  } else {
    kept.push(done.entry);
  }
  return { ...history, document: done.document, entries: kept, cursor: kept.length };
}

export function undo(history: History): History {
  const entry = history.entries[history.cursor - 1];
  if (!entry) return history;
  return { ...history, document: patched(history.document, entry.back), cursor: history.cursor - 1 };
}

export function redo(history: History): History {
  const entry = history.entries[history.cursor];
  if (!entry) return history;
  return { ...history, document: patched(history.document, entry.forward), cursor: history.cursor + 1 };
}

/** The document as text: the bytes it was opened with wherever nothing changed. */
export function text(history: History): string {
  return writeOver(history.base, history.tree, history.document);
}

function patched(value: Json, patches: Entry["forward"]): Json {
  return apply(value as object, structuredClone(patches)) as Json;
}
