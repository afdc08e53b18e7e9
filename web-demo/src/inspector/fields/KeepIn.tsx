import { useId } from "react";
import { firstText } from "../../model/json";
import { knownValues } from "../../model/values";
import { useEditor } from "../../state/editor";
import type { Field } from "../useField";
import { TextField } from "./Text";

/** Where something is kept: the path of a value. */
export function KeepIn({ label = "Keep the answer in", field }: { label?: string; field: Field }) {
  const id = useId();
  const flow = useEditor((state) => state.flow);
  const text = firstText(field.value) ?? "";
  return (
    <>
      <TextField label={label} field={field} mono list={id} placeholder="temp.answer" help={text === "" && label !== "Keep the answer in" ? undefined : words(text)} />
      <datalist id={id}>{flow ? knownValues(flow).map((value) => <option key={value.path} value={value.path} />) : null}</datalist>
    </>
  );
}

function words(path: string): string {
  if (path === "") return "Without a place it is only in the history.";
  if (path.startsWith("user.")) return "Kept for this person, in later conversations too.";
  if (path.startsWith("temp.") || !path.includes(".")) return "Kept until this conversation ends. Use user. to keep it longer.";
  return "";
}
