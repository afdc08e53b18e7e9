import { useState } from "react";
import type { Step } from "../model/flow";
import { Toggle } from "./fields/Choose";
import { NumberField, TextField } from "./fields/Text";
import { useField } from "./useField";

/** What answers of a kind are taken. */
export function Limits({ step, kind }: { step: Step; kind: string }) {
  const within = kind === "slider" ? "slider_config" : "validation";
  const least = useField(step, [within, "min"]);
  const most = useField(step, [within, "max"]);
  const every = useField(step, [within, "step"]);
  const integer = useField(step, ["validation", "integer"]);
  const required = useField(step, ["validation", "required"]);
  const shortest = useField(step, ["validation", "min_length"]);
  const longest = useField(step, ["validation", "max_length"]);
  const pattern = useField(step, ["validation", "pattern"]);
  const gap = { marginTop: 12 };
  return (
    <div style={gap}>
      {kind === "number" || kind === "slider" ? (
        <>
          <div className="grid2">
            <NumberField label="Least" field={least} />
            <NumberField label="Most" field={most} />
          </div>
          {kind === "slider" ? <NumberField label="Steps of" field={every} placeholder="1" /> : <Toggle label="Whole numbers only" field={integer} />}
        </>
      ) : null}
      {kind === "date" ? (
        <div className="grid2">
          <TextField label="Earliest" field={least} placeholder="2026-01-31" />
          <TextField label="Latest" field={most} placeholder="2026-12-31" />
        </div>
      ) : null}
      {kind === "text" ? (
        <>
          <div className="grid2">
            <NumberField label="Fewest letters" field={shortest} integer />
            <NumberField label="Most letters" field={longest} integer />
          </div>
          <TextField label="Pattern" field={pattern} mono placeholder="^[A-Z]{2}\d+$" />
          {typeof pattern.value === "string" && pattern.value !== "" ? <TryPattern pattern={pattern.value} /> : null}
        </>
      ) : null}
      <div style={gap}>
        <Toggle label="An answer is needed" field={required} usual />
      </div>
    </div>
  );
}

/** Tries a pattern in the browser; the engine's patterns know no look-around, which it says as a problem. */
function TryPattern({ pattern }: { pattern: string }) {
  const [text, setText] = useState("");
  let fits: boolean | undefined;
  try {
    fits = new RegExp(pattern, "u").test(text);
  } catch {
    fits = undefined;
  }
  return (
    <div className="field row">
      <input className="fld s" aria-label="Try the pattern" placeholder="Try it" value={text} onChange={(event) => setText(event.target.value)} />
      {text === "" ? null : <span className={`pill ${fits ? "ok" : "bad"}`}>{fits === undefined ? "no pattern" : fits ? "fits" : "does not fit"}</span>}
    </div>
  );
}
