import { useEffect, useState } from "react";
import type { Theme } from "../../widget/wire";
import { Chat } from "../preview/Chat";
import { TalkContext } from "../preview/talk";
import { useSample } from "../preview/useSample";

/** The museum guide, ready to talk: the engine in this page at work. */
export function Sample() {
  const [look, setLook] = useState<Theme | null>(null);
  const { played, round, talk, failed } = useSample(({ flows }) => flows[0]);
  useEffect(() => void import("../library/samples").then((samples) => setLook(samples.look())), []);
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
