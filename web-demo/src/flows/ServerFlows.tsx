/** The flows of the server that somebody is signed in at. */
import { Server } from "lucide-react";
import { useEffect, useState } from "react";
import { address, go } from "../app/route";
import * as server from "../server/flows";
import { noted, resume, useSession } from "../server/session";
import { SignIn } from "../server/SignIn";
import { openRemote } from "../state/remote";
import type { Trouble } from "../server/trouble";
import { TroubleNote } from "../parts/Sheet";

export function ServerFlows() {
  const who = useSession((state) => state.who);
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState("");
  const [list, setList] = useState<readonly server.FlowDetail[]>();
  const [trouble, setTrouble] = useState<Trouble>();
  useEffect(() => void resume(), []);
  useEffect(() => {
    if (!who) return;
    let wanted = true;
    const timer = setTimeout(() => {
      server.list(query).then(
        (found) => wanted && (setList(found), setTrouble(undefined)),
        (error: unknown) => wanted && setTrouble(noted(error)),
      );
    }, 150);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [who, query]);
  const begin = (id: string) => {
    openRemote(id).then(
      (key) => go(address(key)),
      (error: unknown) => setTrouble(noted(error)),
    );
  };
  return (
    <section className="on-server" aria-label="On a server">
      <h3 className="row">
        <Server className="s14" aria-hidden="true" />
        On a server
        <span className="grow" />
        {who || open ? null : (
          <button type="button" className="btn s" onClick={() => setOpen(true)}>
            Sign in
          </button>
        )}
      </h3>
      {who || open ? <SignIn /> : <p className="sm t3">Sign in to open, save and publish flows where people can reach them.</p>}
      {who ? (
        <>
          <input className="fld" aria-label="Find a flow on the server" placeholder="Find a flow" value={query} onChange={(event) => setQuery(event.target.value)} />
          {trouble === undefined ? null : <TroubleNote text={trouble.text} details={trouble.details} />}
          {list === undefined && trouble === undefined ? <div className="skeleton" /> : null}
          {list?.length === 0 ? <p className="t2">{query === "" ? "There are no flows on the server yet. Open one of yours and save it there." : "Nothing fits."}</p> : null}
          {list && list.length > 0 ? (
            <ul className="flows" aria-label="Flows on the server">
              {list.map((flow) => (
                <li key={flow.id}>
                  <button type="button" className="link trunc" onClick={() => begin(flow.id)}>
                    {flow.name}
                  </button>
                  <span className={`pill ${flow.is_published ? "ok" : "out"}`}>{flow.is_published ? (flow.has_unpublished_changes ? "Live, changed" : "Live") : "Draft"}</span>
                  <time className="sm t3" dateTime={flow.updated_at}>
                    {new Date(flow.updated_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}
                  </time>
                  <span className="sm t3 num">{flow.version}</span>
                </li>
              ))}
            </ul>
          ) : null}
        </>
      ) : null}
    </section>
  );
}
