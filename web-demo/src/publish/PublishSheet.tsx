/** Publishing: what is new, what stands in the way, and then where people can talk to it. */
import { CircleCheck, CircleX, Lightbulb, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { SignIn } from "../server/SignIn";
import * as server from "../server/flows";
import { noted, resume, useSession } from "../server/session";
import { toServer } from "../model/exchange";
import type { Json } from "../model/json";
import { select, useEditor } from "../state/editor";
import { focusField } from "../app/focus";
import { useLayout } from "../state/layout";
import { documentOf, publish, useRemote } from "../state/remote";
import { Frame } from "../inspector/fields/Frame";
import { Section } from "../inspector/fields/Section";
import { Changes } from "./Changes";
import { Receipt } from "./Receipt";
import { Sheet } from "../parts/Sheet";
import { useComparison } from "./useComparison";

const SEEN = [
  ["private", "Only me"],
  ["school", "My school"],
  ["public", "Signed-in people"],
  ["wriveted", "Everybody"],
] as const;

export function PublishSheet() {
  const who = useSession((state) => state.who);
  const [done, setDone] = useState<server.FlowDetail>();
  useEffect(() => void resume(), []);
  if (!who) {
    return (
      <Sheet title="Publish">
        <Section>
          <p className="t2" style={{ marginBottom: 12 }}>
            Publishing needs a server that people can reach.
          </p>
          <SignIn />
        </Section>
      </Sheet>
    );
  }
  return done ? <Receipt flow={done} again={() => setDone(undefined)} /> : <Before published={setDone} />;
}

function Before({ published }: { published: (flow: server.FlowDetail) => void }) {
  const document = useEditor((state) => state.history?.document) as Json;
  const remote = useEditor((state) => state.remote);
  const busy = useRemote((state) => state.busy);
  const [note, setNote] = useState("");
  const [raise, setRaise] = useState<server.Publishing["raise"]>("minor");
  const [visibility, setVisibility] = useState<string>("wriveted");
  const [cascade, setCascade] = useState(true);
  const [report, setReport] = useState<server.Report>();
  const [failed, setFailed] = useState<string>();
  const last = useLastVersion();
  const comparison = useComparison(`The draft, compared with version ${last?.version.version ?? ""}`, last?.document, document, true);

  useEffect(() => {
    let wanted = true;
    setReport(undefined);
    server.check(remote?.id, toServer(document)).then(
      (found) => wanted && setReport(found),
      (error: unknown) => wanted && setFailed(noted(error).text),
    );
    return () => {
      wanted = false;
    };
  }, [document, remote?.id]);

  const errors = report?.issues.filter((issue) => issue.severity === "error") ?? [];
  const go = async () => {
    // What stands in the way is shown rather than greyed out.
    const first = errors[0];
    if (first) return showIssue(first);
    const flow = await publish({ note, raise, cascade, visibility });
    if (flow) published(flow);
  };
  return (
    <Sheet
      title="Publish"
      foot={
        <>
          <span className="sm t3 grow">{last === undefined ? "" : last === null ? "It was never published." : `Version ${last.version.version} is what people talk to now.`}</span>
          <button type="button" className="btn pri" disabled={busy !== undefined} onClick={() => void go()}>
            {errors.length > 0 ? `Show ${errors.length === 1 ? "the error" : `${errors.length} errors`}` : "Publish"}
          </button>
        </>
      }
    >
      <Section title="What is new">
        {last === undefined ? <div className="skeleton" /> : last === null ? <p className="t2">All of it: this is the first version.</p> : comparison && <Changes comparison={comparison} none={`Nothing has changed since version ${last.version.version}.`} />}
      </Section>
      <Section title="Checks">
        {failed === undefined ? null : <p className="note error">{failed}</p>}
        {report === undefined && failed === undefined ? <div className="skeleton" /> : null}
        {report ? <Issues report={report} /> : null}
      </Section>
      <Section>
        <Frame label="Who can talk to it">
          {(attributes) => (
            <select className="fld" value={visibility} onChange={(event) => setVisibility(event.target.value)} {...attributes}>
              {SEEN.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          )}
        </Frame>
        <Frame label="How big the change is" help="It raises the version’s number.">
          {(attributes) => (
            <select className="fld" value={raise} onChange={(event) => setRaise(event.target.value as typeof raise)} {...attributes}>
              <option value="patch">Small: wording, mistakes</option>
              <option value="minor">Usual: new steps and answers</option>
              <option value="major">Big: it works differently</option>
            </select>
          )}
        </Frame>
        <Frame label="Note" help="Stands in the list of versions.">
          {(attributes) => <input className="fld" maxLength={500} value={note} placeholder="For example: asks for the age first" onChange={(event) => setNote(event.target.value)} {...attributes} />}
        </Frame>
        <label className="row tick">
          <input type="checkbox" checked={cascade} onChange={(event) => setCascade(event.target.checked)} />
          Publish its sub-flows, too, where they are not
        </label>
      </Section>
    </Sheet>
  );
}

type Issue = server.Report["issues"][number];
const LOOKS = { error: CircleX, warning: TriangleAlert, info: Lightbulb } as const;

function Issues({ report }: { report: server.Report }) {
  const flow = useEditor((state) => state.flow);
  if (report.issues.length === 0) {
    return (
      <p className="row">
        <CircleCheck className="s14" aria-hidden="true" /> The server found nothing that stands in the way.
      </p>
    );
  }
  return (
    <ul className="issues">
      {report.issues.map((issue, index) => {
        const Icon = LOOKS[issue.severity as keyof typeof LOOKS] ?? Lightbulb;
        const step = flow?.byId.get(issue.node_id ?? "");
        return (
          <li key={index} className={`note ${issue.severity}`}>
            <Icon className="s14" aria-hidden="true" />
            <div className="grow">
              {step ? (
                <button type="button" className="link" onClick={() => showIssue(issue)}>
                  {step.title}
                </button>
              ) : null}{" "}
              {issue.message}
              {issue.suggested_fix ? <span className="t2"> {issue.suggested_fix}</span> : null}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

function showIssue(issue: Issue): void {
  const step = useEditor.getState().flow?.byId.get(issue.node_id ?? "");
  if (!step) return;
  select([step.id]);
  useLayout.setState({ sheet: undefined, inspector: true, front: "inspector" });
  focusField(`/${[...step.contentPath, ...(issue.field_path ?? "").split(/[./]/).filter(Boolean)].join("/")}`);
}

/** The newest version with its document; null if there is none, undefined until it is known. */
function useLastVersion(): { version: server.Version; document: Json } | null | undefined {
  const remote = useEditor((state) => state.remote);
  const id = remote?.id;
  const [last, setLast] = useState<{ version: server.Version; document: Json } | null>();
  useEffect(() => {
    let wanted = true;
    const find = async () => {
      if (!remote) return null;
      const version = (await server.versions(remote.id))[0];
      return version ? { version, document: await documentOf(remote, version.seq) } : null;
    };
    find().then(
      (found) => wanted && setLast(found),
      (error: unknown) => {
        if (wanted) setLast(null);
        useRemote.setState({ trouble: noted(error) });
      },
    );
    return () => {
      wanted = false;
    };
    // Another revision of the draft changes no version.
  }, [id]);
  return last;
}
