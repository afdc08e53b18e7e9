/** Plays a conversation from its inputs. The same inputs give the same conversation, so going back is playing fewer of them. */
import { ChatflowError, evaluate, Library, type FlowDocument, type Journal, type LibrarySource, type Preview, type TraceStep } from "chatflow";
import { isObject, type Json, type JsonObject } from "../model/json";
import type { Conversation, Input, Played, Stop, Surroundings, Visit } from "./protocol";

/** The open flow comes first. */
export function library(flow: string, around: Surroundings): Library {
  const documents = [flow, ...around.others].map((text) => JSON.parse(text) as FlowDocument);
  return new Library({ documents, content: around.content, handlers: around.handlers } as unknown as LibrarySource);
}

/** Runs what is left to do with a conversation, and gives its memory back. */
export function rehearse<Result>(conversation: Conversation, use: (preview: Preview, played: Played) => Result): Result {
  const journal = conversation.journal === undefined ? undefined : (JSON.parse(conversation.journal) as Journal);
  const flows = library(journal ? named(conversation.flow, journal.head.flow.id) : conversation.flow, conversation);
  try {
    const own = flows.flows[0];
    if (!own?.runnable || own.id === null) throw new ChatflowError("no_flow", own?.diagnostics.find((each) => each.severity === "error")?.message ?? "the flow cannot run");
    const opened = journal ? resumed(flows, journal) : { preview: flows.preview({ flow: own.id, seed: conversation.seed, effects: conversation.calls }), recorded: undefined, turns: [] };
    try {
      return use(opened.preview, feed(opened, conversation, own.id));
    } finally {
      opened.preview.dispose();
    }
  } finally {
    flows.dispose();
  }
}

/** A recording knows its flow by the id it had where it was made. */
function named(flow: string, id: string): string {
  return JSON.stringify({ ...(JSON.parse(flow) as JsonObject), id });
}

interface Opened {
  preview: Preview;
  recorded: Played["recorded"];
  turns: Played["turns"];
}

/** The conversation behind a recording, as far as it runs as it did. */
function resumed(flows: Library, journal: Journal): Opened {
  const { preview, replay } = flows.resume(journal);
  const turns: Played["turns"] = [];
  // It stands behind the last step that was as before.
  const place = preview.progress?.place ?? { turn: 0, step: 0 };
  for (let turn = 1; turn <= place.turn; turn += 1) {
    const fed = journal.turns[turn - 1]?.steps[0]?.input;
    if (fed?.type === "patch") continue;
    const then = preview.fork({ turn });
    if (then.progress) turns.push({ input: turn === 1 ? null : ((fed?.value as Json | undefined) ?? null), turn: then.progress.turn, number: turn });
    then.dispose();
  }
  // From where it goes another way, it is had again with what was answered then.
  if (replay.divergence) {
    if (!preview.progress) turns.push({ input: null, turn: preview.start().turn, number: 1 });
    for (const input of fedAfter(journal, place)) {
      const waits = preview.progress?.waits_for ?? null;
      if (waits === null || (input.type === "outcome") !== (waits === "effect")) continue;
      try {
        give(preview, input, turns);
      } catch {
        break;
      }
    }
  }
  return { preview, turns, recorded: { differs: replay.divergence?.message ?? null } };
}

/** What was fed to a recorded conversation behind a place. */
function fedAfter(journal: Journal, place: { turn: number; step: number }): Input[] {
  const steps = journal.turns.flatMap((turn, index) => turn.steps.map((step, number) => ({ input: step.input, turn: index + 1, step: number + 1 })));
  return steps
    .filter((each) => each.turn > place.turn || (each.turn === place.turn && each.step > place.step))
    .flatMap(({ input }): Input[] => {
      if (input.type === "reply") return [{ type: "answer", value: (input.value ?? null) as Json }];
      if (input.type === "script_result") return [{ type: "answer", value: (input.result ?? null) as Json }];
      // What the library itself resolves is no call, and is passed over.
      if (input.type === "resolved") return [{ type: "outcome", outcome: input.outcome as never }];
      return input.type === "patch" ? [{ type: "patch", updates: input.updates as JsonObject }] : [];
    });
}

function feed({ preview, recorded, turns }: Opened, { inputs, stops }: Conversation, own: string): Played {
  if (!recorded) turns.push({ input: null, turn: preview.start().turn, number: 1 });
  let taken = 0;
  let refused: string | undefined;
  for (const input of inputs) {
    const waits = preview.progress?.waits_for ?? null;
    // A changed flow may ask for something else at this place: there the conversation stops.
    if (waits === null || (input.type === "outcome") !== (waits === "effect")) break;
    try {
      give(preview, input, turns);
    } catch (error) {
      refused = error instanceof Error ? error.message : String(error);
      break;
    }
    taken += 1;
  }
  const progress = preview.progress;
  const visits = visitsOf(preview.trace(), turns, own);
  return {
    turns,
    visits,
    waits_for: progress?.waits_for ?? null,
    effect: progress?.effect ?? null,
    state: preview.state() as JsonObject,
    scopes: preview.state({ scopes: true }) as JsonObject,
    hash: preview.hash(),
    taken,
    halts: haltsOf(preview, visits, stops),
    ...(refused === undefined ? {} : { refused }),
    ...(recorded ? { recorded } : {}),
  };
}

function give(preview: Preview, input: Input, turns: Played["turns"]): void {
  if (input.type === "outcome") {
    const { turn } = preview.resolve(input.outcome);
    turns[turns.length - 1] = { ...(turns.at(-1) as Played["turns"][number]), turn };
  } else if (input.type === "patch") {
    preview.patch(input.updates as never);
  } else {
    const { turn, place } = preview.answer(input.value as never);
    turns.push({ input: input.value, turn, number: place.turn });
  }
}

function visitsOf(trace: readonly TraceStep[], turns: Played["turns"], own: string): Visit[] {
  const said = new Map<number, number>();
  return trace.map((step) => {
    // A change by hand is a turn of its own, in which nothing is said.
    const turn = Math.max(0, turns.findLastIndex((each) => each.number <= step.turn));
    const messages = turns[turn]?.turn.messages ?? [];
    let count = said.get(turn) ?? 0;
    if (turns[turn]?.number === step.turn) while (messages[count]?.node_id === step.node_id) count += 1;
    said.set(turn, count);
    return visit(step, turn, own, count);
  });
}

function visit(step: TraceStep, turn: number, own: string, said: number): Visit {
  return {
    turn,
    node: step.node_id,
    kind: step.node_type,
    own: step.flow_id === own,
    depth: step.depth,
    changed: { ...step.given, ...step.changed } as Record<string, [Json, Json]>,
    details: step.execution_details as JsonObject,
    next: step.next_node_id,
    left_by: step.connection_type,
    error: step.error_message,
    said,
  };
}

/** Where the conversation halts. The states are only looked at where there is a rule. */
function haltsOf(preview: Preview, visits: readonly Visit[], stops: readonly Stop[]): number[] {
  if (stops.length === 0) return [];
  const rules = stops.some((stop) => stop.on === "step" && stop.rule !== undefined);
  const states = rules ? preview.states() : [];
  const halts = new Set<number>();
  visits.forEach((visit, index) => {
    for (const stop of stops) {
      if (stop.on === "failure" && (visit.error !== null || visit.left_by === "failure")) halts.add(index + 1);
      else if (stop.on === "value" && Object.keys(visit.changed).some((path) => path === stop.path || path.startsWith(`${stop.path}.`))) halts.add(index + 1);
      else if (stop.on === "step" && visit.own && visit.node === stop.step && entered(visit) && holds(stop.rule, states[index]?.before)) halts.add(index);
    }
  });
  return [...halts].filter((at) => at < visits.length).sort((a, b) => a - b);
}

/** Whether a visit is the coming to a step, and not what came of waiting there. */
function entered(visit: Visit): boolean {
  const { details } = visit;
  return !(details.type === "state_patch" || details.acknowledged === true || (details.user_response !== undefined && details.user_response !== null) || details.valid !== undefined);
}

function holds(rule: string | undefined, state: unknown): boolean {
  if (rule === undefined) return true;
  try {
    return evaluate(rule, { user: {}, temp: {}, context: {}, ...(isObject(state) ? state : {}) }) === true;
  } catch {
    // What cannot be told is not true.
    return false;
  }
}
