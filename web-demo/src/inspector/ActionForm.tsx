import { Plus } from "lucide-react";
import { addRow, moveRow, removeRow } from "../model/commands/rows";
import type { Flow, Step } from "../model/flow";
import { firstText, isObject, type Json, type JsonObject, type Path } from "../model/json";
import { waysOf } from "../model/ways";
import { run, useEditor } from "../state/editor";
import { CallFields } from "./CallFields";
import { Choose, Toggle } from "./fields/Choose";
import { ExpressionField } from "./fields/ExpressionField";
import { JsonField } from "./fields/JsonField";
import { KeepIn } from "./fields/KeepIn";
import { LeadsRow } from "./fields/LeadsTo";
import { Section } from "./fields/Section";
import { TextField } from "./fields/Text";
import { RowTools } from "./RowTools";
import { useField } from "./useField";

const VERBS = [
  ["set_variable", "Set a value"],
  ["increment", "Add to a number"],
  ["decrement", "Take from a number"],
  ["append", "Add to a list"],
  ["remove", "Take from a list"],
  ["clear", "Empty a value"],
  ["delete_variable", "Forget a value"],
  ["calculate", "Work something out"],
  ["aggregate", "Add up a list"],
  ["api_call", "Call the host"],
] as const;

export function ActionForm({ step }: { step: Step }) {
  const flow = useEditor((state) => state.flow) as Flow;
  const list = Array.isArray(step.content.actions) ? step.content.actions : [];
  const goOn = useField(step, ["continue_on_error"]);
  return (
    <>
      <Section title="Actions" count={list.length}>
        <ul className="rows">
          {list.map((action, index) => (
            <Action key={index} step={step} action={action} index={index} count={list.length} />
          ))}
        </ul>
        <button type="button" className="btn quiet s more" onClick={() => run(addRow(step, "actions", { type: "set_variable", variable: "temp.value", value: "" }, "Add an action"))}>
          <Plus className="s14" aria-hidden="true" />
          Add an action
        </button>
      </Section>
      <Section title="Where it leads">
        <Toggle label="If one fails, do the others all the same" field={goOn} usual />
        {waysOf(flow, step).map((way) => (
          <LeadsRow key={way.id} step={step} way={way} empty={way.role === "failed" ? "As done" : "Ends here"} />
        ))}
      </Section>
    </>
  );
}

function Action({ step, action, index, count }: { step: Step; action: Json; index: number; count: number }) {
  const body: JsonObject = isObject(action) ? action : {};
  const here: Path = ["actions", index];
  const params = isObject(body.params) ? body.params : {};
  /** Parameters stand beside the type, or in an object of their own; where they stand they stay. */
  const place = (...keys: string[]): Path => {
    const inside = keys.find((key) => params[key] !== undefined);
    if (inside !== undefined) return [...here, "params", inside];
    const beside = keys.find((key) => body[key] !== undefined);
    return beside === undefined && isObject(body.params) ? [...here, "params", keys[0] as string] : [...here, beside ?? (keys[0] as string)];
  };
  const verb = firstText(body.type) ?? "set_variable";
  const type = useField(step, [...here, "type"]);
  const variable = useField(step, place("variable"));
  const value = useField(step, place("value"));
  const amount = useField(step, place("amount", "by", "increment"));
  const expression = useField(step, place("expression"));
  const result = useField(step, place("result_variable", "target"));
  const source = useField(step, place("source"));
  const key = useField(step, place("field"));
  const operation = useField(step, place("operation"));
  const target = useField(step, place("target", "result_variable"));
  const what = `action ${index + 1}`;
  return (
    <li>
      <div className="head">
        <span className="label">{index + 1}</span>
        <RowTools what={what} index={index} count={count} move={(to) => run(moveRow(step, "actions", index, to, "Move an action"))} remove={() => run(removeRow(step, "actions", index, "Delete an action"))} />
      </div>
      <Choose label="Do" field={type} options={VERBS} usual="set_variable" />
      {["set_variable", "increment", "decrement", "append", "remove", "clear", "delete_variable"].includes(verb) ? <KeepIn label="Value" field={variable} /> : null}
      {["set_variable", "append", "remove"].includes(verb) ? <JsonField label={verb === "set_variable" ? "To" : "What"} field={value} placeholder="A text, {{temp.other}}, or JSON" /> : null}
      {verb === "increment" || verb === "decrement" ? <JsonField label="By" field={amount} placeholder="1" /> : null}
      {verb === "calculate" ? (
        <>
          <ExpressionField label="Work out" field={expression} calculation />
          <KeepIn label="Keep it in" field={result} />
        </>
      ) : null}
      {verb === "aggregate" ? (
        <>
          <TextField label="List" field={source} mono placeholder="temp.answers" />
          <div className="grid2">
            <TextField label="Key" field={key} mono />
            <TextField label="How" field={operation} mono placeholder="sum" />
          </div>
          <KeepIn label="Keep it in" field={target} />
        </>
      ) : null}
      {verb === "api_call" ? <CallFields step={step} at={isObject(body.config) ? [...here, "config"] : isObject(body.params) ? [...here, "params"] : here} /> : null}
    </li>
  );
}
