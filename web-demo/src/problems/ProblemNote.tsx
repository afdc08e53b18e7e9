import { cure } from "../palette/actions";
import { useEditor } from "../state/editor";
import { fixes, type Problem } from "./locate";
import { SEVERITY } from "./ProblemMark";
import { helpOf, messageOf } from "./words";

/** A problem with its cure. */
export function ProblemNote({ problem }: { problem: Problem }) {
  const { icon: Icon } = SEVERITY[problem.severity];
  const flow = useEditor((state) => state.flow);
  const help = helpOf(problem, flow);
  return (
    <div className={`note ${problem.severity}`}>
      <Icon className="s14" aria-hidden="true" />
      <div className="grow">
        {messageOf(problem, flow)}{" "}
        {fixes(problem) ? (
          <button type="button" className="link" onClick={() => cure([problem])}>
            {help ?? "Fix it"}
          </button>
        ) : (
          <span className="t2">{help}</span>
        )}
      </div>
    </div>
  );
}
