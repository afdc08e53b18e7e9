import { useEffect, useState } from "react";
import { replaceContent } from "../model/commands/steps";
import type { Step } from "../model/flow";
import { isObject } from "../model/json";
import { run } from "../state/editor";
import { Frame } from "./fields/Frame";
import { Section } from "./fields/Section";

/** All that a step holds, as it is written; what no form knows can be changed here. */
export function JsonForm({ step }: { step: Step }) {
  const written = JSON.stringify(step.content, null, 2);
  const [text, setText] = useState(written);
  const [wrong, setWrong] = useState<string>();
  useEffect(() => {
    setText((now) => (same(now, written) ? now : written));
  }, [written]);
  const write = (next: string) => {
    setText(next);
    try {
      const content: unknown = JSON.parse(next);
      if (!isObject(content)) throw new Error("It must be an object, between { and }.");
      setWrong(undefined);
      run({ ...replaceContent(step, content), merge: `json ${step.id}` });
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Section>
      <Frame label="What the step holds" help={wrong === undefined ? "Kept as soon as it is right." : undefined}>
        {(attributes) => <textarea className="fld mono json" spellCheck={false} value={text} aria-invalid={wrong !== undefined} onChange={(event) => write(event.target.value)} {...attributes} />}
      </Frame>
      {wrong === undefined ? null : <p className="note error">{wrong}</p>}
    </Section>
  );
}

function same(a: string, b: string): boolean {
  try {
    return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
  } catch {
    return true;
  }
}
