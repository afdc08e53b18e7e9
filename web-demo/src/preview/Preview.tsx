/** A conversation with the flow as it is now, by the real engine, in this page. */
import { Dices, FileDown, FileUp, RotateCcw, Undo2, X } from "lucide-react";
import { useEffect, useMemo } from "react";
import { beginPathsAt } from "../../widget/chat/markup.js";
import type { Theme } from "../../widget/wire";
import { lookChosen, looksNamed } from "../looks/chosen";
import { refreshLooks, useLooks } from "../looks/store";
import { chooseRecording, keepRecording } from "../palette/actions";
import { hotkey } from "../palette/commands";
import { IconButton } from "../parts/IconButton";
import { Resizer } from "../parts/Resizer";
import { resume, useSession } from "../server/session";
import { useEditor } from "../state/editor";
import { useLayout, type Below } from "../state/layout";
import { answer, back, chooseTry, resolve, restart, setSeed, usePreview, watch } from "../state/preview";
import { Calls } from "./Calls";
import { Chat } from "./Chat";
import { ChatBar } from "./ChatBar";
import { Refusal } from "./Refusal";
import { RecordingBanner } from "./RecordingBanner";
import { Steps } from "./Steps";
import { Stops } from "./Stops";
import { TalkContext } from "./talk";
import { Timeline } from "./Timeline";
import { Values } from "./Values";

const BELOW: readonly (readonly [Below, string])[] = [
  ["steps", "Steps"],
  ["values", "Values"],
  ["calls", "Calls"],
  ["stops", "Stops"],
];
const TALK = { answer, resolve, again: restart };

export function Preview() {
  const name = useEditor((state) => state.flow?.name ?? "");
  const upTo = usePreview((state) => state.upTo);
  const seed = usePreview((state) => state.seed);
  const tries = usePreview((state) => state.tries.length);
  const current = usePreview((state) => state.current);
  const refused = usePreview((state) => state.refused);
  const played = usePreview((state) => state.played);
  const head = usePreview((state) => state.head);
  const recording = usePreview((state) => state.recording);
  const round = usePreview((state) => state.round);
  const tab = useLayout((state) => state.below);
  const paced = useLayout((state) => state.paced);
  const scheme = useLayout((state) => (state.chatTheme === "system" ? state.theme : state.chatTheme));
  const look = useChosenLook();
  useEffect(() => {
    watch(true);
    return () => watch(false);
  }, []);
  return (
    <aside className="panel preview" data-region="preview" aria-label="Preview">
      <Resizer panel="preview" label="Width of the preview" side="left" />
      <header className="ph">
        <h2>Preview</h2>
        <label className="pill out seed" title="Same seed, same random picks">
          <Dices className="s12" aria-hidden="true" />
          <span>seed</span>
          <input aria-label="Seed of the random picks" value={seed} size={Math.max(2, seed.length)} onChange={(event) => setSeed(event.target.value)} />
        </label>
        {tries > 1 ? (
          <select className="pill out" aria-label="Which try" value={current} onChange={(event) => chooseTry(Number(event.target.value))}>
            {Array.from({ length: tries }, (_, index) => (
              <option key={index} value={index}>
                Try {index + 1}
              </option>
            ))}
          </select>
        ) : null}
        <span className="grow" />
        <IconButton icon={Undo2} size="sm" label="One answer back" hotkey={hotkey("answer-back") ?? ""} disabled={upTo === 0} onClick={back} />
        <IconButton icon={RotateCcw} size="sm" label="Start again" hotkey={hotkey("preview") ?? ""} onClick={restart} />
        <IconButton icon={FileUp} size="sm" label="Open a recorded conversation" onClick={chooseRecording} />
        <IconButton icon={FileDown} size="sm" label="Keep the conversation as a file" disabled={played === undefined} onClick={() => void keepRecording()} />
        <IconButton icon={X} size="sm" label="Close preview" onClick={() => useLayout.setState({ preview: false })} />
      </header>
      {recording ? <RecordingBanner recording={recording} played={played} /> : null}
      <ChatBar />
      <TalkContext value={TALK}>
        <Chat played={played} name={name} head={head} round={round} look={look} scheme={scheme === "system" ? "auto" : scheme} paced={paced} hidden={refused !== undefined} />
      </TalkContext>
      {refused === undefined ? null : <Refusal reason={refused} />}
      <Timeline />
      <div className="tabs" role="tablist" aria-label="What happened">
        {BELOW.map(([name, words]) => (
          <button key={name} type="button" role="tab" id={`tab-${name}`} aria-selected={tab === name} aria-controls="tab-panel" onClick={() => useLayout.setState({ below: name })}>
            {words}
          </button>
        ))}
      </div>
      <div className="scroll below" role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {tab === "stops" ? <Stops /> : tab === "calls" ? <Calls played={played} /> : played === undefined ? null : tab === "steps" ? <Steps played={played} /> : <Values played={played} />}
      </div>
    </aside>
  );
}

/** The look that visitors of the flow get, as far as it is known here. */
function useChosenLook(): Theme | null {
  const list = useLooks((state) => state.list);
  const who = useSession((state) => state.who);
  const server = useEditor((state) => state.remote?.server);
  const names = useEditor((state) => (state.flow && state.history ? looksNamed(state.history.document, state.flow).join("\n") : ""));
  // A flow that is kept on a server may have a look of that server.
  useEffect(() => void (server === undefined ? Promise.resolve() : resume()).then(refreshLooks), [who, server]);
  // Pictures that authors name by a path lie where the flow is kept.
  useEffect(() => beginPathsAt(server === undefined ? document.baseURI : `${server}/`), [server]);
  const look = lookChosen(names.split("\n"), list ?? [], server !== undefined);
  return useMemo(() => (look ? { config: look.config, avatar_url: look.avatar_url ?? null } : null), [look?.config, look?.avatar_url]);
}
