/** The chosen items of a server: what is done to them, and what it refused. */
import { useState } from "react";
import { countOf } from "../model/chosen";
import type { Item } from "../state/content";
import { titleOf } from "../state/content";
import { deleteMany, deleteUsed, setStatus, updateMany, wholeItems, type Done } from "../state/bulk";
import { attempt, type ServerItem } from "../state/serverContent";
import { usesThere } from "../state/uses";
import { toast } from "../state/voice";
import { ChosenBar, type Told } from "./ChosenBar";

interface Properties {
  entries: readonly ServerItem[];
  clear: () => void;
  /** Reads the list again. */
  again: () => Promise<void>;
  /** Told which were deleted. */
  gone: (ids: readonly string[]) => void;
}

export function ServerChosen({ entries, clear, again, gone }: Properties) {
  const [refused, setRefused] = useState<readonly { id: string; why: string; code: string; title: string }[]>([]);
  // What is changed here and not sent stays out of it: the server's own is what becomes another.
  const items = entries.map(({ was }) => was);
  const ids = items.map(({ id }) => id);
  const title = (id: string) => titleOf((items.find((item) => item.id === id) ?? { content: {} }) as Item);
  const told = async (doing: Promise<Done | undefined>, words: Told, back?: () => Promise<Done | undefined>) => {
    const done = await doing;
    if (!done) return;
    setRefused(done.refused.map((each) => ({ ...each, title: title(each.id) })));
    if (done.count > 0) toast(words(countOf(done.count, done.count + done.refused.length)), back && { label: "Undo", run: () => void back().then(again) });
    await again();
  };
  const old = (key: "tags" | "status") => () => updateMany(items.map((item) => ({ id: item.id, [key]: item[key] ?? [] })));
  const remove = (which: readonly string[], doing: typeof deleteMany) => {
    const done = doing(which).then((made) => {
      if (made) gone(which.filter((id) => !made.refused.some((each) => each.id === id)));
      return made;
    });
    void told(done, (what) => `Deleted ${what}`);
  };
  const used = refused.filter(({ code }) => code === "content_in_use");
  return (
    <>
      {items.length === 0 ? null : (
        <ChosenBar
          items={items}
          clear={() => {
            clear();
            setRefused([]);
          }}
          doing={{
            setTags: (list, words) => void told(updateMany(list), words, old("tags")),
            setStatus: (status, words) => void told(setStatus(ids, status), words, old("status")),
            whole: () => wholeItems(ids),
            uses: (which) => attempt(() => usesThere(which)),
            remove: () => remove(ids, deleteMany),
          }}
        />
      )}
      {refused.length === 0 ? null : (
        <div className="note error" role="alert">
          <ul className="grow">
            {refused.map(({ id, title: name, why }) => (
              <li key={id} className="refused">
                “{name}”: {why}
              </li>
            ))}
          </ul>
          {used.length === 0 ? null : (
            <button type="button" className="btn s" onClick={() => remove(used.map(({ id }) => id), deleteUsed)}>
              Delete all the same
            </button>
          )}
        </div>
      )}
    </>
  );
}
