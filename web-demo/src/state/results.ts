/** What happened in a flow on its server: which days count, and how many people came through each step. */
import { create } from "zustand";
import { waysOf } from "../model/ways";
import * as server from "../server/results";
import { noted, resume, useSession } from "../server/session";
import type { Trouble } from "../server/trouble";
import { useEditor } from "./editor";

/** How many people came to a step, and how many of them were last seen there without reaching the end. */
export interface Came {
  visitors: number;
  stayed: number;
}

/** How people went through a flow. */
export interface Traffic {
  /** The flow on the server, and the days that were asked for. */
  of: string;
  total: number;
  steps: ReadonlyMap<string, Came>;
  /** What part of those who stand at a step stay there, over all steps. */
  usual: number;
  /** Of steps with several ways out: the percent of all departures by the step they led to. */
  shares: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

interface Results {
  days: server.Days;
  /** Whether the canvas and the outline tell how many people came. */
  shown: boolean;
  traffic: Traffic | undefined;
  busy: boolean;
  trouble: Trouble | undefined;
  /** Counts how often somebody asked for newer numbers. */
  again: number;
}

/** A day in UTC, so many days before today. */
export function dayBefore(days: number, now = Date.now()): string {
  return new Date(now - days * 86_400_000).toISOString().slice(0, 10);
}

export const useResults = create<Results>(() => ({
  days: { start_date: dayBefore(30), end_date: dayBefore(0) },
  shown: false,
  traffic: undefined,
  busy: false,
  trouble: undefined,
  again: 0,
}));

/** What the canvas shows, if it does. */
export function useTraffic<Part>(part: (traffic: Traffic) => Part): Part | undefined {
  return useResults((state) => (state.shown && state.traffic ? part(state.traffic) : undefined));
}

export function setDays(days: server.Days): void {
  useResults.setState({ days });
}

export function refreshResults(): void {
  useResults.setState((now) => ({ again: now.again + 1 }));
}

/** Shows how many people came, on the canvas and in the outline, or no longer. */
export function showTraffic(shown: boolean): void {
  useResults.setState({ shown });
}

/** So many steps are asked about their ways at most: those that most people came to. */
const MOST = 60;
/** So many questions are under way at once. */
const WIDE = 4;

/** Asks how people went through the open flow. Numbers that are there stay in sight meanwhile. */
export async function readTraffic(): Promise<void> {
  const { remote, flow } = useEditor.getState();
  const { days, traffic } = useResults.getState();
  if (!remote || !flow || !(await resume())) return;
  const of = `${useSession.getState().address} ${remote.id} ${days.start_date} ${days.end_date}`;
  const wanted = () => {
    const now = useResults.getState().days;
    return useEditor.getState().remote?.id === remote.id && now === days;
  };
  useResults.setState({ busy: true, trouble: undefined, ...(traffic?.of.split(" ")[1] === remote.id ? {} : { traffic: undefined }) });
  try {
    const funnel = await server.funnel(remote.id, days, true);
    const steps = cameTo(funnel);
    const branching = flow.steps.filter((step) => step.kind !== "composite" && (steps.get(step.id)?.visitors ?? 0) > 0 && waysOf(flow, step).filter((way) => way.line).length > 1);
    const asked = branching.map((step) => step.id).sort((a, b) => (steps.get(b)?.visitors ?? 0) - (steps.get(a)?.visitors ?? 0)).slice(0, MOST);
    const shares = new Map<string, Readonly<Record<string, number>>>();
    const worker = async () => {
      for (let id = asked.shift(); id !== undefined; id = asked.shift()) shares.set(id, (await server.paths(remote.id, id, days)).outgoing_paths.path_percentages);
    };
    await Promise.all(Array.from({ length: WIDE }, worker));
    if (wanted()) useResults.setState({ traffic: { of, total: funnel.total_sessions, steps, usual: usualOf(steps), shares } });
  } catch (error) {
    if (wanted()) useResults.setState({ trouble: noted(error) });
  } finally {
    if (wanted()) useResults.setState({ busy: false });
  }
}

function cameTo(funnel: server.Funnel): Map<string, Came> {
  return new Map(funnel.funnel_steps.map(({ step, visitors }) => [step, { visitors, stayed: funnel.last_seen[step] ?? 0 }]));
}

/** The rate at which people stay, over all steps. */
export function usualOf(steps: ReadonlyMap<string, Came>): number {
  let [visitors, stayed] = [0, 0];
  for (const each of steps.values()) {
    visitors += each.visitors;
    stayed += each.stayed;
  }
  return visitors === 0 ? 0 : stayed / visitors;
}

useEditor.subscribe((now, before) => {
  if (now.key !== before.key) useResults.setState({ traffic: undefined, busy: false, trouble: undefined });
});
