/** A conversation of a server, made from its trace: the answers that were given, and the steps that came of them. */
import type { Input, Played } from "../engine/protocol";
import type { Json, JsonObject } from "../model/json";

/** A step as the server tells it. */
export interface RecordedStep {
  node_id: string;
  node_type: string;
  execution_details: JsonObject;
  error_message: string | null;
}

/** What was fed to it. Replies of calls that were not recorded are asked for by hand. */
export function inputsOf(steps: readonly RecordedStep[]): Input[] {
  return steps.flatMap((step): Input[] => {
    const { execution_details: details } = step;
    if (details.acknowledged === true) return [{ type: "answer", value: null }];
    if (details.user_response !== undefined && details.user_response !== null) return [{ type: "answer", value: details.user_response as Json }];
    if (step.node_type === "webhook") {
      if (typeof details.response_status !== "number") return [{ type: "outcome", outcome: { result: "failed", code: "host_error", reason: String(details.error ?? step.error_message ?? "it failed") } }];
      return details.response_body === undefined ? [] : [{ type: "outcome", outcome: { result: "done", value: { status: details.response_status, headers: {}, body: details.response_body as Json } as never } }];
    }
    return [];
  });
}

/** Where a conversation goes another way than it went, in a sentence; null where it does not. */
export function differsFrom(steps: readonly string[], played: Played): string | null {
  const now = played.visits.map((visit) => visit.node);
  const at = steps.findIndex((step, index) => index < now.length && now[index] !== step);
  if (at !== -1) return `Differs from step ${at + 1}: it was “${steps[at]}”, now it is “${now[at]}”.`;
  if (played.refused !== undefined) return `Stops at step ${now.length}: ${played.refused}`;
  return now.length < steps.length ? `Stops at step ${now.length} of ${steps.length}.` : null;
}
