import { Eye, Pencil } from "lucide-react";
import { useEffect, useId, useState } from "react";
import type { Played } from "../engine/protocol";
import { isObject, type Json, type JsonObject } from "../model/json";
import { IconButton } from "../parts/IconButton";
import { patch, usePreview, valuesAfter } from "../state/preview";
import { watchValue } from "../state/stops";
import { announce } from "../state/voice";

/** All values as they are at the step that is looked at. They can be set by hand, where the conversation waits. */
export function Values({ played }: { played: Played }) {
  const head = usePreview((state) => state.head);
  const [query, setQuery] = useState("");
  const [editing, setEditing] = useState<string>();
  const state = useValues(played, head);
  const list = flat(state).filter(([path]) => path.toLowerCase().includes(query.toLowerCase()));
  const open = head === undefined && played.waits_for !== null && played.waits_for !== "effect";
  return (
    <div className="values">
      <div className="row">
        <input className="fld s" aria-label="Find a value" placeholder="Find a value" value={query} onChange={(event) => setQuery(event.target.value)} />
        {open ? (
          <button type="button" className="btn s" onClick={() => setEditing("")}>
            Set a value
          </button>
        ) : null}
      </div>
      {editing === "" ? <Edit path="temp." value="" close={() => setEditing(undefined)} /> : null}
      {list.length === 0 ? (
        <p className="t3 sm none">{query === "" ? "Nothing is kept yet." : "No value of that name."}</p>
      ) : (
        <dl>
          {list.map(([path, value]) => (
            <div key={path}>
              <dt>{path}</dt>
              <dd className="val">
                <span className="v">{JSON.stringify(value)}</span>
                <IconButton icon={Eye} size="xs" label={`Halt when ${path} changes`} onClick={() => (watchValue(path), announce(`The preview halts when ${path} changes`))} />
                {open ? <IconButton icon={Pencil} size="xs" label={`Set ${path} by hand`} onClick={() => setEditing(path)} /> : null}
              </dd>
              {editing === path ? (
                <dd className="edit">
                  <Edit path={path} value={JSON.stringify(value)} close={() => setEditing(undefined)} />
                </dd>
              ) : null}
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

function useValues(played: Played, head: number | undefined): JsonObject {
  const [then, setThen] = useState<JsonObject>();
  useEffect(() => {
    setThen(undefined);
    if (head === undefined) return;
    let wanted = true;
    valuesAfter(head).then(
      (values) => wanted && setThen(values),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [played, head]);
  return head === undefined ? played.state : (then ?? {});
}

/** A value as JSON; a text may stand without quotes. */
function Edit({ path, value, close }: { path: string; value: string; close: () => void }) {
  const [name, setName] = useState(path);
  const [text, setText] = useState(value);
  const id = useId();
  const set = () => {
    const keys = name.split(".").filter(Boolean);
    if (keys.length < 2) return announce("A value has a scope and a name, for example temp.age");
    patch(keys.reduceRight<Json>((inner, key) => ({ [key]: inner }), read(text)) as JsonObject);
    close();
  };
  return (
    <form
      className="by-hand"
      onSubmit={(event) => {
        event.preventDefault();
        set();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        close();
      }}
    >
      {path === "temp." ? <input className="fld s mono" aria-label="Name of the value" value={name} onChange={(event) => setName(event.target.value)} /> : null}
      <input id={id} className="fld s mono" aria-label={path === "temp." ? "Value" : `Value of ${path}`} value={text} autoFocus onChange={(event) => setText(event.target.value)} />
      <button type="submit" className="btn s">
        Set
      </button>
    </form>
  );
}

function read(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function flat(state: JsonObject, at = ""): [string, Json][] {
  return Object.entries(state).flatMap(([key, value]): [string, Json][] => {
    const path = at === "" ? key : `${at}.${key}`;
    return isObject(value) && (at === "" || path.split(".").length < 3) && !Object.hasOwn(value, "value") ? flat(value, path) : [[path, value]];
  });
}
