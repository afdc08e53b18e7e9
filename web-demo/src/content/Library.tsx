/** The content library of this computer: a list, and the chosen item as a form. */
import { Trash2, Upload } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { go, libraryAddress } from "../app/route";
import { Breadcrumb } from "../parts/Breadcrumb";
import { IconButton } from "../parts/IconButton";
import { STATUS, countOf } from "../model/chosen";
import { addItem, changeItem, changeItems, importItems, refreshContent, removeItems, tagsOf, titleOf, useContent } from "../state/content";
import { usesHere } from "../state/uses";
import { announce } from "../state/voice";
import { ChosenBar } from "./ChosenBar";
import { ItemForm } from "./ItemForm";
import { kindWords, TYPES } from "./kinds";
import { ServerLibrary } from "./ServerLibrary";
import { useChosen } from "./useChosen";

export default function Library({ id }: { id: string | undefined }) {
  const { list, error } = useContent();
  const [query, setQuery] = useState("");
  const [type, setType] = useState("");
  const [wrong, setWrong] = useState<string>();
  const [place, setPlace] = useState<"here" | "server">("here");
  const file = useRef<HTMLInputElement>(null);
  useEffect(() => {
    void refreshContent();
    document.title = "Library — Chatflow studio";
  }, []);
  const words = query.toLowerCase();
  const shown = (list ?? []).filter((item) => (type === "" || item.type === type) && `${titleOf(item)} ${tagsOf(item).join(" ")}`.toLowerCase().includes(words));
  const open = list?.find((item) => item.id === id);
  const chosen = useChosen(shown, (item) => item.id);
  const [asking, setAsking] = useState<string>();
  const ids = () => chosen.list.map((item) => item.id);
  /** What a flow names is not deleted before somebody has seen where. */
  const remove = async (which: string) => {
    if ((await usesHere([which])).length === 0) return removeItems([which]);
    chosen.toggleAll(false);
    chosen.toggle(which, true);
    setAsking(which);
  };
  const clear = () => {
    chosen.clear();
    setAsking(undefined);
  };
  const take = async (text: string) => {
    try {
      const count = await importItems(text);
      setWrong(count === 0 ? "There are no items in this file." : undefined);
      announce(`${count} items taken in`);
    } catch (reason) {
      setWrong(reason instanceof Error ? reason.message : String(reason));
    }
  };
  return (
    <div className="app">
      <header className="top" data-region="top">
        <Breadcrumb here="Library" />
        <div className="seg" role="group" aria-label="Where the content is">
          {(["here", "server"] as const).map((each) => (
            <button key={each} type="button" aria-pressed={place === each} onClick={() => setPlace(each)}>
              {each === "here" ? "This computer" : "Server"}
            </button>
          ))}
        </div>
        <span className="sm t3 hide-narrow">{place === "here" ? "Kept on this computer, for previews" : "What published flows draw from"}</span>
        <span className="grow" />
        {place === "here" ? (
          <button type="button" className="btn" onClick={() => file.current?.click()}>
            <Upload className="s14" aria-hidden="true" />
            Take in a file
          </button>
        ) : null}
        <input
          ref={file}
          type="file"
          accept=".json,application/json"
          hidden
          aria-label="A file of items"
          onChange={(event) => {
            const chosenFile = event.target.files?.[0];
            event.target.value = "";
            if (chosenFile) void chosenFile.text().then(take);
          }}
        />
      </header>
      {place === "server" ? (
        <div className="body">
          <ServerLibrary id={id} />
        </div>
      ) : (
      <div className="body">
        <main className="main items" data-region="main">
          <div className="items-tools">
            <input className="fld" aria-label="Find an item" placeholder="Find words or tags" value={query} onChange={(event) => setQuery(event.target.value)} />
            <select className="fld" aria-label="Kind of item" value={type} onChange={(event) => setType(event.target.value)}>
              <option value="">All kinds</option>
              {TYPES.map((each) => (
                <option key={each} value={each}>
                  {kindWords(each)}
                </option>
              ))}
            </select>
            <select className="fld" aria-label="Write a new item" disabled={list === undefined} value="" onChange={(event) => event.target.value !== "" && go(libraryAddress(addItem(event.target.value)))}>
              <option value="">Write a new…</option>
              {TYPES.map((each) => (
                <option key={each} value={each}>
                  {kindWords(each)}
                </option>
              ))}
            </select>
          </div>
          {error === undefined && wrong === undefined ? null : (
            <p className="note error" role="alert">
              {wrong ?? error}
            </p>
          )}
          {list && shown.length === 0 ? <p className="empty">{list.length === 0 ? "Nothing is here yet. Write the first item, or take in a file." : "Nothing fits."}</p> : null}
          {chosen.list.length === 0 ? null : (
            <ChosenBar
              key={asking ?? ""}
              items={chosen.list}
              ask={asking !== undefined}
              clear={clear}
              doing={{
                setTags: (list, told) => changeItems(ids(), (item) => ({ ...item, tags: list.find((each) => each.id === item.id)?.tags ?? [] }), told(countOf(chosen.list.length))),
                setStatus: (status, told) => changeItems(ids(), (item) => ({ ...item, status }), told(countOf(chosen.list.length))),
                whole: () => Promise.resolve(chosen.list),
                uses: usesHere,
                remove: () => {
                  removeItems(ids());
                  clear();
                },
              }}
            />
          )}
          {shown.length === 0 ? null : (
            <label className="row choose-all">
              <input type="checkbox" checked={chosen.all} onChange={(event) => chosen.toggleAll(event.target.checked)} />
              <span className="sm t2">Choose all {shown.length}</span>
            </label>
          )}
          <ul className="scroll" aria-label="Content on this computer">
            {shown.map((item) => (
              <li key={item.id} className={item === open ? "chosen" : undefined}>
                <input type="checkbox" aria-label={`Choose ${titleOf(item)}`} checked={chosen.has(item.id)} onChange={(event) => chosen.toggle(item.id, event.target.checked)} />
                <a href={libraryAddress(item.id)} aria-current={item === open ? "true" : undefined} className="trunc">
                  {titleOf(item)}
                </a>
                <span className="sm t3">{kindWords(item.type)}</span>
                <span className="sm t3 trunc">{tagsOf(item).join(", ")}</span>
                {typeof item.status === "string" ? <span className={`pill ${item.status === "published" ? "ok" : "out"}`}>{STATUS[item.status] ?? item.status}</span> : <span />}
                <IconButton icon={Trash2} size="sm" label={`Delete ${titleOf(item)}`} onClick={() => void remove(item.id)} />
              </li>
            ))}
          </ul>
        </main>
        {open ? <ItemForm key={open.id} item={open} change={(change) => changeItem(open.id, change)} /> : null}
      </div>
      )}
    </div>
  );
}
