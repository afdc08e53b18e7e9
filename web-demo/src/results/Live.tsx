/** What goes on at this moment. It is asked again every few seconds, but not while nobody looks. */
import { useEffect, useState } from "react";
import { count, counted, share } from "../parts/figures";
import * as server from "../server/results";
import { noted } from "../server/session";
import type { Trouble } from "../server/trouble";
import { TroubleNote } from "../parts/Sheet";

const EVERY = 5000;

export function Live({ flow }: { flow: string }) {
  const [on, setOn] = useState(true);
  const { found, trouble, seen } = useLive(on);
  const here = found?.top_active_flows.find((each) => each.flow_id === flow);
  return (
    <section className="card" aria-label="Now">
      <h2 className="row">
        <span className="grow">Now, in all flows of the server</span>
        <span className="sm t3" data-live={seen ? "on" : "off"}>
          {found ? `as of ${new Date(found.timestamp).toLocaleTimeString()}` : ""}
        </span>
        <button type="button" className="btn s" aria-pressed={on} onClick={() => setOn(!on)}>
          Keep asking
        </button>
      </h2>
      {trouble === undefined ? null : <TroubleNote text={trouble.text} details={trouble.details} />}
      {found === undefined ? (
        trouble === undefined ? <div className="skeleton" /> : null
      ) : (
        <>
          <dl className="headline">
            <Figure value={count(found.active_sessions)} name="conversations go on" more={here ? `${count(here.active_sessions)} of them in this flow` : "within half an hour"} />
            <Figure value={count(found.current_interactions)} name="answers" more="in the last 5 minutes" />
            <Figure value={count(found.sessions_last_hour)} name="begun" more="in the last hour" />
            <Figure value={found.response_time === null ? "–" : `${found.response_time.toLocaleString(undefined, { maximumFractionDigits: 1 })} ms`} name="until the flow replies" more={found.response_time === null ? "no answers just now" : "half of all replies are faster"} />
            <Figure value={share(found.error_rate)} name="requests that failed" more="in the last 5 minutes" />
          </dl>
          {found.top_active_flows.length === 0 ? null : (
            <ul className="live-flows">
              {found.top_active_flows.map((each) => (
                <li key={each.flow_id}>
                  {each.name} <span className="t3 num">{counted(each.active_sessions, "conversation", "conversations")}</span>
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </section>
  );
}

function Figure({ value, name, more }: { value: string; name: string; more: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">{value}</dd>
      <dd className="sm t3">{more}</dd>
    </div>
  );
}

/** `seen` tells whether it is being asked for: not behind another tab. */
function useLive(on: boolean): { found: server.Live | undefined; trouble: Trouble | undefined; seen: boolean } {
  const [found, setFound] = useState<server.Live>();
  const [trouble, setTrouble] = useState<Trouble>();
  const [seen, setSeen] = useState(document.visibilityState === "visible");
  useEffect(() => {
    const look = () => setSeen(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  useEffect(() => {
    if (!on || !seen) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wanted = true;
    const ask = async () => {
      try {
        const live = await server.live();
        if (wanted) (setFound(live), setTrouble(undefined));
      } catch (error) {
        if (wanted) setTrouble(noted(error));
      }
      if (wanted) timer = setTimeout(() => void ask(), EVERY);
    };
    void ask();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [on, seen]);
  return { found, trouble, seen: on && seen };
}
