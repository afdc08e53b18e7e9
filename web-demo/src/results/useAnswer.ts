/** An answer of the server for a part of the screen; the last one stays in sight, dimmed, until the next is there. */
import { useEffect, useState } from "react";
import { noted, useSession } from "../server/session";
import type { Trouble } from "../server/trouble";
import { useResults } from "../state/results";

export interface Answer<Found> {
  found: Found | undefined;
  busy: boolean;
  trouble: Trouble | undefined;
}

/** Asks whenever what it is asked about changes, or somebody wants newer numbers; without a question it does not. */
export function useAnswer<Found>(ask: (() => Promise<Found>) | undefined, about: readonly unknown[]): Answer<Found> {
  const [answer, setAnswer] = useState<Answer<Found>>({ found: undefined, busy: true, trouble: undefined });
  const who = useSession((state) => state.who);
  const again = useResults((state) => state.again);
  const asks = ask !== undefined && who !== undefined;
  useEffect(() => {
    if (!asks) return setAnswer({ found: undefined, busy: false, trouble: undefined });
    let wanted = true;
    setAnswer((now) => ({ ...now, busy: true }));
    ask().then(
      (found) => wanted && setAnswer({ found, busy: false, trouble: undefined }),
      (error: unknown) => wanted && setAnswer((now) => ({ ...now, busy: false, trouble: noted(error) })),
    );
    return () => {
      wanted = false;
    };
    // The question is made anew with each drawing; what it is about tells whether it is another.
  }, [asks, again, ...about]);
  return answer;
}
