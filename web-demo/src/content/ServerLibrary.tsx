/** The content of a server: a list, and the chosen item as a form. */
import { CloudUpload, Download } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { go, libraryAddress } from "../app/route";
import { Section } from "../inspector/fields/Section";
import { TroubleNote } from "../parts/Sheet";
import { resume, useSession } from "../server/session";
import { SignIn } from "../server/SignIn";
import { STATUS } from "../model/chosen";
import type { Use } from "../model/uses";
import { forEverybody } from "../model/wordings";
import { addItems, blankItem, tagsOf, titleOf } from "../state/content";
import { attempt, changed, changeServerItem, listItems, makeItem, openItem, sendItem, useServerContent, type ServerItem } from "../state/serverContent";
import { usesThere } from "../state/uses";
import { announce } from "../state/voice";
import { ItemForm } from "./ItemForm";
import { ServerChosen } from "./ServerChosen";
import { useChosen } from "./useChosen";
import { Uses } from "./Uses";
import { kindWords, TYPES } from "./kinds";

const TestResults = lazy(() => import("../results/TestResults"));

export function ServerLibrary({ id }: { id: string | undefined }) {
  const who = useSession((state) => state.who);
  const { list, trouble } = useServerContent();
  const [query, setQuery] = useState("");
  useEffect(() => void resume(), []);
  useEffect(() => {
    if (!who) return;
    const timer = setTimeout(() => void listItems(query), 150);
    return () => clearTimeout(timer);
  }, [who, query]);
  const chosen = list?.find(({ item }) => item.id === id);
  const known = list !== undefined;
  const read = chosen?.etag !== undefined;
  useEffect(() => {
    if (who && id !== undefined && known && !read) void openItem(id);
  }, [who, id, known, read]);
  const several = useChosen(list ?? [], ({ item }) => item.id);
  if (!who) {
    return (
      <main className="main items" data-region="main">
        <div className="items-sign">
          <SignIn />
        </div>
      </main>
    );
  }
  return (
    <>
      <main className="main items" data-region="main">
        <div className="items-tools two">
          <input className="fld" aria-label="Find an item on the server" placeholder="Find words" value={query} onChange={(event) => setQuery(event.target.value)} />
          <select className="fld" aria-label="Write a new item on the server" value="" onChange={(event) => event.target.value !== "" && void makeItem(blankItem(event.target.value)).then((made) => made !== undefined && go(libraryAddress(made)))}>
            <option value="">Write a new…</option>
            {TYPES.map((each) => (
              <option key={each} value={each}>
                {kindWords(each)}
              </option>
            ))}
          </select>
        </div>
        {trouble === undefined ? null : <TroubleNote text={trouble.text} details={trouble.details} />}
        {trouble?.kind === "conflict" && chosen ? (
          <p className="row items-clash">
            <button type="button" className="btn" onClick={() => void openItem(chosen.item.id, true)}>
              Show theirs
            </button>
            <button type="button" className="btn" onClick={() => void sendItem(chosen, true)}>
              Keep mine
            </button>
          </p>
        ) : null}
        {list?.length === 0 ? <p className="empty">{query === "" ? "There is no content on the server yet." : "Nothing fits."}</p> : null}
        <ServerChosen entries={several.list} clear={several.clear} again={() => listItems(query)} gone={(ids) => id !== undefined && ids.includes(id) && go(libraryAddress())} />
        {list === undefined || list.length === 0 ? null : (
          <label className="row choose-all">
            <input type="checkbox" checked={several.all} onChange={(event) => several.toggleAll(event.target.checked)} />
            <span className="sm t2">Choose all {list.length}</span>
          </label>
        )}
        <ul className="scroll" aria-label="Content on the server">
          {list?.map((entry) => (
            <li key={entry.item.id} className={entry === chosen ? "chosen" : undefined}>
              <input type="checkbox" aria-label={`Choose ${titleOf(entry.item)}`} checked={several.has(entry.item.id)} onChange={(event) => several.toggle(entry.item.id, event.target.checked)} />
              <a href={libraryAddress(entry.item.id)} aria-current={entry === chosen ? "true" : undefined} className="trunc">
                {titleOf(entry.item)}
              </a>
              <span className="sm t3">{kindWords(entry.item.type)}</span>
              <span className="sm t3 trunc">{tagsOf(entry.item).join(", ")}</span>
              <span className={`pill ${entry.item.status === "published" ? "ok" : "out"}`}>{changed(entry) ? "changed" : STATUS[String(entry.item.status)]}</span>
            </li>
          ))}
        </ul>
      </main>
      {chosen?.etag !== undefined ? <ItemForm key={chosen.item.id} item={chosen.item} change={(change) => changeServerItem(chosen.item.id, change)} head={<Head entry={chosen} />} after={<Tested entry={chosen} />} used={<UsedThere key={chosen.item.id} id={chosen.item.id} />} /> : null}
    </>
  );
}

/** Where the flows of the server name it: asked for, since all of them are read. */
function UsedThere({ id }: { id: string }) {
  const [uses, setUses] = useState<readonly Use[]>();
  return (
    <Section title="Used in">
      {uses === undefined ? (
        <button type="button" className="btn s" onClick={() => void attempt(() => usesThere([id])).then(setUses)}>
          Look where it is used
        </button>
      ) : uses.length === 0 ? (
        <p className="t2">No flow names it. Steps that draw by tags name nothing.</p>
      ) : (
        <Uses uses={uses} />
      )}
    </Section>
  );
}

/** How the wordings do with people, if there are several. */
function Tested({ entry: { was, etag } }: { entry: ServerItem }) {
  if (!Array.isArray(was.variants) || was.variants.length === 0) return null;
  return (
    <Section title="What the wordings achieve">
      <Suspense fallback={<div className="skeleton" />}>
        <TestResults key={etag} content={was.id} title="Reached the end" use={(key) => changeServerItem(was.id, (item) => ({ ...item, ...forEverybody(key, item.variants, item.info) }))} />
      </Suspense>
    </Section>
  );
}

function Head({ entry }: { entry: ServerItem }) {
  const { item } = entry;
  return (
    <div className="item-head">
      <select className="fld s" aria-label="Status" value={String(item.status)} onChange={(event) => changeServerItem(item.id, (now) => ({ ...now, status: event.target.value }))}>
        {Object.entries(STATUS).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
      <button type="button" className="btn s" onClick={() => void addItems([item]).then(() => announce("Previews on this computer use it now"))}>
        <Download className="s12" aria-hidden="true" />
        Use in previews
      </button>
      <button type="button" className="btn pri s" disabled={!changed(entry)} onClick={() => void sendItem(entry)}>
        <CloudUpload className="s12" aria-hidden="true" />
        Save on the server
      </button>
    </div>
  );
}
