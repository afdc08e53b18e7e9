import { Bot } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Played, Turn } from "../engine/protocol";
import { firstText, isObject, type Json } from "../model/json";
import { Answering } from "./Answering";
import { Halted } from "./Halted";
import { shownTurns } from "./progress";
import { Bubble } from "./Bubble";

/** The conversation as a visitor would have it. */
export function Chat({ played, name, head }: { played: Played | undefined; name: string; head?: number | undefined }) {
  const log = useRef<HTMLDivElement>(null);
  const turns = played ? shownTurns(played, head) : [];
  const count = turns.length;
  const toEnd = () => {
    if (log.current) log.current.scrollTop = log.current.scrollHeight;
  };
  useEffect(toEnd, [played, count, head]);
  const last = turns.at(-1)?.turn;
  return (
    <div className="chat w">
      <div className="hd">
        <span className="av">
          <Bot aria-hidden="true" />
        </span>
        {name}
      </div>
      <div className="log" role="log" aria-label="Conversation" tabIndex={0} ref={log} onLoadCapture={toEnd}>
        {turns.map(({ input, turn }, index) => (
          <div key={index} className="turn">
            {index > 0 ? <Said input={input} before={turns[index - 1]?.turn} /> : null}
            {turn.messages.map((message, each) => (
              <Bubble key={each} message={message} />
            ))}
            {turn.input_request && !turn.validation_error && firstText(turn.input_request.question.text) !== undefined ? <div className="b">{turn.input_request.question.text}</div> : null}
          </div>
        ))}
        {last?.session_ended ? <p className="over">The conversation is over.</p> : null}
        {played?.refused === undefined || head !== undefined ? null : <p className="over">{played.refused}</p>}
      </div>
      {played && head !== undefined ? <Halted played={played} head={head} /> : played && last ? <Answering key={`${count} ${played.taken}`} played={played} turn={last} /> : null}
    </div>
  );
}

/** What the visitor answered, in the words of the answer if it was one of several. */
function Said({ input, before }: { input: Json; before: Turn | undefined }) {
  if (input === null) return null;
  const options = before?.input_request?.options ?? [];
  const word = (value: Json) => firstText(options.find((option) => option.value === value)?.label) ?? (isObject(value) ? firstText(value.label, value.value) : typeof value === "boolean" ? (value ? "Yes" : "No") : firstText(value));
  const text = Array.isArray(input) ? input.map(word).join(", ") : word(input);
  return <div className="b u">{text ?? JSON.stringify(input)}</div>;
}
