import { Plus, Trash2 } from "lucide-react";
import { firstText, isObject, type Json, type JsonObject } from "../../model/json";
import { IconButton } from "../../parts/IconButton";
import type { Field } from "../useField";
import { FieldProblems } from "./FieldProblems";

/** Names and what they stand for: headers, inputs, what is kept of a reply. */
export function Pairs({ label, field, left, right, add }: { label: string; field: Field; left: string; right: string; add: string }) {
  const map: JsonObject = isObject(field.value) ? field.value : {};
  const entries = Object.entries(map);
  const write = (next: [string, Json][]) => field.set(next.length === 0 ? undefined : Object.fromEntries(next));
  return (
    <div className="field" data-path={field.pointer} role="group" aria-label={label}>
      <span className="lab">{label}</span>
      {entries.map(([key, value], index) => (
        <div className="pair" key={index}>
          <input className="fld s mono" aria-label={`${left} ${index + 1}`} placeholder={left} value={key} onChange={(event) => write(entries.map((each, at) => (at === index ? [event.target.value, value] : each)))} />
          <input
            className="fld s mono"
            aria-label={`${right} ${index + 1}`}
            placeholder={right}
            value={firstText(value) ?? (value === "" ? "" : JSON.stringify(value))}
            onChange={(event) => write(entries.map((each, at) => (at === index ? [key, event.target.value] : each)))}
          />
          <IconButton icon={Trash2} size="xs" label={`Delete ${key || "this line"}`} onClick={() => write(entries.filter((_, at) => at !== index))} />
        </div>
      ))}
      <button type="button" className="btn quiet s more" disabled={Object.hasOwn(map, "")} onClick={() => write([...entries, ["", ""]])}>
        <Plus className="s14" aria-hidden="true" />
        {add}
      </button>
      <FieldProblems pointer={field.pointer} />
    </div>
  );
}
