import { setField } from "../model/command";
import { at, firstText, toPointer, type Json } from "../model/json";
import { run, useEditor } from "../state/editor";
import { Section } from "./fields/Section";
import { TextField } from "./fields/Text";
import { LookField } from "./LookField";
import { mergeKey } from "./visit";

/** The flow itself, while no step is selected. */
export function FlowForm() {
  const flow = useEditor((state) => state.flow);
  const document = useEditor((state) => state.history?.document);
  if (!flow) return null;
  const field = (...keys: string[]) => {
    const path = [...flow.envelope, ...keys];
    const pointer = toPointer(path);
    return {
      pointer,
      value: at(document, path) as Json | undefined,
      set: (value: Json | undefined) => run(setField(keys[0] === "name" ? "Rename the flow" : "Change the flow", path, value, mergeKey(pointer))),
    };
  };
  return (
    <>
      <header className="ph">
        <h2 className="grow">Flow</h2>
      </header>
      <div className="scroll">
        <Section>
          <TextField label="Name" field={field("name")} />
          <TextField label="What it is for" field={field("description")} area />
          <TextField label="Version" field={field("version")} mono />
          <LookField />
        </Section>
        <Section>
          <p className="t2">
            {counted(flow.steps.length, "step")}, {counted(flow.lines.length, "line")}. Starts at {flow.entry === undefined ? "no step yet" : `“${flow.byId.get(flow.entry)?.title ?? flow.entry}”`}.
          </p>
          {firstText(flow.key) === undefined ? null : <p className="path">{flow.key}</p>}
        </Section>
      </div>
    </>
  );
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
