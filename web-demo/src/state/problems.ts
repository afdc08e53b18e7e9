/** What the engine has to say about the open flow. */
import { create } from "zustand";
import { ask } from "../engine/client";
import type { Diagnostic } from "../engine/protocol";
import { documentText, useEditor } from "./editor";
import { surroundings } from "./surroundings";
import { mistyped, sameValue, withCure } from "../problems/cures";
import { locate, type Problem } from "../problems/locate";

interface Problems {
  list: readonly Problem[];
  byStep: ReadonlyMap<string, readonly Problem[]>;
  /** Whether the list is of the document as it is. */
  fresh: boolean;
  error: string | undefined;
}

export const useProblems = create<Problems>(() => ({ list: [], byStep: new Map(), fresh: false, error: undefined }));

const PAUSE = 150;
let timer: ReturnType<typeof setTimeout> | undefined;

useEditor.subscribe((now, before) => {
  if (now.history?.document === before.history?.document) return;
  useProblems.setState({ fresh: false, error: undefined, ...(now.key === before.key ? {} : { list: [], byStep: new Map() }) });
  clearTimeout(timer);
  if (now.history) timer = setTimeout(() => void look(), before.history ? PAUSE : 0);
});

/** Does something with the problems of the flow as it is: at once, or as soon as the check that is under way is done. */
export function whenChecked(act: (now: Problems) => void): void {
  const { key } = useEditor.getState();
  const done = () => useProblems.getState().fresh || useProblems.getState().error !== undefined;
  if (done()) return act(useProblems.getState());
  const leave = useProblems.subscribe(() => {
    const left = useEditor.getState().key !== key;
    // Whoever was told before may have changed the flow: then another check is under way.
    if (!left && !done()) return;
    leave();
    if (!left) act(useProblems.getState());
  });
}

/** The names of the functions that rules may call. */
let functions: Promise<string[]> | undefined;

async function look(): Promise<void> {
  const { key, history, flow } = useEditor.getState();
  if (key === undefined || !history || !flow) return;
  let found: Diagnostic[];
  let known: string[];
  try {
    functions ??= ask("functions").then((list) => list.map((each) => each.name));
    known = await functions;
    found = await ask("check", documentText(), await surroundings(key));
  } catch (error) {
    if (useEditor.getState().history?.document !== history.document) return;
    useProblems.setState({ error: error instanceof Error ? error.message : String(error) });
    return;
  }
  if (useEditor.getState().history?.document !== history.document) return;
  const typos = mistyped(flow);
  const untold = typos.filter((typo) => !found.some((each) => each.at === typo.at && sameValue(each, typo)));
  const list = [...found.map((each) => withCure(each, history.document, known, typos)), ...untold].map((each) => locate(each, flow));
  const byStep = new Map<string, Problem[]>();
  for (const problem of list) {
    if (problem.step === undefined || problem.waived !== undefined) continue;
    byStep.set(problem.step, [...(byStep.get(problem.step) ?? []), problem]);
  }
  useProblems.setState({ list, byStep, fresh: true, error: undefined });
}
