import { CircleX } from "lucide-react";
import { show } from "../palette/actions";
import { messageOf } from "../problems/words";
import { useEditor } from "../state/editor";
import { useProblems } from "../state/problems";

/** Why there is no conversation. */
export function Refusal({ reason }: { reason: string }) {
  const error = useProblems((state) => state.list.find((problem) => problem.severity === "error"));
  const flow = useEditor((state) => state.flow);
  return (
    <div className="stage refusal" role="status">
      <CircleX aria-hidden="true" />
      <p>
        <b>The flow cannot run yet.</b> {error ? messageOf(error, flow) : reason}
      </p>
      {error?.step === undefined ? null : (
        <button type="button" className="btn" onClick={() => show(error)}>
          Show the step
        </button>
      )}
    </div>
  );
}
