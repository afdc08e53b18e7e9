import { readable, type Flow } from "../model/flow";

/** What a step that the server tells of is called here. */
export function titleOf(flow: Flow | undefined, id: string): string {
  if (id === "(start)") return "the start";
  const step = flow?.byId.get(id);
  return step ? step.title : `${readable(id)} (not in this flow)`;
}
