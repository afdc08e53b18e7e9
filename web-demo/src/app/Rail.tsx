import { Braces, CircleAlert, Keyboard, Library as LibraryIcon, ListTree, Moon, Plus, Sun } from "lucide-react";
import { addAfter } from "../palette/actions";
import { hotkey } from "../palette/commands";
import { IconButton } from "../parts/IconButton";
import { counted } from "../problems/locate";
import { toggleSide, useLayout } from "../state/layout";
import { useProblems } from "../state/problems";
import { libraryAddress } from "./route";

export function Rail() {
  const side = useLayout((state) => state.side);
  const theme = useLayout((state) => state.theme);
  const list = useProblems((state) => state.list);
  const errors = counted(list, "error").length;
  const count = errors + counted(list, "warning").length;
  const dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  return (
    <nav className="rail" aria-label="Panels" data-region="rail">
      <IconButton icon={ListTree} label="Outline" hotkey={hotkey("outline") ?? ""} aria-pressed={side === "outline"} onClick={() => toggleSide("outline")} />
      <IconButton icon={Plus} label="Add a step" hotkey={hotkey("add") ?? ""} onClick={() => addAfter()} />
      <IconButton icon={Braces} label="Values" hotkey={hotkey("values") ?? ""} aria-pressed={side === "values"} onClick={() => toggleSide("values")} />
      <span style={{ position: "relative" }}>
        <IconButton icon={CircleAlert} label={`Problems, ${count}`} hotkey={hotkey("problems") ?? ""} aria-pressed={side === "problems"} onClick={() => toggleSide("problems")} />
        {count > 0 ? (
          <span className={`cnt${errors > 0 ? " error" : ""}`} aria-hidden="true">
            {count}
          </span>
        ) : null}
      </span>
      <a className="ib" href={libraryAddress()} aria-label="Library" title="Library">
        <LibraryIcon aria-hidden="true" />
      </a>
      <span className="grow" />
      <IconButton icon={dark ? Sun : Moon} label={dark ? "Light" : "Dark"} onClick={() => useLayout.setState({ theme: dark ? "light" : "dark" })} />
      <IconButton icon={Keyboard} label="All keys" hotkey="?" onClick={() => useLayout.setState({ keys: true })} />
    </nav>
  );
}
