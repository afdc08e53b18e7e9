/** Which days count, what came of them in a line, and how it is looked at. */
import { ChartColumn, ListTree, RefreshCw, Route } from "lucide-react";
import { useEffect } from "react";
import type { Results } from "../app/route";
import { goToResults } from "../palette/actions";
import { counted, count, share } from "../parts/figures";
import { IconButton } from "../parts/IconButton";
import * as server from "../server/results";
import { resume } from "../server/session";
import { useEditor } from "../state/editor";
import { dayBefore, refreshResults, setDays, useResults } from "../state/results";
import "../styles/results.css";
import { useAnswer } from "./useAnswer";

/** Windows that somebody is likely to want, by the days before today. */
const USUAL = [7, 30, 90] as const;

export default function ResultsBar({ narrow, view }: { narrow: boolean; view: Results }) {
  const id = useEditor((state) => state.remote?.id);
  const days = useResults((state) => state.days);
  useEffect(() => void resume(), []);
  const { found } = useAnswer(id === undefined ? undefined : () => server.numbers(id, days), [id, days]);
  const usual = USUAL.find((each) => days.end_date === dayBefore(0) && days.start_date === dayBefore(each));
  return (
    <div className="results-bar" role="toolbar" aria-label="Results" data-region="results-bar">
      <select className="fld s" aria-label="Days" value={usual ?? ""} onChange={(event) => event.target.value !== "" && setDays({ start_date: dayBefore(Number(event.target.value)), end_date: dayBefore(0) })}>
        {USUAL.map((each) => (
          <option key={each} value={each}>
            Last {each} days
          </option>
        ))}
        {usual === undefined ? <option value="">Chosen days</option> : null}
      </select>
      <input className="fld s" type="date" aria-label="First day" value={days.start_date} max={days.end_date} onChange={(event) => event.target.value !== "" && setDays({ ...days, start_date: event.target.value })} />
      <span aria-hidden="true">–</span>
      <input className="fld s" type="date" aria-label="Last day" value={days.end_date} min={days.start_date} onChange={(event) => event.target.value !== "" && setDays({ ...days, end_date: event.target.value })} />
      <IconButton icon={RefreshCw} size="sm" label="Newer numbers" onClick={refreshResults} />
      <span className="grow" />
      {found ? <Line numbers={found} /> : null}
      <div className="seg" role="group" aria-label="Look at it as">
        <Way view="canvas" icon={narrow ? ListTree : Route} label={narrow ? "Outline" : "Canvas"} now={view} />
        <Way view="figures" icon={ChartColumn} label="Figures" now={view} />
      </div>
    </div>
  );
}

function Way({ view, icon: Icon, label, now }: { view: Results; icon: typeof Route; label: string; now: Results }) {
  return (
    <button type="button" aria-pressed={now === view} onClick={() => goToResults(view)}>
      <Icon className="s12" aria-hidden="true" />
      {label}
    </button>
  );
}

/** Everybody is somewhere: the parts are the server's, and add up to the whole. */
function Line({ numbers }: { numbers: server.Numbers }) {
  const { total_sessions, completion_rate, engagement_metrics: parts } = numbers;
  if (total_sessions === 0) return <p className="sm t2">No conversations on these days</p>;
  const others = [
    [parts.abandoned_sessions, "left"],
    [parts.active_sessions, "still going on"],
    [parts.terminated_sessions, "ended by hand"],
    [parts.failed_sessions, "failed"],
  ] as const;
  return (
    <p className="sm t2 num trunc" role="status">
      <b>{counted(total_sessions, "conversation", "conversations")}</b> · {count(parts.completed_sessions)} finished ({share(completion_rate)})
      {others.map(([value, words]) => (value === 0 ? "" : ` · ${count(value)} ${words}`))}
    </p>
  );
}
