/** What the card of a step holds and how large it is, known without drawing it. */
import type { Flow, Step } from "./flow";
import { firstText, isObject, type Json } from "./json";
import { wayName, waysOf, type Way } from "./ways";

export const CARD_WIDTH = 232;
export const HEADER = 36;
export const ROW = 26;
const LINE = 17;
const MOST_ROWS = 6;

export interface Card {
  /** Up to two lines of what it says or does. */
  body: string;
  lines: number;
  /** Rows with a port of their own, on the right. */
  rows: Way[];
  /** How many more rows there are than are shown. */
  hidden: number;
  /** The usual way, with its port at the bottom. */
  bottom: Way | undefined;
  /** Whether the usual way has a row as well: “Otherwise”. */
  bottomRow: boolean;
  height: number;
}

const known = new WeakMap<Flow, Map<string, Card>>();

export function cardOf(flow: Flow, step: Step): Card {
  const ofFlow = known.get(flow) ?? new Map<string, Card>();
  known.set(flow, ofFlow);
  const made = ofFlow.get(step.id) ?? makeCard(flow, step);
  ofFlow.set(step.id, made);
  return made;
}

function makeCard(flow: Flow, step: Step): Card {
  const ways = waysOf(flow, step);
  const bottom = ways.find((way) => way.role === "default");
  const side = ways.filter((way) => way !== bottom && (way.role !== "failed" || way.line));
  // A row that leads somewhere is always shown.
  const shown = side.length <= MOST_ROWS ? side : side.filter((way, index) => index < MOST_ROWS - 1 || way.line);
  const body = summary(step);
  const lines = body === "" ? 0 : body.length > 28 ? 2 : 1;
  const hidden = side.length - shown.length;
  const withOtherwise = step.kind === "condition" ? 1 : 0;
  const count = shown.length + (hidden > 0 ? 1 : 0) + withOtherwise;
  const height = HEADER + (lines > 0 ? lines * LINE + 10 : 4) + (count > 0 ? 9 + count * ROW : 0);
  return { body, lines, rows: shown, hidden, bottom, bottomRow: withOtherwise > 0, height };
}

export function cardHeight(flow: Flow, step: Step): number {
  return cardOf(flow, step).height;
}

/** How far the lowest port on the right is below the top of the card. */
export function portOffset(flow: Flow, step: Step): number {
  const card = cardOf(flow, step);
  const below = card.hidden + (step.kind === "condition" ? 1 : 0) > 0 ? ROW : 0;
  return card.rows.length === 0 ? HEADER : card.height - 4 - ROW / 2 - below;
}

/** What a step says or does, in a line. */
export function summary(step: Step): string {
  const content = step.content;
  switch (step.kind) {
    case "message":
      return said(content.messages) ?? firstText(content.text, content.rich_text) ?? "Says nothing yet";
    case "question":
      return prompt(content) ?? (content.source === "random" ? "A question from the library" : "");
    case "action":
      return actionWords(content);
    case "webhook":
      return hostAndPath(firstText(content.url) ?? "");
    case "composite":
      return firstText(content.composite_flow_seed_key, content.composite_flow_id, isObject(content.flow_ref) ? content.flow_ref.key : undefined) ?? "Steps of its own";
    case "script":
      return /^\s*(?:\/\/|\/\*)\s*(.+)/.exec(firstText(content.code) ?? "")?.[1] ?? firstText(content.description) ?? "Runs code in the page";
    default:
      return "";
  }
}

function said(messages: Json | undefined): string | undefined {
  if (!Array.isArray(messages)) return undefined;
  for (const message of messages) {
    if (typeof message === "string") return message;
    if (!isObject(message)) continue;
    const inner = isObject(message.content) ? firstText(message.content.text) : firstText(message.content);
    const text = firstText(message.text, inner, message.rich_text);
    if (text !== undefined) return text;
    if (message.type === "image") return "Picture";
    if (message.type === "book_list" || message.type === "item_list") return `List from ${firstText(message.source) ?? "nowhere"}`;
    if (message.content_id !== undefined || message.source === "random") return "From the library";
  }
  return undefined;
}

function prompt(content: Step["content"]): string | undefined {
  const question = content.question;
  if (isObject(question)) return firstText(question.text, question.question) ?? (question.content_id === undefined ? firstText(content.text) : "From the library");
  return firstText(question, content.text, content.rich_text);
}

function actionWords(content: Step["content"]): string {
  const actions = Array.isArray(content.actions) ? content.actions.filter(isObject) : isObject(content) && content.type !== undefined ? [content] : [];
  const first = actions[0];
  if (!first) return "Does nothing yet";
  const params = isObject(first.params) ? first.params : {};
  const variable = unscoped(firstText(first.variable, params.variable, first.target, params.target, first.result_variable, params.result_variable) ?? "a value");
  const verbs: Record<string, string> = {
    set_variable: `Set ${variable}`,
    increment: `Add to ${variable}`,
    decrement: `Take from ${variable}`,
    append: `Add to the list ${variable}`,
    remove: `Take from the list ${variable}`,
    clear: `Empty ${variable}`,
    delete_variable: `Forget ${variable}`,
    calculate: `Work out ${variable}`,
    aggregate: `Work out ${variable}`,
    api_call: `Call ${firstText(first.endpoint, params.endpoint, first.url, isObject(first.config) ? first.config.endpoint : undefined) ?? "the host"}`,
  };
  const words = verbs[String(first.type)] ?? String(first.type);
  return actions.length > 1 ? `${words} and ${actions.length - 1} more` : words;
}

/** Without its scope: a card has little room. */
function unscoped(path: string): string {
  return path.replace(/^(?:user|temp|context)\./, "");
}

function hostAndPath(url: string): string {
  return url.replace(/^https?:\/\//, "").replace(/\?.*$/, "") || "No address yet";
}

/** A step in a sentence, for those who do not see its card. */
export function spoken(flow: Flow, step: Step, kind: string): string {
  const ways = waysOf(flow, step).filter((way) => way.line);
  const leads = ways.map((way) => `${way.role === "default" ? "" : wayName(way) + " to "}${flow.byId.get(way.line?.target ?? "")?.title ?? "nowhere"}`);
  return `${kind}: ${step.title}. ${leads.length === 0 ? "Ends here" : `Leads to ${leads.join(", ")}`}`;
}
