import { setAnswerKind } from "../model/commands/rows";
import type { Flow, Step } from "../model/flow";
import { firstText, isObject, type Path } from "../model/json";
import { waysOf } from "../model/ways";
import { run, useEditor } from "../state/editor";
import { ANSWER_KINDS, hasAnswers } from "./answerKinds";
import { Answers } from "./Answers";
import { Choose, Toggle } from "./fields/Choose";
import { KeepIn } from "./fields/KeepIn";
import { LeadsRow } from "./fields/LeadsTo";
import { Folded, Section } from "./fields/Section";
import { NumberField, TextField } from "./fields/Text";
import { Limits } from "./Limits";
import { RandomSource } from "./RandomSource";
import { useField } from "./useField";

export function QuestionForm({ step }: { step: Step }) {
  const flow = useEditor((state) => state.flow) as Flow;
  const prompt = useField(step, promptPath(step));
  const kindField = useField(step, ["input_type"]);
  const placeholder = useField(step, ["placeholder"]);
  const help = useField(step, ["help_text"]);
  const variable = useField(step, step.content.variable === undefined && step.content.result_variable !== undefined ? ["result_variable"] : ["variable"]);
  const other = useField(step, ["allow_other"]);
  const sensitive = useField(step, [step.content.pii === undefined ? "sensitive" : "pii"]);
  const options = Array.isArray(step.content.options) ? step.content.options.length : 0;
  const kind = firstText(kindField.value) ?? (options > 0 ? "choice" : "text");
  const random = step.content.source === "random";
  const ways = waysOf(flow, step);
  return (
    <>
      <Section title={random ? "Random question" : "Question"}>
        {random ? <RandomSource step={step} /> : <TextField label="Question" hideLabel field={prompt} area keepEmpty placeholder="What would you like to do?" />}
      </Section>
      <Section>
        <Choose label="Kind of answer" field={kindField} options={ANSWER_KINDS} usual={kind} onChoose={(value) => run(setAnswerKind(step, value, hasAnswers(value) && !random))} />
        {hasAnswers(kind) || options > 0 ? <Answers step={step} flow={flow} /> : <Limits step={step} kind={kind} />}
        {hasAnswers(kind) ? <Toggle label="Also accept typed text" field={other} /> : null}
      </Section>
      <Section>
        <KeepIn field={variable} />
      </Section>
      <Section title="Where each answer leads">
        {ways.map((way) => (
          <LeadsRow key={way.id} step={step} way={way} empty={way.role === "answer" ? "Anything else" : "Ends here"} />
        ))}
      </Section>
      <Retry step={step} />
      <Folded title="Hints and privacy" summary={sensitive.value === true ? "Hidden in records" : "Nothing special"}>
        <TextField label="Shown in the empty field" field={placeholder} />
        <TextField label="Help below the field" field={help} />
        <div style={{ marginTop: 12 }}>
          <Toggle label="Private: hidden in records" field={sensitive} />
        </div>
      </Folded>
    </>
  );
}

function Retry({ step }: { step: Step }) {
  const at: Path = isObject(step.content.retry) && !isObject(step.content.validation) ? ["retry"] : ["validation"];
  const message = useField(step, [...at, "error_message"]);
  const again = useField(step, [...at, "retry_message"]);
  const tries = useField(step, [...at, "max_retries"]);
  const then = useField(step, [...at, "on_max_retries"]);
  const summary = typeof tries.value === "number" ? `Ask again ${tries.value} ${tries.value === 1 ? "time" : "times"}` : "Ask again, as often as needed";
  return (
    <Folded title="If the answer doesn’t fit" summary={summary}>
      <TextField label="Say" field={message} placeholder="Any short name will do." />
      <TextField label="From the second time on" field={again} />
      <div className="grid2">
        <NumberField label="Ask again, times" field={tries} integer placeholder="no limit" />
        <Choose
          label="Then"
          field={then}
          usual=""
          options={[
            ["", "As usual"],
            ["default", "Go on"],
            ["skip", "Skip the question"],
            ["fail", "Take the failed way"],
            ["end", "End"],
          ]}
          onChoose={(value) => then.set(value === "" ? undefined : value)}
        />
      </div>
    </Folded>
  );
}

/** Where the author wrote the prompt. */
function promptPath(step: Step): Path {
  const { question, text } = step.content;
  if (isObject(question)) return typeof question.question === "string" && question.text === undefined ? ["question", "question"] : ["question", "text"];
  if (typeof question === "string") return ["question"];
  return typeof text === "string" ? ["text"] : ["question", "text"];
}
