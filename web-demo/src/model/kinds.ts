/** The kinds of steps. */
export const KINDS = ["message", "question", "condition", "action", "webhook", "composite", "script"] as const;
export type Kind = (typeof KINDS)[number];

const ALIASES: Record<string, Kind> = { text: "message", input: "question", buttons: "question", branch: "condition" };

/** The kind that a document's `type` means, if it is one. */
export function kindOf(type: string | undefined): Kind | undefined {
  const lower = type?.toLowerCase();
  if (lower === undefined) return undefined;
  return (KINDS as readonly string[]).includes(lower) ? (lower as Kind) : ALIASES[lower];
}
