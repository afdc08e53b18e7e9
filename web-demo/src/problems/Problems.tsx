/** Everything the engine has to say about the flow, with cures. */
import { CircleAlert, CircleCheck, X } from "lucide-react";
import { useState } from "react";
import { waive } from "../model/commands/fix";
import { cure, show } from "../palette/actions";
import { IconButton } from "../parts/IconButton";
import { Tile } from "../parts/kinds";
import { Resizer } from "../parts/Resizer";
import { run, useEditor } from "../state/editor";
import { useLayout } from "../state/layout";
import { useProblems } from "../state/problems";
import { counted, fixes, ORDER, type Problem } from "./locate";
import { SEVERITY } from "./ProblemMark";
import { helpOf, messageOf } from "./words";

export function Problems() {
  const { list, fresh, error } = useProblems();
  const waived = list.filter((problem) => problem.waived !== undefined);
  const open = list.length - waived.length;
  return (
    <section className="panel left problems" data-region="problems" aria-label="Problems">
      <Resizer panel="side" label="Width of the problems" side="right" />
      <header className="ph">
        <CircleAlert className="s14" aria-hidden="true" />
        <h2 className="grow">Problems</h2>
        <span className="count">{fresh ? open : "…"}</span>
        <IconButton icon={X} size="sm" label="Close problems" onClick={() => useLayout.setState({ side: undefined })} />
      </header>
      <div className="scroll">
        {error === undefined ? null : <p className="note error">The check could not be made. {error}</p>}
        {open === 0 && fresh ? (
          <div className="empty">
            <CircleCheck aria-hidden="true" />
            <p>No problems were found.</p>
          </div>
        ) : null}
        {ORDER.map((severity) => (
          <Group key={severity} title={SEVERITY[severity].many} problems={counted(list, severity)} />
        ))}
        {waived.length > 0 ? (
          <section aria-label="Meant that way">
            <h3 className="group">Meant that way</h3>
            <ul>
              {waived.map((problem, index) => (
                <li className="problem" key={index}>
                  <p className="t2">{messageOf(problem, useEditor.getState().flow)}</p>
                  <p className="sm t3">{problem.waived}</p>
                </li>
              ))}
            </ul>
          </section>
        ) : null}
      </div>
    </section>
  );
}

function Group({ title, problems }: { title: string; problems: readonly Problem[] }) {
  if (problems.length === 0) return null;
  const kinds = new Map<string, Problem[]>();
  for (const problem of problems) if (fixes(problem)) kinds.set(problem.code, [...(kinds.get(problem.code) ?? []), problem]);
  const many = [...kinds].filter(([, same]) => same.length > 1);
  return (
    <section aria-label={title}>
      <h3 className="group">
        {title} <span className="count">{problems.length}</span>
      </h3>
      {many.map(([code, same]) => (
        <button key={code} type="button" className="btn quiet s" style={{ marginLeft: 8 }} onClick={() => cure(same)}>
          Fix all {same.length} of {code}
        </button>
      ))}
      <ul>
        {problems.map((problem, index) => (
          <One key={`${problem.code} ${problem.at} ${index}`} problem={problem} />
        ))}
      </ul>
    </section>
  );
}

function One({ problem }: { problem: Problem }) {
  const flow = useEditor((state) => state.flow);
  const [asking, setAsking] = useState(false);
  const [why, setWhy] = useState("");
  const step = flow?.byId.get(problem.step ?? "");
  const help = helpOf(problem, flow);
  const { icon: Icon } = SEVERITY[problem.severity];
  const keep = () => {
    if (!flow) return;
    run(waive(flow, problem.code, problem.line ? { line: problem.line } : step ? { node: step.id } : {}, why || "Meant that way"));
    setAsking(false);
  };
  return (
    <li className="problem">
      <button type="button" className="where" onClick={() => show(problem)} disabled={!step}>
        {step ? <Tile kind={step.kind} /> : <Icon className="s14" aria-hidden="true" />}
        <span className="trunc">
          {step?.title ?? "The flow"}
          {problem.field === undefined ? "" : ` › ${problem.field}`}
        </span>
      </button>
      <p>{messageOf(problem, flow)}</p>
      <div className="acts">
        {fixes(problem) ? (
          <button type="button" className="btn s" onClick={() => cure([problem])}>
            {help ?? "Fix it"}
          </button>
        ) : help === undefined ? null : (
          <span className="sm t2">{help}</span>
        )}
        {problem.severity === "error" || asking ? null : (
          <button type="button" className="btn quiet s" onClick={() => setAsking(true)}>
            It is meant that way
          </button>
        )}
      </div>
      {asking ? (
        <div className="acts">
          <input className="fld s" style={{ flex: 1 }} aria-label="Why it is meant that way" placeholder="Why" value={why} autoFocus onChange={(event) => setWhy(event.target.value)} onKeyDown={(event) => event.key === "Enter" && keep()} />
          <button type="button" className="btn s" onClick={keep}>
            Keep
          </button>
        </div>
      ) : null}
      <code>{problem.code}</code>
    </li>
  );
}
