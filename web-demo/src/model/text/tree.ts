/** JSON text as a tree that remembers where everything stands, so that what is not touched can be written as it was. */
import type { Json } from "../json";

export interface TextNode {
  start: number;
  end: number;
  value: Json;
  /** The members of an object, in the order of the text. */
  members?: { key: string; start: number; node: TextNode }[];
  /** The elements of a list. */
  items?: TextNode[];
}

/** Reads JSON. Throws a SyntaxError as JSON.parse does. */
export function readTree(text: string): TextNode {
  // Says what is wrong in the words of the browser, and lets the reader below trust its input.
  JSON.parse(text);
  let at = 0;
  const root = value();
  return root;

  function space(): void {
    while (at < text.length && " \t\r\n".includes(text[at] as string)) at += 1;
  }

  function value(): TextNode {
    space();
    const start = at;
    const first = text[at];
    if (first === "{") return object(start);
    if (first === "[") return list(start);
    if (first === '"') {
      string();
    } else {
      while (at < text.length && !" \t\r\n,]}".includes(text[at] as string)) at += 1;
    }
    return { start, end: at, value: JSON.parse(text.slice(start, at)) as Json };
  }

  function string(): void {
    at += 1;
    while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    at += 1;
  }

  function object(start: number): TextNode {
    const members: NonNullable<TextNode["members"]> = [];
    const made: { [key: string]: Json } = {};
    at += 1;
    space();
    while (text[at] !== "}") {
      const begin = at;
      string();
      const key = JSON.parse(text.slice(begin, at)) as string;
      space();
      at += 1; // the colon
      const node = value();
      members.push({ key, start: begin, node });
      Object.defineProperty(made, key, { value: node.value, writable: true, enumerable: true, configurable: true });
      space();
      if (text[at] === ",") at += 1;
      space();
    }
    at += 1;
    return { start, end: at, value: made, members };
  }

  function list(start: number): TextNode {
    const items: TextNode[] = [];
    at += 1;
    space();
    while (text[at] !== "]") {
      items.push(value());
      space();
      if (text[at] === ",") at += 1;
      space();
    }
    at += 1;
    return { start, end: at, value: items.map((item) => item.value), items };
  }
}
