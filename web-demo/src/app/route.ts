/** Where in the studio somebody is; kept behind the # of the address, so that any file server will do. */
import { useSyncExternalStore } from "react";

export type Route = { screen: "flows" } | { screen: "library"; item: string | undefined } | { screen: "looks"; look: string | undefined } | { screen: "build"; key: string; step: string | undefined; from: readonly string[]; results: Results | undefined };

/** How the results of a flow are looked at. */
export type Results = "canvas" | "figures";

export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
  const parts = path.split("/").filter(Boolean);
  if (parts[0] === "flows" && parts[1] !== undefined) return { screen: "build", key: decodeURIComponent(parts[1]), step: new URLSearchParams(query).get("step") ?? undefined, from: new URLSearchParams(query).getAll("from"), results: parts[2] !== "results" ? undefined : parts[3] === "figures" ? "figures" : "canvas" };
  if (parts[0] === "library") return { screen: "library", item: parts[1] === undefined ? undefined : decodeURIComponent(parts[1]) };
  if (parts[0] === "looks") return { screen: "looks", look: parts[1] === undefined ? undefined : decodeURIComponent(parts[1]) };
  return { screen: "flows" };
}

/** `from` are the flows through which somebody came, the outermost first; `results` is where their numbers are. */
export function address(key: string, step?: string, from: readonly string[] = [], results?: Results): string {
  const query = new URLSearchParams([...(step === undefined ? [] : [["step", step]]), ...from.map((each) => ["from", each])]).toString();
  return `#/flows/${encodeURIComponent(key)}${{ canvas: "/results", figures: "/results/figures", none: "" }[results ?? "none"]}${query === "" ? "" : `?${query}`}`;
}

export function libraryAddress(item?: string): string {
  return item === undefined ? "#/library" : `#/library/${encodeURIComponent(item)}`;
}

export function looksAddress(look?: string): string {
  return look === undefined ? "#/looks" : `#/looks/${encodeURIComponent(look)}`;
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(
    (changed) => {
      addEventListener("hashchange", changed);
      return () => removeEventListener("hashchange", changed);
    },
    () => location.hash,
  );
  return parse(hash);
}

export function go(hash: string): void {
  location.hash = hash;
}

/** Lets the address name what is selected, without a way back for each selection. */
export function note(key: string, step: string | undefined): void {
  const now = parse(location.hash);
  if (now.screen !== "build" || now.key !== key) return;
  const wanted = address(key, step, now.from, now.results);
  if (location.hash !== wanted) history.replaceState(null, "", wanted);
}
