import { createContext, useContext } from "react";
import type { Outcome } from "../engine/protocol";
import type { Json } from "../model/json";

/** How a chat is answered, wherever it stands. */
export interface Talk {
  answer: (value: Json) => void;
  /** Says what came of a call. */
  resolve: (outcome: Outcome) => void;
  /** Begins anew. */
  again: () => void;
}

export const TalkContext = createContext<Talk>({ answer: () => undefined, resolve: () => undefined, again: () => undefined });

export function useTalk(): Talk {
  return useContext(TalkContext);
}
