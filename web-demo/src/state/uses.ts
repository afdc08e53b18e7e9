/** Where items are used: in the flows of this computer, or in those of the server that somebody is signed in at. */
import { answered } from "../../../bindings/client/client";
import * as storage from "../library/storage";
import { fromServer } from "../model/exchange";
import * as log from "../model/log";
import { usesIn, type Use } from "../model/uses";
import { api } from "../server/session";

export async function usesHere(ids: readonly string[]): Promise<Use[]> {
  const flows = await storage.listFlows();
  const all = await Promise.all(
    flows.map(async ({ key }) => {
      const found = await storage.loadFlow(key);
      return found ? usesIn(key, log.open(found.flow.base, found.entries, found.flow.cursor).document, ids) : [];
    }),
  );
  return all.flat();
}

const PAGE = 100;

/** In drafts; what published flows use, the server looks at itself before it deletes. */
export async function usesThere(ids: readonly string[]): Promise<Use[]> {
  const found: Use[] = [];
  for (let skip = 0; ; skip += PAGE) {
    const { data } = await answered(api().GET("/v1/cms/flows", { params: { query: { limit: PAGE, skip, active: "all" } } }));
    for (const flow of data) found.push(...usesIn(flow.id, fromServer(flow as never), ids).map((use) => ({ ...use, published: flow.is_published })));
    if (data.length < PAGE) return found;
  }
}
