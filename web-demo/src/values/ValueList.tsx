import { Braces, X } from "lucide-react";
import { useMemo } from "react";
import { knownValues } from "../model/values";
import { IconButton } from "../parts/IconButton";
import { Resizer } from "../parts/Resizer";
import { select, useEditor } from "../state/editor";
import { useLayout } from "../state/layout";

/** The values of the flow: where each is set and where it is read. */
export function ValueList() {
  const flow = useEditor((state) => state.flow);
  const values = useMemo(() => (flow ? knownValues(flow) : []), [flow]);
  const links = (ids: string[]) =>
    ids.map((id) => (
      <button type="button" key={id} onClick={() => select([id])}>
        {flow?.byId.get(id)?.title}
      </button>
    ));
  return (
    <section className="panel left" data-region="values" aria-label="Values">
      <Resizer panel="side" label="Width of the values" side="right" />
      <header className="ph">
        <Braces className="s14" aria-hidden="true" />
        <h2 className="grow">Values</h2>
        <span className="count">{values.length}</span>
        <IconButton icon={X} size="sm" label="Close values" onClick={() => useLayout.setState({ side: undefined })} />
      </header>
      <div className="scroll">
        {values.length === 0 ? <p className="empty">This flow keeps no values yet.</p> : null}
        <ul className="valuelist">
          {values.map((value) => (
            <li key={value.path}>
              <code>{value.path}</code>
              <p className="sm t3">
                {value.setBy.length > 0 ? <>set in {links(value.setBy)}</> : "not set here"}
                {value.readBy.length > 0 ? <> · read in {links(value.readBy)}</> : null}
              </p>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
