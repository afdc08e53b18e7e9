import { Play, StepBack, StepForward } from "lucide-react";
import type { Played } from "../engine/protocol";
import { readable } from "../model/flow";
import { hotkey } from "../palette/commands";
import { useEditor } from "../state/editor";
import { proceed, step, stepBack } from "../state/preview";
import { IconButton } from "../parts/IconButton";

/** In place of an answer, while the conversation halts or somebody looks back. */
export function Halted({ played, head }: { played: Played; head: number }) {
  const next = played.visits[head];
  const title = useEditor((state) => (next?.own ? state.flow?.byId.get(next.node)?.title : undefined)) ?? readable(next?.node ?? "");
  return (
    <div className="halted" role="group" aria-label="Halted">
      <p className="grow">
        Halted before <b>“{title}”</b>
      </p>
      <IconButton icon={StepBack} size="sm" label="One step back" hotkey={hotkey("step-back") ?? ""} disabled={head <= 1} onClick={stepBack} />
      <IconButton icon={StepForward} size="sm" label="One step on" hotkey={hotkey("step") ?? ""} onClick={step} />
      <button type="button" className="btn s pri" onClick={proceed} title={hotkey("continue")}>
        <Play className="s14" aria-hidden="true" /> Go on
      </button>
    </div>
  );
}
