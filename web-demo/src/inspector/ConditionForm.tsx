import { Plus } from "lucide-react";
import { addRule, moveRow, removeRule } from "../model/commands/rows";
import type { Flow, Step } from "../model/flow";
import { isObject, type JsonObject } from "../model/json";
import { rules, waysOf, type Way } from "../model/ways";
import { run, useEditor } from "../state/editor";
import { ExpressionField } from "./fields/ExpressionField";
import { LeadsRow, LeadsTo } from "./fields/LeadsTo";
import { Section } from "./fields/Section";
import { TextField } from "./fields/Text";
import { RowTools } from "./RowTools";
import { useField } from "./useField";

export function ConditionForm({ step }: { step: Step }) {
  const flow = useEditor((state) => state.flow) as Flow;
  const list = rules(step);
  const ways = waysOf(flow, step);
  const rest = ways.filter((way) => !list.some((rule) => rule.type === way.type && way.role === "rule"));
  return (
    <>
      <Section title="Rules" count={list.length}>
        <p className="help" style={{ margin: "0 0 8px" }}>
          The first that is true wins.
        </p>
        <ul className="rows">
          {list.map((rule, index) => (
            <Entry key={index} step={step} flow={flow} index={index} count={list.length} way={ways.find((way) => way.type === rule.type)} />
          ))}
        </ul>
        <button type="button" className="btn quiet s more" onClick={() => run(addRule(step))}>
          <Plus className="s14" aria-hidden="true" />
          Add a rule
        </button>
      </Section>
      <Section title="If none is true">
        {rest.map((way) => (
          <LeadsRow key={way.id} step={step} way={way} />
        ))}
      </Section>
    </>
  );
}

function Entry({ step, flow, index, count, way }: { step: Step; flow: Flow; index: number; count: number; way: Way | undefined }) {
  const entry = (step.content.conditions as never[])[index];
  const body: JsonObject = isObject(entry) ? entry : {};
  const key = ["if", "expression", "condition"].find((each) => body[each] !== undefined) ?? "if";
  const rule = useField(step, ["conditions", index, key]);
  const name = useField(step, ["conditions", index, "name"]);
  const what = `rule ${index + 1}`;
  return (
    <li>
      <div className="head">
        <span className="label">{index + 1}</span>
        <RowTools what={what} index={index} count={count} move={(to) => run(moveRow(step, "conditions", index, to, "Move a rule"))} remove={() => run(removeRule(flow, step, index))} />
      </div>
      <TextField label={`Name of ${what}`} hideLabel field={name} placeholder="Name, for example “School known”" />
      <ExpressionField label={`Rule ${index + 1}`} field={rule} />
      {way ? (
        <div style={{ marginTop: 6 }}>
          <LeadsTo step={step} way={way} empty="Connect…" />
        </div>
      ) : null}
    </li>
  );
}
