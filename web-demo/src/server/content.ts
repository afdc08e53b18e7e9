/** Content of a server, as far as its tests are told of. */
import { answered, Refused } from "../../../bindings/client/client";
import { titleOf, type Item } from "../state/content";
import { test, type Test } from "./results";
import { api } from "./session";

export interface Tested {
  id: string;
  title: string;
  test: Test;
}

/** Those of some items that are, or were, shown in several wordings. */
export async function tested(ids: readonly string[]): Promise<Tested[]> {
  const all = await Promise.all(ids.map(one));
  return all.filter((each) => each !== undefined);
}

async function one(id: string): Promise<Tested | undefined> {
  try {
    const [item, found] = await Promise.all([answered(api().GET("/v1/cms/content/{content_id}", { params: { path: { content_id: id } } })), test(id)]);
    return found.test_status === "not_running" && Object.keys(found.test_results).length < 2 ? undefined : { id, title: titleOf(item as unknown as Item), test: found };
  } catch (error) {
    // A flow may name content that is not on this server.
    if (error instanceof Refused && error.status === 404) return undefined;
    throw error;
  }
}
