import { ArrowRight } from "lucide-react";
import { useId } from "react";
import { address, useRoute } from "../app/route";
import type { Flow, Step } from "../model/flow";
import { firstText, isObject } from "../model/json";
import { waysOf } from "../model/ways";
import { useEditor } from "../state/editor";
import { useFlows } from "../state/flows";
import { Toggle } from "./fields/Choose";
import { LeadsRow } from "./fields/LeadsTo";
import { Pairs } from "./fields/Pairs";
import { Section } from "./fields/Section";
import { TextField } from "./fields/Text";
import { useField } from "./useField";

export function CompositeForm({ step }: { step: Step }) {
  const flow = useEditor((state) => state.flow) as Flow;
  const flows = useFlows((state) => state.list);
  const id = useId();
  const route = useRoute();
  const here = useEditor((state) => state.key ?? "");
  const own = Array.isArray(step.content.nodes);
  const reference = isObject(step.content.flow_ref) ? ["flow_ref", step.content.flow_ref.id === undefined ? "key" : "id"] : [["composite_flow_seed_key", "composite_flow_key", "composite_flow_id", "flow_id"].find((key) => step.content[key] !== undefined) ?? "composite_flow_seed_key"];
  const which = useField(step, reference);
  const version = useField(step, ["version"]);
  const inputs = useField(step, ["inputs"]);
  const outputs = useField(step, ["outputs"]);
  const isolate = useField(step, ["isolate"]);
  const target = flows?.find((each) => each.key === firstText(which.value));
  return (
    <>
      <Section>
        {own ? (
          <p className="t2">This step holds {(step.content.nodes as unknown[]).length} steps of its own. They can be seen and changed as JSON.</p>
        ) : (
          <>
            <TextField label="Flow" field={which} mono keepEmpty list={id} help={target ? target.name : "The key of a flow."} />
            <datalist id={id}>
              {flows?.map((each) => (
                <option key={each.key} value={each.key}>
                  {each.name}
                </option>
              ))}
            </datalist>
            {target ? (
              <p className="field">
                <a className="btn s" href={address(target.key, undefined, [...(route.screen === "build" ? route.from : []), here])}>
                  Open {target.name}
                  <ArrowRight className="s14" aria-hidden="true" />
                </a>
              </p>
            ) : null}
            <TextField label="Version" field={version} mono placeholder="^1.0.0" help="Which versions will do; any, if empty." />
          </>
        )}
      </Section>
      <Section>
        <Pairs label="What it is given" field={inputs} left="name" right="user.age" add="Give a value" />
        {Array.isArray(outputs.value) ? null : <Pairs label="What it gives back" field={outputs} left="temp.result" right="temp.value" add="Keep a value" />}
        <Toggle label="Its temp values are its own" field={isolate} />
      </Section>
      <Section title="Where it leads">
        {waysOf(flow, step).map((way) => (
          <LeadsRow key={way.id} step={step} way={way} />
        ))}
      </Section>
    </>
  );
}
