/** After publishing: where people can talk to it. */
import { CircleCheck, Copy, ExternalLink } from "lucide-react";
import { Section } from "../inspector/fields/Section";
import { useSession } from "../server/session";
import type { FlowDetail } from "../server/flows";
import { announce } from "../state/voice";
import { closeSheet, Sheet } from "../parts/Sheet";

export function Receipt({ flow, again }: { flow: FlowDetail; again: () => void }) {
  const address = useSession((state) => state.address);
  const link = `${address}/?flow=${flow.id}`;
  const code = `<script src="${address}/widget.js" data-flow="${flow.id}" async></script>`;
  return (
    <Sheet
      title="Published"
      foot={
        <>
          <button type="button" className="btn" onClick={again}>
            Publish again
          </button>
          <span className="grow" />
          <button type="button" className="btn pri" onClick={closeSheet}>
            Back to the flow
          </button>
        </>
      }
    >
      <Section>
        <p className="row" role="status">
          <CircleCheck aria-hidden="true" />
          <b>Version {flow.version} is live.</b>
        </p>
        <p className="t2" style={{ marginTop: 8 }}>
          Whoever is in the middle of an older version finishes that one.
        </p>
      </Section>
      <Section title="Talk to it">
        <a className="btn" href={link} target="_blank" rel="noreferrer">
          <ExternalLink className="s14" aria-hidden="true" />
          Open the chat
        </a>
      </Section>
      <Section title="Put it on a page">
        <code className="path embed">{code}</code>
        <button
          type="button"
          className="btn s"
          onClick={() =>
            void navigator.clipboard.writeText(code).then(
              () => announce("Copied"),
              () => announce("Select the text and copy it"),
            )
          }
        >
          <Copy className="s12" aria-hidden="true" />
          Copy
        </button>
      </Section>
    </Sheet>
  );
}
