/** A part of the results: what it shows, that it is being asked for, or why it cannot be shown. */
import type { ReactNode } from "react";
import { TroubleNote } from "../parts/Sheet";
import { refreshResults } from "../state/results";
import type { Answer } from "./useAnswer";

export function Part<Found>({ answer, children }: { answer: Answer<Found>; children: (found: Found) => ReactNode }) {
  const { found, busy, trouble } = answer;
  return (
    <div className={busy ? "part dim" : "part"} aria-busy={busy}>
      {trouble === undefined ? null : (
        <>
          <TroubleNote text={trouble.text} details={trouble.details} />
          <button type="button" className="btn s" onClick={refreshResults}>
            Try again
          </button>
        </>
      )}
      {found === undefined ? trouble === undefined && busy ? <div className="skeleton" /> : null : children(found)}
    </div>
  );
}
