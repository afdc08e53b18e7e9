/** Where flows name items of content. Steps that draw by tags name none. */
import { readFlow } from "./flow";
import { at, type Json } from "./json";

export interface Use {
  item: string;
  /** The flow's key where it is kept, and its name. */
  key: string;
  flow: string;
  /** Whether people can talk to it. */
  published?: boolean;
  step: { id: string; title: string };
}

/** The steps of a flow that name any of these items. */
export function usesIn(key: string, document: Json, ids: readonly string[]): Use[] {
  const flow = readFlow(document);
  return flow.steps.flatMap((step) => {
    const text = JSON.stringify(at(document, step.path));
    return ids.filter((id) => text.includes(id)).map((item) => ({ item, key, flow: flow.name, step: { id: step.id, title: step.title } }));
  });
}
