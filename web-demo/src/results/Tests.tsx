/** The content that the flow shows and of which there are several wordings. */
import { isObject, type Json } from "../model/json";
import { useEditor } from "../state/editor";
import * as content from "../server/content";
import { useSession } from "../server/session";
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

/** The content that a document names by id, in its order, each once. */
export function named(document: Json): string[] {
  const found = new Set<string>();
  const look = (value: Json): void => {
    if (Array.isArray(value)) value.forEach(look);
    else if (isObject(value)) {
      for (const [key, inner] of Object.entries(value)) {
        if (key === "content_id" && typeof inner === "string" && /^[0-9a-f-]{36}$/i.test(inner)) found.add(inner);
        else look(inner as Json);
      }
    }
  };
  look(document);
  return [...found];
}
