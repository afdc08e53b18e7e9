import type { Step } from "../model/flow";
import type { Path } from "../model/json";
import { Choose } from "./fields/Choose";
import { JsonField } from "./fields/JsonField";
import { KeepIn } from "./fields/KeepIn";
import { Pairs } from "./fields/Pairs";
import { NumberField, TextField } from "./fields/Text";
import { useField } from "./useField";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"].map((each) => [each, each] as const);

/** A call of the host, or of an address. */
export function CallFields({ step, at }: { step: Step; at: Path }) {
  const endpoint = useField(step, [...at, "endpoint"]);
  const method = useField(step, [...at, "method"]);
  const body = useField(step, [...at, "body"]);
  const mapping = useField(step, [...at, "response_mapping"]);
  const whole = useField(step, [...at, "response_variable"]);
  const timeout = useField(step, [...at, "timeout"]);
  const fallback = useField(step, [...at, "fallback_response"]);
  return (
    <>
      <TextField label="Address" field={endpoint} mono placeholder="/v1/recommend" help="A path the host answers, or https://…" />
      <Choose label="Method" field={method} options={METHODS} usual="GET" />
      <JsonField label="What to send" field={body} placeholder='{"age": "{{user.age}}"}' />
      <Pairs label="Keep from the reply" field={mapping} left="$.part" right="temp.value" add="Keep a part" />
      <KeepIn label="Keep all of it in" field={whole} />
      <NumberField label="Time limit, seconds" field={timeout} placeholder="30" />
      <JsonField label="If it fails, take this reply" field={fallback} />
    </>
  );
}
