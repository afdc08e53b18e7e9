/** Calls and scripts reach outside, which a preview does not: their replies are given by hand. */
import { useId, useState } from "react";
import type { Effect, Turn } from "../engine/protocol";
import { isObject, type Json } from "../model/json";
import { useTalk } from "./talk";

export function CallByHand({ effect }: { effect: Effect }) {
  const { resolve } = useTalk();
  const webhook = effect.type === "call_webhook";
  const where = webhook ? effect.request.url : effect.endpoint;
  const [text, setText] = useState("{}");
  const body = parse(text);
  const reply = () => {
    if (body === undefined) return;
    resolve({ result: "done", value: (webhook ? { status: 200, headers: {}, body } : body) as never });
  };
  return (
    <Hand title={`${effect.request.method} ${where}`} sent={effect.request.body as Json} text={text} setText={setText} right={body !== undefined}>
      <button type="button" className="btn s pri" disabled={body === undefined} onClick={reply}>
        Reply
      </button>
      <button type="button" className="btn s" onClick={() => resolve({ result: "failed", code: "http_status", reason: "failed by hand in the preview" })}>
        Fail
      </button>
      <button type="button" className="btn s" onClick={() => resolve({ result: "failed", code: "timeout", reason: "too slow, by hand in the preview" })}>
        Too slow
      </button>
    </Hand>
  );
}

export function ScriptByHand({ request }: { request: NonNullable<Turn["script_request"]> }) {
  const { answer } = useTalk();
  const outputs = request.script_config.outputs;
  const [text, setText] = useState(JSON.stringify(Object.fromEntries((Array.isArray(outputs) ? outputs : []).map((name) => [String(name), null])), null, 1));
  const given = parse(text);
  return (
    <Hand title="A script runs in the visitor’s page. What does it give back?" sent={request.script_config.inputs as Json} text={text} setText={setText} right={isObject(given)}>
      <button type="button" className="btn s pri" disabled={!isObject(given)} onClick={() => isObject(given) && answer({ outputs: given })}>
        Give back
      </button>
      <button type="button" className="btn s" onClick={() => answer({ error: "failed by hand in the preview" })}>
        Fail
      </button>
      <button type="button" className="btn s" onClick={() => answer({ timed_out: true })}>
        Too slow
      </button>
    </Hand>
  );
}

function Hand({ title, sent, text, setText, right, children }: { title: string; sent: Json; text: string; setText: (text: string) => void; right: boolean; children: React.ReactNode }) {
  const id = useId();
  return (
    <div className="hand">
      <label htmlFor={id}>{title}</label>
      {sent === null || sent === undefined ? null : <code className="sent">{JSON.stringify(sent)}</code>}
      <textarea id={id} rows={3} spellCheck={false} value={text} aria-invalid={!right} onChange={(event) => setText(event.target.value)} />
      <div className="acts">{children}</div>
    </div>
  );
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
