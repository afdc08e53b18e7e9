/** A box to type in with a list of what fits: the palette and the picker of steps are made of it. */
import { Search } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState, type ReactNode } from "react";
import { reveal } from "../parts/reveal";

export interface Item {
  id: string;
  text: string;
  /** More words to find it by. */
  words?: string;
  mark?: ReactNode;
  side?: ReactNode;
  group?: string;
  run: () => void;
}

export function ListBox({ label, placeholder, items, close }: { label: string; placeholder: string; items: readonly Item[]; close: (done: boolean) => void }) {
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const box = useRef<HTMLInputElement>(null);
  const found = useMemo(() => fitting(items, query).slice(0, 60), [items, query]);

  useEffect(() => {
    box.current?.focus();
  }, []);
  useEffect(() => {
    reveal(list.current?.children[active]);
  }, [active]);

  const choose = (item: Item | undefined) => {
    if (!item) return;
    close(true);
    item.run();
  };

  return (
    <div className="float" role="dialog" aria-label={label} onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && close(false)}>
      <p className="float-title">{label}</p>
      <div className="float-box">
        <Search aria-hidden="true" />
        <input
          ref={box}
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={found[active] ? `${id}-${active}` : undefined}
          aria-label={label}
          placeholder={placeholder}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setActive(0);
          }}
          onKeyDown={(event) => {
            const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (move !== undefined) setActive((now) => (found.length === 0 ? 0 : (now + move + found.length) % found.length));
            else if (event.key === "Enter") choose(found[active]);
            else if (event.key === "Escape") close(true);
            else if (event.key !== "Tab") return;
            event.preventDefault();
          }}
        />
        <span className="kbd">esc</span>
      </div>
      <ul role="listbox" id={`${id}-list`} aria-label={label} ref={list}>
        {found.map((item, index) => (
          // The box above has the focus and the keys; the mouse may point as well.
          <li key={item.id} id={`${id}-${index}`} role="option" aria-selected={index === active} onPointerMove={() => setActive(index)} onMouseDown={(event) => event.preventDefault()} onClick={() => choose(item)}>
            {item.mark}
            <span className="grow trunc">{item.text}</span>
            <span className="t3 sm row">{item.side}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p className="float-none">Nothing fits “{query}”.</p> : null}
      <p className="vh" role="status">
        {found.length} found
      </p>
    </div>
  );
}

/** All words must occur; beginnings of the text come first. */
function fitting(items: readonly Item[], query: string): Item[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...items];
  const rank = (item: Item) => (item.text.toLowerCase().startsWith(words[0] ?? "") ? 0 : item.text.toLowerCase().includes(words[0] ?? "") ? 1 : 2);
  return items
    .filter((item) => {
      const text = `${item.text} ${item.words ?? ""} ${item.group ?? ""}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .toSorted((a, b) => rank(a) - rank(b));
}
