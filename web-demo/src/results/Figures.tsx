/** The results of a flow in figures: everything that the canvas shows and what it cannot, each picture with its table. */
import { useEditor } from "../state/editor";
import { useSession } from "../server/session";
import "../styles/results.css";
import { Compare } from "./Compare";
import { Exports } from "./Exports";
import { FunnelPart } from "./FunnelPart";
import { Headline } from "./Headline";
import { Live } from "./Live";
import { NotThere } from "./NotThere";
import { OverTime } from "./OverTime";
import { StepResults } from "./StepResults";
import { Tests } from "./Tests";

export default function Figures() {
  const who = useSession((state) => state.who);
  const id = useEditor((state) => state.remote?.id);
  if (!who || id === undefined) {
    return (
      <div className="figures">
        <NotThere />
      </div>
    );
  }
  return (
    <div className="figures" data-story="figures">
      <Headline flow={id} />
      <FunnelPart flow={id} />
      <OverTime flow={id} />
      <section className="card" aria-label="One step">
        <h2>One step</h2>
        <StepResults flow={id} />
      </section>
      <Tests />
      <Compare flow={id} />
      <Live flow={id} />
      <Exports flow={id} />
    </div>
  );
}
