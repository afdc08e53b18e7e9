/** The flow beside others. */
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { Chart } from "../charts/Chart";
import { Ranks } from "../charts/Ranks";
import { count, length, percent, share } from "../parts/figures";
import * as flows from "../server/flows";
import * as server from "../server/results";
import { useResults } from "../state/results";
import { Part } from "./Part";
import { useAnswer } from "./useAnswer";

/** So many can be compared at once. */
const MOST = 20;

export function Compare({ flow }: { flow: string }) {
  const days = useResults((state) => state.days);
  const [others, setOthers] = useState<readonly string[]>([]);
  const list = useAnswer(() => flows.list(""), []);
  const answer = useAnswer(others.length === 0 ? undefined : () => server.compare([flow, ...others], days), [flow, others, days]);
  useEffect(() => setOthers([]), [flow]);
  const name = (id: string) => list.found?.find((each) => each.id === id)?.name ?? id;
  const free = list.found?.filter((each) => each.id !== flow && !others.includes(each.id)) ?? [];
  return (
    <section className="card" aria-label="Beside other flows">
      <h2>Beside other flows</h2>
      <div className="row wrap">
        <select className="fld s" aria-label="Compare with" value="" disabled={others.length + 1 >= MOST || free.length === 0} onChange={(event) => setOthers([...others, event.target.value])}>
          <option value="">{list.found && free.length === 0 && others.length === 0 ? "There is no other flow" : "Compare with…"}</option>
          {free.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
        {others.map((id) => (
          <button key={id} type="button" className="pill" aria-label={`No longer compare with ${name(id)}`} onClick={() => setOthers(others.filter((each) => each !== id))}>
            {name(id)}
            <X className="s12" aria-hidden="true" />
          </button>
        ))}
      </div>
      {others.length === 0 ? null : <Part answer={answer}>{(found) => <Shown comparison={found} />}</Part>}
    </section>
  );
}

function Shown({ comparison: { comparison, winner, performance_delta: ahead, significance: sure } }: { comparison: server.Comparison }) {
  const best = comparison.find((each) => each.flow_id === winner);
  const verdict = best
    ? `“${best.name}” brings most conversations to the end.${ahead === null ? "" : ` Its part of ${share(best.completion_rate)} is ${percent(Math.abs(ahead.improvement_percentage))} ${ahead.improvement_percentage < 0 ? "below" : "above"} the mean of the others.`}${sure === null ? "" : sure.is_significant ? " The difference to the next best is more than chance." : " The difference to the next best may be chance."}`
    : "No conversation reached the end on these days.";
  return (
    <>
      <p>{verdict}</p>
      <Chart
        title="Flows beside each other"
        summary={comparison.map((each) => `${each.name}: ${share(each.completion_rate)} of ${count(each.sessions)}`).join(". ")}
        columns={["Flow", "Version", "Conversations", "Reached the end", "Average length", "Signed-in people"]}
        rows={comparison.map((each) => [each.name, each.version, count(each.sessions), share(each.completion_rate), length(each.avg_duration), count(each.unique_users)])}
      >
        <Ranks most={1} ranks={comparison.map((each) => ({ key: each.flow_id, label: each.name, value: each.completion_rate, figure: `${share(each.completion_rate)} of ${count(each.sessions)}`, note: each.flow_id === winner ? "★" : undefined }))} />
      </Chart>
    </>
  );
}
