import type { Flow, Step } from "../model/flow";
import { waysOf } from "../model/ways";
import { useEditor } from "../state/editor";
import { LeadsRow } from "./fields/LeadsTo";
import { Pairs } from "./fields/Pairs";
import { Section } from "./fields/Section";
import { NumberField, TextField } from "./fields/Text";
import { useField } from "./useField";

export function ScriptForm({ step }: { step: Step }) {
  const flow = useEditor((state) => state.flow) as Flow;
  const code = useField(step, ["code"]);
  const description = useField(step, ["description"]);
  const inputs = useField(step, ["inputs"]);
  const outputs = useField(step, ["outputs"]);
  const timeout = useField(step, ["timeout"]);
  const names = { ...outputs, value: Array.isArray(outputs.value) ? outputs.value.join(", ") : outputs.value, set: (value: typeof outputs.value) => outputs.set(typeof value === "string" ? value.split(",").map((name) => name.trim()).filter(Boolean) : value) };
  return (
    <>
      <Section>
        <TextField label="What it is for" field={description} />
        <TextField label="Code" field={code} area mono keepEmpty help="Runs in the visitor’s page, never on the server." />
      </Section>
      <Section>
        <Pairs label="Reads" field={inputs} left="name" right="user.value" add="Read a value" />
        <TextField label="Writes" field={names} mono placeholder="temp.sorted" help="Names, with commas between." />
      </Section>
      <Section>
        <NumberField label="Time limit, milliseconds" field={timeout} integer placeholder="5000" />
      </Section>
      <Section title="Where it leads">
        {waysOf(flow, step).map((way) => (
          <LeadsRow key={way.id} step={step} way={way} empty={way.role === "failed" ? "As done" : "Ends here"} />
        ))}
      </Section>
    </>
  );
}
