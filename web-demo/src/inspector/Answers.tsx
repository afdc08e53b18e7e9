import { Plus } from "lucide-react";
import { addAnswer, moveAnswer, removeAnswer } from "../model/commands/rows";
import type { Flow, Step } from "../model/flow";
import { isObject } from "../model/json";
import { waysOf, type Way } from "../model/ways";
import { run } from "../state/editor";
import { LeadsTo } from "./fields/LeadsTo";
import { TextField } from "./fields/Text";
import { RowTools } from "./RowTools";
import { useField } from "./useField";

export function Answers({ step, flow }: { step: Step; flow: Flow }) {
  const list = Array.isArray(step.content.options) ? step.content.options : [];
  const source = useField(step, [step.content.items_source === undefined ? "options_source" : "items_source"]);
  const ways = waysOf(flow, step);
  return (
    <div className="field">
      <h3 className="lab">
        Answers <span className="count">{list.length}</span>
      </h3>
      {list.length > 0 ? (
        <ul className="rows">
          {list.map((_, index) => (
            <Answer key={index} step={step} flow={flow} index={index} count={list.length} way={ways.find((way) => way.role === "answer" && way.type === `$${index}`)} />
          ))}
        </ul>
      ) : (
        <TextField label="From a list" field={source} mono placeholder="temp.hits" help="Or add answers below." />
      )}
      <button type="button" className="btn quiet s more" onClick={() => run(addAnswer(step, `Answer ${list.length + 1}`, `answer_${list.length + 1}`))}>
        <Plus className="s14" aria-hidden="true" />
        Add an answer
      </button>
    </div>
  );
}

function Answer({ step, flow, index, count, way }: { step: Step; flow: Flow; index: number; count: number; way: Way | undefined }) {
  const option = (step.content.options as never[])[index];
  const inside = isObject(option);
  const key = inside ? (["label", "text", "title"].find((each) => option[each] !== undefined) ?? "label") : "";
  const label = useField(step, inside ? ["options", index, key] : ["options", index]);
  const value = useField(step, ["options", index, "value"]);
  const image = useField(step, ["options", index, inside && option["image"] !== undefined ? "image" : "image_url"]);
  const pictures = step.content.input_type === "image_choice" || step.content.input_type === "carousel";
  const what = `answer ${index + 1}`;
  return (
    <li className="answer">
      <TextField label={`Label of ${what}`} hideLabel field={label} keepEmpty />
      {inside ? <TextField label={`Stored value of ${what}`} hideLabel field={value} mono keepEmpty /> : <span />}
      <RowTools what={what} index={index} count={count} move={(to) => run(moveAnswer(flow, step, index, to))} remove={() => run(removeAnswer(flow, step, index))} />
      {inside && pictures ? <TextField label={`Picture of ${what}`} hideLabel field={image} mono placeholder="https:// picture" /> : null}
      {way ? <LeadsTo step={step} way={way} empty="Anything else" /> : null}
    </li>
  );
}
