import type { ReactNode } from "react";
import { firstText } from "../../model/json";
import type { Field } from "../useField";
import { Frame } from "./Frame";

interface Properties {
  label: string;
  field: Field;
  options: readonly (readonly [value: string, label: string])[];
  /** What it is while nothing is written. */
  usual: string;
  help?: ReactNode;
  onChoose?: (value: string) => void;
}

export function Choose({ label, field, options, usual, help, onChoose }: Properties) {
  const value = firstText(field.value) ?? usual;
  const known = options.some(([each]) => each === value);
  return (
    <Frame label={label} pointer={field.pointer} help={help}>
      {(attributes) => (
        <select className="fld" value={value} onChange={(event) => (onChoose ?? field.set)(event.target.value)} {...attributes}>
          {known ? null : <option value={value}>{value}</option>}
          {options.map(([each, words]) => (
            <option key={each} value={each}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Frame>
  );
}

export function Toggle({ label, field, usual = false }: { label: string; field: Field; usual?: boolean }) {
  const on = typeof field.value === "boolean" ? field.value : usual;
  return (
    <div className="field" data-path={field.pointer}>
      <button type="button" role="switch" className="switch" aria-checked={on} onClick={() => field.set(!on === usual ? undefined : !on)}>
        <span>{label}</span>
        <i aria-hidden="true" />
      </button>
    </div>
  );
}
