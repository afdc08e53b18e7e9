/** Fields that were changed here and on the server: somebody chooses, field by field. Nothing is lost, all of it can be undone. */
import { useEditor } from "../state/editor";
import type { Flow } from "../model/flow";
import { readFlow } from "../model/flow";
import { bothOf, type Choice, type Conflict } from "../model/merge";
import type { Json } from "../model/json";
import { wordDiff } from "../model/wordDiff";
import { Tile } from "../parts/kinds";
import { lookAt } from "../state/marks";
import { choose, settle, useRemote } from "../state/remote";
import { useMergeMarks } from "./mergeMarks";
import { fieldWords, sideWords } from "./words";
import { Section } from "../inspector/fields/Section";
import { Sheet } from "../parts/Sheet";

export function MergeSheet() {
  const collision = useRemote((state) => state.collision);
  const busy = useRemote((state) => state.busy);
  const flow = useEditor((state) => state.flow);
  useMergeMarks(collision, flow);
  if (!collision || !flow) {
    return (
      <Sheet title="Changed on both sides">
        <p className="empty">Nothing collides.</p>
      </Sheet>
    );
  }
  const open = collision.conflicts.filter(({ key }) => collision.choices[key] === undefined).length;
  const theirs = readFlow(collision.document);
  return (
    <Sheet
      title="Changed on both sides"
      foot={
        <>
          <span className="sm t3 grow">{open === 0 ? "All is chosen." : `${open} to choose; yours stays where nothing is chosen.`}</span>
          <button type="button" className="btn pri" disabled={busy !== undefined} onClick={() => void settle()}>
            Save the result
          </button>
        </>
      }
    >
      <Section>
        <p className="t2">
          Somebody else saved this flow meanwhile.{" "}
          {collision.taken.length === 0 ? "" : `${collision.taken.length === 1 ? "1 change" : `${collision.taken.length} changes`} of theirs will be taken in. `}
          Choose what stays where both of you changed the same thing.
        </p>
      </Section>
      {collision.conflicts.map((conflict) => (
        <One key={conflict.key} conflict={conflict} mine={flow} theirs={theirs} chosen={collision.choices[conflict.key]} />
      ))}
    </Sheet>
  );
}

function One({ conflict, mine, theirs, chosen }: { conflict: Conflict; mine: Flow; theirs: Flow; chosen: Choice | undefined }) {
  const { key } = conflict;
  const step = conflict.theirs.step ?? conflict.mine.step;
  const shown = step === undefined ? undefined : (mine.byId.get(step) ?? theirs.byId.get(step));
  const title = step === undefined ? "The flow" : (shown?.title ?? step);
  const words = conflict.mine.kind === "step" || conflict.theirs.kind === "step" ? "" : ` › ${fieldWords(conflict.theirs, theirs)}`;
  const lists = Array.isArray(conflict.mine.now) && Array.isArray(conflict.theirs.now);
  const result: Json | undefined = chosen === "both" ? bothOf(conflict.mine.now, conflict.theirs.now) : chosen === "theirs" ? conflict.theirs.now : conflict.mine.now;
  return (
    <Section title={`${title}${words}`}>
      {shown ? (
        <p className="row show-step">
          <Tile kind={shown.kind} />
          <button type="button" className="link" aria-label={`Show “${title}”`} onClick={() => lookAt(shown.id)}>
            Show the step
          </button>
        </p>
      ) : null}
      <div className="sides" role="group" aria-label={`${title}${words}`}>
        <Side title="Yours" was={ground(conflict.mine, mine)} text={side(conflict.mine, mine)} pressed={chosen === "mine"} choose={() => choose(key, "mine")} button="Keep yours" />
        <Side title="Theirs" was={ground(conflict.theirs, theirs)} text={side(conflict.theirs, theirs)} pressed={chosen === "theirs"} choose={() => choose(key, "theirs")} button="Take theirs" />
      </div>
      {lists ? (
        <button type="button" className="btn s" aria-pressed={chosen === "both"} onClick={() => choose(key, "both")}>
          Take both
        </button>
      ) : null}
      <p className="sm t2 result">
        <span className="t3">Result: </span>
        {sideWords(conflict.theirs, result, mine) || "deleted"}
      </p>
    </Section>
  );
}

function side(difference: Conflict["mine"], flow: Flow): string {
  return difference.now === undefined ? "Deleted" : sideWords(difference, difference.now, flow);
}

/** What stood there before both changed it. */
function ground(difference: Conflict["mine"], flow: Flow): string {
  return sideWords(difference, difference.old, flow);
}

function Side({ title, was, text, pressed, choose: pick, button }: { title: string; was: string; text: string; pressed: boolean; choose: () => void; button: string }) {
  return (
    <div className={`side${pressed ? " chosen" : ""}`}>
      <span className="sm t3">{title}</span>
      <p className="words">
        {wordDiff(was, text)
          .filter((piece) => piece.sign !== "-")
          .map((piece, index) => (piece.sign === "+" ? <ins key={index}>{piece.text}</ins> : <span key={index}>{piece.text}</span>))}
      </p>
      <button type="button" className="btn s" aria-pressed={pressed} onClick={pick}>
        {button}
      </button>
    </div>
  );
}
