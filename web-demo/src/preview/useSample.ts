import { useEffect, useMemo, useState } from "react";
import { ask } from "../engine/client";
import type { Input, Outcome, Played } from "../engine/protocol";
import type { Json } from "../model/json";
import type { Talk } from "./talk";

type Samples = typeof import("../library/samples");

interface Sample {
  played: Played | undefined;
  /** Another number is another conversation. */
  round: number;
  talk: Talk;
  /** Why there is none. */
  failed: string | undefined;
}

/** A conversation with one of the flows that come along, by the engine in this page. */
export function useSample(choose: (samples: Samples) => string | undefined): Sample {
  const [inputs, setInputs] = useState<readonly Input[]>([]);
  const [round, setRound] = useState(0);
  const [played, setPlayed] = useState<Played>();
  const [failed, setFailed] = useState<string>();
  useEffect(() => {
    let wanted = true;
    import("../library/samples")
      .then((samples) => {
        const flow = choose(samples) ?? "";
        return ask("play", { ...samples.extras(), flow, others: samples.flows.filter((each) => each !== flow), seed: "1", inputs: [...inputs], stops: [], calls: "handlers" });
      })
      .then(
        (result) => wanted && setPlayed(result),
        (error: Error) => wanted && setFailed(error.message),
      );
    return () => {
      wanted = false;
    };
    // Which flow it is does not change.
  }, [inputs]);
  const talk = useMemo(
    () => ({
      answer: (value: Json) => setInputs((now) => [...now, { type: "answer", value }]),
      resolve: (outcome: Outcome) => setInputs((now) => [...now, { type: "outcome", outcome }]),
      again: () => (setPlayed(undefined), setRound((now) => now + 1), setInputs([])),
    }),
    [],
  );
  return { played, round, talk, failed };
}
