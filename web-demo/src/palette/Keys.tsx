import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import { focusStory } from "../app/focus";
import { IconButton } from "../parts/IconButton";
import { useLayout } from "../state/layout";
import { DOINGS, keyWords } from "./commands";

/** All keys. */
export function Keys() {
  return useLayout((state) => state.keys) ? <Open /> : null;
}

function Open() {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector("button")?.focus();
  }, []);
  const close = () => {
    useLayout.setState({ keys: false });
    focusStory();
  };
  return (
    <div className="float" role="dialog" aria-label="All keys" ref={box} onKeyDown={(event) => event.key === "Escape" && close()}>
      <header className="ph">
        <h2 className="grow">All keys</h2>
        <IconButton icon={X} size="sm" label="Close" onClick={close} />
      </header>
      <div className="keys" tabIndex={0} role="region" aria-label="Keys">
        {DOINGS.filter((doing) => doing.keys).map((doing) => (
          <div key={doing.id}>
            <span>{doing.title}</span>
            <span className="kbd">{keyWords(doing.keys?.[0] ?? "")}</span>
          </div>
        ))}
        <div>
          <span>Go along the lines</span>
          <span className="kbd">← ↑ ↓ →</span>
        </div>
        <div>
          <span>Move the step</span>
          <span className="kbd">Alt + arrows</span>
        </div>
      </div>
    </div>
  );
}
