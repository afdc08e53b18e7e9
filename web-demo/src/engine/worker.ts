/** The engine, off the main thread. */
import init, { ChatflowError, evaluate, expressionFunctions } from "chatflow";
import { library, rehearse } from "./play";
import type { JsonObject } from "../model/json";
import type { Calls, CallName, Request, Response } from "./protocol";

const loading = init();

const CALLS: { [Name in CallName]: (...words: Calls[Name]["ask"]) => Calls[Name]["answer"] } = {
  check(flow, around) {
    const flows = library(flow, around);
    try {
      return flows.flows[0]?.diagnostics ?? [];
    } finally {
      flows.dispose();
    }
  },
  play: (conversation) => rehearse(conversation, (_, played) => played),
  explain: (conversation, rule, step) => rehearse(conversation, (preview) => preview.explain(rule as never, { step })),
  values: (conversation, steps) => rehearse(conversation, (preview) => (preview.states()[steps - 1]?.after ?? preview.states()[0]?.before ?? {}) as JsonObject),
  journal: (conversation) => rehearse(conversation, (preview) => JSON.stringify(preview.journal())),
  evaluate: (expression, context) => evaluate(expression, context as never) as Calls["evaluate"]["answer"],
  functions: () => expressionFunctions(),
};

onmessage = async (event: MessageEvent<Request>) => {
  const { id, call, ask } = event.data;
  let response: Response;
  try {
    await loading;
    response = { id, answer: (CALLS[call] as (...words: unknown[]) => unknown)(...ask) };
  } catch (error) {
    response = { id, refused: error instanceof Error ? error.message : String(error), code: error instanceof ChatflowError ? error.code : "" };
  }
  postMessage(response);
};
