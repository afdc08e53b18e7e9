/** Everything that can be done, with its keys. The palette, the keyboard and the list of keys are made of it. */
import { focusStory, nextRegion } from "../app/focus";
import { go, libraryAddress, looksAddress } from "../app/route";
import { flush, redo, select, undo, useEditor } from "../state/editor";
import { toggleSide, useLayout, type Theme } from "../state/layout";
import { nextChange, useMarks } from "../state/marks";
import { answerRandomly, back, forward, proceed, restart, step, stepBack } from "../state/preview";
import { showTraffic, useResults } from "../state/results";
import { clearStops, toggleFailures } from "../state/stops";
import { takeIn, unlink } from "../state/remote";
import { announce } from "../state/voice";
import * as act from "./actions";

export interface Doing {
  id: string;
  title: string;
  keys?: string[];
  /** Only while the canvas or the outline has the focus: single letters are for typing elsewhere. */
  story?: boolean;
  /** Changes nothing, so that its key also works where a flow can be looked at only. */
  looks?: boolean;
  /** The browser knows the key itself and tells of it by an event of its own. */
  native?: boolean;
  /** Not worth a line in the palette. */
  hidden?: boolean;
  when?: () => boolean;
  run: () => void;
}

const open = () => useEditor.getState().flow !== undefined;
const marked = () => useMarks.getState().marks !== undefined;
const some = () => useEditor.getState().selection.length > 0;

export const DOINGS: readonly Doing[] = [
  { id: "palette", title: "Find or do", keys: ["mod+k"], hidden: true, run: () => useLayout.setState({ palette: "all" }) },
  { id: "add", title: "Add a step after the selected", keys: ["a"], story: true, when: open, run: () => act.addAfter() },
  { id: "before", title: "Add a step before the selected", keys: ["shift+a"], story: true, when: some, run: act.insertBefore },
  { id: "connect", title: "Connect to…", keys: ["c"], story: true, when: some, run: act.connectSelected },
  { id: "edit", title: "Edit the step", keys: ["enter"], story: true, when: some, run: act.edit },
  { id: "rename", title: "Rename the step", keys: ["f2"], when: some, run: act.rename },
  { id: "delete", title: "Delete, keep the line joined", keys: ["delete", "backspace"], story: true, when: some, run: act.deleteSelected },
  { id: "duplicate", title: "Duplicate", keys: ["mod+d"], when: some, run: act.duplicate },
  { id: "copy", title: "Copy", keys: ["mod+c"], story: true, native: true, when: some, run: () => void act.copySelected() },
  { id: "cut", title: "Cut", keys: ["mod+x"], story: true, native: true, when: some, run: () => void act.copySelected().then(act.deleteSelected) },
  { id: "paste", title: "Paste", keys: ["mod+v"], story: true, native: true, when: open, run: () => void act.pasteHere() },
  { id: "all", title: "Select all steps", keys: ["mod+a"], story: true, when: open, run: () => select([...(useEditor.getState().flow?.byId.keys() ?? [])]) },
  { id: "start", title: "Start the flow at this step", when: some, run: act.startAtSelected },
  { id: "undo", title: "Undo", keys: ["mod+z"], when: open, run: undo },
  { id: "redo", title: "Do again", keys: ["shift+mod+z", "mod+y"], when: open, run: redo },
  { id: "tidy", title: "Tidy the layout", keys: ["t"], story: true, when: open, run: act.tidyAll },
  { id: "preview", title: "Preview from the start", keys: ["mod+enter"], when: open, run: () => { useLayout.setState({ preview: true, front: "preview" }); restart(); } },
  { id: "continue", title: "Preview: go on to the next stop", keys: ["f8"], when: open, run: proceed },
  { id: "step-back", title: "Preview: one step back", keys: ["shift+f10"], when: open, run: stepBack },
  { id: "step", title: "Preview: one step on", keys: ["f10"], when: open, run: step },
  { id: "answer-random", title: "Preview: answer at random", when: open, run: answerRandomly },
  { id: "answer-back", title: "Preview: one answer back", keys: ["shift+f7"], when: open, run: back },
  { id: "answer-on", title: "Preview: one answer on", keys: ["f7"], when: open, run: forward },
  { id: "stop", title: "Halt here: on or off", keys: ["f9"], when: some, run: act.toggleStopHere },
  { id: "stop-rule", title: "Halt here if…", keys: ["shift+f9"], when: some, run: act.stopWithRule },
  { id: "stop-failure", title: "Halt after failures: on or off", when: open, run: toggleFailures },
  { id: "stops-clear", title: "Take all stops away", when: open, run: clearStops },
  { id: "open-recording", title: "Open a recorded conversation (file)…", when: open, run: act.chooseRecording },
  { id: "keep-recording", title: "Keep the conversation as a file", when: open, run: () => void act.keepRecording() },
  { id: "keep-transcript", title: "Keep the transcript as a file", when: open, run: act.keepTranscript },
  { id: "conversations", title: "Conversations on the server", when: () => useEditor.getState().remote !== undefined, run: () => act.toggleSheet("conversations") },
  { id: "results", title: "Results: what happened in conversations", when: open, run: act.toggleResults },
  { id: "figures", title: "Results in figures: charts, steps, tests, files", when: open, run: () => act.goToResults("figures") },
  { id: "traffic", title: "People on the canvas and in the outline: on or off", keys: ["r"], story: true, when: () => useEditor.getState().remote !== undefined, run: () => showTraffic(!useResults.getState().shown) },
  { id: "next-problem", title: "Next problem", keys: ["]"], story: true, when: open, run: () => act.nextProblem(1) },
  { id: "previous-problem", title: "Previous problem", keys: ["["], story: true, when: open, run: () => act.nextProblem(-1) },
  { id: "next-change", title: "Next change that is marked", keys: ["n"], story: true, looks: true, when: marked, run: () => focusStory(nextChange(1)) },
  { id: "previous-change", title: "Previous change that is marked", keys: ["shift+n"], story: true, looks: true, when: marked, run: () => focusStory(nextChange(-1)) },
  { id: "fix", title: "Quick fix", keys: ["."], story: true, when: some, run: act.fixFirst },
  { id: "outline", title: "Outline", keys: ["o"], story: true, when: open, run: () => toggleSide("outline") },
  { id: "problems", title: "Problems", keys: ["p"], story: true, when: open, run: () => toggleSide("problems") },
  { id: "values", title: "Values", keys: ["v"], story: true, when: open, run: () => toggleSide("values") },
  { id: "panels", title: "Hide or show panels", keys: ["mod+\\"], when: open, run: panels },
  { id: "save", title: "Save now", keys: ["mod+s"], when: open, run: () => (useEditor.getState().remote ? act.saveRemote() : void flush().then(() => announce("Saved on this computer"))) },
  { id: "save-server", title: "Save on the server", when: open, run: act.saveRemote },
  { id: "publish", title: "Publish…", keys: ["shift+mod+p"], when: open, run: () => act.toggleSheet("publish") },
  { id: "versions", title: "Versions: compare, go back", when: open, run: () => act.toggleSheet("versions") },
  { id: "take-in", title: "Take in what others changed on the server", when: () => useEditor.getState().remote !== undefined, run: () => void takeIn().then((how) => how === "same" && announce("Nothing has changed on the server")) },
  { id: "unlink", title: "Keep on this computer only", when: () => useEditor.getState().remote !== undefined, run: () => void unlink() },
  { id: "download", title: "Save to a file", when: open, run: act.download },
  { id: "flows", title: "All flows", run: () => go("#/") },
  { id: "library", title: "Library", run: () => go(libraryAddress()) },
  { id: "looks", title: "Looks of the chat", run: () => go(looksAddress()) },
  { id: "next-region", title: "Next region", keys: ["f6"], hidden: true, run: () => nextRegion(1) },
  { id: "previous-region", title: "Previous region", keys: ["shift+f6"], hidden: true, run: () => nextRegion(-1) },
  { id: "keys", title: "All keys", keys: ["?"], story: true, run: () => useLayout.setState({ keys: true }) },
  ...(["system", "light", "dark"] as Theme[]).map((theme): Doing => ({ id: `theme-${theme}`, title: `Look: ${theme === "system" ? "as the system" : theme}`, run: () => useLayout.setState({ theme }) })),
];

function panels(): void {
  const { side, inspector, preview } = useLayout.getState();
  const any = side !== undefined || inspector || preview;
  useLayout.setState({ side: undefined, inspector: !any, preview: !any });
}

const MAC = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

/** A key as people write it. */
export function keyWords(key: string): string {
  const names: Record<string, string> = { mod: MAC ? "⌘" : "Ctrl", shift: MAC ? "⇧" : "Shift", enter: "⏎", delete: "Del", backspace: "⌫" };
  const parts = key.split("+").map((part) => names[part] ?? (part.length > 1 ? part.toUpperCase() : part.toUpperCase()));
  return MAC ? parts.join("") : parts.join("+");
}

export function hotkey(id: string): string | undefined {
  const key = DOINGS.find((doing) => doing.id === id)?.keys?.[0];
  return key === undefined ? undefined : keyWords(key);
}

/** What a key press means. */
export function pressed(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key.toLowerCase();
  const letter = /^[a-z0-9]$/.test(key) || key.length > 1;
  return [event.shiftKey && letter ? "shift" : "", event.ctrlKey || event.metaKey ? "mod" : "", key].filter(Boolean).join("+");
}
