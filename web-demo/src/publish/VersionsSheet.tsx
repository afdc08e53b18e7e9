/** All published versions: compare two of them, or go back to one. */
import { useEffect, useState } from "react";
import { Section } from "../inspector/fields/Section";
import type { Json } from "../model/json";
import * as server from "../server/flows";
import { noted, resume, useSession } from "../server/session";
import { SignIn } from "../server/SignIn";
import { useEditor } from "../state/editor";
import { documentOf, goBackTo, useRemote } from "../state/remote";
import { Changes } from "./Changes";
import { Sheet } from "../parts/Sheet";
import { useComparison } from "./useComparison";

const DRAFT = "draft";

export function VersionsSheet() {
  const who = useSession((state) => state.who);
  const remote = useEditor((state) => state.remote);
  const draft = useEditor((state) => state.history?.document) as Json;
  const [list, setList] = useState<readonly server.Version[]>();
  const [from, setFrom] = useState<string>();
  const [to, setTo] = useState(DRAFT);
  const documents = useDocuments(from, to, draft);
  const nameOf = (which: string | undefined) => (which === DRAFT ? "The draft" : `Version ${list?.find((each) => String(each.seq) === which)?.version ?? ""}`);
  const comparison = useComparison(`${nameOf(to)}, compared with ${nameOf(from).toLowerCase()}`, documents?.[0], documents?.[1] ?? draft, to === DRAFT);
  useEffect(() => void resume(), []);
  const etag = remote?.etag;
  const id = remote?.id;
  useEffect(() => {
    if (!who || id === undefined) return;
    server.versions(id).then(
      (found) => {
        setList(found);
        setFrom((now) => now ?? (found[0] ? String(found[0].seq) : undefined));
      },
      (error: unknown) => useRemote.setState({ trouble: noted(error) }),
    );
  }, [who, id, etag]);
  if (!who) {
    return (
      <Sheet title="Versions">
        <Section>
          <SignIn />
        </Section>
      </Sheet>
    );
  }
  if (!remote) {
    return (
      <Sheet title="Versions">
        <p className="empty">It is not on a server yet. Versions come of publishing.</p>
      </Sheet>
    );
  }
  const choices = (list ?? []).map((each) => (
    <option key={each.seq} value={String(each.seq)}>
      Version {each.version}
    </option>
  ));
  return (
    <Sheet title="Versions">
      <Section title="Published" count={list?.length ?? 0}>
        {list === undefined ? <div className="skeleton" /> : null}
        {list?.length === 0 ? <p className="t2">It was never published.</p> : null}
        <ul className="versions">
          {list?.map((version, index) => (
            <li key={version.seq}>
              <div className="grow">
                <p className="row">
                  <b className="m">{version.version}</b>
                  {index === 0 ? <span className="pill ok">Live</span> : null}
                  <time className="sm t3" dateTime={version.published_at}>
                    {new Date(version.published_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}
                  </time>
                </p>
                <p className="sm t2">{version.note ?? `${version.nodes_count} steps`}</p>
              </div>
              <button type="button" className="btn s" aria-label={`Compare version ${version.version} with the draft`} onClick={() => (setFrom(String(version.seq)), setTo(DRAFT))}>
                Compare
              </button>
              <button type="button" className="btn s" aria-label={`Go back to version ${version.version}`} onClick={() => void goBackTo(version)}>
                Go back
              </button>
            </li>
          ))}
        </ul>
        <p className="help">Going back makes the draft what the version was. People notice when you publish it.</p>
      </Section>
      {from === undefined ? null : (
        <Section title="Compare">
          <div className="grid2" style={{ marginBottom: 12 }}>
            <select className="fld s" aria-label="The older one" value={from} onChange={(event) => setFrom(event.target.value)}>
              {choices}
            </select>
            <select className="fld s" aria-label="The newer one" value={to} onChange={(event) => setTo(event.target.value)}>
              <option value={DRAFT}>The draft</option>
              {choices}
            </select>
          </div>
          {comparison ? <Changes comparison={comparison} none="Both are the same." /> : <div className="skeleton" />}
        </Section>
      )}
    </Sheet>
  );
}

function useDocuments(from: string | undefined, to: string, draft: Json): [Json, Json] | undefined {
  const remote = useEditor((state) => state.remote);
  const [older, setOlder] = useState<Json>();
  const [newer, setNewer] = useState<Json>();
  useEffect(() => {
    let wanted = true;
    if (!remote || from === undefined) return;
    const read = (which: string) => (which === DRAFT ? Promise.resolve(undefined) : documentOf(remote, Number(which)));
    Promise.all([read(from), read(to)]).then(
      ([a, b]) => {
        if (!wanted) return;
        setOlder(a);
        setNewer(b);
      },
      (error: unknown) => useRemote.setState({ trouble: noted(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [remote?.id, from, to]);
  if (older === undefined) return undefined;
  return [older, to === DRAFT ? draft : (newer ?? draft)];
}
