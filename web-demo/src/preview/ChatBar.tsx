/** How the chat is shown in the preview, and an answer without thinking. */
import { Shuffle } from "lucide-react";
import { IconButton } from "../parts/IconButton";
import { useLayout, type Theme } from "../state/layout";
import { answerRandomly, usePreview } from "../state/preview";

export function ChatBar() {
  const paced = useLayout((state) => state.paced);
  const brightness = useLayout((state) => state.chatTheme);
  const asks = usePreview((state) => state.head === undefined && (state.played?.waits_for === "answer" || state.played?.waits_for === "acknowledgement"));
  return (
    <div className="chat-bar" role="group" aria-label="How the chat is shown">
      <button type="button" role="switch" className="switch" aria-checked={paced} onClick={() => useLayout.setState({ paced: !paced })}>
        <span>Typing pauses</span>
        <i aria-hidden="true" />
      </button>
      <select className="pill out" aria-label="Brightness of the chat" value={brightness} onChange={(event) => useLayout.setState({ chatTheme: event.target.value as Theme })}>
        <option value="system">As the studio</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
      <span className="grow" />
      <IconButton icon={Shuffle} size="sm" label="Answer at random" disabled={!asks} onClick={answerRandomly} />
    </div>
  );
}
