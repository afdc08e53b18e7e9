/** How a flow does from hour to hour, day to day or week to week. */
import { useState } from "react";
import { Chart } from "../charts/Chart";
import { Columns } from "../charts/Columns";
import { count, length, share } from "../parts/figures";
import * as server from "../server/results";
import { Part } from "./Part";
import { useAnswer } from "./useAnswer";

const BUCKETS: readonly (readonly [server.Granularity, string])[] = [
  ["hourly", "Hours"],
  ["daily", "Days"],
  ["weekly", "Weeks"],
];

/** How far back it makes sense to look, in days. */
const BACK: Record<server.Granularity, readonly number[]> = { hourly: [1, 2, 7], daily: [7, 14, 30, 90], weekly: [30, 60, 90] };

const TREND: Record<server.Performance["summary"]["trend"], string> = { improving: "It gets better: a larger part reaches the end at last than at first.", declining: "It gets worse: a smaller part reaches the end at last than at first.", stable: "It stays about the same." };

export function OverTime({ flow }: { flow: string }) {
  const [granularity, setGranularity] = useState<server.Granularity>("daily");
  const [back, setBack] = useState(7);
  const answer = useAnswer(() => server.performance(flow, granularity, back), [flow, granularity, back]);
  return (
    <section className="card" aria-label="Over time">
      <h2 className="row">
        <span className="grow">Over time</span>
        <span className="seg" role="group" aria-label="Bars are">
          {BUCKETS.map(([value, words]) => (
            <button key={value} type="button" aria-pressed={granularity === value} onClick={() => (setGranularity(value), setBack(BACK[value].includes(back) ? back : (BACK[value][0] ?? 7)))}>
              {words}
            </button>
          ))}
        </span>
        <select className="fld s" aria-label="How far back" value={back} onChange={(event) => setBack(Number(event.target.value))}>
          {BACK[granularity].map((days) => (
            <option key={days} value={days}>
              {days === 1 ? "since yesterday" : `${days} days back`}
            </option>
          ))}
        </select>
      </h2>
      <Part answer={answer}>{(found) => <Shown performance={found} />}</Part>
    </section>
  );
}

function Shown({ performance }: { performance: server.Performance }) {
  const { time_series: series, summary, granularity } = performance;
  const name = (date: string) => (granularity === "hourly" ? date.slice(5, 16) : date.slice(5));
  const columns = ["When (UTC)", "Conversations", "Reached the end", "Average length"];
  const rows = series.map((each) => [each.date, count(each.sessions), each.sessions === 0 ? "–" : share(each.completion_rate), each.sessions === 0 ? "–" : length(each.avg_duration)]);
  const told = series.filter((each) => each.sessions > 0).length > 1 ? TREND[summary.trend] : "";
  const busiest = series.reduce((most, each) => Math.max(most, each.sessions), 0);
  return (
    <>
      <p className="t2">
        {count(summary.total_sessions)} conversations, {share(summary.avg_completion_rate)} of them to the end, {length(summary.avg_duration)} on average. {told}
      </p>
      <Chart title="Conversations over time" summary={`${count(summary.total_sessions)} conversations; at most ${count(busiest)} in a bar.`} columns={columns} rows={rows}>
        <Columns as="bars" figure={count} moments={series.map((each) => ({ label: name(each.date), value: each.sessions, title: `${each.date}: ${count(each.sessions)}` }))} />
      </Chart>
      <Chart title="Part that reached the end over time" summary={`${share(summary.avg_completion_rate)} over all. ${told}`} columns={columns} rows={rows}>
        <Columns as="line" most={1} figure={share} moments={series.map((each) => ({ label: name(each.date), value: each.sessions === 0 ? undefined : each.completion_rate, title: `${each.date}: ${share(each.completion_rate)}` }))} />
      </Chart>
    </>
  );
}
