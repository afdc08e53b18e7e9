import { useState } from "react";

export interface Chosen<Entry> {
  list: readonly Entry[];
  has: (id: string) => boolean;
  toggle: (id: string, chosen: boolean) => void;
  all: boolean;
  toggleAll: (chosen: boolean) => void;
  clear: () => void;
}

/** Which entries of a list are chosen; those that the list does not show are not. */
export function useChosen<Entry>(shown: readonly Entry[], idOf: (entry: Entry) => string): Chosen<Entry> {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const list = shown.filter((entry) => ids.has(idOf(entry)));
  return {
    list,
    has: (id) => ids.has(id),
    toggle: (id, chosen) =>
      setIds((now) => {
        const next = new Set(now);
        if (chosen) next.add(id);
        else next.delete(id);
        return next;
      }),
    all: shown.length > 0 && list.length === shown.length,
    toggleAll: (chosen) => setIds(new Set(chosen ? shown.map(idOf) : [])),
    clear: () => setIds(new Set()),
  };
}
