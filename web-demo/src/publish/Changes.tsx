/** What differs between two documents, step by step, in words. */
import { useEffect, useRef } from "react";
import type { Comparison, Group } from "../model/comparison";
import type { Flow } from "../model/flow";
import type { Difference } from "../model/parts";
import { expressionsOf, pairs } from "../model/ruleDiff";
import { wordDiff } from "../model/wordDiff";
import { Tile } from "../parts/kinds";
import { MarkPill } from "../parts/marks";
import { reveal } from "../parts/reveal";
import { useEditor } from "../state/editor";
import { lookAt, useMarks } from "../state/marks";
import { BesideEachOther } from "./BesideEachOther";
import { fieldWords, sideWords } from "./words";

export function Changes({ comparison, none }: { comparison: Comparison; none: string }) {
  if (comparison.groups.length === 0) return <p className="t2">{none}</p>;
  return (
    <>
      <ul className="changes">
        {comparison.groups.map((group) => (
          <Of key={group.step ?? ""} group={group} was={comparison.was} is={comparison.is} />
        ))}
      </ul>
      <p className="help">Steps that were only moved are not counted.</p>
    </>
  );
}

function Of({ group, was, is }: { group: Group; was: Flow; is: Flow }) {
  const { step: id } = group;
  const at = useMarks((state) => state.at);
  const only = useEditor((state) => state.selection[0]);
  const current = id !== undefined && (at ?? only) === id;
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (current) reveal(item.current);
  }, [current]);
  const step = id === undefined ? undefined : (is.byId.get(id) ?? was.byId.get(id));
  return (
    <li ref={item} className={current ? "current" : undefined}>
      <p className="row">
        {step ? <Tile kind={step.kind} /> : null}
        {step ? (
          <button type="button" className="link trunc" aria-current={current ? "true" : undefined} onClick={() => lookAt(step.id)}>
            {group.title}
          </button>
        ) : (
          <b className="m trunc">{group.title}</b>
        )}
        <span className="grow" />
        <MarkPill mark={{ kind: group.what }} />
      </p>
      {group.differences
        .filter((each) => each.kind !== "step")
        .map((each) => (
          <One key={each.key} difference={each} was={was} is={is} />
        ))}
    </li>
  );
}

function One({ difference, was, is }: { difference: Difference; was: Flow; is: Flow }) {
  const old = expressionsOf(difference, difference.old, was);
  const now = expressionsOf(difference, difference.now, is);
  return (
    <div className="change">
      <span className="sm t2">{fieldWords(difference, is)}</span>
      {old && now ? <BesideEachOther pairs={pairs(old, now)} /> : <Words old={sideWords(difference, difference.old, was)} now={sideWords(difference, difference.now, is)} />}
    </div>
  );
}

function Words({ old, now }: { old: string; now: string }) {
  return (
    <p className="words">
      {wordDiff(old, now).map((piece, index) =>
        piece.sign === " " ? <span key={index}>{piece.text}</span> : piece.sign === "+" ? <ins key={index}>{piece.text}</ins> : <del key={index}>{piece.text}</del>,
      )}
    </p>
  );
}
