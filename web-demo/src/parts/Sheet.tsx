/** A panel at the right, in place of the form and the preview; the canvas stays in use beside it. */
import { X } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { focusStory } from "../app/focus";
import { useLayout } from "../state/layout";
import { useRemote } from "../state/remote";
import { IconButton } from "./IconButton";

export function closeSheet(): void {
  useLayout.setState({ sheet: undefined });
  focusStory();
}

export function Sheet({ title, children, foot }: { title: string; children: ReactNode; foot?: ReactNode }) {
  const busy = useRemote((state) => state.busy);
  const trouble = useRemote((state) => state.trouble);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [title]);
  return (
    <aside
      className="panel sheet"
      data-region="sheet"
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        closeSheet();
      }}
    >
      <header className="ph">
        <h2 className="grow" tabIndex={-1} ref={heading}>
          {title}
        </h2>
        {busy === undefined ? null : <span className="sm t3">{busy}</span>}
        <IconButton icon={X} size="sm" label={`Close: ${title}`} onClick={closeSheet} />
      </header>
      <div className="scroll">
        {trouble === undefined ? null : <TroubleNote text={trouble.text} details={trouble.details} />}
        {children}
      </div>
      {foot === undefined ? null : <footer className="foot">{foot}</footer>}
    </aside>
  );
}

export function TroubleNote({ text, details }: { text: string; details: string }) {
  return (
    <div className="note error sheet-note" role="alert">
      <div>
        <p>{text}</p>
        <code className="sm">{details}</code>
      </div>
    </div>
  );
}
