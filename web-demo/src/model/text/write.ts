/**
 * Writes a changed value over the text it was read from. Everything that is as it was keeps its bytes: spaces, the order of keys,
 * the spelling of numbers and texts. Only what changed is written anew, in the manner of its surroundings.
 */
import { equal, isObject, type Json, type JsonObject } from "../json";
import { align } from "./align";
import type { TextNode } from "./tree";

interface Style {
  newline: string;
  unit: string;
  /** Whether short objects stand on one line. */
  inline: boolean;
}

/** One element of a list or an object as it will be written, with its place in the old text if it had one. */
interface Part {
  text: string;
  was: number | undefined;
}

const LINE = 100;

export function writeOver(source: string, root: TextNode, value: Json): string {
  const style = manner(source);
  return source.slice(0, root.start) + render(value, root) + source.slice(root.end);

  function render(now: Json, old: TextNode): string {
    if (old.members && isObject(now) && distinct(old.members)) return object(now, old, old.members);
    if (old.items && Array.isArray(now)) return list(now, old, old.items);
    if (equal(now, old.value)) return source.slice(old.start, old.end);
    return fresh(now, style, indentAt(old.start));
  }

  function object(now: JsonObject, old: TextNode, members: NonNullable<TextNode["members"]>): string {
    const known = new Set(members.map((member) => member.key));
    const parts: Part[] = [];
    const spans = members.map((member) => ({ start: member.start, end: member.node.end }));
    members.forEach((member, was) => {
      const child = now[member.key];
      if (child === undefined) return;
      parts.push({ text: source.slice(member.start, member.node.start) + render(child, member.node), was });
    });
    for (const key of Object.keys(now)) {
      if (!known.has(key)) parts.push({ text: `${JSON.stringify(key)}: ${fresh(now[key] as Json, style, inner(old, spans))}`, was: undefined });
    }
    return sequence(old, spans, parts);
  }

  function list(now: Json[], old: TextNode, items: TextNode[]): string {
    const places = align(now, items.map((item) => item.value));
    const parts = now.map((item, index): Part => {
      const was = places[index];
      const before = was === undefined ? undefined : items[was];
      return { text: before ? render(item, before) : fresh(item, style, inner(old, items)), was };
    });
    return sequence(old, items, parts);
  }

  function sequence(old: TextNode, spans: { start: number; end: number }[], parts: Part[]): string {
    const open = source[old.start] as string;
    const close = source[old.end - 1] as string;
    const first = spans[0];
    const last = spans.at(-1);
    if (!first || !last) {
      if (parts.length === 0) return source.slice(old.start, old.end);
      const indent = indentAt(old.start) + style.unit;
      const joined = parts.map((part) => part.text).join(", ");
      if (style.inline && !joined.includes("\n") && joined.length < LINE) return open + joined + close;
      return open + style.newline + indent + parts.map((part) => part.text).join("," + style.newline + indent) + style.newline + indentAt(old.start) + close;
    }
    if (parts.length === 0) return open + close;
    const lead = source.slice(old.start + 1, first.start);
    const many = lead.includes("\n");
    let made = open + lead;
    parts.forEach((part, index) => {
      if (index > 0) {
        const before = parts[index - 1]?.was;
        const follows = before !== undefined && part.was === before + 1;
        const gap = follows ? source.slice((spans[before] as { end: number }).end, (spans[before + 1] as { start: number }).start) : many ? "," + lead : ", ";
        made += gap;
      }
      made += part.text;
    });
    return made + source.slice(last.end, old.end);
  }

  function inner(old: TextNode, spans: { start: number }[]): string {
    const first = spans[0];
    if (!first) return indentAt(old.start) + style.unit;
    return indentAt(first.start);
  }

  /** The spaces at the beginning of the line that a place stands in. */
  function indentAt(place: number): string {
    const line = source.lastIndexOf("\n", place - 1) + 1;
    return /^[ \t]*/.exec(source.slice(line, place))?.[0] ?? "";
  }
}

/** A value that was not in the text. */
function fresh(value: Json, style: Style, indent: string): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const list = Array.isArray(value);
  const [open, close] = list ? "[]" : "{}";
  const entries: [string, Json][] = list ? value.map((item) => ["", item]) : Object.entries(value).map(([key, item]) => [`${JSON.stringify(key)}: `, item]);
  if (entries.length === 0) return `${open}${close}`;
  const deeper = indent + style.unit;
  const made = entries.map(([key, item]) => key + fresh(item, style, deeper));
  const line = open + made.join(", ") + close;
  if (style.inline && line.length + indent.length <= LINE && !line.includes("\n")) return line;
  return open + style.newline + deeper + made.join("," + style.newline + deeper) + style.newline + indent + close;
}

function manner(source: string): Style {
  const unit = /\n([ \t]+)\S/.exec(source)?.[1] ?? "  ";
  return {
    newline: source.includes("\r\n") ? "\r\n" : "\n",
    unit,
    inline: !source.includes("\n") || /[{[][^\s{}[\]]/.test(source),
  };
}

/** An object that names a key twice is kept or written as a whole. */
function distinct(members: { key: string }[]): boolean {
  return new Set(members.map((member) => member.key)).size === members.length;
}
