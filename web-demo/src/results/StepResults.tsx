/** What happens at one step: who comes, from where, what is answered, and where people go. */
import { Chart, Table } from "../charts/Chart";
import { Ranks } from "../charts/Ranks";
import type { Flow } from "../model/flow";
import { tell, walk } from "../model/story";
import { count, length, percent, share } from "../parts/figures";
import * as server from "../server/results";
import { select, useEditor } from "../state/editor";
import { useResults } from "../state/results";
import { Part } from "./Part";
import { titleOf } from "./titles";
import { useAnswer, type Answer } from "./useAnswer";

export function StepResults({ flow }: { flow: string }) {
  const open = useEditor((state) => state.flow) as Flow;
  const selection = useEditor((state) => state.selection);
  const id = selection.length === 1 ? selection[0] : undefined;
  return (
    <div className="step-results">
      <select className="fld" aria-label="Step" value={id ?? ""} onChange={(event) => select(event.target.value === "" ? [] : [event.target.value])}>
        <option value="">Choose a step…</option>
        {[...walk(tell(open))].map((step) => (
          <option key={step.id} value={step.id}>
            {step.title}
          </option>
        ))}
      </select>
      {id === undefined ? null : <Numbers key={id} flow={flow} id={id} open={open} />}
    </div>
  );
}

function Numbers({ flow, id, open }: { flow: string; id: string; open: Flow }) {
  const days = useResults((state) => state.days);
  const about = [flow, id, days];
  const numbers = useAnswer(() => server.step(flow, id, days), about);
  const asks = open.byId.get(id)?.kind === "question";
  const responses = useAnswer(asks ? () => server.responses(flow, id, days) : undefined, [...about, asks]);
  const paths = useAnswer(() => server.paths(flow, id, days), about);
  return (
    <>
      <Part answer={numbers}>
        {(found) => (
          <dl className="headline small">
            <Figure value={count(found.visits)} name="visits" />
            {asks ? <Figure value={count(found.interactions)} name="answers" /> : null}
            <Figure value={share(found.bounce_rate)} name="went no further" />
            <Figure value={length(found.average_time_spent)} name="spent here, on average" />
            {asks ? <Figure value={length(found.response_distribution.avg_response_time_seconds)} name="until an answer, on average" /> : null}
          </dl>
        )}
      </Part>
      {asks ? <Answers answer={responses} /> : null}
      <Part answer={paths}>{(found) => <Ways paths={found} open={open} />}</Part>
    </>
  );
}

function Figure({ value, name }: { value: string; name: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">{value}</dd>
    </div>
  );
}

function Answers({ answer }: { answer: Answer<server.Responses> }) {
  return (
    <Part answer={answer}>
      {(found) => {
        const rows = Object.entries(found.response_breakdown).sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1));
        const { trending_up: up, trending_down: down } = found.response_trends;
        const moves = (label: string) => (up.includes(label) ? "↗ more of late" : down.includes(label) ? "↘ less of late" : undefined);
        const sum = found.numeric_summary;
        if (rows.length === 0) return <p className="t2">Nothing was answered on these days.</p>;
        return (
          <>
            <Chart title="Answers" summary={`${count(found.total_responses)} answers. ${rows.slice(0, 5).map(([label, { count: often, percentage }]) => `${label}: ${count(often)}, ${percent(percentage)}`).join(". ")}.`} columns={["Answer", "How often", "Of all", "Of late"]} rows={rows.map(([label, { count: often, percentage }]) => [label, count(often), percent(percentage), moves(label) ?? "–"])}>
              <Ranks ranks={rows.slice(0, 12).map(([label, { count: often, percentage }]) => ({ key: label, label, value: often, figure: `${count(often)} · ${percent(percentage)}`, note: moves(label)?.slice(0, 1) }))} />
            </Chart>
            {sum === null ? null : (
              <p className="help num">
                From {count(sum.min)} to {count(sum.max)}, {sum.mean.toLocaleString()} on average, {sum.median.toLocaleString()} in the middle; nine of ten at most {sum.p90.toLocaleString()}.
              </p>
            )}
          </>
        );
      }}
    </Part>
  );
}

/** Where people come from and go to; both are read as they are, so they are tables at once. */
function Ways({ paths, open }: { paths: server.Paths; open: Flow }) {
  const { incoming_paths: from, outgoing_paths: to, path_distribution: whole } = paths;
  const row = (parts: Record<string, number>) => (id: string) => [titleOf(open, id), percent(parts[id] ?? 0)];
  if (from.previous_nodes.length === 0) return <p className="t2">Nobody came here on these days.</p>;
  return (
    <>
      <h3>Where people come from</h3>
      <Table title="where people come from" columns={["Step", "Of all arrivals"]} rows={from.previous_nodes.map(row(from.path_percentages))} />
      <h3>Where they go</h3>
      <Table title="where they go" columns={["Step", "Of all departures"]} rows={[...to.next_nodes.map(row(to.path_percentages)), ["nowhere: it ends or waits here", percent(to.exit_percentage)]]} />
      <h3>Whole ways</h3>
      <p className="help">{share(whole.completion_rate)} of those who came here reached the end.</p>
      <Table title="whole ways" columns={["Way", "Conversations", "Reached the end"]} rows={whole.top_paths.map((way) => [way.path.map((id) => titleOf(open, id)).join(" → "), count(way.sessions), share(way.completion_rate)])} />
    </>
  );
}
