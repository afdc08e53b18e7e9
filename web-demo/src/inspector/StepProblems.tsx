import { useEffect, useState } from "react";
import { ProblemNote } from "../problems/ProblemNote";
import type { Problem } from "../problems/locate";

/** The problems of a step that stand at no field that is shown: those of the step as a whole, and those in folded sections. */
export function StepProblems({ problems }: { problems: readonly Problem[] }) {
  const [shown, setShown] = useState<readonly string[]>([]);
  // Which fields there are depends on the kind of step and on what is folded: the page knows it.
  useEffect(() => {
    const fields = [...document.querySelectorAll<HTMLElement>('[data-region="inspector"] [data-path]')].map((field) => field.dataset.path ?? "");
    setShown((before) => (before.join() === fields.join() ? before : fields));
  });
  const rest = problems.filter((problem) => !shown.some((field) => problem.at === field || problem.at.startsWith(`${field}/`)));
  if (rest.length === 0) return null;
  return (
    <section className="sec" aria-label="Problems of this step">
      {rest.map((problem, index) => (
        <ProblemNote key={`${problem.code} ${index}`} problem={problem} />
      ))}
    </section>
  );
}
