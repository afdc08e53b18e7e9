import { lazy, Suspense, useId, useMemo, useState } from "react";
import { useShallow } from "zustand/react/shallow";
import { readClauses } from "../../model/clauses";
import { firstText, parsePointer } from "../../model/json";
import { within } from "../../problems/locate";
import { markOf } from "../../problems/marks";
import { useProblems } from "../../state/problems";
import { LiveResult } from "../../code/LiveResult";
import type { Field } from "../useField";
import { FieldProblems } from "./FieldProblems";
import { RuleInWords } from "./RuleInWords";

const CelEditor = lazy(() => import("../../code/CelEditor"));

/** An expression, with what it comes to in the preview now. A rule that is no text is shown as it is written. */
export function ExpressionField({ label, field, calculation = false }: { label: string; field: Field; calculation?: boolean }) {
  const id = useId();
  const text = firstText(field.value) ?? (field.value === undefined || field.value === "" ? "" : JSON.stringify(field.value));
  const written = typeof field.value === "string" || field.value === undefined;
  const [words, setWords] = useState(false);
  const clauses = useMemo(() => (text.trim() === "" ? { join: "and" as const, list: [] } : readClauses(text)), [text]);
  const problems = useProblems(useShallow((state) => (state.fresh ? within(state.list, parsePointer(field.pointer)) : [])));
  const marks = useMemo(() => problems.map((problem) => markOf(problem, text)), [problems, text]);
  return (
    <div className="field" data-path={field.pointer}>
      <span className="lab" id={id}>
        {label}
        {written ? <LiveResult expression={text} calculation={calculation} /> : null}
      </span>
      {written && words && clauses ? (
        <RuleInWords label={label} clauses={clauses} set={field.set} />
      ) : written ? (
        <Suspense fallback={<input className="fld mono" aria-labelledby={id} readOnly value={text} />}>
          <CelEditor labelledBy={id} value={text} onChange={field.set} marks={marks} />
        </Suspense>
      ) : (
        <code className="path">{text}</code>
      )}
      {written && !calculation ? (
        <button type="button" className="link sm face" disabled={!words && !clauses} title={clauses ? undefined : "This rule is too much for words"} onClick={() => setWords(!words)}>
          {words && clauses ? `${label} as an expression` : `${label} in words`}
        </button>
      ) : null}
      <FieldProblems pointer={field.pointer} />
    </div>
  );
}
