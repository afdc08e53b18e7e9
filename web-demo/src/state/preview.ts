/** The conversation in the preview. It is played anew from its inputs whenever one is added or the flow changes. */
import { create } from "zustand";
import { ask } from "../engine/client";
import type { Conversation, Explanation, Input, Outcome, Played } from "../engine/protocol";
import type { Json, JsonObject } from "../model/json";
import { readFlow } from "../model/flow";
import { documentText, useEditor } from "./editor";
import { useStops } from "./stops";
import { surroundings } from "./surroundings";
import { answerAtRandom } from "../preview/atRandom";
import { announce } from "./voice";

/** One line of inputs; answering from an earlier step begins another. */
export interface Try {
  inputs: Input[];
}

/** Who answers calls: kept replies and else somebody by hand, always somebody by hand, or the world itself by way of a server. */
export type CallMode = "handlers" | "host" | "server";

/** A conversation that was had before: as a journal, which says everything, or as the trace of one on a server. */
export interface Recording {
  title: string;
  journal?: string;
  /** The steps that were recorded, to compare with. */
  steps?: readonly string[];
}

interface Preview {
  tries: readonly Try[];
  current: number;
  /** How many inputs are given: less than there are while somebody looks back. */
  upTo: number;
  /** How many steps are shown, if not all: the conversation halts there, or somebody looks back. */
  head: number | undefined;
  seed: string;
  calls: CallMode;
  /** The recorded conversation that is looked at. */
  recording: Recording | undefined;
  played: Played | undefined;
  /** Why it cannot be played. */
  refused: string | undefined;
  /** Which conversation since the page was loaded: it rises when one begins anew. */
  round: number;
}

/** Whether the next play begins a conversation. */
let begins = false;

export const usePreview = create<Preview>(() => ({ ...fresh("1", "handlers"), round: 0 }));

function fresh(seed: string, calls: CallMode): Omit<Preview, "round"> {
  begins = true;
  return { tries: [{ inputs: [] }], current: 0, upTo: 0, head: undefined, seed, calls, recording: undefined, played: undefined, refused: undefined };
}

let asked = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Whether anybody looks at it: it is not played for nobody. */
let watched = false;

export function watch(on: boolean): void {
  watched = on;
  if (on) void play();
}

useEditor.subscribe((now, before) => {
  if (now.key !== before.key) usePreview.setState(fresh(usePreview.getState().seed, usePreview.getState().calls));
  if (now.history?.document === before.history?.document || !now.history) return;
  clearTimeout(timer);
  timer = setTimeout(() => void play(), before.history ? 120 : 0);
});

useStops.subscribe((now, before) => {
  if (now.list !== before.list) void play();
});

async function conversation(): Promise<Conversation | undefined> {
  const { key, history } = useEditor.getState();
  if (key === undefined || !history) return undefined;
  const { tries, current, upTo, seed, calls, recording } = usePreview.getState();
  const named = readFlow(history.document).key !== undefined;
  // A flow without key or id gets one for the preview.
  const flow = named ? documentText() : JSON.stringify({ ...(history.document as JsonObject), seed_key: key });
  const inputs = tries[current]?.inputs.slice(0, upTo) ?? [];
  return { ...(await surroundings(key)), flow, seed, journal: recording?.journal, inputs, stops: useStops.getState().list, calls: calls === "host" ? "host" : "handlers" };
}

/** Plays, and halts at the first stop behind the steps that were shown before. */
async function play(from?: number): Promise<void> {
  if (!watched) return;
  asked += 1;
  const turn = asked;
  try {
    const whole = await conversation();
    if (!whole || turn !== asked) return;
    const { calls } = usePreview.getState();
    const played = calls === "server" ? await (await import("./serverPlay")).playOnServer(whole) : await ask("play", whole);
    if (turn !== asked) return;
    if (played.taken < whole.inputs.length && played.refused === undefined) announce("The flow goes another way now. The preview stopped where they part.");
    const now = usePreview.getState().head;
    const halt = from === undefined ? undefined : played.halts.find((at) => at >= from);
    const head = halt ?? (from === undefined && now !== undefined && now < played.visits.length ? now : undefined);
    usePreview.setState(({ round }) => ({ played, head, refused: undefined, round: begins ? round + 1 : round }));
    begins = false;
    if (halt !== undefined) announce(`Halted at step ${halt + 1}`);
  } catch (error) {
    if (turn !== asked) return;
    usePreview.setState({ played: undefined, head: undefined, refused: error instanceof Error ? error.message : String(error) });
  }
}

/** Why a rule came out as it did at a step of the conversation, counted from 1. */
export async function explain(rule: Json, step: number): Promise<Explanation | undefined> {
  const whole = await conversation();
  return whole && ask("explain", whole, rule, step);
}

/** The values after so many steps. */
export async function valuesAfter(steps: number): Promise<JsonObject> {
  const whole = await conversation();
  return whole ? ask("values", whole, steps) : {};
}

/** The conversation so far, to be kept. */
export async function journal(): Promise<string | undefined> {
  const whole = await conversation();
  return whole && ask("journal", whole);
}

export function answer(value: Json): void {
  give({ type: "answer", value });
}

/** Answers what is asked with something that fits. */
export function answerRandomly(): void {
  const { played, head } = usePreview.getState();
  const waits = head === undefined ? played?.waits_for : undefined;
  const request = played?.turns.at(-1)?.turn.input_request;
  if (waits === "acknowledgement" && !request) answer("");
  else if ((waits === "answer" || waits === "acknowledgement") && request) answer(answerAtRandom(request, Math.random));
  else announce("Nothing is asked now");
}

/** Says what came of a call. */
export function resolve(outcome: Outcome): void {
  give({ type: "outcome", outcome });
}

/** Sets values by hand; the conversation goes on with them. */
export function patch(updates: JsonObject): void {
  give({ type: "patch", updates });
}

/** Gives the next input. From an earlier place it begins another try; the old one stays. */
function give(input: Input): void {
  const { tries, current, played } = usePreview.getState();
  const upTo = Math.min(usePreview.getState().upTo, played?.taken ?? Infinity);
  const inputs = tries[current]?.inputs ?? [];
  if (upTo === inputs.length) {
    const next = tries.map((each, index) => (index === current ? { inputs: [...inputs, input] } : each));
    usePreview.setState({ tries: next, upTo: upTo + 1, head: undefined });
  } else {
    usePreview.setState({ tries: [...tries, { inputs: [...inputs.slice(0, upTo), input] }], current: tries.length, upTo: upTo + 1, head: undefined });
    announce(`Try ${tries.length + 1}`);
  }
  void play(played?.visits.length ?? 0);
}

/** Looks at the conversation after so many inputs. */
export function travel(upTo: number): void {
  const { tries, current } = usePreview.getState();
  const most = tries[current]?.inputs.length ?? 0;
  usePreview.setState({ upTo: Math.max(0, Math.min(most, upTo)), head: undefined });
  void play();
}

/** Looks at it after so many of its steps. */
export function scrub(steps: number): void {
  const count = usePreview.getState().played?.visits.length ?? 0;
  const head = Math.max(1, steps);
  usePreview.setState({ head: head >= count ? undefined : head });
}

export function back(): void {
  travel(usePreview.getState().upTo - 1);
}

export function forward(): void {
  travel(usePreview.getState().upTo + 1);
}

/** One step on; behind the last, one answer on, if it was given. */
export function step(): void {
  const { head, upTo, tries, current } = usePreview.getState();
  if (head !== undefined) return scrub(head + 1);
  if (upTo < (tries[current]?.inputs.length ?? 0)) forward();
}

export function stepBack(): void {
  const { head, played } = usePreview.getState();
  scrub((head ?? played?.visits.length ?? 1) - 1);
}

/** Goes on to the next stop, or to where an answer is needed. */
export function proceed(): void {
  const { head, played } = usePreview.getState();
  if (head === undefined) return;
  usePreview.setState({ head: played?.halts.find((at) => at > head) });
}

export function restart(): void {
  const { seed, calls, played } = usePreview.getState();
  usePreview.setState({ ...fresh(seed, calls), played });
  void play(0);
}

export function chooseTry(current: number): void {
  const { tries } = usePreview.getState();
  usePreview.setState({ current, upTo: tries[current]?.inputs.length ?? 0, head: undefined });
  void play();
}

export function setSeed(seed: string): void {
  usePreview.setState({ seed });
  void play();
}

export function setCalls(calls: CallMode): void {
  usePreview.setState({ ...fresh(usePreview.getState().seed, calls) });
  void play();
}

/** Opens a recorded conversation. Answering goes on with it as a preview. */
export function openJournal(title: string, journal: string): void {
  const { seed, calls } = usePreview.getState();
  usePreview.setState({ ...fresh(seed, calls), recording: { title, journal } });
  void play();
}

/** Opens a conversation of which the answers and the steps are known: it is had again. */
export function openTrace(title: string, inputs: Input[], steps: readonly string[]): void {
  const { seed } = usePreview.getState();
  usePreview.setState({ ...fresh(seed, "host"), tries: [{ inputs }], upTo: inputs.length, recording: { title, steps } });
  void play();
}

export function closeRecording(): void {
  const { seed } = usePreview.getState();
  usePreview.setState(fresh(seed, "handlers"));
  void play();
}
