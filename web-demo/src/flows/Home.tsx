/** All flows on this computer, and ways to begin one. */
import { BookOpen, FilePlus, HardDrive, Library as LibraryIcon, Palette, Trash2, Upload, Waypoints } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { address, go, libraryAddress, looksAddress } from "../app/route";
import { hotkey } from "../palette/commands";
import { IconButton } from "../parts/IconButton";
import { openSample, refresh, remove, startEmpty, takeIn, useFlows } from "../state/flows";
import { useLayout } from "../state/layout";
import { toast } from "../state/voice";
import { Sample } from "./Sample";
import { ServerFlows } from "./ServerFlows";

export function Home() {
  const { list, error } = useFlows();
  const [wrong, setWrong] = useState<string>();
  useEffect(() => {
    void refresh();
    document.title = "Flows — Chatflow studio";
  }, []);
  const begin = (make: () => Promise<string | undefined>) => {
    setWrong(undefined);
    make().then(
      (key) => (key === undefined ? go(libraryAddress()) : go(address(key))),
      (reason: Error) => setWrong(reason.message),
    );
  };
  const first = list?.length === 0;
  return (
    <div className="app">
      <header className="top" data-region="top">
        <a className="home" href="#/" aria-label="All flows">
          <Waypoints aria-hidden="true" />
        </a>
        <nav className="crumb" aria-label="Breadcrumb">
          <h1>Flows</h1>
        </nav>
        <span className="grow" />
        <a className="btn quiet" href={libraryAddress()}>
          <LibraryIcon className="s14" aria-hidden="true" />
          Library
        </a>
        <a className="btn quiet" href={looksAddress()}>
          <Palette className="s14" aria-hidden="true" />
          Looks
        </a>
        <button type="button" className="btn quiet" onClick={() => useLayout.setState({ palette: "all" })}>
          Find or do <span className="kbd">{hotkey("palette")}</span>
        </button>
      </header>
      <main className="home-main" data-region="main">
        <div className={`home-in${first ? " two" : ""}`}>
          <div className="home-col">
          <div>
            <span className="pill ok">
              <HardDrive className="s12" aria-hidden="true" />
              Running on this computer. No account needed.
            </span>
            <h2 style={{ marginTop: 12 }}>{first ? "Make your first conversation" : "Your flows"}</h2>
            {first ? <p className="lead">Start from something that already talks, or from an empty page. You can undo everything.</p> : null}
          </div>
          {error === undefined ? null : <p className="note error">Flows could not be read from this computer. {error}</p>}
          {wrong === undefined ? null : (
            <p className="note error" role="alert">
              That could not be opened. {wrong}
            </p>
          )}
          {list === undefined ? <div className="flows" aria-busy="true">{Array.from({ length: 3 }, (_, index) => <div className="skeleton" key={index} />)}</div> : null}
          {list && list.length > 0 ? <FlowList /> : null}
          <div className="starts">
            <Start first={first} icon={BookOpen} title="Try the museum guide" text="Asks who you are and what you like, then plans a trail. 5 flows, 54 steps." button="Open the guide" run={() => begin(openSample)} />
            <Start icon={FilePlus} title="Empty flow" text="One message and one question to begin with." button="Start empty" run={() => begin(startEmpty)} />
            <FromFile run={(texts) => begin(() => takeIn(texts))} />
          </div>
          <ServerFlows />
          <p className="hints sm">
            {["palette", "add", "preview", "undo", "keys"].map((id, index) => (
              <span key={id}>
                <span className="kbd">{hotkey(id)}</span> {["find or do anything", "add a step", "chat with it", "undo", "all keys"][index]}
              </span>
            ))}
          </p>
          </div>
          {first ? <Sample /> : null}
        </div>
      </main>
    </div>
  );
}

function Start({ first = false, icon: Icon, title, text, button, run }: { first?: boolean | undefined; icon: typeof BookOpen; title: string; text: string; button: string; run: () => void }) {
  return (
    <section className={`start${first ? " first" : ""}`}>
      <span className="ic">
        <Icon aria-hidden="true" />
      </span>
      <div>
        <h3>{title}</h3>
        <p>{text}</p>
      </div>
      <button type="button" className={`btn${first ? " pri" : ""}`} onClick={run}>
        {button}
      </button>
    </section>
  );
}

function FromFile({ run }: { run: (texts: string[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Start icon={Upload} title="Open files" text="Flows, content, looks or replies of calls (JSON), one or many. What you do not touch stays as it is, byte for byte." button="Choose files" run={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        multiple
        hidden
        aria-label="Flow documents"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = "";
          if (files.length > 0) void Promise.all(files.map((file) => file.text())).then(run);
        }}
      />
    </>
  );
}

function FlowList() {
  const list = useFlows((state) => state.list) ?? [];
  const erase = async (key: string, name: string) => {
    const restore = await remove(key);
    toast(`Deleted “${name}”`, { label: "Undo", run: () => void restore() });
  };
  return (
    <ul className="flows" aria-label="Flows on this computer">
      {list.map((flow) => (
        <li key={flow.key}>
          <a className="trunc" href={address(flow.key)}>
            {flow.name}
          </a>
          <span className="sm t3 num">{flow.steps} steps</span>
          <time className="sm t3" dateTime={new Date(flow.changed).toISOString()}>
            {new Date(flow.changed).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}
          </time>
          <IconButton icon={Trash2} size="sm" label={`Delete ${flow.name}`} onClick={() => void erase(flow.key, flow.name)} />
        </li>
      ))}
    </ul>
  );
}
