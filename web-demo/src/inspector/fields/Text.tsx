import type { ReactNode } from "react";
import { firstText } from "../../model/json";
import type { Field } from "../useField";
import { Frame } from "./Frame";

interface Properties {
  label: string;
  field: Field;
  help?: ReactNode;
  placeholder?: string;
  area?: boolean;
  mono?: boolean;
  side?: ReactNode;
  hideLabel?: boolean;
  list?: string;
  /** Whether an empty text is kept as a text; else the field is taken away. */
  keepEmpty?: boolean;
}

export function TextField({ label, field, help, placeholder, area, mono, side, hideLabel, list, keepEmpty }: Properties) {
  const text = firstText(field.value) ?? "";
  const write = (value: string) => field.set(value === "" && !keepEmpty ? undefined : value);
  const look = `fld${mono ? " mono" : ""}`;
  return (
    <Frame label={label} pointer={field.pointer} help={help} side={side} {...(hideLabel ? { hideLabel } : {})}>
      {(attributes) =>
        area ? (
          <textarea className={look} rows={2} value={text} placeholder={placeholder} spellCheck={!mono} onChange={(event) => write(event.target.value)} {...attributes} />
        ) : (
          <input className={look} value={text} placeholder={placeholder} list={list} spellCheck={!mono} autoComplete="off" onChange={(event) => write(event.target.value)} {...attributes} />
        )
      }
    </Frame>
  );
}

/** A number; what is no number is not kept. */
export function NumberField({ label, field, help, placeholder, integer }: { label: string; field: Field; help?: ReactNode; placeholder?: string; integer?: boolean }) {
  return (
    <Frame label={label} pointer={field.pointer} help={help}>
      {(attributes) => (
        <input
          className="fld num"
          type="number"
          step={integer ? 1 : "any"}
          value={typeof field.value === "number" ? field.value : (firstText(field.value) ?? "")}
          placeholder={placeholder}
          onChange={(event) => field.set(event.target.value === "" ? undefined : Number(event.target.value))}
          {...attributes}
        />
      )}
    </Frame>
  );
}
