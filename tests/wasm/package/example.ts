// What a program in TypeScript writes; `tsc --strict` reads it, nobody runs it.
import init, {
  ChatflowError,
  Library,
  Preview,
  applyPatch,
  check,
  checkExpression,
  evaluate,
  explain,
  expressionFunctions,
  flowVariables,
  mask,
  play,
  type Diagnostic,
  type Effect,
  type FlowDocument,
  type Journal,
  type Outcome,
  type Progress,
  type Replay,
  type TraceStep,
} from "chatflow";

const flow: FlowDocument = {
  seed_key: "hi",
  nodes: [{ id: "ask", type: "question", content: { question: "Who is there?", variable: "user.name" } }],
};

export async function talk(ask: (texts: string[]) => Promise<string>): Promise<Journal> {
  await init();
  await init(new URL("https://cdn.example/chatflow.wasm"));
  const library = new Library({ documents: [flow], handlers: { "/x": [{ when: { a: 1 }, answer: 2 }, { status: 503 }] } });
  const preview: Preview = library.preview({ flow: "hi", seed: "7", at: new Date(), trace: "standard", effects: "host" });
  let progress: Progress = preview.start();
  while (progress.waits_for !== null) {
    if (progress.waits_for === "effect") {
      progress = await preview.settle(resolve);
    } else {
      const texts = progress.turn.messages.map((message) => message.text ?? message.type);
      progress = preview.answer(await ask(texts), { utc_offset_minutes: 60 });
    }
  }
  const replay: Replay = library.replay(preview.journal(), { turn: 2 });
  if (replay.divergence?.difference.type === "state") console.log(replay.divergence.difference.path);
  preview.fork({ turn: 1 }).dispose();
  return preview.journal();
}

async function resolve(effect: Effect): Promise<Outcome> {
  if (effect.type === "call_handler") return { result: "failed", code: "no_handler", reason: effect.endpoint };
  const { url, method, body } = effect.request;
  const response = await fetch(url, { method, body: JSON.stringify(body) });
  return { result: "done", value: { status: response.status, headers: {}, body: await response.json() } };
}

export function repair(document: FlowDocument): FlowDocument {
  const fixable = check(document).find((found: Diagnostic) => found.fix !== undefined);
  return fixable?.fix ? applyPatch(document, fixable.fix) : document;
}

export function why(steps: TraceStep[]): string | undefined {
  const { whole } = explain({ var: "user.age", gte: 8 }, { user: { age: 7 } }, { steps });
  const outcome = whole.outcome;
  return outcome === "skipped" || "error" in outcome ? undefined : String(outcome.value);
}

export function language(): string[] {
  const masked: { email: string } = mask({ email: "bo@x.io" });
  const transcript = play({ documents: [flow], answers: [masked.email] });
  try {
    evaluate("1 +", {});
  } catch (error) {
    if (error instanceof ChatflowError && error.code === "expression_syntax") console.log(error.cause?.message);
  }
  const names = expressionFunctions().map((each) => each.signature);
  return [...names, ...flowVariables(flow).map((each) => each.path), ...checkExpression("a", "calculation").map((each) => each.message), transcript.flow];
}

// @ts-expect-error Previews are made by libraries.
export const never = () => new Preview();
// @ts-expect-error There is no such code.
export const code: ChatflowError["code"] = "oops";
// @ts-expect-error An outcome says what became of the effect.
export const outcome: Outcome = { value: 1 };
