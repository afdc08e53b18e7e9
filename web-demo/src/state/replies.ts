/** Replies of calls that are kept on this computer, for previews. */
import { create } from "zustand";
import { changeExtras, loadExtras } from "../library/storage";
import { isObject, type Json, type JsonObject } from "../model/json";
import { restart } from "./preview";
import { forget } from "./surroundings";

export const useReplies = create<{ handlers: JsonObject }>(() => ({ handlers: {} }));

export async function refreshReplies(): Promise<void> {
  useReplies.setState({ handlers: (await loadExtras()).handlers });
}

/** Keeps a reply, or forgets it. */
export function keepReply(endpoint: string, rule: Json | undefined): Promise<void> {
  return change((handlers) => {
    const { [endpoint]: _, ...rest } = handlers;
    return rule === undefined ? rest : { ...rest, [endpoint]: rule };
  });
}

/** Takes in a file of replies, or one reply for an endpoint. Tells how many. */
export async function importReplies(text: string): Promise<number> {
  const read: unknown = JSON.parse(text);
  if (!isObject(read)) return 0;
  await change((handlers) => ({ ...handlers, ...read }));
  return Object.keys(read).length;
}

async function change(make: (handlers: JsonObject) => JsonObject): Promise<void> {
  const { handlers } = await changeExtras((extras) => ({ ...extras, handlers: make(extras.handlers) }));
  useReplies.setState({ handlers });
  forget();
  restart();
}
