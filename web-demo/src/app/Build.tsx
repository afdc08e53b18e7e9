/** The screen a flow is built on. */
import { lazy, Suspense, useEffect, type CSSProperties } from "react";
import { Inspector } from "../inspector/Inspector";
import { Outline } from "../outline/Outline";
import { Preview } from "../preview/Preview";
import { Problems } from "../problems/Problems";
import { flush, openFlow, useEditor } from "../state/editor";
import { refresh } from "../state/flows";
import { useLayout } from "../state/layout";
import { useMarks } from "../state/marks";
import { readTraffic, showTraffic, useResults } from "../state/results";
import "../state/problems";
import { useSession } from "../server/session";
import { ValueList } from "../values/ValueList";
import { follow } from "./focus";
import { Rail } from "./Rail";
import { go, note, type Results } from "./route";
import { TopBar } from "./TopBar";
import { useWidth } from "./useWidth";

const Canvas = lazy(() => import("../canvas/Canvas"));
const ComparedCanvas = lazy(() => import("../canvas/ComparedCanvas"));
const MarksKey = lazy(() => import("../publish/MarksKey"));
const Sheets = lazy(() => import("../publish/Sheets"));
const ResultsBar = lazy(() => import("../results/ResultsBar"));
const Figures = lazy(() => import("../results/Figures"));
const StepPanel = lazy(() => import("../results/StepPanel"));

export function Build({ flowKey, step, results }: { flowKey: string; step: string | undefined; results: Results | undefined }) {
  const loaded = useEditor((state) => state.history !== undefined && state.key === flowKey);
  const error = useEditor((state) => state.error);
  const only = useEditor((state) => (state.selection.length === 1 ? state.selection[0] : undefined));
  const name = useEditor((state) => state.flow?.name);
  const { side, inspector, preview, front, widths, sheet } = useLayout();
  const figures = results === "figures";
  const marked = useMarks((state) => state.marks !== undefined);
  const fixed = useMarks((state) => state.marks?.fixed !== undefined);
  const width = useWidth();
  const narrow = width < 900;
  const one = width < 1280;
  // Where there is no room for all, one panel stands in front.
  const shown = narrow ? front : front === "outline" ? "inspector" : front;
  const fits = (panel: "inspector" | "preview") => (one ? shown === panel : true);

  useEffect(() => {
    void openFlow(flowKey, step);
    void refresh();
    const leave = () => void flush();
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", leave);
    const unfollow = follow();
    return () => {
      removeEventListener("pagehide", leave);
      document.removeEventListener("visibilitychange", leave);
      unfollow();
      useLayout.setState({ sheet: undefined });
      void flush();
    };
    // The step of the address counts at the beginning only.
  }, [flowKey]);
  useEffect(() => {
    if (loaded) note(flowKey, only);
  }, [loaded, flowKey, only]);
  useEffect(() => {
    document.title = `${results ? "Results of " : ""}${name ?? "Flow"} — Chatflow studio`;
  }, [name, results]);
  const ofResults = results !== undefined;
  useEffect(() => showTraffic(ofResults), [ofResults]);
  useTrafficRead(loaded);

  return (
    <div className={results ? "app of-results" : "app"}>
      <a
        className="btn skip"
        href="#outline"
        onClick={(event) => {
          event.preventDefault();
          useLayout.setState({ side: "outline" });
          requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-story="outline"] [tabindex="0"]')?.focus());
        }}
      >
        Use the outline
      </a>
      <TopBar />
      {results ? (
        <Suspense fallback={<div className="results-bar" />}>
          <ResultsBar narrow={narrow} view={results} />
        </Suspense>
      ) : null}
      {error !== undefined ? (
        <main className="empty" data-region="main">
          <p>{error}</p>
          <button type="button" className="btn" onClick={() => go("#/")}>
            All flows
          </button>
        </main>
      ) : (
        <div className="body" style={{ "--w-side": `${widths.side}px`, "--w-inspector": `${widths.inspector}px`, "--w-preview": `${widths.preview}px` } as CSSProperties}>
          <Rail />
          {loaded && side === "outline" && !narrow ? <Outline /> : null}
          {loaded && side === "problems" ? <Problems /> : null}
          {loaded && side === "values" ? <ValueList /> : null}
          <main className="main" data-region="main" aria-label="Flow">
            {!loaded ? null : figures ? (
              <Suspense fallback={<div className="figures" aria-busy="true" />}>
                <Figures />
              </Suspense>
            ) : narrow ? (
              <Outline />
            ) : (
              <Suspense fallback={<div className="canvas" />}>{fixed ? <ComparedCanvas /> : <Canvas />}</Suspense>
            )}
            {loaded && marked && !figures ? (
              <Suspense fallback={null}>
                <MarksKey />
              </Suspense>
            ) : null}
          </main>
          {loaded && results && !figures && !narrow ? (
            <Suspense fallback={<aside className="panel sheet" aria-busy="true" />}>
              <StepPanel />
            </Suspense>
          ) : null}
          {loaded && !results && sheet !== undefined ? (
            <Suspense fallback={<aside className="panel sheet" aria-busy="true" />}>
              <Sheets name={sheet} />
            </Suspense>
          ) : null}
          {loaded && !results && sheet === undefined && (narrow || inspector) && fits("inspector") ? <Inspector /> : null}
          {loaded && !results && sheet === undefined && (narrow || preview) && fits("preview") ? <Preview /> : null}
          {loaded && !results && sheet === undefined && (narrow || (one && inspector && preview)) ? (
            <div className="seg between" role="group" aria-label="Panels">
              {(narrow ? (["outline", "inspector", "preview"] as const) : (["inspector", "preview"] as const)).map((each) => (
                <button key={each} type="button" aria-pressed={shown === each} onClick={() => useLayout.setState({ front: each, side: undefined })}>
                  {{ outline: "Outline", inspector: "Settings", preview: "Preview" }[each]}
                </button>
              ))}
            </div>
          ) : null}
        </div>
      )}
    </div>
  );
}

/** Reads how many people came while that is shown, for the days that are asked for. */
function useTrafficRead(loaded: boolean): void {
  const { shown, days, again } = useResults();
  const who = useSession((state) => state.who);
  const id = useEditor((state) => state.remote?.id);
  useEffect(() => {
    if (loaded && shown && id !== undefined) void readTraffic();
  }, [loaded, shown, days, again, who, id]);
}
