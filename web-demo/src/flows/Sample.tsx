import { useEffect, useMemo, useState } from "react";
import type { Theme } from "../../widget/wire";
import { ask } from "../engine/client";
import type { Input, Outcome, Played } from "../engine/protocol";
import type { Json } from "../model/json";
import { Chat } from "../preview/Chat";
import { TalkContext } from "../preview/talk";

/** The museum guide, ready to talk: the engine in this page at work. */
export function Sample() {
  const [inputs, setInputs] = useState<readonly Input[]>([]);
  const [look, setLook] = useState<Theme | null>(null);
  const [round, setRound] = useState(0);
  const [played, setPlayed] = useState<Played>();
  const [failed, setFailed] = useState<string>();
  useEffect(() => {
    let wanted = true;
    import("../library/samples")
      .then(({ flows, extras, look: dress }) => {
        setLook((now) => now ?? dress());
        return ask("play", { ...extras(), flow: flows[0] ?? "", others: flows.slice(1), seed: "1", inputs: [...inputs], stops: [], calls: "handlers" });
      })
      .then(
        (result) => wanted && setPlayed(result),
        (error: Error) => wanted && setFailed(error.message),
      );
    return () => {
      wanted = false;
    };
  }, [inputs]);
  const talk = useMemo(
    () => ({
      answer: (value: Json) => setInputs((now) => [...now, { type: "answer", value }]),
      again: () => (setInputs([]), setPlayed(undefined), setRound((now) => now + 1)),
      resolve: (outcome: Outcome) => setInputs((now) => [...now, { type: "outcome", outcome }]),
    }),
    [],
  );
  return (
    <section className="sample" aria-label="A conversation to try">
      <p className="row sp">
        <b className="m">The guide is ready to talk</b>
        <span className="sm t3">runs in this page, works offline</span>
      </p>
      {failed === undefined ? (
        <TalkContext value={talk}>
          <Chat played={played} name="Museum guide" round={round} look={look} />
        </TalkContext>
      ) : (
        <p className="note error">The engine could not be started. {failed}</p>
      )}
    </section>
  );
}
