/** What can be done with the selected step, by key, palette or menu. */
import { focusField, focusInspector, focusResults, focusStory } from "../app/focus";
import { give } from "../app/give";
import { address, go, parse, type Results } from "../app/route";
import { applyFixes } from "../model/commands/fix";
import { copyText, paste } from "../model/commands/clipboard";
import { connect, disconnect } from "../model/commands/lines";
import { tidy } from "../model/commands/places";
import { addBefore, addStep, deleteSteps, startHere } from "../model/commands/steps";
import type { Kind } from "../model/kinds";
import { tell, walk } from "../model/story";
import { waysOf, wayName, type Way } from "../model/ways";
import type { Step } from "../model/flow";
import { documentText, run, select, selected, undo, useEditor } from "../state/editor";
import { pick, useLayout, type Sheet } from "../state/layout";
import { send, useRemote } from "../state/remote";
import { useSession, resume } from "../server/session";
import { useProblems, whenChecked } from "../state/problems";
import { journal, openJournal, usePreview } from "../state/preview";
import { stopOf, toggleStop, useStops } from "../state/stops";
import { announce, toast } from "../state/voice";
import { transcriptOf } from "../preview/transcript";
import { fixes, type Problem } from "../problems/locate";

/** The way out of the selected step that is meant: the one somebody stands at, else the usual one. */
function way(step: Step): Way | undefined {
  const { flow, way: chosen } = useEditor.getState();
  if (!flow) return undefined;
  const ways = waysOf(flow, step);
  const stands = chosen?.source === step.id ? ways.find((each) => each.type === chosen.type) : undefined;
  return stands ?? ways.find((each) => each.role === "default");
}

/** Asks for a kind, and adds a step of it after the selected one. */
export function addAfter(at?: { source: string; type: string }, position?: { x: number; y: number }): void {
  const { flow } = useEditor.getState();
  if (!flow) return;
  const step = at ? flow.byId.get(at.source) : selected();
  const leaving = step && (at ? waysOf(flow, step).find((each) => each.type === at.type) : way(step));
  const title = step ? `Add a step after “${step.title}”${leaving && leaving.role !== "default" ? `, ${wayName(leaving)}` : ""}` : "Add a step";
  pick(title, { kinds: true, steps: at !== undefined }, (choice) => {
    if ("step" in choice) {
      if (step && leaving) connectTo(step.id, leaving, choice.step);
      return;
    }
    add(choice.kind as Kind, step && leaving ? { source: step.id, type: leaving.type } : undefined, position);
  });
}

/** Asks for a kind, and adds a step of it before the selected one. */
export function insertBefore(): void {
  const step = selected();
  if (!step) return;
  pick(`Add a step before “${step.title}”`, { kinds: true, steps: false }, (choice) => {
    const { flow } = useEditor.getState();
    if (!flow || "step" in choice) return;
    const command = addBefore(flow, choice.kind as Kind, step);
    run(command);
    select([command.id]);
    announce(command.label);
    focusStory();
  });
}

export function add(kind: Kind, after?: { source: string; type: string }, position?: { x: number; y: number }): void {
  const { flow } = useEditor.getState();
  if (!flow) return;
  const command = addStep(flow, kind, { ...(after ? { after } : {}), ...(position ? { position } : {}) });
  run(command);
  select([command.id]);
  useLayout.setState({ inspector: true });
  announce(command.label);
  focusStory();
}

/** Asks where the selected step, or one of its ways, is to lead. */
export function connectSelected(): void {
  const step = selected();
  const { flow, way: chosen } = useEditor.getState();
  if (!step || !flow) return;
  const ways = waysOf(flow, step);
  const stands = chosen?.source === step.id ? ways.find((each) => each.type === chosen.type) : undefined;
  const only = stands ?? (ways.length === 1 ? ways[0] : ways.find((each) => each.role === "default" && !each.line)) ?? ways.find((each) => each.role === "default");
  if (only) askTarget(step, only);
}

export function askTarget(step: Step, leaving: Way): void {
  pick(`Where does ${leaving.role === "default" ? `“${step.title}”` : `“${wayName(leaving)}”`} lead?`, { kinds: true, steps: true }, (choice) => {
    if ("step" in choice) connectTo(step.id, leaving, choice.step);
    else add(choice.kind as Kind, { source: step.id, type: leaving.type });
  });
}

export function connectTo(source: string, leaving: Way, target: string): void {
  const { flow } = useEditor.getState();
  if (!flow) return;
  run(connect(flow, source, leaving.type, target, leaving.line));
  announce(`Connected to ${flow.byId.get(target)?.title ?? target}`);
  focusStory();
}

export function cutLine(leaving: Way): void {
  const { flow } = useEditor.getState();
  if (flow && leaving.line) run(disconnect(flow, leaving.line));
}

export function deleteSelected(): void {
  const { flow, selection, way: chosen } = useEditor.getState();
  if (!flow || selection.length === 0) return;
  // On the row of a way, it is the line that goes, not the step.
  const step = chosen && flow.byId.get(chosen.source);
  if (step) {
    const leaving = waysOf(flow, step).find((each) => each.type === chosen.type);
    if (!leaving?.line) return announce("Nothing is connected here");
    cutLine(leaving);
    announce("The line is cut");
    return focusStory();
  }
  const order = [...walk(tell(flow))].map((step) => step.id);
  const first = order.findIndex((id) => selection.includes(id));
  const next = order.slice(first + 1).find((id) => !selection.includes(id)) ?? order.slice(0, first).at(-1);
  const command = deleteSteps(flow, selection);
  run(command);
  select(next === undefined ? [] : [next]);
  toast(command.label.replace("Delete", "Deleted"), { label: "Undo", run: undo });
  focusStory();
}

/** The selected steps as text. */
export function copiedText(): string | undefined {
  const { flow, history, selection } = useEditor.getState();
  if (!flow || !history || selection.length === 0) return undefined;
  kept = copyText(history.document, flow, selection);
  announce(selection.length === 1 ? "Copied" : `Copied ${selection.length} steps`);
  return kept;
}

export async function copySelected(): Promise<void> {
  const text = copiedText();
  if (text === undefined) return;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without leave for the clipboard it still can be pasted here.
  }
}

let kept = "";

export function pasteText(text: string): boolean {
  const { flow } = useEditor.getState();
  const command = flow && (paste(flow, text) ?? (kept === "" ? undefined : paste(flow, kept)));
  if (!command) return false;
  run(command);
  select(command.ids);
  announce(command.label);
  focusStory();
  return true;
}

export async function pasteHere(): Promise<void> {
  let text = kept;
  try {
    text = (await navigator.clipboard.readText()) || kept;
  } catch {
    // What was copied here will do.
  }
  if (!pasteText(text)) announce("There are no steps to paste");
}

export function duplicate(): void {
  const { flow, history, selection } = useEditor.getState();
  if (!flow || !history || selection.length === 0) return;
  const command = paste(flow, copyText(history.document, flow, selection));
  if (!command) return;
  run({ ...command, label: selection.length === 1 ? "Duplicate a step" : `Duplicate ${selection.length} steps` });
  select(command.ids);
  focusStory();
}

export function rename(): void {
  if (!selected()) return;
  useLayout.setState({ inspector: true, front: "inspector" });
  focusInspector("name");
}

export function edit(): void {
  if (!selected()) return;
  if (inResults()) return focusResults();
  useLayout.setState({ inspector: true, front: "inspector" });
  focusInspector();
}

export function startAtSelected(): void {
  const step = selected();
  const { flow } = useEditor.getState();
  if (step && flow) run(startHere(flow, step));
}

export function tidyAll(): void {
  const { flow } = useEditor.getState();
  if (!flow) return;
  run(tidy(flow));
  announce(`Tidied ${flow.steps.length} steps`);
}

/** Goes to a problem: selects its step, and opens the field. */
export function show(problem: Problem): void {
  if (problem.step === undefined) return;
  select([problem.step]);
  useLayout.setState({ inspector: true, front: "inspector" });
  focusField(problem.at);
}

export function nextProblem(direction: 1 | -1): void {
  const list = useProblems.getState().list.filter((problem) => problem.waived === undefined && problem.step !== undefined);
  if (list.length === 0) return announce("No problems");
  const here = useEditor.getState().selection[0];
  const index = direction === 1 ? list.findLastIndex((problem) => problem.step === here) : list.findIndex((problem) => problem.step === here);
  const problem = list[(index + direction + list.length) % list.length];
  if (!problem?.step) return;
  select([problem.step]);
  announce(problem.message);
  focusStory();
}

/** Cures the first problem of the selected step that has a cure. */
export function fixFirst(): void {
  const here = useEditor.getState().selection[0];
  whenChecked(({ byStep, fresh }) => {
    const problem = byStep.get(here ?? "")?.find(fixes);
    if (!fresh) announce("The flow could not be checked");
    else if (problem) cure([problem]);
    else announce("No cure is known here");
  });
}

/** Applies the cures of problems, one after the other, as one change. Problems of an earlier state of the flow are looked for in it as it is. */
export function cure(problems: readonly Problem[]): void {
  whenChecked(({ list: now, fresh }) => {
    const list = fresh ? now.filter((each) => fixes(each) && problems.some((problem) => problem.code === each.code && problem.at === each.at)) : [];
    const first = list[0];
    if (!first) return announce(fresh ? "Nothing is left to cure here" : "The flow could not be checked");
    // Cures of later places first, so that numbers in paths stay right.
    const ordered = list.toSorted((a, b) => (b.fix?.[0]?.path ?? "").localeCompare(a.fix?.[0]?.path ?? "", undefined, { numeric: true }));
    run(applyFixes(ordered.map((problem) => problem.fix ?? []), list.length === 1 ? (first.help ?? `Fix ${first.code}`) : `Fix ${list.length} of ${first.code}`));
    announce(list.length === 1 ? "Fixed" : `Fixed ${list.length}`);
  });
}

/** Gives the flow as a file. */
export function download(): void {
  const { flow, key } = useEditor.getState();
  if (flow) give(`${key ?? "flow"}.json`, documentText());
}

/** Lets the preview halt at the selected step, or no longer. */
export function toggleStopHere(): void {
  const step = selected();
  if (step) announce(toggleStop(step.id) ? `The preview halts at “${step.title}”` : `The preview no longer halts at “${step.title}”`);
}

export function stopWithRule(): void {
  const step = selected();
  if (!step) return;
  if (!stopOf(useStops.getState().list, step.id)) toggleStop(step.id);
  useLayout.setState({ preview: true, front: "preview", below: "stops", sheet: undefined });
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-stop="${CSS.escape(step.id)}"]`)?.focus());
}

/** The conversation in the form that the engine keeps, to open it again here or anywhere. */
export async function keepRecording(): Promise<void> {
  const text = await journal();
  if (text !== undefined) give(`${useEditor.getState().key ?? "flow"}-conversation.json`, text);
}

/** What was said and answered, turn by turn, as the visitor's side is told it. */
export function keepTranscript(): void {
  const { played, seed } = usePreview.getState();
  const { key, flow } = useEditor.getState();
  if (played) give(`${key ?? "flow"}-transcript.json`, transcriptOf(played, flow?.key ?? key ?? "", seed));
  else announce("Nothing was said yet");
}

export function chooseRecording(): void {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = ".json,application/json";
  input.onchange = () => {
    const file = input.files?.[0];
    if (file) void file.text().then((text) => takeRecording(file.name, text));
  };
  input.click();
}

/** Opens the text of a recorded conversation in the preview. */
export function takeRecording(name: string, text: string): void {
  useLayout.setState({ preview: true, front: "preview", sheet: undefined });
  openJournal(name, text);
  announce(`Opened ${name}`);
}

/** Opens a sheet at the right, or closes it. */
export function toggleSheet(sheet: Sheet): void {
  leaveResults();
  useLayout.setState((now) => ({ sheet: now.sheet === sheet ? undefined : sheet }));
  useRemote.setState({ trouble: undefined });
}

/** Sends the flow to its server; who is not signed in is asked to. */
export function saveRemote(): void {
  void resume().then((signedIn) => {
    if (signedIn || useSession.getState().who) void send();
    else useLayout.setState({ sheet: "publish" });
  });
}

export function inResults(): boolean {
  const now = parse(location.hash);
  return now.screen === "build" && now.results !== undefined;
}

/** Goes to what happened in the flow, looked at in some way; without one, back to building it. */
export function goToResults(view: Results | undefined): void {
  const { key, selection } = useEditor.getState();
  const now = parse(location.hash);
  if (key !== undefined && now.screen === "build") go(address(key, selection[0], now.from, view));
}

export function toggleResults(): void {
  goToResults(inResults() ? undefined : "canvas");
}

/** Goes back to building; most panels stand beside the flow as it is built. */
export function leaveResults(): void {
  if (inResults()) goToResults(undefined);
}
