import { useEffect, useRef } from "react";
import type { Theme } from "../../widget/wire";
import type { Played } from "../engine/protocol";
import { CallByHand, ScriptByHand } from "./ByHand";
import { Halted } from "./Halted";
import { sceneOf } from "./lines";
import { createStage, type Scheme, type Stage } from "./stage";
import { useTalk } from "./talk";

interface Properties {
  played: Played | undefined;
  name: string;
  head?: number | undefined;
  /** Another number is another conversation. */
  round?: number;
  /** How it looks; as chats do if nothing is chosen. It is put on again when it is another object. */
  look?: Theme | null;
  scheme?: Scheme;
  /** Whether there are pauses before messages. */
  paced?: boolean;
  hidden?: boolean;
}

/** The conversation as visitors have it, by their own chat; and below it what is not theirs: a halt, and replies by hand. */
export function Chat({ played, name, head, round = 0, look = null, scheme = "auto", paced = false, hidden = false }: Properties) {
  const talk = useTalk();
  const host = useRef<HTMLDivElement>(null);
  const stage = useRef<Stage>(undefined);
  const talking = useRef(talk);
  const begun = useRef(round);
  talking.current = talk;
  useEffect(() => {
    if (!host.current) return;
    const made = createStage(host.current, { answer: (value) => talking.current.answer(value), again: () => talking.current.again() });
    stage.current = made;
    return () => made.stop();
  }, []);
  useEffect(() => stage.current?.dress(look, name, scheme), [look, name, scheme]);
  useEffect(() => {
    if (!played || !stage.current) return;
    if (begun.current !== round) stage.current.clear();
    begun.current = round;
    void stage.current.show(sceneOf(played, head), paced);
  }, [played, head, round, paced]);
  const script = played?.turns.at(-1)?.turn.script_request;
  return (
    <div className="stage" hidden={hidden}>
      <div className="screen" ref={host} />
      {played === undefined ? null : head !== undefined ? (
        <Halted played={played} head={head} />
      ) : played.effect ? (
        <CallByHand key={played.effect.id} effect={played.effect} />
      ) : script ? (
        <ScriptByHand request={script} />
      ) : null}
    </div>
  );
}
