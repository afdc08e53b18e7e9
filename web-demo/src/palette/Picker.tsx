import { useMemo } from "react";
import { focusStory } from "../app/focus";
import { summary } from "../model/card";
import { KINDS } from "../model/kinds";
import { KIND_WORDS, kindName, Tile } from "../parts/kinds";
import { useEditor } from "../state/editor";
import { useLayout } from "../state/layout";
import { ListBox, type Item } from "./ListBox";

/** Asks for a kind of step to add, or for a step to lead to. */
export function Picker() {
  const picking = useLayout((state) => state.picking);
  return picking ? <Open key={picking.title} {...picking} /> : null;
}

function Open({ title, pick, kinds, steps }: NonNullable<ReturnType<typeof useLayout.getState>["picking"]>) {
  const flow = useEditor((state) => state.flow);
  const items = useMemo(() => {
    const existing = (flow?.steps ?? []).map((step): Item => ({ id: `step ${step.id}`, text: step.title, words: `${step.id} ${summary(step)}`, mark: <Tile kind={step.kind} />, side: kindName(step.kind), run: () => pick({ step: step.id }) }));
    const fresh = KINDS.map((kind): Item => ({ id: kind, text: steps ? `New ${KIND_WORDS[kind].name.toLowerCase()}` : KIND_WORDS[kind].name, words: "add new", mark: <Tile kind={kind} />, side: KIND_WORDS[kind].about, run: () => pick({ kind }) }));
    return [...(kinds && !steps ? fresh : []), ...(steps ? existing : []), ...(kinds && steps ? fresh : [])];
  }, [flow, pick, kinds, steps]);
  return (
    <ListBox
      label={title}
      placeholder={steps ? "A step, or a kind of new step" : "A kind of step"}
      items={items}
      close={() => {
        useLayout.setState({ picking: undefined });
        focusStory();
      }}
    />
  );
}
