import { ChartNoAxesColumn, Download, History, Play, Redo2, Rocket, Search, Settings2, Undo2 } from "lucide-react";
import { Fragment } from "react";
import { download } from "../palette/actions";
import { hotkey } from "../palette/commands";
import { Breadcrumb, Then } from "../parts/Breadcrumb";
import { IconButton } from "../parts/IconButton";
import { redo, undo, useEditor } from "../state/editor";
import { useFlows } from "../state/flows";
import { useLayout } from "../state/layout";
import { leaveResults, toggleResults, toggleSheet } from "../palette/actions";
import { Kept } from "./Kept";
import { address, useRoute } from "./route";

export function TopBar() {
  const name = useEditor((state) => state.flow?.name ?? "");
  const before = useEditor((state) => state.history?.entries[state.history.cursor - 1]?.label);
  const after = useEditor((state) => state.history?.entries[state.history.cursor]?.label);
  const { preview, inspector, sheet } = useLayout();
  const route = useRoute();
  const from = route.screen === "build" ? route.from : [];
  const results = route.screen === "build" && route.results !== undefined;
  // Neither results nor a sheet stands in place of the panels.
  const building = sheet === undefined && !results;
  const show = (panel: "inspector" | "preview") => {
    leaveResults();
    useLayout.setState((now) => ({ [panel]: !building || !now[panel], front: panel, sheet: undefined }));
  };
  const flows = useFlows((state) => state.list);
  return (
    <header className="top" data-region="top">
      <Breadcrumb here={name}>
        {from.map((key, index) => (
          <Fragment key={key}>
            <a href={address(key, undefined, from.slice(0, index))}>{flows?.find((flow) => flow.key === key)?.name ?? key}</a>
            <Then />
          </Fragment>
        ))}
      </Breadcrumb>
      <Kept />
      <span className="grow" />
      <IconButton icon={Undo2} label={before === undefined ? "Undo" : `Undo: ${before}`} hotkey={hotkey("undo") ?? ""} disabled={before === undefined} onClick={undo} />
      <IconButton icon={Redo2} label={after === undefined ? "Do again" : `Do again: ${after}`} hotkey={hotkey("redo") ?? ""} disabled={after === undefined} onClick={redo} />
      <span className="div" />
      <button type="button" className="btn quiet hide-narrow" onClick={() => useLayout.setState({ palette: "all" })}>
        <Search className="s14" aria-hidden="true" />
        Find or do <span className="kbd">{hotkey("palette")}</span>
      </button>
      <IconButton icon={Settings2} label="Settings" aria-pressed={inspector && building} onClick={() => show("inspector")} />
      <button type="button" className="btn" aria-pressed={preview && building} onClick={() => show("preview")}>
        <Play className="s14" aria-hidden="true" />
        Preview
      </button>
      <IconButton icon={Download} label="Save to a file" onClick={download} />
      <IconButton icon={ChartNoAxesColumn} label="Results" aria-pressed={results} onClick={toggleResults} />
      <IconButton icon={History} label="Versions" aria-pressed={sheet === "versions" && !results} onClick={() => toggleSheet("versions")} />
      <button type="button" className="btn pri" aria-pressed={sheet === "publish" && !results} onClick={() => toggleSheet("publish")}>
        <Rocket className="s14" aria-hidden="true" />
        Publish
      </button>
    </header>
  );
}
