import type { Step } from "../model/flow";
import { isObject, type Path } from "../model/json";
import { at } from "../model/json";
import { Choose } from "./fields/Choose";
import { TextField } from "./fields/Text";
import { useField } from "./useField";

/** Drawing from the library: what, and whether it may come again. */
export function RandomSource({ step, path = [] }: { step: Step; path?: Path }) {
  const type = useField(step, [...path, "source_config", "type"]);
  const tags = useField(step, [...path, "source_config", "tags"]);
  const shown = useField(step, [...path, "track_shown_in"]);
  const exclude = useField(step, [...path, "source_config", "exclude_from"]);
  const exhausted = useField(step, [...path, "source_config", "on_exhausted"]);
  const config = at(step.content, [...path, "source_config"]);
  const list = isObject(config) && Array.isArray(config.tags);
  const words = { ...tags, value: list ? (tags.value as string[]).join(", ") : tags.value, set: (value: typeof tags.value) => tags.set(typeof value === "string" ? value.split(",").map((tag) => tag.trim()).filter(Boolean) : value) };
  const once = typeof shown.value === "string" && shown.value === exclude.value;
  return (
    <>
      <Choose label="Pick from" field={type} usual="question" options={["question", "message", "joke", "fact", "quote", "prompt"].map((each) => [each, each[0]?.toUpperCase() + each.slice(1)] as const)} />
      <TextField label="With one of the tags" field={words} placeholder="museum-taste, animals" />
      <div className="field" data-path={shown.pointer}>
        <button
          type="button"
          role="switch"
          className="switch"
          aria-checked={once}
          onClick={() => {
            shown.set(once ? undefined : "temp.shown");
            exclude.set(once ? undefined : "temp.shown");
          }}
        >
          <span>Don’t repeat</span>
          <i aria-hidden="true" />
        </button>
      </div>
      {once ? <Choose label="When nothing is left" field={exhausted} usual="reuse" options={[["reuse", "Begin again"], ["skip", "Go on without"], ["fail", "Take the failed way"]]} /> : null}
    </>
  );
}
