/** What can be done to the chosen items of a list at once. */
import { Download, Tag, Trash2, X } from "lucide-react";
import { useEffect, useState } from "react";
import { give } from "../app/give";
import { STATUS, countOf, fileOf, tagsAmong, withTag, withoutTag } from "../model/chosen";
import type { JsonObject } from "../model/json";
import type { Use } from "../model/uses";
import { IconButton } from "../parts/IconButton";
import { titleOf, type Item } from "../state/content";
import { announce } from "../state/voice";
import { Uses } from "./Uses";

/** What was done, of as many as it was done to: “2 of 3 items”. */
export type Told = (what: string) => string;

/** How the place where items are kept does it. */
export interface Doing {
  setTags: (tags: readonly { id: string; tags: string[] }[], told: Told) => void;
  setStatus: (status: string, told: Told) => void;
  /** Whole items, with their wordings. */
  whole: () => Promise<readonly JsonObject[] | undefined>;
  uses: (ids: readonly string[]) => Promise<readonly Use[] | undefined>;
  remove: () => void;
}

interface Properties {
  items: readonly Item[];
  doing: Doing;
  clear: () => void;
  /** Whether it begins with the question where they are used. */
  ask?: boolean;
}

export function ChosenBar({ items, doing, clear, ask: begin }: Properties) {
  const [tag, setTag] = useState("");
  const [asked, setAsked] = useState<readonly Use[] | "looking">();
  const count = countOf(items.length);
  const add = () => {
    const word = tag.trim();
    if (word === "") return;
    doing.setTags(items.map((item) => ({ id: item.id, tags: withTag(item, word) })), (what) => `Tagged ${what} “${word}”`);
    setTag("");
  };
  const ask = async () => {
    setAsked("looking");
    setAsked(await doing.uses(items.map(({ id }) => id)));
  };
  useEffect(() => {
    if (begin) void ask();
    // Only at the beginning.
  }, []);
  const save = async () => {
    const whole = await doing.whole();
    if (!whole) return;
    give("content.json", fileOf(whole));
    announce(`Saved ${count} to a file`);
  };
  return (
    <section className="chosen-bar" aria-label="Chosen items">
      <div className="row">
        <b className="m">{count} chosen</b>
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <input className="fld s" aria-label="Tag to add" placeholder="Add a tag" value={tag} onChange={(event) => setTag(event.target.value)} />
          <button type="submit" className="btn s" disabled={tag.trim() === ""}>
            <Tag className="s12" aria-hidden="true" />
            Add
          </button>
        </form>
        <select className="fld s" aria-label="Take a tag away" value="" disabled={tagsAmong(items).length === 0} onChange={({ target: { value } }) => value !== "" && doing.setTags(items.map((item) => ({ id: item.id, tags: withoutTag(item, value) })), (what) => `Took “${value}” from ${what}`)}>
          <option value="">Take a tag away…</option>
          {tagsAmong(items).map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
        <select className="fld s" aria-label="Status of the chosen" value="" onChange={({ target: { value } }) => value !== "" && doing.setStatus(value, (what) => `${what}: ${STATUS[value] ?? value}`)}>
          <option value="">Status…</option>
          {Object.entries(STATUS).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
        <button type="button" className="btn s" onClick={() => void save()}>
          <Download className="s12" aria-hidden="true" />
          Save to a file
        </button>
        <button type="button" className="btn s" aria-expanded={asked !== undefined} onClick={() => (asked === undefined ? void ask() : setAsked(undefined))}>
          <Trash2 className="s12" aria-hidden="true" />
          Delete…
        </button>
        <span className="grow" />
        <IconButton icon={X} size="sm" label="Choose none" onClick={clear} />
      </div>
      {asked === undefined ? null : (
        <div className="note warning" role="group" aria-label="Before it is deleted">
          <div className="grow">
            {asked === "looking" ? (
              <p>Looking where they are used…</p>
            ) : asked.length === 0 ? (
              <p>No flow names {items.length === 1 ? "it" : "them"}. Steps that draw by tags name nothing.</p>
            ) : (
              <>
                <p>{asked.length === 1 ? "1 step names" : `${asked.length} steps name`} what would be gone:</p>
                <Uses uses={asked} {...(items.length === 1 ? {} : { titleOf: (id: string) => titleOf(items.find((item) => item.id === id) as Item) })} />
              </>
            )}
          </div>
          <button type="button" className="btn s" disabled={asked === "looking"} onClick={() => {
              setAsked(undefined);
              doing.remove();
            }}>
            Delete {count}
          </button>
        </div>
      )}
    </section>
  );
}
