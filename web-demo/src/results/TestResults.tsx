/** What a test of wordings shows: a rate for each with the range it lies in, and what that means. */
import { Chart } from "../charts/Chart";
import { Ranges } from "../charts/Ranges";
import { count, percent, share } from "../parts/figures";
import * as server from "../server/results";
import "../styles/results.css";
import { Part } from "./Part";
import { useAnswer } from "./useAnswer";
import { wordingName, verdict } from "./verdict";

/** Of one item; with `use`, what has been decided can be acted on. */
export default function TestResults({ content, title, use }: { content: string; title: string; use?: (key: string) => void }) {
  const answer = useAnswer(() => server.test(content), [content]);
  return <Part answer={answer}>{(found) => (Object.keys(found.test_results).length === 0 ? <p className="t2">Nobody has been shown it in several wordings yet.</p> : <TestShown title={title} test={found} {...(use ? { use } : {})} />)}</Part>;
}

const STATUS: Record<server.Test["test_status"], string> = { active: "runs", completed: "is over", not_running: "does not run" };

export function TestShown({ title, test, use }: { title: string; test: server.Test; use?: (key: string) => void }) {
  const winner = test.test_status === "active" ? test.winning_variant : null;
  // The item's own words come first, whatever the others are called.
  const arms = Object.entries(test.test_results).sort(([a], [b]) => Number(b === "control") - Number(a === "control") || (a < b ? -1 : 1));
  const range = ([low, high]: readonly number[]) => `${share(low ?? 0)} to ${share(high ?? 1)}`;
  return (
    <div className="test">
      <Chart
        title={title}
        summary={arms.map(([key, arm]) => `${wordingName(key)}: ${share(arm.conversion_rate)}, between ${range(arm.confidence_interval)}`).join(". ")}
        columns={["Wording", "Conversations", "Reached the end", "Part", "Range (95 %)", "Against A: p", "Against A", "Answered", "Shown to"]}
        rows={arms.map(([key, arm]) => [
          wordingName(key),
          count(arm.sample_size),
          count(arm.conversions),
          share(arm.conversion_rate),
          range(arm.confidence_interval),
          arm.p_value === null ? "–" : arm.p_value.toLocaleString(undefined, { maximumFractionDigits: 4 }),
          arm.lift === null ? "–" : `${arm.lift > 0 ? "+" : ""}${share(arm.lift)}`,
          share(arm.engagement_rate),
          percent(arm.traffic_percentage),
        ])}
        tools={<span className={`pill ${test.test_status === "active" ? "ok" : "out"}`}>{STATUS[test.test_status]}</span>}
      >
        <Ranges ranges={arms.map(([key, arm]) => ({ label: key === "control" ? "A" : key, rate: arm.conversion_rate, low: arm.confidence_interval[0] ?? 0, high: arm.confidence_interval[1] ?? 1 }))} />
      </Chart>
      <p className="help">The part of conversations that reached their end, and the range that the true part lies in (95 % sure).</p>
      {verdict(test).map((sentence) => (
        <p key={sentence} className={`note ${test.winning_variant === null ? "" : "ok"}`}>
          {sentence}
        </p>
      ))}
      {use && winner !== null ? (
        <>
          <button type="button" className="btn" onClick={() => use(winner)}>
            Use {winner === "control" ? "A" : winner} for everyone
          </button>
          <p className="help">The other wordings are kept, but not shown any more, once it is saved on the server.</p>
        </>
      ) : null}
    </div>
  );
}
