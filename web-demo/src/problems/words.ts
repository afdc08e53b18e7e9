/** The engine's sentences, with steps called by their names. */
import type { Flow } from "../model/flow";
import type { Problem } from "./locate";

/** What authors meet most, in their words: what is wrong, and what to do about it. All else is said as the engine says it. */
const WORDS: Record<string, (title: string, problem: Problem) => readonly [message: string, help: string]> = {
  "node.dead_end": (title) => [`The conversation ends after ${title}.`, "Connect it, or keep it as an end."],
  "node.unreachable": (title) => [`No way leads from the start to ${title}.`, "Connect it or delete it."],
  "node.orphan": (title) => [`${title} is not connected to anything.`, "Connect it or delete it."],
  "condition.no_default": (title) => [`The conversation ends when no rule of ${title} is true.`, "Connect “Otherwise”."],
  "condition.path_without_connection": (title, problem) => [problem.field === "conditions" ? `A rule of ${title} leads nowhere.` : `“Otherwise” of ${title} leads nowhere.`, "Connect it."],
  "condition.if_missing": (title) => [`A rule of ${title} is not written yet.`, "Write what must be true."],
  "message.no_content": (title) => [`${title} says nothing.`, "Write a text, or delete it."],
  "action.no_failure_path": (title) => [`${title} has no way out when the call fails.`, "Connect “Failed”."],
  "webhook.no_failure_path": (title) => [`${title} has no way out when the call fails.`, "Connect “Failed”."],
};

function authors(problem: Problem, flow: Flow | undefined): readonly [message: string, help: string] | undefined {
  const step = flow?.byId.get(problem.step ?? "");
  return step && WORDS[problem.code]?.(`“${step.title}”`, problem);
}

/** What is wrong, as a sentence. */
export function messageOf(problem: Problem, flow: Flow | undefined): string {
  return authors(problem, flow)?.[0] ?? sentence(named(problem.message, flow));
}

/** What to do about it, as a sentence. */
export function helpOf(problem: Problem, flow: Flow | undefined): string | undefined {
  // A cure says what it does in the engine's words: those are exact.
  const own = problem.fix === undefined ? authors(problem, flow)?.[1] : undefined;
  return own ?? (problem.help === undefined ? undefined : sentence(named(problem.help, flow)));
}

function named(text: string, flow: Flow | undefined): string {
  return text.replaceAll(/`([^`]+)`/g, (whole, id: string) => {
    const step = flow?.byId.get(id);
    return step ? `“${step.title}”` : whole;
  });
}

function sentence(text: string): string {
  const first = /^[a-z]/.test(text) ? text[0]?.toUpperCase() + text.slice(1) : text;
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
