/** The content that the flow shows and of which there are several wordings. */
import { useEditor } from "../state/editor";
import * as content from "../server/content";
import { useSession } from "../server/session";
import { named } from "./named";
import { Part } from "./Part";
import { TestShown } from "./TestResults";
import { useAnswer } from "./useAnswer";

/** So many items are asked about at most. */
const MOST = 20;

export function Tests() {
  const document = useEditor((state) => state.history?.document) ?? null;
  const who = useSession((state) => state.who);
  const ids = named(document).slice(0, MOST);
  const answer = useAnswer(who ? () => content.tested(ids) : undefined, [ids.join(" ")]);
  return (
    <section className="card" aria-label="Tests of wordings">
      <h2>Tests of wordings</h2>
      <Part answer={answer}>
        {(found) =>
          found.length === 0 ? (
            <p className="t2">No content that this flow names has been shown in several wordings. The library tells of content that is drawn by tags.</p>
          ) : (
            found.map(({ id, title, test }) => <TestShown key={id} title={title} test={test} />)
          )
        }
      </Part>
    </section>
  );
}
