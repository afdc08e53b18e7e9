/** Beside the canvas: the selected step, or the flow as long as none is. */
import { focusStory } from "../app/focus";
import { useSession } from "../server/session";
import { useEditor } from "../state/editor";
import { useResults } from "../state/results";
import { TroubleNote } from "../parts/Sheet";
import "../styles/results.css";
import { NotThere } from "./NotThere";
import { Headline } from "./Headline";
import { StepResults } from "./StepResults";

export default function StepPanel() {
  const who = useSession((state) => state.who);
  const id = useEditor((state) => state.remote?.id);
  const title = useEditor((state) => (state.selection.length === 1 ? state.flow?.byId.get(state.selection[0] ?? "")?.title : undefined));
  const trouble = useResults((state) => state.trouble);
  return (
    <aside
      className="panel sheet"
      data-region="step-results"
      aria-label="Results of a step"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        focusStory();
      }}
    >
      <header className="ph">
        <h2 className="grow trunc" tabIndex={-1}>
          {title ?? "The whole flow"}
        </h2>
      </header>
      <div className="scroll step-panel">
        {trouble === undefined ? null : <TroubleNote text={trouble.text} details={trouble.details} />}
        {!who || id === undefined ? (
          <NotThere />
        ) : (
          <>
            {title === undefined ? <Headline flow={id} /> : null}
            <StepResults flow={id} />
          </>
        )}
      </div>
    </aside>
  );
}
