import { Redo2, StepBack, StepForward } from "lucide-react";
import { kindOf } from "../model/kinds";
import { hotkey } from "../palette/commands";
import { IconButton } from "../parts/IconButton";
import { forward, scrub, step, stepBack, usePreview } from "../state/preview";

/** One tick for each step; a handle to go back and forth between them. */
export function Timeline() {
  const played = usePreview((state) => state.played);
  const head = usePreview((state) => state.head);
  const upTo = usePreview((state) => state.upTo);
  const answers = usePreview((state) => state.tries[state.current]?.inputs.length ?? 0);
  const visits = played?.visits ?? [];
  const at = head ?? visits.length;
  const words = `Step ${at} of ${visits.length}`;
  return (
    <div className="timeline">
      <div className="row sm">
        <span className="m num">{words}</span>
        <span className="t3 num grow">
          {answers === upTo ? (answers === 1 ? "1 answer" : `${answers} answers`) : `${upTo} of ${answers} answers`}
        </span>
        <IconButton icon={StepBack} size="xs" label="Step back" hotkey={hotkey("step-back") ?? ""} disabled={at <= 1} onClick={stepBack} />
        <IconButton icon={StepForward} size="xs" label="Step on" hotkey={hotkey("step") ?? ""} disabled={head === undefined && upTo === answers} onClick={step} />
        <IconButton icon={Redo2} size="xs" label="One answer on" hotkey={hotkey("answer-on") ?? ""} disabled={upTo >= answers} onClick={forward} />
      </div>
      <div className="ticks" aria-hidden="true">
        {visits.map((visit, index) => {
          const kind = kindOf(visit.kind) ?? "message";
          return <i key={index} className={`k-${kind}${kind === "question" ? " tall" : ""}${index >= at ? " ahead" : ""}`} />;
        })}
      </div>
      <input type="range" aria-label="Step of the conversation" min={Math.min(1, visits.length)} max={visits.length} value={at} disabled={visits.length < 2} onChange={(event) => scrub(Number(event.target.value))} aria-valuetext={words} />
    </div>
  );
}
