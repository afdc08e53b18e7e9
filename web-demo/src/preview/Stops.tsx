/** Where the preview halts. */
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { hotkey } from "../palette/commands";
import { IconButton } from "../parts/IconButton";
import { select, useEditor } from "../state/editor";
import { usePreview } from "../state/preview";
import { dropStop, setRule, toggleFailures, useStops, watchValue } from "../state/stops";

export function Stops() {
  const list = useStops((state) => state.list);
  const flow = useEditor((state) => state.flow);
  const [path, setPath] = useState("");
  const failures = list.some((stop) => stop.on === "failure");
  const onServer = usePreview((state) => state.calls === "server");
  return (
    <div className="stops">
      {onServer ? <p className="help">Calls are made by a server, which runs each turn to its end: nothing halts it. Its steps can be looked at afterwards.</p> : null}
      <button type="button" role="switch" aria-checked={failures} className="switch" onClick={toggleFailures}>
        After a step that fails <i />
      </button>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          watchValue(path.trim());
          setPath("");
        }}
      >
        <input className="fld s mono" aria-label="Halt when this value changes" placeholder="When a value changes: temp.age" value={path} onChange={(event) => setPath(event.target.value)} />
        <button type="submit" className="btn s">
          Add
        </button>
      </form>
      {list.length === 0 ? (
        <p className="t3 sm">
          It halts nowhere. Select a step and press <span className="kbd">{hotkey("stop")}</span>.
        </p>
      ) : null}
      <ul>
        {list.map((stop, index) =>
          stop.on === "failure" ? null : (
            <li key={stop.on === "step" ? stop.step : index}>
              <div className="row">
                {stop.on === "step" ? (
                  <button type="button" className="link grow trunc" onClick={() => select([stop.step])}>
                    {flow?.byId.get(stop.step)?.title ?? stop.step}
                  </button>
                ) : (
                  <span className="grow trunc">
                    when <code>{stop.path}</code> changes
                  </span>
                )}
                <IconButton icon={Trash2} size="xs" label={`No longer halt ${stop.on === "step" ? `at ${flow?.byId.get(stop.step)?.title ?? stop.step}` : `when ${stop.path} changes`}`} onClick={() => dropStop(stop)} />
              </div>
              {stop.on === "step" ? (
                <input className="fld s mono" data-stop={stop.step} aria-label={`Only if, at ${flow?.byId.get(stop.step)?.title ?? stop.step}`} placeholder="Only if: temp.age > 9" defaultValue={stop.rule ?? ""} onBlur={(event) => event.target.value !== (stop.rule ?? "") && setRule(stop.step, event.target.value)} onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()} />
              ) : null}
            </li>
          ),
        )}
      </ul>
    </div>
  );
}
