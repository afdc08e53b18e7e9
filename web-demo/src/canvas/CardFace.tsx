/** What a card shows: its head, a line or two of what it says, and its rows. */
import type { ReactNode } from "react";
import { HEADER, type Card } from "../model/card";
import type { Step } from "../model/flow";
import { firstText } from "../model/json";
import { answers, wayName, type Way } from "../model/ways";
import { Tile } from "../parts/kinds";

/** `right` stands in place of what the kind tells at the right of the name. */
export function CardFace({ step, card, right }: { step: Step; card: Card; right?: ReactNode }) {
  return (
    <>
      <div className="nh" style={{ height: HEADER }}>
        <Tile kind={step.kind} />
        <b className="trunc">{step.title}</b>
        {right ?? <span className="slot">{slot(step)}</span>}
      </div>
      {card.body === "" ? null : <p className={`nb${card.lines === 1 ? " one" : ""}`}>{filled(card.body)}</p>}
      {card.rows.length > 0 || card.hidden > 0 || card.bottomRow ? (
        <div className="opts">
          {card.rows.map((way) => (
            <Row key={way.id} way={way} question={step.kind === "question"} />
          ))}
          {card.hidden > 0 ? <div className="opt t3">{card.hidden} more answers</div> : null}
          {card.bottomRow ? <div className="opt t2">Otherwise</div> : null}
        </div>
      ) : null}
    </>
  );
}

function Row({ way, question }: { way: Way; question: boolean }) {
  return (
    <div className="opt">
      {question && way.role === "answer" ? <span className="bul" /> : null}
      <span className={`trunc${way.rule !== undefined && way.label === "" ? " mono" : ""}`}>{wayName(way)}</span>
    </div>
  );
}

/** What stands at the right of the name. */
function slot(step: Step): string {
  if (step.kind === "question") {
    const count = answers(step).length;
    return count > 0 ? `${count} ${count === 1 ? "answer" : "answers"}` : (firstText(step.content.input_type) ?? "");
  }
  if (step.kind === "webhook") return firstText(step.content.method) ?? "POST";
  if (step.kind === "composite") return firstText(step.content.version) ?? "";
  if (step.kind === "script") return `${Number(step.content.timeout ?? 5000) / 1000} s`;
  return "";
}

/** Values in a text stand out. */
function filled(text: string) {
  return text.split(/(\{\{[^}]*\}\})/).map((part, index) => (part.startsWith("{{") ? <code key={index}>{part.slice(2, -2).trim()}</code> : part));
}
