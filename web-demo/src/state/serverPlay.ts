/**
 * Plays a conversation on the server that the flow is kept on, so that its calls go out. What was sent cannot be taken back: inputs
 * that follow those of before are sent on, all else begins anew.
 */
import { answered } from "../../../bindings/client/client";
import type { Conversation, Input, Played, Turn, Visit } from "../engine/protocol";
import type { TraceStep } from "chatflow";
import type { Json, JsonObject } from "../model/json";
import { api } from "../server/session";
import { useEditor } from "./editor";
import { send, unsent } from "./remote";

interface Running {
  id: string;
  etag: string;
  inputs: Input[];
  token: string;
  csrf: string;
  turns: Played["turns"];
  trace: TraceStep[];
}

let running: Running | undefined;

export async function playOnServer(conversation: Conversation): Promise<Played> {
  const { remote, history } = useEditor.getState();
  if (!remote || !history) throw new Error("The flow is not on a server yet. Save it there first.");
  if (unsent(remote, history.document).length > 0 && !(await send())) throw new Error("The flow could not be saved on the server.");
  const now = useEditor.getState().remote ?? remote;
  const answers = conversation.inputs.filter((input) => input.type === "answer");
  const begun = running?.id === now.id && running.etag === now.etag && running.inputs.every((input, index) => JSON.stringify(input) === JSON.stringify(answers[index]));
  if (!begun || !running || running.inputs.length > answers.length) running = await start(now.id, now.etag, conversation.handlers);
  for (const input of answers.slice(running.inputs.length)) await interact(running, input);
  return shown(running, conversation.inputs.length);
}

async function start(id: string, etag: string, mocks: JsonObject): Promise<Running> {
  const begin = (effects: "real" | undefined) => answered(api().POST("/v1/chat/start", { params: { query: effects === undefined ? {} : ({ effects } as never) }, body: { flow_id: id, preview: { mocks } } as never }));
  // Only who runs the platform may let calls go out; for others kept replies answer there, too.
  const started = (await begin("real").catch(() => begin(undefined))) as unknown as Turn & { session_token: string; csrf_token: string; trace: TraceStep[] };
  return { id, etag, inputs: [], token: started.session_token, csrf: started.csrf_token, turns: [{ input: null, turn: started, number: 1 }], trace: [...(started.trace ?? [])] };
}

async function interact(session: Running, input: Input): Promise<void> {
  if (input.type !== "answer") return;
  const turn = (await answered(
    api().POST("/v1/chat/sessions/{session_token}/interact", {
      params: { path: { session_token: session.token }, header: { "X-CSRF-Token": session.csrf } },
      body: { input: input.value as never, input_type: session.turns.at(-1)?.turn.input_request?.input_type ?? "continue" },
    }),
  )) as unknown as Turn & { trace: TraceStep[] };
  session.inputs.push(input);
  session.turns.push({ input: input.value, turn, number: session.turns.length + 1 });
  session.trace.push(...(turn.trace ?? []));
}

function shown(session: Running, taken: number): Played {
  const last = session.turns.at(-1)?.turn;
  const state = (last?.session_updated.state ?? {}) as JsonObject;
  return {
    turns: [...session.turns],
    visits: session.trace.map(visit),
    waits_for: !last || last.session_ended ? null : last.script_request ? "script" : last.wait_for_acknowledgment ? "acknowledgement" : "answer",
    effect: null,
    state,
    scopes: state,
    taken,
    halts: [],
  };
}

function visit(step: TraceStep): Visit {
  return {
    turn: Math.max(0, step.turn - 1),
    node: step.node_id,
    kind: step.node_type,
    own: step.depth === 1,
    depth: step.depth,
    changed: { ...step.given, ...step.changed } as Record<string, [Json, Json]>,
    details: step.execution_details as JsonObject,
    next: step.next_node_id,
    left_by: step.connection_type,
    error: step.error_message,
    said: 0,
  };
}
