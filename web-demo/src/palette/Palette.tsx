import { Braces, CornerDownLeft, Workflow } from "lucide-react";
import { useMemo } from "react";
import { focusStory } from "../app/focus";
import { address, go } from "../app/route";
import { summary } from "../model/card";
import { knownValues } from "../model/values";
import { kindName, Tile } from "../parts/kinds";
import { select, useEditor } from "../state/editor";
import { useFlows } from "../state/flows";
import { useLayout } from "../state/layout";
import { DOINGS, keyWords } from "./commands";
import { ListBox, type Item } from "./ListBox";

/** Finds steps, commands, values and flows. */
export function Palette() {
  const open = useLayout((state) => state.palette);
  return open ? <Open /> : null;
}

function Open() {
  const flow = useEditor((state) => state.flow);
  const flows = useFlows((state) => state.list);
  const items = useMemo(() => {
    const list: Item[] = [];
    for (const step of flow?.steps ?? []) {
      list.push({ id: `step ${step.id}`, text: step.title, words: `${step.id} ${summary(step)}`, mark: <Tile kind={step.kind} />, side: kindName(step.kind), run: () => show(step.id) });
    }
    for (const doing of DOINGS) {
      if (doing.hidden || !(doing.when?.() ?? true)) continue;
      list.push({ id: doing.id, text: doing.title, words: "command >", mark: <CornerDownLeft aria-hidden="true" />, side: doing.keys?.[0] ? <span className="kbd">{keyWords(doing.keys[0])}</span> : "command", run: doing.run });
    }
    for (const value of flow ? knownValues(flow) : []) {
      list.push({ id: `value ${value.path}`, text: value.path, words: "value @", mark: <Braces aria-hidden="true" />, side: `set in ${value.setBy.length}, read in ${value.readBy.length}`, run: () => show(value.setBy[0] ?? value.readBy[0]) });
    }
    for (const each of flows ?? []) {
      list.push({ id: `flow ${each.key}`, text: each.name, words: `flow ${each.key}`, mark: <Workflow aria-hidden="true" />, side: "flow", run: () => go(address(each.key)) });
    }
    return list;
  }, [flow, flows]);
  return (
    <ListBox
      label="Find or do"
      placeholder="A step, a value, a flow, or what to do"
      items={items}
      close={() => {
        useLayout.setState({ palette: undefined });
        focusStory();
      }}
    />
  );
}

function show(id: string | undefined): void {
  if (id === undefined) return;
  select([id]);
  useLayout.setState({ inspector: true });
  focusStory();
}
