/** How kinds of steps look and what they are called. */
import { CircleQuestionMark, Code, Layers, MessageSquare, Split, TriangleAlert, Webhook, Zap, type LucideIcon } from "lucide-react";
import type { Kind } from "../model/kinds";

const ICONS: Record<Kind, LucideIcon> = { message: MessageSquare, question: CircleQuestionMark, condition: Split, action: Zap, webhook: Webhook, composite: Layers, script: Code };

export const KIND_WORDS: Record<Kind, { name: string; about: string }> = {
  message: { name: "Message", about: "Says something: text, pictures, lists" },
  question: { name: "Question", about: "Asks, checks the answer and keeps it" },
  condition: { name: "Condition", about: "Goes one way or another by rules" },
  action: { name: "Action", about: "Sets values, computes, calls the host" },
  webhook: { name: "Webhook", about: "Calls an address and keeps the reply" },
  composite: { name: "Sub-flow", about: "Runs another flow as one step" },
  script: { name: "Script", about: "Runs code in the visitor’s page" },
};

export function kindName(kind: Kind | undefined): string {
  return kind ? KIND_WORDS[kind].name : "Unknown kind";
}

export function Tile({ kind }: { kind: Kind | undefined }) {
  const Icon = kind ? ICONS[kind] : TriangleAlert;
  return (
    <span className={`tile k-${kind ?? "unknown"}`} aria-hidden="true">
      <Icon />
    </span>
  );
}
