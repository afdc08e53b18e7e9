import { ChevronRight } from "lucide-react";
import { useState, type ReactNode } from "react";

export function Section({ title, count, children }: { title?: string; count?: number; children: ReactNode }) {
  return (
    <section className="sec">
      {title === undefined ? null : (
        <h3>
          {title}
          {count === undefined ? null : <span className="count">{count}</span>}
        </h3>
      )}
      {children}
    </section>
  );
}

/** A section that is seldom needed: folded, with what it holds in a line. */
export function Folded({ title, summary, children }: { title: string; summary: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <section className="sec folded">
      <button type="button" className="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="grow">
          <span className="m">{title}</span>
          {open ? null : <span className="t3 sm">{summary}</span>}
        </span>
        <ChevronRight className="s14" aria-hidden="true" />
      </button>
      {open ? <div className="fold-inner">{children}</div> : null}
    </section>
  );
}
