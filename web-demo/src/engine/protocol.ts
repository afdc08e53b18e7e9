/** What the page and the engine's worker say to each other. */
import type { Diagnostic, Effect, Explanation, ExpressionFunction, Outcome, Turn } from "chatflow";
import type { Json, JsonObject } from "../model/json";

export type { Diagnostic, Effect, ExplainedPart, Explanation, ExpressionFunction, InputRequest, Message, Outcome, Severity, Turn } from "chatflow";

/** Flows come as text, as they are kept. */
export interface Surroundings {
  /** The other flows, which may be sub-flows. */
  others: string[];
  content: Json[];
  handlers: JsonObject;
}

/** What a conversation is fed: what the visitor answers, what comes of calls, and values that are set by hand. */
export type Input = { type: "answer"; value: Json } | { type: "outcome"; outcome: Outcome } | { type: "patch"; updates: JsonObject };

/** Where a conversation halts, to be looked at: before a step, or after something happened. */
export type Stop =
  /** Before a step; with a rule only if that is true there. */
  | { on: "step"; step: string; rule?: string }
  /** After a value was changed. */
  | { on: "value"; path: string }
  /** After a step failed. */
  | { on: "failure" };

/** A conversation with everything it needs. */
export interface Conversation extends Surroundings {
  flow: string;
  seed: string;
  /** A recorded conversation that comes before the inputs. */
  journal?: string | undefined;
  inputs: Input[];
  stops: readonly Stop[];
  /** Who answers calls: replies that are kept, as far as there are some, or always somebody by hand. */
  calls: "handlers" | "host";
}

/** One visit of a step. */
export interface Visit {
  /** The turn it belongs to, from 0. */
  turn: number;
  node: string;
  kind: string;
  /** Whether the step is one of the open flow, not of a sub-flow. */
  own: boolean;
  depth: number;
  /** By dotted path, old and new; null where there is nothing. */
  changed: Record<string, [Json, Json]>;
  /** What the step did, by its kind. */
  details: JsonObject;
  /** Where it led, and by which connection. */
  next: string | null;
  left_by: string | null;
  error: string | null;
  /** How many messages of its turn are said when it is over. */
  said: number;
}

export interface Played {
  turns: { input: Json; turn: Turn; /** Its number in the conversation, from 1. */ number: number }[];
  visits: Visit[];
  waits_for: "answer" | "acknowledgement" | "script" | "effect" | null;
  effect: Effect | null;
  /** The values by scope. */
  state: JsonObject;
  /** The same with those that expressions see and nothing keeps. */
  scopes: JsonObject;
  /** The hash of the values that are kept, as the engine makes it; not of what runs on a server. */
  hash?: string;
  /** How many of the inputs were taken; less than there are if the flow has changed. */
  taken: number;
  /** Why the next input was not taken. */
  refused?: string;
  /** The visits at which it halts: it halts before the visit of that number, counted from 0. */
  halts: number[];
  /** Of a recording: what is not as it was, if anything. */
  recorded?: { differs: string | null };
}

export interface Calls {
  check: { ask: [flow: string, around: Surroundings]; answer: Diagnostic[] };
  play: { ask: [conversation: Conversation]; answer: Played };
  /** Why a rule came out as it did at a step, counted from 1. */
  explain: { ask: [conversation: Conversation, rule: Json, step: number]; answer: Explanation };
  /** The values after so many steps. */
  values: { ask: [conversation: Conversation, steps: number]; answer: JsonObject };
  /** All of the conversation as text, to keep and to open again. */
  journal: { ask: [conversation: Conversation]; answer: string };
  evaluate: { ask: [expression: string, context: JsonObject]; answer: Json };
  functions: { ask: []; answer: ExpressionFunction[] };
}

export type CallName = keyof Calls;

export interface Request<Name extends CallName = CallName> {
  id: number;
  call: Name;
  ask: Calls[Name]["ask"];
}

export type Response = { id: number; answer: unknown } | { id: number; refused: string; code: string };
