/** Rules that can be said as value · comparison · value, joined by one of “and” and “or”. What does not fit stays an expression. */

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=" | "set" | "unset" | "contains" | "has" | "starts" | "in";

export interface Clause {
  path: string;
  comparison: Comparison;
  /** As JSON reads it; for `in` a list. Nothing for those that need none. */
  value: string | number | boolean | null | (string | number)[] | undefined;
}

export interface Clauses {
  join: "and" | "or";
  list: Clause[];
}

const PATH = String.raw`(?:user|temp|context|input|output|local|session)(?:\.[A-Za-z_]\w*)+`;
const LITERAL = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|-?\d+(?:\.\d+)?|true|false|null`;
const FORMS: readonly (readonly [RegExp, (match: RegExpExecArray) => Clause | undefined])[] = [
  [new RegExp(`^has\\((${PATH})\\)$`), ([, path]) => ({ path: path ?? "", comparison: "set", value: undefined })],
  [new RegExp(`^!\\s*has\\((${PATH})\\)$`), ([, path]) => ({ path: path ?? "", comparison: "unset", value: undefined })],
  [new RegExp(`^(${PATH})\\s*(==|!=|<=|>=|<|>)\\s*(${LITERAL})$`), ([, path, comparison, literal]) => of(path, comparison as Comparison, literal)],
  [new RegExp(`^(${LITERAL})\\s+in\\s+(${PATH})$`), ([, literal, path]) => of(path, "has", literal)],
  [new RegExp(`^(${PATH})\\.contains\\((${LITERAL})\\)$`), ([, path, literal]) => text(path, "contains", literal)],
  [new RegExp(`^(${PATH})\\.startsWith\\((${LITERAL})\\)$`), ([, path, literal]) => text(path, "starts", literal)],
  [new RegExp(`^(${PATH})\\s+in\\s+\\[\\s*((?:${LITERAL})(?:\\s*,\\s*(?:${LITERAL}))*)\\s*\\]$`), ([, path, items]) => list(path, items ?? "")],
];

function of(path: string | undefined, comparison: Comparison, literal: string | undefined): Clause | undefined {
  const value = read(literal ?? "");
  return value === undefined ? undefined : { path: path ?? "", comparison, value };
}

function text(path: string | undefined, comparison: Comparison, literal: string | undefined): Clause | undefined {
  const clause = of(path, comparison, literal);
  return typeof clause?.value === "string" ? clause : undefined;
}

function list(path: string | undefined, items: string): Clause | undefined {
  const values = [...items.matchAll(new RegExp(LITERAL, "g"))].map((each) => read(each[0]));
  return values.every((each) => typeof each === "string" || typeof each === "number") ? { path: path ?? "", comparison: "in", value: values } : undefined;
}

function read(literal: string): string | number | boolean | null | undefined {
  if (literal.startsWith("'")) return readJson(`"${literal.slice(1, -1).replaceAll("\\'", "'").replaceAll('"', '\\"')}"`);
  return readJson(literal);
}

function readJson(literal: string): string | number | boolean | null | undefined {
  try {
    return JSON.parse(literal) as string | number | boolean | null;
  } catch {
    return undefined;
  }
}

/** A rule in words, if it fits and nothing of it would be lost. */
export function readClauses(source: string): Clauses | undefined {
  const parts = split(source.trim());
  if (!parts) return undefined;
  const clauses = parts.texts.map((part) => {
    const bare = part.trim().replace(/^\(([^()]*)\)$/, "$1").trim();
    for (const [form, make] of FORMS) {
      const match = form.exec(bare);
      if (match) return make(match);
    }
    return undefined;
  });
  return clauses.every((each) => each !== undefined) ? { join: parts.join, list: clauses } : undefined;
}

/** At the joins that stand outside of texts and brackets; undefined where “and” and “or” are mixed. */
function split(source: string): { join: "and" | "or"; texts: string[] } | undefined {
  const texts: string[] = [];
  let join: "&&" | "||" | undefined;
  let depth = 0;
  let quote = "";
  let begin = 0;
  for (let index = 0; index < source.length; index += 1) {
    const sign = source[index] as string;
    if (quote !== "") {
      if (sign === "\\") index += 1;
      else if (sign === quote) quote = "";
    } else if (sign === '"' || sign === "'") quote = sign;
    else if ("([{".includes(sign)) depth += 1;
    else if (")]}".includes(sign)) depth -= 1;
    else if (depth === 0 && (source.startsWith("&&", index) || source.startsWith("||", index))) {
      const now = source.slice(index, index + 2) as "&&" | "||";
      if (join !== undefined && join !== now) return undefined;
      join = now;
      texts.push(source.slice(begin, index));
      begin = index + 2;
      index += 1;
    }
  }
  texts.push(source.slice(begin));
  return { join: join === "||" ? "or" : "and", texts };
}

export function writeClauses({ join, list: clauses }: Clauses): string {
  return clauses.map(write).join(join === "or" ? " || " : " && ");
}

function write({ path, comparison, value }: Clause): string {
  const literal = JSON.stringify(value ?? "");
  if (comparison === "set") return `has(${path})`;
  if (comparison === "unset") return `!has(${path})`;
  if (comparison === "starts") return `${path}.startsWith(${literal})`;
  if (comparison === "contains") return `${path}.contains(${literal})`;
  if (comparison === "has") return `${literal} in ${path}`;
  if (comparison === "in") return `${path} in [${(Array.isArray(value) ? value : [value ?? ""]).map((each) => JSON.stringify(each)).join(", ")}]`;
  return `${path} ${comparison} ${value === undefined ? '""' : JSON.stringify(value)}`;
}

/** What somebody typed as a value: a number, yes or no, else a text. */
export function typed(words: string, comparison: Comparison): Clause["value"] {
  const one = (word: string) => (/^-?\d+(\.\d+)?$/.test(word) ? Number(word) : word);
  if (comparison === "in") return words.split(",").map((word) => one(word.trim()));
  if (comparison === "contains" || comparison === "starts") return words;
  return words === "true" ? true : words === "false" ? false : words === "null" ? null : one(words);
}
