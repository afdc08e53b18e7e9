/** Conversations that people had with the published flow: open one to go through it step by step, and to go on with it. */
import { useEffect, useState } from "react";
import { Section } from "../inspector/fields/Section";
import { Sheet } from "../parts/Sheet";
import { inputsOf } from "../preview/recorded";
import { noted, resume, useSession } from "../server/session";
import * as server from "../server/sessions";
import { SignIn } from "../server/SignIn";
import { useEditor } from "../state/editor";
import { useLayout } from "../state/layout";
import { openTrace } from "../state/preview";
import { useRemote } from "../state/remote";

type Item = Awaited<ReturnType<typeof server.sessions>>[number];

export function ConversationsSheet() {
  const who = useSession((state) => state.who);
  const id = useEditor((state) => state.remote?.id);
  const [list, setList] = useState<readonly Item[]>();
  const [traced, setTraced] = useState<boolean>();
  useEffect(() => void resume(), []);
  const failed = (error: unknown) => useRemote.setState({ trouble: noted(error) });
  useEffect(() => {
    if (!who || id === undefined) return;
    server.sessions(id).then(setList, failed);
    server.tracing(id).then(setTraced, failed);
  }, [who, id]);
  const open = async (item: Item) => {
    const steps = await server.trace(item.id);
    openTrace(`Conversation of ${when(item.started_at)}`, inputsOf(steps as never), steps.map((step) => step.node_id));
    useLayout.setState({ sheet: undefined, preview: true, front: "preview" });
  };
  return (
    <Sheet title="Conversations">
      {!who ? (
        <Section>
          <SignIn />
        </Section>
      ) : id === undefined ? (
        <p className="empty">It is not on a server yet.</p>
      ) : (
        <Section title="On the server" count={list?.length ?? 0}>
          <button type="button" role="switch" aria-checked={traced === true} className="switch" disabled={traced === undefined} onClick={() => void server.setTracing(id, traced !== true).then(setTraced, failed)}>
            Record the steps of new conversations <i />
          </button>
          {list === undefined ? <div className="skeleton" /> : null}
          {list?.length === 0 ? <p className="t2">Nobody has talked to it yet.</p> : null}
          <ul className="versions">
            {list?.map((item) => (
              <li key={item.id}>
                <div className="grow">
                  <p>{when(item.started_at)}</p>
                  <p className="sm t2">
                    {item.total_steps === 0 ? "not recorded" : `${item.total_steps} steps`} · {item.status} · version {item.flow_version ?? "?"}
                  </p>
                </div>
                {item.has_errors ? <span className="pill bad">{item.error_count === 1 ? "1 failure" : `${item.error_count} failures`}</span> : null}
                <button type="button" className="btn s" disabled={item.total_steps === 0} aria-label={`Open the conversation of ${when(item.started_at)}`} onClick={() => void open(item).catch(failed)}>
                  Open
                </button>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </Sheet>
  );
}

function when(time: string): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}
