/** What differs between two documents, step by step, in words. */
import { Minus, Pencil, Plus } from "lucide-react";
import { useMemo } from "react";
import { readFlow, type Flow } from "../model/flow";
import type { Json } from "../model/json";
import { differences, type Difference } from "../model/parts";
import { wordDiff } from "../model/wordDiff";
import { Tile } from "../parts/kinds";
import { select } from "../state/editor";
import { fieldWords, grouped, sideWords } from "./words";

const SIGNS = { added: { icon: Plus, look: "ok", word: "Added" }, removed: { icon: Minus, look: "bad", word: "Removed" }, changed: { icon: Pencil, look: "info", word: "Changed" } } as const;

export function Changes({ before, after, none }: { before: Json; after: Json; none: string }) {
  const was = useMemo(() => readFlow(before), [before]);
  const is = useMemo(() => readFlow(after), [after]);
  const groups = useMemo(() => grouped(differences(before, after), was, is), [before, after, was, is]);
  if (groups.length === 0) return <p className="t2">{none}</p>;
  return (
    <ul className="changes">
      {groups.map((group) => {
        const { icon: Icon, look, word } = SIGNS[group.what];
        const step = group.step === undefined ? undefined : (is.byId.get(group.step) ?? was.byId.get(group.step));
        const there = group.step !== undefined && is.byId.has(group.step);
        return (
          <li key={group.step ?? ""}>
            <p className="row">
              {step ? <Tile kind={step.kind} /> : null}
              {there ? (
                <button type="button" className="link trunc" onClick={() => select([group.step as string])}>
                  {group.title}
                </button>
              ) : (
                <b className="m trunc">{group.title}</b>
              )}
              <span className="grow" />
              <span className={`pill ${look}`}>
                <Icon className="s12" aria-hidden="true" />
                {word}
              </span>
            </p>
            {group.differences
              .filter((each) => each.kind !== "step")
              .map((each) => (
                <One key={each.key} difference={each} was={was} is={is} />
              ))}
          </li>
        );
      })}
    </ul>
  );
}

function One({ difference, was, is }: { difference: Difference; was: Flow; is: Flow }) {
  const pieces = wordDiff(sideWords(difference, difference.old, was), sideWords(difference, difference.now, is));
  return (
    <div className="change">
      <span className="sm t2">{fieldWords(difference, is)}</span>
      <p className="words">
        {pieces.map((piece, index) =>
          piece.sign === " " ? (
            <span key={index}>{piece.text}</span>
          ) : piece.sign === "+" ? (
            <ins key={index}>{piece.text}</ins>
          ) : (
            <del key={index}>{piece.text}</del>
          ),
        )}
      </p>
    </div>
  );
}
