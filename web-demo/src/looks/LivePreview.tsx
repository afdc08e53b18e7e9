/** The visitors' own chat in a look, with the museum's tickets. */
import { useMemo } from "react";
import type { JsonObject } from "../model/json";
import { Chat } from "../preview/Chat";
import { TalkContext } from "../preview/talk";
import { useSample } from "../preview/useSample";

export function LivePreview({ config, scheme }: { config: JsonObject; scheme: "light" | "dark" }) {
  const { played, round, talk, failed } = useSample(({ flows }) => flows[4]);
  const look = useMemo(() => ({ config }), [config]);
  if (failed !== undefined) return <p className="note error">{failed}</p>;
  return (
    <div className="look-chat" role="group" aria-label={`The chat, ${scheme}`}>
      <TalkContext value={talk}>
        <Chat played={played} name="Museum guide" round={round} look={look} scheme={scheme} />
      </TalkContext>
    </div>
  );
}
