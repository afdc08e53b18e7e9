import { CircleX, Lightbulb, TriangleAlert } from "lucide-react";
import type { Severity } from "../engine/protocol";
import { worst, type Problem } from "./locate";

export const SEVERITY: Record<Severity, { icon: typeof CircleX; one: string; many: string; look: string }> = {
  error: { icon: CircleX, one: "error", many: "Errors", look: "bad" },
  warning: { icon: TriangleAlert, one: "warning", many: "Warnings", look: "warn" },
  info: { icon: Lightbulb, one: "suggestion", many: "Suggestions", look: "info" },
};

/** Says that something has problems: by icon, colour and count. */
export function ProblemMark({ problems }: { problems: readonly Problem[] }) {
  const severity = worst(problems);
  if (!severity) return null;
  const { icon: Icon, one, look } = SEVERITY[severity];
  const words = problems.length === 1 ? `1 ${one}` : `${problems.length} problems, the worst: ${one}`;
  return (
    <span className={`mark ${look}`} title={problems.map((problem) => problem.message).join("\n")}>
      <Icon className="s12" aria-hidden="true" />
      <span aria-hidden="true">{problems.length}</span>
      <span className="vh">{words}</span>
    </span>
  );
}
