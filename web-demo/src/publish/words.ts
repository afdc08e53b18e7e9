/** Differences in an author's words. */
import { KIND_NAME } from "../model/commands/steps";
import type { Flow } from "../model/flow";
import { firstText, isObject, type Json } from "../model/json";
import { kindOf } from "../model/kinds";
import type { Difference } from "../model/parts";

const FIELDS: Record<string, string> = {
  name: "Name",
  type: "Kind",
  position: "Place on the canvas",
  "content.messages": "Messages",
  "content.text": "Text",
  "content.question": "Question",
  "content.input_type": "Kind of answer",
  "content.options": "Answers",
  "content.variable": "Where the answer is kept",
  "content.validation": "What fits",
  "content.conditions": "Rules",
  "content.actions": "Actions",
  "content.url": "Address",
  "content.body": "What is sent",
  entry_node_id: "Where it starts",
  description: "Description",
  version: "Version",
  contract: "What it needs and gives back",
};

export function fieldWords(difference: Difference, flow: Flow): string {
  if (difference.kind === "line") return difference.field === "default" ? "Leads to" : `“${way(difference, flow)}” leads to`;
  return FIELDS[difference.field] ?? difference.field.replace(/^content\./, "").replaceAll("_", " ").replace(/^\w/, (letter) => letter.toUpperCase());
}

function way({ step, field }: Difference, flow: Flow): string {
  const content = flow.byId.get(step ?? "")?.content;
  const number = /^\$(\d+)$/.exec(field)?.[1];
  if (number === undefined) return field;
  const list = Array.isArray(content?.conditions) ? content.conditions : Array.isArray(content?.options) ? content.options : [];
  const row = list[Number(number)];
  return (isObject(row) ? firstText(row.name, row.label, row.if) : undefined) ?? `way ${Number(number) + 1}`;
}

/** A side of a difference as one text. */
export function sideWords(difference: Difference, value: Json | undefined, flow: Flow): string {
  if (value === undefined) return "";
  if (difference.kind === "line" && isObject(value)) return flow.byId.get(String(value.target))?.title ?? String(value.target);
  if (difference.kind === "step" && isObject(value)) return KIND_NAME[kindOf(firstText(value.type, value.node_type)) ?? "message"];
  return textOf(value);
}

/** Texts stand as they are; of lists and objects what people read comes first. */
function textOf(value: Json): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(textOf).join("\n");
  if (isObject(value)) {
    const told = firstText(value.text, value.label, value.name);
    const rest = Object.entries(value).filter(([key]) => !(told !== undefined && ["text", "label", "name", "type"].includes(key)));
    const words = rest.map(([key, inner]) => `${key}: ${typeof inner === "object" && inner !== null ? JSON.stringify(inner) : String(inner)}`).join(", ");
    return told === undefined ? words : words === "" ? told : `${told} (${words})`;
  }
  return String(value);
}
