/** Where the flow is kept, and whether all of it is. */
import { CloudUpload } from "lucide-react";
import { useMemo } from "react";
import { saveRemote } from "../palette/actions";
import { useEditor, type Saved } from "../state/editor";
import { unsent, useRemote } from "../state/remote";

const SAVED: Record<Saved, string> = { saved: "Saved on this computer", saving: "Saving…", failed: "Not saved: this computer keeps nothing. Save to a file." };

export function Kept() {
  const saved = useEditor((state) => state.saved);
  const remote = useEditor((state) => state.remote);
  const document = useEditor((state) => state.history?.document);
  const busy = useRemote((state) => state.busy);
  const trouble = useRemote((state) => state.trouble);
  const count = useMemo(() => unsent(remote, document).length, [remote, document]);
  if (!remote || saved === "failed") return <span className={`sm hide-narrow ${saved === "failed" ? "pill bad" : "t3"}`}>{SAVED[saved]}</span>;
  return (
    <>
      <span className="sm hide-narrow t3">{busy ?? (count === 0 ? "Saved on the server" : saved === "saved" ? "Saved on this computer" : SAVED[saved])}</span>
      {count > 0 && busy === undefined ? (
        <button type="button" className="btn s" onClick={saveRemote} title="Sends what you changed. What others changed meanwhile is taken in.">
          <CloudUpload className="s14" aria-hidden="true" />
          Save {count === 1 ? "1 change" : `${count} changes`} on the server
        </button>
      ) : null}
      {trouble === undefined ? null : (
        <span className="pill bad trunc" role="alert" title={`${trouble.text} ${trouble.details}`}>
          {trouble.text}
        </span>
      )}
    </>
  );
}
