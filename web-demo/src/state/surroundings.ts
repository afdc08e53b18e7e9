/** What lies around the open flow: other flows on this computer, which may be its sub-flows, content, and replies of calls. */
import type { Surroundings } from "../engine/protocol";
import * as storage from "../library/storage";
import * as log from "../model/log";

let kept: { key: string; made: Promise<Surroundings> } | undefined;

export function surroundings(key: string): Promise<Surroundings> {
  if (kept?.key !== key) kept = { key, made: gather(key) };
  return kept.made;
}

/** Other flows may have changed. */
export function forget(): void {
  kept = undefined;
}

async function gather(key: string): Promise<Surroundings> {
  const others = (await storage.listFlows()).filter((flow) => flow.key !== key);
  const texts = await Promise.all(
    others.map(async (flow) => {
      const found = await storage.loadFlow(flow.key);
      return found ? log.text(log.open(found.flow.base, found.entries, found.flow.cursor)) : "{}";
    }),
  );
  return { others: texts, ...(await storage.loadExtras()) };
}
