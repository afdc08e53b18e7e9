import { useEffect, useMemo } from "react";
import { compare, type Comparison } from "../model/comparison";
import type { Json } from "../model/json";
import { clearMarks, comparisonMarks, showMarks } from "../state/marks";

/** Compares two documents, and marks on the canvas and in the outline what differs while the panel is there. */
export function useComparison(title: string, before: Json | undefined, after: Json, draft: boolean): Comparison | undefined {
  const made = useMemo(() => (before === undefined ? undefined : compare(before, after)), [before, after]);
  useEffect(() => {
    if (made && (!draft || made.groups.length > 0)) showMarks(comparisonMarks(title, made, draft ? {} : { fixed: { flow: made.is, document: after } }));
    else clearMarks();
  }, [made, title, draft, after]);
  useEffect(() => clearMarks, []);
  return made;
}
