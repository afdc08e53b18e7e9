/** The figures that somebody asks for first. */
import { Table } from "../charts/Chart";
import { count, counted, length, share } from "../parts/figures";
import * as server from "../server/results";
import { useResults } from "../state/results";
import { Part } from "./Part";
import { useAnswer } from "./useAnswer";

export function Headline({ flow }: { flow: string }) {
  const days = useResults((state) => state.days);
  const answer = useAnswer(() => server.numbers(flow, days), [flow, days]);
  return (
    <section className="card" aria-label="At a glance">
      <h2>At a glance</h2>
      <Part answer={answer}>{(found) => <Shown numbers={found} />}</Part>
    </section>
  );
}

function Shown({ numbers }: { numbers: server.Numbers }) {
  const parts = numbers.engagement_metrics;
  const people = numbers.approximate?.includes("unique_users") === true ? "at most" : "";
  return (
    <>
      <dl className="headline">
        <Figure value={count(numbers.total_sessions)} name="conversations" more={`${count(parts.anonymous_sessions)} without a name`} />
        <Figure value={share(numbers.completion_rate)} name="reached the end" more={counted(parts.completed_sessions, "conversation", "conversations")} />
        <Figure value={share(numbers.bounce_rate)} name="left without a word" more="of all conversations" />
        <Figure value={parts.active_sessions === numbers.total_sessions ? "–" : length(numbers.average_duration)} name="on average, from start to end" more={parts.active_sessions === numbers.total_sessions ? "none has ended" : "of those that ended"} />
        <Figure value={share(parts.engagement_rate)} name="answered something" more={counted(parts.engaged_sessions, "conversation", "conversations")} />
        <Figure value={count(parts.total_interactions)} name="answers" more={`${parts.average_interactions.toLocaleString(undefined, { maximumFractionDigits: 2 })} in a conversation`} />
      </dl>
      <details>
        <summary>How the conversations stand</summary>
        <Table
          title="how the conversations stand"
          columns={["They", "Conversations"]}
          rows={[
            ["reached the end", count(parts.completed_sessions)],
            ["were left", count(parts.abandoned_sessions)],
            ["go on", count(parts.active_sessions)],
            ["were ended by somebody, or begun anew", count(parts.terminated_sessions)],
            ["failed", count(parts.failed_sessions)],
            ["all", count(numbers.total_sessions)],
          ]}
        />
        <p className="help">{people === "" ? "" : `${people} `}{counted(parts.unique_users, "signed-in person", "signed-in people")} took part.</p>
      </details>
    </>
  );
}

function Figure({ value, name, more }: { value: string; name: string; more: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">{value}</dd>
      <dd className="sm t3 num">{more}</dd>
    </div>
  );
}
