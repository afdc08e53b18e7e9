import { Send } from "lucide-react";
import { useState, type FormEvent } from "react";
import type { InputRequest, Played, Turn } from "../engine/protocol";
import { firstText, isObject, type Json } from "../model/json";
import { CallByHand, ScriptByHand } from "./ByHand";
import { useTalk } from "./talk";

/** What the visitor can answer now. */
export function Answering({ played, turn }: { played: Played; turn: Turn }) {
  const request = turn.input_request;
  if (played.effect) return <CallByHand key={played.effect.id} effect={played.effect} />;
  if (turn.script_request) return <ScriptByHand request={turn.script_request} />;
  if (!request) return null;
  const problem = turn.validation_error;
  return (
    <div className="in" role="group" aria-label="Your answer">
      <Control request={request} problem={problem?.message} />
      {firstText(request.help_text) === undefined ? null : <p className="hint">{firstText(request.help_text)}</p>}
    </div>
  );
}

function Control({ request, problem }: { request: InputRequest; problem: string | undefined }) {
  const { answer } = useTalk();
  const kind = request.input_type;
  const options = request.options;
  if (kind === "multiple_choice") return <Several request={request} />;
  if (kind === "continue") {
    return (
      <>
        {options.map((option, index) => (
          <Pill key={index} label={firstText(option.label, option.value) ?? ""} value={option.value} />
        ))}
        <button type="button" className="cb f" onClick={() => answer(null)}>
          Continue
        </button>
      </>
    );
  }
  if (kind === "boolean" && options.length === 0) {
    return (
      <>
        <Pill label="Yes" value={true} />
        <Pill label="No" value={false} />
      </>
    );
  }
  if (options.length > 0) {
    return (
      <>
        {options.map((option, index) => (
          <Pill key={index} label={firstText(option.label, option.value) ?? ""} value={option.value} picture={firstText(option.image_url, option.image)} alt={firstText(option.alt)} />
        ))}
        {request.allow_other === true ? <Typed request={request} problem={problem} /> : null}
      </>
    );
  }
  return <Typed request={request} problem={problem} />;
}

function Pill({ label, value, picture, alt }: { label: string; value: Json; picture?: string | undefined; alt?: string | undefined }) {
  const { answer } = useTalk();
  const shown = picture !== undefined && /^(https?:|data:image\/|\/)/.test(picture) ? picture : undefined;
  return (
    <button type="button" className={`cb${shown === undefined ? "" : " pic"}`} onClick={() => answer(value)}>
      {shown === undefined ? null : <img src={shown} alt={alt ?? ""} />}
      {label}
    </button>
  );
}

function Several({ request }: { request: InputRequest }) {
  const { answer } = useTalk();
  const [chosen, setChosen] = useState<readonly number[]>([]);
  return (
    <>
      {request.options.map((option, index) => {
        const on = chosen.includes(index);
        return (
          <button key={index} type="button" className={`cb${on ? " f" : ""}`} aria-pressed={on} onClick={() => setChosen(on ? chosen.filter((each) => each !== index) : [...chosen, index].sort())}>
            {firstText(option.label, option.value)}
          </button>
        );
      })}
      <button type="button" className="cb f wide" onClick={() => answer(chosen.map((index) => request.options[index]?.value ?? null))}>
        Done
      </button>
    </>
  );
}

const TYPES: Record<string, string> = { number: "number", email: "email", phone: "tel", url: "url", date: "date", slider: "range" };

function Typed({ request, problem }: { request: InputRequest; problem: string | undefined }) {
  const { answer } = useTalk();
  const slider = isObject(request.slider_config) ? request.slider_config : undefined;
  const least = Number(slider?.min ?? 0);
  const most = Number(slider?.max ?? 100);
  const [text, setText] = useState(request.input_type === "slider" ? String(slider?.default_value ?? slider?.default ?? least) : "");
  const type = TYPES[request.input_type] ?? "text";
  const send = (event: FormEvent) => {
    event.preventDefault();
    answer(request.input_type === "slider" ? Number(text) : text);
  };
  return (
    <form className="composer" onSubmit={send} noValidate>
      <input
        type={type}
        // What does not fit is for the engine to refuse, in the author's words.
        {...(type === "range" ? { min: least, max: most, step: Number(slider?.step ?? 1) } : type === "number" ? { step: "any" } : {})}
        aria-label={firstText(request.question.text) ?? "Your answer"}
        aria-invalid={problem !== undefined}
        placeholder={firstText(request.placeholder) ?? "Your answer"}
        value={text}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
      />
      {type === "range" ? <output>{text}</output> : null}
      <button type="submit" className="cb f" aria-label="Send">
        <Send aria-hidden="true" />
      </button>
    </form>
  );
}
