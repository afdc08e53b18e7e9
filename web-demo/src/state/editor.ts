/** The flow that is open: its document, the log of its changes, and what is selected in it. */
import { create } from "zustand";
import * as storage from "../library/storage";
import type { Command, Entry } from "../model/command";
import { readFlow, type Flow, type Step } from "../model/flow";
import * as log from "../model/log";
import { forget } from "./surroundings";
import { announce, toast } from "./voice";

export type Saved = "saved" | "saving" | "failed";

interface Editor {
  key: string | undefined;
  history: log.History | undefined;
  flow: Flow | undefined;
  selection: readonly string[];
  /** The way out of a step that somebody stands at: a port, or a row of the outline. */
  way: { source: string; type: string } | undefined;
  saved: Saved;
  /** Where it is kept on a server, if it is. */
  remote: storage.Remote | undefined;
  /** What kept the flow from being opened. */
  error: string | undefined;
}

export const useEditor = create<Editor>(() => ({ key: undefined, history: undefined, flow: undefined, selection: [], way: undefined, saved: "saved", remote: undefined, error: undefined }));

const PAUSE = 400;
let kept: readonly Entry[] = [];
/** When the flow was kept last, as far as this tab knows. */
let seen = 0;

/** Tells other tabs that a flow was saved. */
const tabs = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("chatflow-studio");
tabs?.addEventListener("message", (event: MessageEvent<string>) => {
  const { key, saved, selection } = useEditor.getState();
  if (event.data === key && saved === "saved") void openFlow(key, selection[0]);
});
let timer: ReturnType<typeof setTimeout> | undefined;

export async function openFlow(key: string, selected?: string): Promise<void> {
  await flush();
  forget();
  // A flow that is open already stays in sight until it is read again.
  if (useEditor.getState().key !== key) useEditor.setState({ key, history: undefined, flow: undefined, selection: [], way: undefined, remote: undefined, error: undefined, saved: "saved" });
  try {
    const found = await storage.loadFlow(key);
    if (useEditor.getState().key !== key) return;
    if (!found) {
      useEditor.setState({ error: `There is no flow “${key}” on this computer.` });
      return;
    }
    const history = log.open(found.flow.base, found.entries, found.flow.cursor);
    kept = history.entries;
    seen = found.flow.changed;
    const flow = readFlow(history.document);
    const first = selected !== undefined && flow.byId.has(selected) ? selected : undefined;
    useEditor.setState({ history, flow, remote: found.flow.remote, selection: first === undefined ? [] : [first] });
  } catch (error) {
    useEditor.setState({ error: error instanceof Error ? error.message : String(error) });
  }
}

/** Carries a command out. */
export function run(command: Command): void {
  const { history } = useEditor.getState();
  if (history) adopt(log.change(history, command));
}

export function undo(): void {
  const { history } = useEditor.getState();
  const entry = history?.entries[history.cursor - 1];
  if (!history || !entry) return;
  adopt(log.undo(history));
  announce(`Undone: ${entry.label}`);
}

export function redo(): void {
  const { history } = useEditor.getState();
  const entry = history?.entries[history.cursor];
  if (!history || !entry) return;
  adopt(log.redo(history));
  announce(`Done again: ${entry.label}`);
}

/** Notes how the flow stands to its server. */
export function setRemote(remote: storage.Remote | undefined): Promise<void> {
  useEditor.setState({ remote, saved: "saving" });
  return flush();
}

function adopt(history: log.History): void {
  const old = useEditor.getState();
  if (history === old.history) return;
  const flow = readFlow(history.document);
  const still = old.selection.filter((id) => flow.byId.has(id));
  useEditor.setState({ history, flow, selection: still.length === old.selection.length ? old.selection : still, saved: "saving" });
  clearTimeout(timer);
  timer = setTimeout(() => void flush(), PAUSE);
}

/** Saves what is not saved yet. */
export async function flush(): Promise<void> {
  clearTimeout(timer);
  const { key, history, flow, saved, remote } = useEditor.getState();
  if (key === undefined || !history || !flow || saved === "saved") return;
  let from = 0;
  while (from < kept.length && kept[from] === history.entries[from]) from += 1;
  try {
    const record = { key, name: flow.name, base: history.base, cursor: history.cursor, steps: flow.steps.length, changed: Math.max(Date.now(), seen + 1), remote };
    if (!(await storage.saveFlow(record, history.entries, from, seen))) return await keepBoth(record, history);
    tabs?.postMessage(key);
    if (useEditor.getState().key !== key) return;
    seen = record.changed;
    kept = history.entries;
    if (useEditor.getState().history === history && useEditor.getState().remote === remote) useEditor.setState({ saved: "saved" });
  } catch {
    useEditor.setState({ saved: "failed" });
  }
}

/** The flow was changed in another tab at the same moment: what was done here is kept beside it, and nothing is lost. */
async function keepBoth(record: storage.StoredFlow, history: log.History): Promise<void> {
  const copy = { ...record, remote: undefined, key: `${record.key}-${record.changed.toString(36)}`, name: `${record.name} (from the other tab)` };
  await storage.saveFlow(copy, history.entries, 0);
  useEditor.setState({ saved: "saved" });
  await openFlow(record.key, useEditor.getState().selection[0]);
  toast(`“${record.name}” was changed in another tab. What you did here is kept as “${copy.name}”.`);
}

export function select(ids: readonly string[], way?: { source: string; type: string }): void {
  const now = useEditor.getState();
  const same = ids.length === now.selection.length && ids.every((id, index) => id === now.selection[index]);
  if (same && way?.source === now.way?.source && way?.type === now.way?.type) return;
  useEditor.setState({ selection: same ? now.selection : ids, way });
}

/** The step that is selected, if it is one. */
export function selected(): Step | undefined {
  const { flow, selection } = useEditor.getState();
  return selection.length === 1 ? flow?.byId.get(selection[0] ?? "") : undefined;
}

let written: { document: log.History["document"]; base: string; text: string } | undefined;

/** The document as it would be saved to a file. */
export function documentText(): string {
  const { history } = useEditor.getState();
  if (!history) return "";
  const known = written?.document === history.document && written.base === history.base ? written.text : log.text(history);
  written = { document: history.document, base: history.base, text: known };
  return known;
}
