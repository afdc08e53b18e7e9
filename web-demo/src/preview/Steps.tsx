import { useEffect, useRef, useState } from "react";
import type { Played, Visit } from "../engine/protocol";
import { readable } from "../model/flow";
import { firstText, isObject, type Json } from "../model/json";
import { kindOf } from "../model/kinds";
import { Tile } from "../parts/kinds";
import { reveal } from "../parts/reveal";
import { select, useEditor } from "../state/editor";
import { scrub, travel, usePreview } from "../state/preview";
import { Why } from "./Why";

/** The steps the conversation came by, each with what it changed. */
export function Steps({ played }: { played: Played }) {
  const flow = useEditor((state) => state.flow);
  const inputs = usePreview((state) => state.tries[state.current]?.inputs);
  const [open, setOpen] = useState<number>();
  const head = usePreview((state) => state.head);
  const last = (head ?? played.visits.length) - 1;
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => setOpen(undefined), [played]);
  useEffect(() => {
    reveal(list.current?.children[last]);
  }, [played, last]);
  return (
    <ol className="steps" ref={list}>
      {played.visits.map((visit, index) => {
        const step = visit.own ? flow?.byId.get(visit.node) : undefined;
        const first = visit.turn > 0 && played.visits[index - 1]?.turn !== visit.turn;
        const input = played.turns[visit.turn]?.input ?? null;
        const rules = visit.kind === "condition" && visit.own && Array.isArray(visit.details.conditions_evaluated);
        return (
          <li key={index} className={index > last ? "ahead" : undefined}>
            {first ? (
              <button type="button" className="turn-mark" onClick={() => travel(before(inputs, visit.turn))} title="Go back to before this answer">
                Answered {input === null ? "“go on”" : `“${firstText(input) ?? JSON.stringify(input)}”`}
              </button>
            ) : null}
            <button
              type="button"
              className={`visit${index === last ? " cur" : ""}`}
              style={{ paddingInlineStart: 8 + (visit.depth - 1) * 12 }}
              {...(rules ? { "aria-expanded": open === index } : {})}
              onClick={() => {
                if (step) select([step.id]);
                if (index !== last) scrub(index + 1);
                if (rules) setOpen(open === index ? undefined : index);
              }}
            >
              <span className="n">{index + 1}</span>
              <Tile kind={kindOf(visit.kind)} />
              <span className="trunc nm">{step?.title ?? readable(visit.node)}</span>
              <span className="t3 trunc">{outcome(visit, index === played.visits.length - 1 && played.waits_for !== null)}</span>
            </button>
            {visit.error === null ? null : <p className="diff d">{visit.error}</p>}
            {rules && open === index ? <Why visit={visit} number={index + 1} /> : null}
            <Changes changed={visit.changed} />
          </li>
        );
      })}
    </ol>
  );
}

/** How many inputs there were before the answer of a turn. */
function before(inputs: readonly { type: string }[] | undefined, turn: number): number {
  let answers = 0;
  for (const [index, input] of (inputs ?? []).entries()) {
    if (input.type === "answer") answers += 1;
    if (answers === turn) return index;
  }
  return 0;
}

/** What came of a visit, in a word or two. */
function outcome(visit: Visit, waits: boolean): string {
  if (waits) return "waiting";
  const { details } = visit;
  if (details.type === "state_patch") return "by hand";
  if (details.valid === false) return "asked again";
  if (typeof details.response_status === "number") return String(details.response_status);
  if (visit.kind === "condition") {
    const index = details.matched_condition_index;
    const list = details.conditions_evaluated;
    const hit = typeof index === "number" && Array.isArray(list) ? list.find((each) => isObject(each) && each.index === index) : undefined;
    return hit === undefined ? "otherwise" : `rule ${Number(index) + 1}`;
  }
  if (details.user_response !== undefined && details.user_response !== null) return "answered";
  return visit.next === null && visit.own && visit.kind === "message" ? "the end" : "";
}

function Changes({ changed }: { changed: Visit["changed"] }) {
  const entries = Object.entries(changed);
  if (entries.length === 0) return null;
  return (
    <div className="diff">
      {entries.map(([path, [old, now]]) => (
        <div key={path}>
          {old === null ? null : <Change sign="−" look="d" path={path} value={old} />}
          {now === null ? null : <Change sign="+" look="a" path={path} value={now} />}
        </div>
      ))}
    </div>
  );
}

function Change({ sign, look, path, value }: { sign: string; look: string; path: string; value: Json }) {
  const text = JSON.stringify(value).replaceAll(/data:[^"]{40,}/g, "data:…");
  return (
    <p className={look}>
      <span>{sign}</span>
      <span>
        {path}: {text.length > 120 ? `${text.slice(0, 120)}…` : text}
      </span>
    </p>
  );
}
