import { useEffect, useState } from "react";
import { firstText, type Json } from "../../model/json";
import type { Field } from "../useField";
import { Frame } from "./Frame";

/** Any JSON; what is no JSON counts as a text. */
export function JsonField({ label, field, help, placeholder }: { label: string; field: Field; help?: string; placeholder?: string }) {
  const written = show(field.value);
  const [text, setText] = useState(written);
  useEffect(() => setText((now) => (JSON.stringify(read(now)) === JSON.stringify(field.value) ? now : written)), [written, field.value]);
  return (
    <Frame label={label} pointer={field.pointer} help={help}>
      {(attributes) => (
        <textarea
          className="fld mono"
          rows={2}
          spellCheck={false}
          value={text}
          placeholder={placeholder}
          onChange={(event) => {
            setText(event.target.value);
            field.set(read(event.target.value));
          }}
          {...attributes}
        />
      )}
    </Frame>
  );
}

function show(value: Json | undefined): string {
  if (value === undefined) return "";
  // A text that would be read as something else keeps its quotes.
  if (typeof value === "string") return typeof read(value) === "string" ? value : JSON.stringify(value);
  return firstText(value) ?? JSON.stringify(value, null, 2);
}

function read(text: string): Json | undefined {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
