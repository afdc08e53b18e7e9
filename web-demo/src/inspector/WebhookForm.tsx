import type { Flow, Step } from "../model/flow";
import { waysOf } from "../model/ways";
import { useEditor } from "../state/editor";
import { METHODS } from "./CallFields";
import { Choose } from "./fields/Choose";
import { JsonField } from "./fields/JsonField";
import { KeepIn } from "./fields/KeepIn";
import { LeadsRow } from "./fields/LeadsTo";
import { Pairs } from "./fields/Pairs";
import { Folded, Section } from "./fields/Section";
import { NumberField, TextField } from "./fields/Text";
import { useField } from "./useField";

export function WebhookForm({ step }: { step: Step }) {
  const flow = useEditor((state) => state.flow) as Flow;
  const url = useField(step, ["url"]);
  const method = useField(step, ["method"]);
  const headers = useField(step, ["headers"]);
  const body = useField(step, [step.content.body === undefined && step.content.payload !== undefined ? "payload" : "body"]);
  const mapping = useField(step, ["response_mapping"]);
  const timeout = useField(step, ["timeout"]);
  const attempts = useField(step, ["retry", "attempts"]);
  const fallback = useField(step, ["fallback_response"]);
  const error = useField(step, ["error_variable"]);
  return (
    <>
      <Section>
        <TextField label="Address" field={url} mono keepEmpty placeholder="https://" />
        <Choose label="Method" field={method} options={METHODS} usual="POST" />
      </Section>
      <Section>
        <Pairs label="Headers" field={headers} left="Name" right="Text, or {{secret:KEY}}" add="Add a header" />
        <JsonField label="What to send" field={body} placeholder='{"name": "{{user.name}}"}' />
      </Section>
      <Section>
        <Pairs label="Keep from the reply" field={mapping} left="temp.value" right="$.part" add="Keep a part" />
      </Section>
      <Folded title="Time limit and tries" summary={`${String(timeout.value ?? 30)} seconds`}>
        <div className="grid2">
          <NumberField label="Time limit, seconds" field={timeout} placeholder="30" />
          <NumberField label="Tries" field={attempts} integer placeholder="1" />
        </div>
      </Folded>
      <Section title="If it fails">
        <JsonField label="Take this reply" field={fallback} />
        <KeepIn label="Keep what went wrong in" field={error} />
      </Section>
      <Section title="Where it leads">
        {waysOf(flow, step).map((way) => (
          <LeadsRow key={way.id} step={step} way={way} empty={way.role === "failed" ? "As done" : "Ends here"} />
        ))}
      </Section>
    </>
  );
}
