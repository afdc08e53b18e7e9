/** A rule as value · comparison · value, with “and” or “or” between. */
import { Plus, Trash2 } from "lucide-react";
import { useId } from "react";
import { typed, writeClauses, type Clause, type Clauses, type Comparison } from "../../model/clauses";
import { knownValues } from "../../model/values";
import { IconButton } from "../../parts/IconButton";
import { useEditor } from "../../state/editor";

const WORDS: readonly (readonly [Comparison, string])[] = [
  ["==", "is"],
  ["!=", "is not"],
  [">", "is more than"],
  [">=", "is at least"],
  ["<", "is less than"],
  ["<=", "is at most"],
  ["set", "is known"],
  ["unset", "is not known"],
  ["contains", "contains the text"],
  ["starts", "begins with"],
  ["has", "has the item"],
  ["in", "is one of"],
];

export function RuleInWords({ label, clauses, set }: { label: string; clauses: Clauses; set: (source: string) => void }) {
  const flow = useEditor((state) => state.flow);
  const values = useId();
  const change = (list: Clause[], join = clauses.join) => set(list.length === 0 ? "" : writeClauses({ join, list }));
  const put = (index: number, part: Partial<Clause>) => change(clauses.list.map((each, at) => (at === index ? { ...each, ...part } : each)));
  return (
    <div className="in-words" role="group" aria-label={label}>
      <datalist id={values}>
        {(flow ? knownValues(flow) : []).map((value) => (
          <option key={value.path} value={value.path} />
        ))}
      </datalist>
      {clauses.list.map((clause, index) => {
        const what = clauses.list.length === 1 ? "" : ` ${index + 1}`;
        const bare = clause.comparison === "set" || clause.comparison === "unset";
        return (
          <div className="clause" key={index}>
            {index === 0 ? null : (
              <select className="fld s join" aria-label="Joined by" value={clauses.join} onChange={(event) => change(clauses.list, event.target.value as Clauses["join"])}>
                <option value="and">and</option>
                <option value="or">or</option>
              </select>
            )}
            <input className="fld s mono" list={values} aria-label={`Value${what}`} value={clause.path} onChange={(event) => put(index, { path: event.target.value })} />
            <select className="fld s" aria-label={`Comparison${what}`} value={clause.comparison} onChange={(event) => put(index, { comparison: event.target.value as Comparison, value: ["set", "unset"].includes(event.target.value) ? undefined : typed(shown(clause), event.target.value as Comparison) })}>
              {WORDS.map(([comparison, words]) => (
                <option key={comparison} value={comparison}>
                  {words}
                </option>
              ))}
            </select>
            {bare ? null : <input className="fld s" aria-label={`Compared with${what}`} value={shown(clause)} onChange={(event) => put(index, { value: typed(event.target.value, clause.comparison) })} />}
            <IconButton icon={Trash2} size="xs" label={`Delete the comparison${what}`} onClick={() => change(clauses.list.filter((_, at) => at !== index))} />
          </div>
        );
      })}
      <button type="button" className="btn quiet s more" onClick={() => change([...clauses.list, { path: clauses.list.at(-1)?.path ?? "temp.answer", comparison: "==", value: "" }])}>
        <Plus className="s14" aria-hidden="true" />
        Add a comparison
      </button>
    </div>
  );
}

function shown({ value }: Clause): string {
  return value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value);
}
