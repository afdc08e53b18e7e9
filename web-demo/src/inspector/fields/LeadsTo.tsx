import { ArrowRight, X } from "lucide-react";
import type { Step } from "../../model/flow";
import { wayName, type Way } from "../../model/ways";
import { askTarget, cutLine } from "../../palette/actions";
import { IconButton } from "../../parts/IconButton";
import { useEditor } from "../../state/editor";

/** Where a way leads: to be seen, changed and cut. */
export function LeadsTo({ step, way, empty = "Ends here" }: { step: Step; way: Way; empty?: string }) {
  const target = useEditor((state) => (way.line ? (state.flow?.byId.get(way.line.target)?.title ?? `${way.line.target} (gone)`) : undefined));
  return (
    <span className="leads">
      <button type="button" className={`pill ${target === undefined ? "out" : "acc"}`} onClick={() => askTarget(step, way)} aria-label={`${wayName(way)}: ${target === undefined ? empty : `leads to ${target}`}. Change`}>
        {target === undefined ? null : <ArrowRight className="s12" aria-hidden="true" />}
        <span className="trunc">{target ?? empty}</span>
      </button>
      {way.line ? <IconButton icon={X} size="xs" label={`Cut the line of ${wayName(way)}`} onClick={() => cutLine(way)} /> : null}
    </span>
  );
}

export function LeadsRow({ step, way, empty }: { step: Step; way: Way; empty?: string }) {
  return (
    <div className="leads-row">
      <span className={`trunc${way.rule !== undefined && way.label === "" ? " mono" : ""}`}>{wayName(way)}</span>
      <LeadsTo step={step} way={way} {...(empty === undefined ? {} : { empty })} />
    </div>
  );
}
