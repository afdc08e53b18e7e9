/** Looks of the chat: a list, the chosen one as a form, and the chat in it. */
import { CloudUpload, Plus, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { go, looksAddress } from "../app/route";
import { Breadcrumb } from "../parts/Breadcrumb";
import { IconButton } from "../parts/IconButton";
import { TroubleNote } from "../parts/Sheet";
import { resume, useSession } from "../server/session";
import { LivePreview } from "./LivePreview";
import { LookForm } from "./LookForm";
import { addLook, keepMine, openLook, refreshLooks, removeLook, sendLook, takeTheirs, useLooks, type Look } from "./store";

export default function Looks({ id }: { id: string | undefined }) {
  const { list, trouble } = useLooks();
  const who = useSession((state) => state.who);
  const [scheme, setScheme] = useState<"light" | "dark">("light");
  const look = list?.find((each) => each.id === id);
  useEffect(() => {
    document.title = "Looks — Chatflow studio";
    void resume().then(refreshLooks);
  }, [who]);
  useEffect(() => {
    if (look) void openLook(look);
  }, [look?.id]);
  const send = async (chosen: Look) => {
    const saved = await sendLook(chosen);
    if (saved !== undefined) go(looksAddress(saved));
  };
  return (
    <div className="app">
      <header className="top" data-region="top">
        <Breadcrumb here="Looks" />
        <span className="grow" />
        {look && who && (look.place === "here" || look.changed) ? (
          <button type="button" className="btn pri" onClick={() => void send(look)}>
            <CloudUpload className="s14" aria-hidden="true" />
            Save on the server
          </button>
        ) : null}
        <button type="button" className="btn" onClick={() => void addLook().then((made) => go(looksAddress(made)))}>
          <Plus className="s14" aria-hidden="true" />
          New look
        </button>
      </header>
      <div className="body">
        <nav className="panel left looks-list" aria-label="Looks" data-region="rail">
          {list?.length === 0 ? <p className="empty">There are none yet. Make one.</p> : null}
          <ul className="scroll">
            {list?.map((each) => (
              <li key={each.id}>
                <a href={looksAddress(each.id)} className="trunc" aria-current={each === look ? "page" : undefined}>
                  {each.name}
                </a>
                <span className="sm t3">{each.place === "here" ? "here" : each.changed ? "changed" : "server"}</span>
                {each.place === "here" ? <IconButton icon={Trash2} size="xs" label={`Delete ${each.name}`} onClick={() => void removeLook(each)} /> : null}
              </li>
            ))}
          </ul>
        </nav>
        <main className="main look-main" data-region="main">
          {trouble === undefined ? null : <TroubleNote text={trouble.text} details={trouble.details} />}
          {look && trouble?.kind === "conflict" ? (
            <p className="row look-clash">
              <button type="button" className="btn" onClick={() => void takeTheirs(look)}>
                Show theirs
              </button>
              <button type="button" className="btn" onClick={() => void keepMine(look)}>
                Keep mine
              </button>
            </p>
          ) : null}
          {look ? (
            <>
              <div className="seg" role="group" aria-label="Brightness of the preview">
                {(["light", "dark"] as const).map((each) => (
                  <button key={each} type="button" aria-pressed={scheme === each} onClick={() => setScheme(each)}>
                    {each === "light" ? "Light" : "Dark"}
                  </button>
                ))}
              </div>
              <LivePreview key={look.id} config={look.config} scheme={scheme} />
            </>
          ) : (
            <p className="empty">Choose a look, or make a new one.</p>
          )}
        </main>
        {look ? (
          <aside className="panel inspector" data-region="inspector" aria-label={`The look ${look.name}`}>
            <header className="ph">
              <h2 className="grow">Look</h2>
            </header>
            <div className="scroll">
              <LookForm look={look} />
            </div>
          </aside>
        ) : null}
      </div>
    </div>
  );
}
