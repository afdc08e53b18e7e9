import { useEffect, useId } from "react";
import { libraryAddress } from "../../app/route";
import { firstText } from "../../model/json";
import { refreshContent, titleOf, useContent } from "../../state/content";
import type { Field } from "../useField";
import { TextField } from "./Text";

/** An item of the library by its id, with its words to choose it by. */
export function FromLibrary({ field }: { field: Field }) {
  const id = useId();
  const list = useContent((state) => state.list);
  useEffect(() => {
    if (!list) void refreshContent();
  }, [list]);
  const chosen = list?.find((item) => item.id === firstText(field.value));
  return (
    <>
      <TextField label="From the library" field={field} mono list={id} placeholder="Id of the content" help={chosen ? <a href={libraryAddress(chosen.id)}>{titleOf(chosen)}</a> : undefined} />
      <datalist id={id}>
        {list?.map((item) => (
          <option key={item.id} value={item.id}>
            {titleOf(item)}
          </option>
        ))}
      </datalist>
    </>
  );
}
