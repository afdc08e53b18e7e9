/** What is seen of a conversation: the lines of its log, and what can be answered below them. */
import type { Body, Item, Refusal, Request } from "../../widget/wire";
import type { Played, Turn } from "../engine/protocol";
import { equal, isObject, type Json } from "../model/json";
import { shownTurns } from "./progress";

export type Line =
  | { is: "message"; item: Item; /** Whether the flow lets it be seen that somebody writes. */ typing: boolean }
  | { is: "question"; question: Body }
  | { is: "answer"; text: string }
  | { is: "note"; text: string };

export interface Scene {
  lines: Line[];
  /** What can be answered; `over` if nothing any more, absent while the visitor has nothing to say. */
  asks?: { request: Request; refusal: Refusal | null; previous: Json } | "over";
  /** How many answers there are. */
  answers: number;
}

/** A conversation as a visitor sees it, up to a step. */
export function sceneOf(played: Played, head?: number): Scene {
  const turns = shownTurns(played, head);
  const lines = turns.flatMap(({ input, turn }, index): Line[] => [...said(input, turns[index - 1]?.turn), ...told(turn)]);
  const scene: Scene = { lines, answers: turns.length - 1 };
  const last = turns.at(-1);
  if (head !== undefined || !last) return scene;
  if (played.refused !== undefined) lines.push({ is: "note", text: played.refused });
  // Calls and scripts are no visitor's affair.
  if (played.effect || last.turn.script_request) return scene;
  if (last.turn.session_ended) return { ...scene, asks: "over" };
  const request = (last.turn.input_request ?? { input_type: "continue" }) as unknown as Request;
  return { ...scene, asks: { request, refusal: last.turn.validation_error, previous: last.input } };
}

function told(turn: Turn): Line[] {
  const lines = turn.messages.map((message): Line => ({ is: "message", item: message as unknown as Item, typing: turn.typing_indicator }));
  // What was answered wrongly is asked again, but not said again.
  if (turn.input_request && !turn.validation_error) lines.push({ is: "question", question: turn.input_request.question as unknown as Body });
  return lines;
}

/** What the visitor answered, in the words of the answer if it was one of several. */
function said(input: Json, before: Turn | undefined): Line[] {
  const request = before?.input_request;
  if (!before || before.script_request) return [];
  const empty = input === null || input === "" || (Array.isArray(input) && input.length === 0);
  if (empty && (request ?? { input_type: "continue" }).input_type === "continue") return [];
  if (Array.isArray(input) && empty) return [{ is: "answer", text: "None" }];
  if (empty) return [{ is: "answer", text: request?.validation?.required === false ? "Skipped" : "…" }];
  return [{ is: "answer", text: (Array.isArray(input) ? input : [input]).map((value) => wordFor(value, request)).join(", ") }];
}

function wordFor(value: Json, request: Turn["input_request"] | undefined): string {
  const options = request?.options ?? [];
  const choices = request?.input_type === "boolean" && options.length === 2 ? options.map((option, index) => ({ ...option, value: index === 0 })) : options;
  const chosen: unknown = choices.find((option) => equal(option.value, value)) ?? value;
  if (typeof chosen === "boolean") return chosen ? "Yes" : "No";
  if (!isObject(chosen)) return String(chosen);
  const word = chosen.label ?? chosen.text ?? chosen.title ?? chosen.name ?? chosen.value ?? chosen.url;
  return isObject(word) || word === undefined ? JSON.stringify(chosen) : String(word);
}
