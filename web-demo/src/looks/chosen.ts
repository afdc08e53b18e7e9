/** The look that visitors of a flow get. */
import { setField, type Command } from "../model/command";
import { at, firstText, type Json, type Path } from "../model/json";
import type { Flow } from "../model/flow";
import type { Look } from "./store";

type Places = Pick<Flow, "envelope" | "graph">;

/** Where a flow may name its look: in its graph, in its notes (S8.11), or by a key, as in files of several flows. */
function places({ envelope, graph }: Places): [graph: Path, notes: Path, key: Path] {
  return [
    [...graph, "theme_id"],
    [...envelope, "info", "theme_id"],
    [...envelope, "theme_seed_key"],
  ];
}

/** What a flow names, the first that counts first. */
export function looksNamed(document: Json, flow: Places): string[] {
  return places(flow).flatMap((place) => firstText(at(document, place)) ?? []);
}

/** Names a look where the flow names one already, else in its notes; without one, takes all names away. */
export function nameLook(flow: Places, id: string | undefined): Command {
  const [graph, notes, key] = places(flow);
  return {
    label: "Change the chat’s look",
    change: (draft) => {
      const inGraph = at(draft, graph) !== undefined;
      for (const place of [graph, notes, key]) setField("", place, undefined).change(draft);
      if (id !== undefined) setField("", inGraph ? graph : notes, id).change(draft);
    },
  };
}

/** The first of the named looks that is there; else, on a server, the one that everybody gets. */
export function lookChosen(named: readonly string[], list: readonly Look[], there: boolean): Look | undefined {
  const found = named.map((name) => list.find((look) => look.id === name)).find((look) => look !== undefined);
  return found ?? (there ? list.find((look) => look.place === "server" && look.usual === true) : undefined);
}
