/** The open flow and the server: sending it, taking in what others changed, publishing, going back to a version. */
import { create } from "zustand";
import type { Remote } from "../library/storage";
import { fromServer, ofVersion, toServer } from "../model/exchange";
import { readFlow } from "../model/flow";
import type { Json, JsonObject } from "../model/json";
import { run as runOn } from "../model/command";
import { compare } from "../model/comparison";
import { merge, settled, take, type Choice, type Conflict } from "../model/merge";
import { differences, type Difference } from "../model/parts";
import * as server from "../server/flows";
import { noted, useSession } from "../server/session";
import type { Trouble } from "../server/trouble";
import { addItems } from "./content";
import { run, setRemote, useEditor } from "./editor";
import { keep, useFlows, refresh } from "./flows";
import { useLayout } from "./layout";
import { comparisonMarks, showMarks } from "./marks";
import { announce, toast } from "./voice";

/** Two changes of the same fields, until somebody has chosen. */
export interface Collision {
  conflicts: readonly Conflict[];
  taken: readonly Difference[];
  choices: Readonly<Record<string, Choice>>;
  read: server.Read;
  document: Json;
}

interface RemoteState {
  busy: string | undefined;
  trouble: Trouble | undefined;
  collision: Collision | undefined;
}

export const useRemote = create<RemoteState>(() => ({ busy: undefined, trouble: undefined, collision: undefined }));

useEditor.subscribe((now, before) => {
  if (now.key !== before.key) useRemote.setState({ busy: undefined, trouble: undefined, collision: undefined });
});

/** Runs a request, shows that it runs, and keeps what was said no to. */
async function ask<Answer>(busy: string, request: () => Promise<Answer>): Promise<Answer | undefined> {
  useRemote.setState({ busy, trouble: undefined });
  try {
    return await request();
  } catch (error) {
    const trouble = noted(error);
    useRemote.setState({ trouble });
    announce(trouble.text);
    return undefined;
  } finally {
    useRemote.setState({ busy: undefined });
  }
}

function linked(read: server.Read, mine: Json): Remote {
  const theirs = fromServer(read.flow as never);
  return { server: useSession.getState().address, id: read.flow.id, etag: read.etag, theirs, mine, published: read.flow.published_version };
}

/** What is changed here and not sent yet. */
export function unsent(remote: Remote | undefined, document: Json | undefined): Difference[] {
  return remote && document !== undefined ? differences(remote.mine, document) : [];
}

/** Opens a flow of the server: the copy on this computer if there is one. Tells its key. */
export async function openRemote(id: string): Promise<string> {
  const here = useSession.getState().address;
  await refresh();
  const known = useFlows.getState().list?.find((flow) => flow.remote?.id === id && flow.remote.server === here);
  if (known) return known.key;
  const read = await server.read(id);
  const document = fromServer(read.flow as never);
  const key = await keep(`${JSON.stringify(document, null, 2)}\n`, linked(read, document));
  // Without what lies around it, the flow can be edited all the same.
  await bringAround(id).catch((error: unknown) => toast(`Its sub-flows could not be brought along. ${noted(error).text}`));
  return key;
}

/** Brings the sub-flows and the content of a flow along, so that a preview has them; what is here already stays. */
async function bringAround(id: string): Promise<void> {
  const { subflows = [], content = [] } = await server.around(id);
  if (content.length > 0) await addItems(content as Json[]);
  if (subflows.length === 0) return;
  const there = await server.list("");
  for (const document of subflows as JsonObject[]) {
    const { key } = readFlow(document);
    if (key === undefined || useFlows.getState().list?.some((flow) => flow.key === key)) continue;
    const flow = there.find((each) => each.id === key || each.info?.seed_key === key);
    const read = flow && (await server.read(flow.id));
    const kept = read ? fromServer(read.flow as never) : document;
    await keep(`${JSON.stringify(kept, null, 2)}\n`, read && linked(read, kept));
  }
}

/** Sends the flow. If somebody else changed it meanwhile, both changes are brought together first. */
export async function send(): Promise<boolean> {
  const { history, remote } = useEditor.getState();
  if (!history) return false;
  const document = history.document;
  if (!remote) {
    const made = await ask("Saving on the server…", () => server.make(toServer(document)));
    if (!made) return false;
    await setRemote(linked(made, document));
    toast("Saved on the server");
    return true;
  }
  if (unsent(remote, document).length === 0) return (await takeIn()) === "same";
  useRemote.setState({ busy: "Saving on the server…", trouble: undefined });
  try {
    const saved = await server.save(remote.id, toServer(document), remote.etag);
    await setRemote(linked(saved, document));
    announce("Saved on the server");
    return true;
  } catch (error) {
    const trouble = noted(error);
    if (trouble.kind !== "conflict") {
      useRemote.setState({ trouble });
      announce(trouble.text);
      return false;
    }
  } finally {
    useRemote.setState({ busy: undefined });
  }
  // The revision is another: take in what is there, and try again if nothing collides.
  return (await takeIn()) === "merged" ? send() : false;
}

/** Takes in what others changed on the server since both were the same. */
export async function takeIn(): Promise<"same" | "merged" | "collides" | "failed"> {
  const { remote } = useEditor.getState();
  if (!remote) return "same";
  const read = await ask("Reading from the server…", () => server.read(remote.id));
  const { history, remote: now } = useEditor.getState();
  if (!read || !history || now !== remote) return "failed";
  if (read.etag === remote.etag) return "same";
  const document = fromServer(read.flow as never);
  const theirs = differences(remote.theirs, document);
  const { conflicts, taken } = merge(unsent(remote, history.document), theirs);
  if (conflicts.length > 0) {
    useRemote.setState({ collision: { conflicts, taken, choices: {}, read, document } });
    useLayout.setState({ sheet: "merge" });
    announce(`${conflicts.length === 1 ? "1 field was" : `${conflicts.length} fields were`} changed here and on the server`);
    return "collides";
  }
  await adopt(remote, read, document, theirs, taken);
  if (taken.length > 0) {
    showMarks(comparisonMarks("Taken in from somebody else", compare(history.document, useEditor.getState().history?.document ?? history.document), { alone: true }));
    toast(taken.length === 1 ? "1 change of somebody else was taken in" : `${taken.length} changes of others were taken in`);
  }
  return "merged";
}

/** Makes others' changes here, and moves the common ground to where they left it. */
async function adopt(remote: Remote, read: server.Read, document: Json, theirs: readonly Difference[], wanted: readonly Difference[]): Promise<void> {
  const ground = runOn(remote.mine, take(theirs, document, ""))?.document ?? remote.mine;
  if (wanted.length > 0) run(take(wanted, document, wanted.length === 1 ? "Take in a change of somebody else" : `Take in ${wanted.length} changes of others`));
  await setRemote({ ...linked(read, ground), mine: ground });
}

export function choose(key: string, choice: Choice): void {
  const { collision } = useRemote.getState();
  if (collision) useRemote.setState({ collision: { ...collision, choices: { ...collision.choices, [key]: choice } } });
}

/**
 * Brings both together as it was chosen, and sends the result. What they wrote is taken in first and what stays of ours put back after
 * that, so that undo finds either text.
 */
export async function settle(): Promise<void> {
  const { collision } = useRemote.getState();
  const { remote, history } = useEditor.getState();
  if (!collision || !remote || !history) return;
  const { theirs, ours } = settled(collision.conflicts, collision.choices);
  await adopt(remote, collision.read, collision.document, differences(remote.theirs, collision.document), [...collision.taken, ...theirs]);
  if (ours.length > 0) run(take(ours, history.document, ours.length === 1 ? "Keep yours where both changed it" : `Keep yours in ${ours.length} places that both changed`));
  useRemote.setState({ collision: undefined });
  useLayout.setState({ sheet: undefined });
  await send();
}

/** Publishes what is here: sends it first. Tells the published flow. */
export async function publish(how: server.Publishing): Promise<server.FlowDetail | undefined> {
  if (!(await send())) return undefined;
  const { remote, history } = useEditor.getState();
  if (!remote || !history) return undefined;
  const read = await ask("Publishing…", () => server.publish(remote.id, remote.etag, how));
  if (!read) return undefined;
  const document = history.document;
  // The label of the version is raised by publishing.
  const raised = fromServer(read.flow as never);
  const label = take(differences(document, raised).filter((each) => each.kind === "head" && each.field === "version"), raised, `Publish version ${read.flow.version}`);
  run(label);
  await setRemote({ ...linked(read, useEditor.getState().history?.document ?? document) });
  return read.flow;
}

/** Makes the draft what a version was; what was here can be brought back by undo. */
export async function goBackTo(version: server.Version): Promise<void> {
  const { remote, history } = useEditor.getState();
  if (!remote || !history) return;
  const read = await ask("Going back…", async () => {
    await server.restore(remote.id, version.seq);
    return server.read(remote.id);
  });
  if (!read) return;
  const document = fromServer(read.flow as never);
  const changes = differences(history.document, document);
  if (changes.length > 0) run(take(changes, document, `Go back to version ${version.version}`));
  await setRemote({ ...linked(read, useEditor.getState().history?.document ?? document) });
  toast(`The draft is version ${version.version} again`);
}

/** The document of a version, to compare. */
export async function documentOf(remote: Remote, seq: number): Promise<Json> {
  const [{ flow }, version] = await Promise.all([server.read(remote.id), server.version(remote.id, seq)]);
  return ofVersion(flow as never, version as never);
}

/** Lets go of the server; the flow stays on this computer. */
export async function unlink(): Promise<void> {
  await setRemote(undefined);
  announce("Kept on this computer only");
}
