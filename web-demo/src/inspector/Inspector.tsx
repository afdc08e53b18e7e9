/** The form of the selected step. */
import { Braces, ClipboardCopy, Copy, Flag, Link, OctagonPause, Trash2, X } from "lucide-react";
import { useState } from "react";
import { address } from "../app/route";
import { renameStep } from "../model/commands/steps";
import type { Step } from "../model/flow";
import { at, firstText } from "../model/json";
import type { Kind } from "../model/kinds";
import * as act from "../palette/actions";
import { hotkey } from "../palette/commands";
import { IconButton } from "../parts/IconButton";
import { kindName, Tile } from "../parts/kinds";
import { MenuButton } from "../parts/MenuButton";
import { Resizer } from "../parts/Resizer";
import { run, useEditor } from "../state/editor";
import { useLayout } from "../state/layout";
import { useProblems } from "../state/problems";
import { stopOf, useStops } from "../state/stops";
import { announce } from "../state/voice";
import { ActionForm } from "./ActionForm";
import { CompositeForm } from "./CompositeForm";
import { ConditionForm } from "./ConditionForm";
import { FlowForm } from "./FlowForm";
import { JsonForm } from "./JsonForm";
import { MessageForm } from "./MessageForm";
import { QuestionForm } from "./QuestionForm";
import { ScriptForm } from "./ScriptForm";
import { StepProblems } from "./StepProblems";
import { mergeKey, newVisit } from "./visit";
import { WebhookForm } from "./WebhookForm";

const FORMS: Record<Kind, (properties: { step: Step }) => React.ReactNode> = {
  message: MessageForm,
  question: QuestionForm,
  condition: ConditionForm,
  action: ActionForm,
  webhook: WebhookForm,
  composite: CompositeForm,
  script: ScriptForm,
};

export function Inspector() {
  const flow = useEditor((state) => state.flow);
  const selection = useEditor((state) => state.selection);
  const step = selection.length === 1 ? flow?.byId.get(selection[0] ?? "") : undefined;
  return (
    <aside className="panel inspector" data-region="inspector" aria-label={step ? `Settings of ${step.title}` : "Settings of the flow"} onFocus={newVisit} onPointerDown={newVisit}>
      <Resizer panel="inspector" label="Width of the settings" side="left" />
      {step ? <StepForm key={step.id} step={step} /> : selection.length > 1 ? <Several count={selection.length} /> : <FlowForm />}
    </aside>
  );
}

function StepForm({ step }: { step: Step }) {
  const [json, setJson] = useState(false);
  const entry = useEditor((state) => state.flow?.entry === step.id);
  const name = useEditor((state) => firstText(at(state.history?.document, [...step.path, "name"])) ?? "");
  const key = useEditor((state) => state.key ?? "");
  const problems = useProblems((state) => state.byStep.get(step.id));
  const stopped = useStops((state) => stopOf(state.list, step.id) !== undefined);
  const Form = step.kind ? FORMS[step.kind] : JsonForm;
  const copyLink = () => {
    void navigator.clipboard.writeText(new URL(address(key, step.id), location.href).href).then(
      () => announce("Link copied"),
      () => announce("The link is in the address bar"),
    );
  };
  return (
    <>
      <header className="ph">
        <Tile kind={step.kind} />
        <h2 className="vh">
          {kindName(step.kind)}: {step.title}
        </h2>
        <input className="name" data-name aria-label="Name of the step" value={name} placeholder={step.title} onChange={(event) => run(renameStep(step, event.target.value, mergeKey("name")))} />
        <IconButton icon={OctagonPause} size="sm" label={stopped ? "No longer halt the preview here" : "Halt the preview here"} hotkey={hotkey("stop") ?? ""} aria-pressed={stopped} onClick={act.toggleStopHere} />
        <MenuButton
          label="More for this step"
          choices={[
            { id: "duplicate", label: "Duplicate", icon: Copy, run: act.duplicate },
            { id: "copy", label: "Copy", icon: ClipboardCopy, run: () => void act.copySelected() },
            { id: "link", label: "Copy link", icon: Link, run: copyLink },
            { id: "start", label: entry ? "The flow starts here" : "Start the flow here", icon: Flag, run: act.startAtSelected, disabled: entry },
            { id: "json", label: json ? "Show the form" : "Show as JSON", icon: Braces, run: () => setJson(!json) },
            { id: "delete", label: "Delete", icon: Trash2, run: act.deleteSelected },
          ]}
        />
        <IconButton icon={X} size="sm" label="Close settings" onClick={() => useLayout.setState({ inspector: false })} />
      </header>
      <div className="scroll">
        {problems ? <StepProblems problems={problems} /> : null}
        {json ? <JsonForm step={step} /> : <Form step={step} />}
        <section className="sec">
          <p className="path">
            {entry ? "Start of the flow · " : ""}
            {step.id}
          </p>
        </section>
      </div>
    </>
  );
}

function Several({ count }: { count: number }) {
  return (
    <>
      <header className="ph">
        <h2 className="grow">{count} steps</h2>
      </header>
      <div className="sec row">
        <button type="button" className="btn" onClick={act.duplicate}>
          Duplicate
        </button>
        <button type="button" className="btn" onClick={() => void act.copySelected()}>
          Copy
        </button>
        <button type="button" className="btn" onClick={act.deleteSelected}>
          Delete
        </button>
      </div>
    </>
  );
}
