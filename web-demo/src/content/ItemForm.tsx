import { Plus, Trash2 } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { address } from "../app/route";
import { Frame } from "../inspector/fields/Frame";
import { Section } from "../inspector/fields/Section";
import { loadFlow } from "../library/storage";
import { firstText, isObject, type Json, type JsonObject } from "../model/json";
import * as log from "../model/log";
import { IconButton } from "../parts/IconButton";
import { tagsOf, type Item } from "../state/content";
import { refresh, useFlows } from "../state/flows";
import { Wordings } from "./Wordings";

/** The words of an item, by its kind. What no field shows stays as it is. */
const FIELDS: Record<string, readonly (readonly [key: string, label: string])[]> = {
  joke: [
    ["setup", "Beginning"],
    ["punchline", "Punchline"],
  ],
};

type Change = (change: (item: Item) => Item) => void;

/** `after` stands behind the wordings: what a server knows of them. */
export function ItemForm({ item, change, head, after }: { item: Item; change: Change; head?: ReactNode; after?: ReactNode }) {
  const set = (key: string, value: Json) => change((now) => ({ ...now, content: { ...now.content, [key]: value } }));
  const fields = FIELDS[item.type] ?? [[item.type === "question" && item.content.text === undefined ? "question_text" : "text", item.type === "question" ? "Question" : "Text"]];
  return (
    <aside className="panel inspector" data-region="inspector" aria-label="The item">
      <header className="ph">
        <h2 className="grow">{(item.type[0] ?? "").toUpperCase() + item.type.slice(1)}</h2>
      </header>
      {head}
      <div className="scroll">
        <Section>
          {fields.map(([key, label]) => (
            <Frame key={key} label={label}>
              {(attributes) => <textarea className="fld" rows={3} value={firstText(item.content[key]) ?? ""} onChange={(event) => set(key, event.target.value)} {...attributes} />}
            </Frame>
          ))}
        </Section>
        {item.type === "question" ? <Answers item={item} set={(answers) => set("answers", answers)} /> : null}
        <Wordings item={item} fields={fields} change={change} />
        {after}
        <Section>
          <Tags item={item} change={change} />
        </Section>
        <UsedIn id={item.id} />
        <Section>
          <p className="path">{item.id}</p>
        </Section>
      </div>
    </aside>
  );
}

function Tags({ item, change }: { item: Item; change: Change }) {
  const [text, setText] = useState(tagsOf(item).join(", "));
  return (
    <Frame label="Tags" help="With commas between. Random questions are picked by them.">
      {(attributes) => (
        <input
          className="fld"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            const tags = event.target.value.split(",").map((tag) => tag.trim()).filter(Boolean);
            change((now) => ({ ...now, tags }));
          }}
          {...attributes}
        />
      )}
    </Frame>
  );
}

function Answers({ item, set }: { item: Item; set: (answers: Json[]) => void }) {
  const key = Array.isArray(item.content.options) && !Array.isArray(item.content.answers) ? "options" : "answers";
  const list = (Array.isArray(item.content[key]) ? item.content[key] : []) as Json[];
  const put = (index: number, field: string, value: string) => set(list.map((each, at) => (at === index && isObject(each) ? { ...each, [field]: value } : each)));
  if (key === "options") return null;
  return (
    <Section title="Answers" count={list.length}>
      {list.map((each, index) => {
        const answer: JsonObject = isObject(each) ? each : { text: String(each) };
        return (
          <div className="pair" key={index}>
            <input className="fld s" aria-label={`Answer ${index + 1}`} value={firstText(answer.text, answer.label) ?? ""} onChange={(event) => put(index, answer.label !== undefined && answer.text === undefined ? "label" : "text", event.target.value)} />
            <input className="fld s mono" aria-label={`Stored value of answer ${index + 1}`} value={firstText(answer.value) ?? ""} onChange={(event) => put(index, "value", event.target.value)} />
            <IconButton icon={Trash2} size="xs" label={`Delete answer ${index + 1}`} onClick={() => set(list.filter((_, at) => at !== index))} />
          </div>
        );
      })}
      <button type="button" className="btn quiet s more" onClick={() => set([...list, { text: "", value: "" }])}>
        <Plus className="s14" aria-hidden="true" />
        Add an answer
      </button>
    </Section>
  );
}

/** The flows that name the item. Those that draw by tags are not among them. */
function UsedIn({ id }: { id: string }) {
  const flows = useFlows((state) => state.list);
  const [used, setUsed] = useState<readonly string[]>([]);
  useEffect(() => {
    if (!flows) void refresh();
    let wanted = true;
    void Promise.all(
      (flows ?? []).map(async (flow) => {
        const found = await loadFlow(flow.key);
        return found && JSON.stringify(log.open(found.flow.base, found.entries, found.flow.cursor).document).includes(id) ? [flow.key] : [];
      }),
    ).then((keys) => wanted && setUsed(keys.flat()));
    return () => {
      wanted = false;
    };
  }, [flows, id]);
  if (used.length === 0) return null;
  return (
    <Section title="Used in">
      {used.map((key) => (
        <p key={key}>
          <a href={address(key)}>{flows?.find((flow) => flow.key === key)?.name ?? key}</a>
        </p>
      ))}
    </Section>
  );
}
