import { useShallow } from "zustand/react/shallow";
import { parsePointer } from "../../model/json";
import { ProblemNote } from "../../problems/ProblemNote";
import { within } from "../../problems/locate";
import { useProblems } from "../../state/problems";

/** The problems of a field, under it. */
export function FieldProblems({ pointer }: { pointer: string }) {
  const problems = useProblems(useShallow((state) => within(state.list, parsePointer(pointer)).filter((problem) => problem.waived === undefined)));
  return problems.map((problem, index) => <ProblemNote key={`${problem.code} ${index}`} problem={problem} />);
}
