/** The visitors' own chat in a look, talking by the engine in this page. */
import { useEffect, useRef, useState } from "react";
import { createChat } from "../../widget/chat/chat.js";
import type { Chat, Conversation, Theme, Turn } from "../../widget/wire";
import { ask } from "../engine/client";
import type { Input } from "../engine/protocol";
import type { Json, JsonObject } from "../model/json";

export function LivePreview({ config, scheme }: { config: JsonObject; scheme: "light" | "dark" }) {
  const place = useRef<HTMLDivElement>(null);
  const chat = useRef<Chat>(undefined);
  const now = useRef(config);
  now.current = config;
  const [failed, setFailed] = useState<string>();
  useEffect(() => {
    const host = place.current;
    if (!host) return;
    const inner = document.createElement("div");
    inner.style.height = "100%";
    host.replaceChildren(inner);
    const made = createChat({ root: inner.attachShadow({ mode: "open" }), conversation: conversation(setFailed, () => ({ config: now.current })), name: "Museum guide", theme: { config }, scheme, hurry: true });
    chat.current = made;
    made.open();
    return () => made.stop();
    // Another scheme is another chat; what changes in the look is put on below.
  }, [scheme]);
  useEffect(() => chat.current?.dress({ config }, "Museum guide"), [config]);
  return failed === undefined ? <div className="look-chat" ref={place} role="group" aria-label={`The chat, ${scheme}`} /> : <p className="note error">{failed}</p>;
}

/** A conversation with the museum's tickets. */
function conversation(failed: (reason: string) => void, look: () => Theme): Conversation {
  let inputs: Input[] = [];
  const play = async (): Promise<Turn> => {
    try {
      const { flows, extras } = await import("../library/samples");
      const played = await ask("play", { ...extras(), flow: flows[4] ?? "", others: [], seed: "1", inputs, stops: [], calls: "handlers" });
      return played.turns.at(-1)?.turn as unknown as Turn;
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
  return {
    start: async () => {
      inputs = [];
      return { ...(await play()), flow_name: "Museum guide", theme: look() };
    },
    answer: async ({ input }) => {
      inputs = [...inputs, { type: "answer", value: input as Json }];
      return play();
    },
    history: () => Promise.resolve(null),
  };
}
