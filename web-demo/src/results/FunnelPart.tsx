/** How far people get, step by step. */
import { useState } from "react";
import { Chart } from "../charts/Chart";
import { Ranks } from "../charts/Ranks";
import { count, share } from "../parts/figures";
import * as server from "../server/results";
import { useEditor } from "../state/editor";
import { useResults } from "../state/results";
import { Part } from "./Part";
import { titleOf } from "./titles";
import { useAnswer } from "./useAnswer";

export function FunnelPart({ flow }: { flow: string }) {
  const days = useResults((state) => state.days);
  const [all, setAll] = useState(false);
  const answer = useAnswer(() => server.funnel(flow, days, all), [flow, days, all]);
  return (
    <section className="card" aria-label="How far people get">
      <h2>How far people get</h2>
      <Part answer={answer}>{(found) => <Shown funnel={found} all={all} setAll={setAll} />}</Part>
    </section>
  );
}

function Shown({ funnel, all, setAll }: { funnel: server.Funnel; all: boolean; setAll: (all: boolean) => void }) {
  const open = useEditor((state) => state.flow);
  const steps = funnel.funnel_steps;
  const title = (id: string) => titleOf(open, id);
  const after = (at: number) => {
    const [here, next] = [steps[at], steps[at + 1]];
    return here && next ? funnel.drop_off_points[`${here.step}_to_${next.step}`] : undefined;
  };
  return (
    <Chart
      title="Visitors of each step"
      summary={`Of ${count(funnel.total_sessions)} conversations, ${share(funnel.overall_conversion_rate)} reached the end. ${steps.map(({ step, visitors }) => `${title(step)}: ${count(visitors)}`).join(", ")}.`}
      columns={["Step", "Visitors", "Of all", "Last seen here", "Fewer at the next step"]}
      rows={steps.map(({ step, visitors, completion_rate }, at) => {
        const fewer = after(at);
        return [title(step), count(visitors), share(completion_rate), count(funnel.last_seen[step] ?? 0), fewer === undefined ? "–" : share(fewer)];
      })}
      tools={
        <label className="row sm">
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} />
          also conditions, actions and calls
        </label>
      }
    >
      <Ranks most={Math.max(1, funnel.total_sessions)} ranks={steps.map(({ step, visitors, completion_rate }) => ({ key: step, label: title(step), value: visitors, figure: `${count(visitors)} · ${share(completion_rate)}` }))} />
    </Chart>
  );
}
