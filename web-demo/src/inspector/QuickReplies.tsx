import { Plus } from "lucide-react";
import { addRow, removeRow } from "../model/commands/rows";
import type { Step } from "../model/flow";
import { isObject } from "../model/json";
import { run } from "../state/editor";
import { TextField } from "./fields/Text";
import { RowTools } from "./RowTools";
import { useField } from "./useField";

export function QuickReplies({ step }: { step: Step }) {
  const list = Array.isArray(step.content.quick_replies) ? step.content.quick_replies : [];
  return (
    <>
      {list.length > 0 ? (
        <ul className="rows">
          {list.map((_, index) => (
            <Reply key={index} step={step} index={index} />
          ))}
        </ul>
      ) : null}
      <button type="button" className="btn quiet s more" onClick={() => run(addRow(step, "quick_replies", { label: "", value: "" }, "Add a quick reply"))}>
        <Plus className="s14" aria-hidden="true" />
        Add a quick reply
      </button>
    </>
  );
}

function Reply({ step, index }: { step: Step; index: number }) {
  const option = (step.content.quick_replies as never[])[index];
  const inside = isObject(option);
  const label = useField(step, inside ? ["quick_replies", index, "label"] : ["quick_replies", index]);
  const value = useField(step, ["quick_replies", index, "value"]);
  return (
    <li className="answer">
      <TextField label={`Reply ${index + 1}`} hideLabel field={label} keepEmpty />
      {inside ? <TextField label={`Stored value of reply ${index + 1}`} hideLabel field={value} mono keepEmpty /> : <span />}
      <RowTools what={`reply ${index + 1}`} index={0} count={1} move={() => undefined} remove={() => run(removeRow(step, "quick_replies", index, "Delete a quick reply"))} />
    </li>
  );
}
