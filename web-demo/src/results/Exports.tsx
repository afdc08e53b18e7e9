/** The numbers of a flow as files: have one made, see how far it is, fetch it, or stop it. */
import { Download, FileDown } from "lucide-react";
import { useEffect, useState } from "react";
import { count } from "../parts/figures";
import { TroubleNote } from "../parts/Sheet";
import * as server from "../server/results";
import { noted } from "../server/session";
import type { Trouble } from "../server/trouble";
import { useResults } from "../state/results";
import { announce } from "../state/voice";

const FORMATS = [
  ["csv", "CSV, for spreadsheets"],
  ["xlsx", "Excel"],
  ["json", "JSON"],
  ["ndjson", "JSON, line by line"],
] as const;

const TABLES = [
  ["flows", "The flow"],
  ["daily", "Days"],
  ["nodes", "Steps"],
  ["sessions", "Conversations"],
  ["responses", "Answers"],
] as const;

const STATUS: Record<string, string> = { preparing: "waits", processing: "is being made", completed: "is ready", failed: "failed", cancelled: "was stopped", expired: "has expired" };

const EVERY = 700;
const goesOn = ({ status }: server.ExportStatus) => status === "preparing" || status === "processing";

export function Exports({ flow }: { flow: string }) {
  const days = useResults((state) => state.days);
  const [format, setFormat] = useState("csv");
  const [tables, setTables] = useState<readonly string[]>(["nodes"]);
  const [trouble, setTrouble] = useState<Trouble>();
  const { list, look } = useExports(setTrouble);
  const attempt = (doing: () => Promise<void>) => {
    doing().then(
      () => setTrouble(undefined),
      (error: unknown) => setTrouble(noted(error)),
    );
  };
  return (
    <section className="card" aria-label="Files">
      <h2>Files</h2>
      <div className="row wrap">
        <select className="fld s" aria-label="Form of the file" value={format} onChange={(event) => setFormat(event.target.value)}>
          {FORMATS.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
        <fieldset className="row wrap">
          <legend className="vh">Tables in the file</legend>
          {TABLES.map(([value, words]) => (
            <label key={value} className="row sm">
              <input type="checkbox" checked={tables.includes(value)} onChange={(event) => setTables(event.target.checked ? [...tables, value] : tables.filter((each) => each !== value))} />
              {words}
            </label>
          ))}
        </fieldset>
        <button
          type="button"
          className="btn"
          disabled={tables.length === 0}
          onClick={() =>
            attempt(async () => {
              await server.startExport(flow, days, format, tables);
              announce("The file is being made");
              look();
            })
          }
        >
          <FileDown className="s14" aria-hidden="true" />
          Make a file
        </button>
      </div>
      <p className="help">
        Of {days.start_date} to {days.end_date}. {tables.length > 1 && format === "csv" ? "Several tables come as one zip file." : ""}
      </p>
      {trouble === undefined ? null : <TroubleNote text={trouble.text} details={trouble.details} />}
      <ul className="exports" aria-label="Files that were made">
        {list?.map((each) => (
          <Row key={each.export_id} of={each} attempt={attempt} look={look} />
        ))}
      </ul>
    </section>
  );
}

function Row({ of, attempt, look }: { of: server.ExportStatus; attempt: (doing: () => Promise<void>) => void; look: () => void }) {
  const name = `${of.format.toUpperCase()} of ${new Date(of.created_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" })}`;
  const fetchFile = async () => {
    const address = await server.fileOf(of.export_id);
    if (address === undefined) return look();
    const link = document.createElement("a");
    link.href = address;
    link.download = "";
    link.click();
  };
  return (
    <li className="row" data-export={of.status}>
      <span className="grow">
        {name} <span className="t2">{STATUS[of.status] ?? of.status}</span>
        {of.records_count == null ? null : <span className="t3 num sm"> · {count(of.records_count)} rows</span>}
        {of.file_size == null ? null : <span className="t3 num sm"> · {count(of.file_size)} bytes</span>}
        {of.error == null ? null : <span className="bad sm"> {of.error}</span>}
      </span>
      {goesOn(of) ? (
        <>
          <progress max={100} value={of.progress} aria-label={`How far: ${name}`} />
          <span className="num sm">{of.progress} %</span>
          <button
            type="button"
            className="btn s"
            aria-label={`Stop: ${name}`}
            onClick={() =>
              attempt(async () => {
                await server.cancelExport(of.export_id);
                announce("Stopped");
                look();
              })
            }
          >
            Stop
          </button>
        </>
      ) : null}
      {of.status === "completed" ? (
        <button type="button" className="btn s" aria-label={`Download: ${name}`} onClick={() => attempt(fetchFile)}>
          <Download className="s12" aria-hidden="true" />
          Download
        </button>
      ) : null}
    </li>
  );
}

/** The files that were asked for, looked at again as long as one of them is being made. */
function useExports(setTrouble: (trouble: Trouble | undefined) => void): { list: readonly server.ExportStatus[] | undefined; look: () => void } {
  const [list, setList] = useState<readonly server.ExportStatus[]>();
  const [looks, setLooks] = useState(0);
  useEffect(() => {
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        const found = await server.exports();
        if (!wanted) return;
        setList(found);
        if (found.some(goesOn)) timer = setTimeout(() => void ask(), EVERY);
      } catch (error) {
        if (wanted) setTrouble(noted(error));
      }
    };
    void ask();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
    // Who shows troubles stays the same.
  }, [looks]);
  return { list, look: () => setLooks((now) => now + 1) };
}
