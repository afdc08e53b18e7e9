/** What the flow asks of the world: who answers, and the replies that are kept for it. */
import { Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import type { Played } from "../engine/protocol";
import { isObject, type Json } from "../model/json";
import { IconButton } from "../parts/IconButton";
import { useEditor } from "../state/editor";
import { keepReply, refreshReplies, useReplies } from "../state/replies";
import { setCalls, usePreview, type CallMode } from "../state/preview";

const MODES: readonly (readonly [CallMode, string, string])[] = [
  ["handlers", "Kept replies, else by hand", "Replies below answer; what they do not know is asked of you."],
  ["host", "Always by hand", "You say what comes of each call."],
  ["server", "For real, by a server", "The draft runs on the server, and its calls go out. Each change begins anew."],
];

export function Calls({ played }: { played: Played | undefined }) {
  const mode = usePreview((state) => state.calls);
  const remote = useEditor((state) => state.remote);
  const replies = useReplies((state) => state.handlers);
  useEffect(() => void refreshReplies(), []);
  const made = played?.visits.filter((visit) => visit.kind === "webhook" || typeof visit.details.response_status === "number" || isObject(visit.details.response)) ?? [];
  return (
    <div className="calls">
      <label className="lab" htmlFor="call-mode">
        Who answers calls
      </label>
      <select id="call-mode" className="fld s" value={mode} onChange={(event) => setCalls(event.target.value as CallMode)}>
        {MODES.map(([value, words]) => (
          <option key={value} value={value} disabled={value === "server" && !remote}>
            {words}
            {value === "server" && !remote ? " (save it on one first)" : ""}
          </option>
        ))}
      </select>
      <p className="help">{MODES.find(([value]) => value === mode)?.[2]}</p>
      <h3 className="lab">Calls of this conversation</h3>
      {made.length === 0 ? <p className="t3 sm">None yet.</p> : null}
      <ul>
        {made.map((visit, index) => (
          <li key={index} className="call-row">
            <code>
              {String(visit.details.method ?? "")} {String(visit.details.url ?? visit.details.endpoint ?? visit.node)}
            </code>
            <span className={`pill ${visit.error === null ? "ok" : "bad"}`}>{typeof visit.details.response_status === "number" ? visit.details.response_status : visit.error === null ? "answered" : "failed"}</span>
          </li>
        ))}
      </ul>
      <h3 className="lab">Kept replies</h3>
      {Object.keys(replies).length === 0 ? <p className="t3 sm">None. Keep one when you answer a call by hand, or write one.</p> : null}
      <ul>
        {Object.entries(replies).map(([endpoint, rule]) => (
          <Reply key={endpoint} endpoint={endpoint} rule={rule} />
        ))}
        <Reply endpoint="" rule={{ answer: {} }} />
      </ul>
    </div>
  );
}

function Reply({ endpoint, rule }: { endpoint: string; rule: Json }) {
  const written = JSON.stringify(rule, null, 1);
  const [name, setName] = useState(endpoint);
  const [text, setText] = useState(written);
  useEffect(() => setText(written), [written]);
  const value = parse(text);
  const fresh = endpoint === "";
  return (
    <li className="reply">
      <details>
        <summary>{fresh ? "Write a reply" : <code>{endpoint}</code>}</summary>
        {fresh ? <input className="fld s mono" aria-label="Address or endpoint" placeholder="/v1/books" value={name} onChange={(event) => setName(event.target.value)} /> : null}
        <textarea className="fld mono" rows={4} spellCheck={false} aria-label={fresh ? "The reply" : `Reply of ${endpoint}`} aria-invalid={value === undefined} value={text} onChange={(event) => setText(event.target.value)} />
        <div className="row">
          <button type="button" className="btn s" disabled={value === undefined || name === "" || (text === written && !fresh)} onClick={() => (keepReply(name, value), fresh ? setName("") : undefined)}>
            Keep
          </button>
          {fresh ? null : <IconButton icon={Trash2} size="xs" label={`Forget the reply of ${endpoint}`} onClick={() => keepReply(endpoint, undefined)} />}
        </div>
      </details>
    </li>
  );
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
