import { Component, type ReactNode } from "react";
import { documentText, useEditor } from "../state/editor";

/** If a part of the page breaks down, the flow can still be saved. */
export class Boundary extends Component<{ children: ReactNode }, { broken: string | undefined }> {
  override state = { broken: undefined };

  static getDerivedStateFromError(error: unknown): { broken: string } {
    return { broken: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    if (this.state.broken === undefined) return this.props.children;
    const text = useEditor.getState().history ? documentText() : undefined;
    return (
      <main className="empty">
        <p>The studio broke down here. Your flow is kept as it was saved last.</p>
        <code>{this.state.broken}</code>
        <button type="button" className="btn pri" onClick={() => location.reload()}>
          Load the page again
        </button>
        {text === undefined ? null : <textarea className="fld mono json" readOnly aria-label="The flow as it was" value={text} />}
      </main>
    );
  }
}
