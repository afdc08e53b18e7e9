import { Plus, Trash2 } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { address } from "../app/route";
import { Frame } from "../inspector/fields/Frame";
import { Section } from "../inspector/fields/Section";
import { firstText, isObject, type Json, type JsonObject } from "../model/json";
import type { Use } from "../model/uses";
import { IconButton } from "../parts/IconButton";
import { tagsOf, type Item } from "../state/content";
import { usesHere } from "../state/uses";
import { Reads } from "./Reads";
import { Wordings } from "./Wordings";

/** The words of an item, by its kind. What no field shows stays as it is. */
const FIELDS: Record<string, readonly (readonly [key: string, label: string])[]> = {
  joke: [
    ["setup", "Beginning"],
    ["punchline", "Punchline"],
  ],
};

type Change = (change: (item: Item) => Item) => void;

interface Properties {
  item: Item;
  change: Change;
  head?: ReactNode;
  /** Behind the wordings: what a server knows of them. */
  after?: ReactNode;
  /** In place of the flows on this computer that name it. */
  used?: ReactNode;
}

export function ItemForm({ item, change, head, after, used }: Properties) {
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
        <Reads item={item} fields={fields} />
        {after}
        <Section>
          <Tags item={item} change={change} />
        </Section>
        {used ?? <UsedIn id={item.id} />}
        <Section>
          <p className="path">{item.id}</p>
        </Section>
      </div>
    </aside>
  );
}

function Tags({ item, change }: { item: Item; change: Change }) {
  const tags = tagsOf(item).join(", ");
  const [text, setText] = useState(tags);
  // They may be changed together with those of other items.
  useEffect(() => setText((now) => (split(now).join(", ") === tags ? now : tags)), [tags]);
  return (
    <Frame label="Tags" help="With commas between. Random questions are picked by them.">
      {(attributes) => (
        <input
          className="fld"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            const next = split(event.target.value);
            change((now) => ({ ...now, tags: next }));
          }}
          {...attributes}
        />
      )}
    </Frame>
  );
}

function split(text: string): string[] {
  return text
    .split(",")
    .map((tag) => tag.trim())
    .filter(Boolean);
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

/** The steps of flows on this computer that name the item. Those that draw by tags are not among them. */
function UsedIn({ id }: { id: string }) {
  const [used, setUsed] = useState<readonly Use[]>([]);
  useEffect(() => {
    let wanted = true;
    void usesHere([id]).then((found) => wanted && setUsed(found));
    return () => {
      wanted = false;
    };
  }, [id]);
  if (used.length === 0) return null;
  return (
    <Section title="Used in">
      {used.map(({ key, flow, step }, index) => (
        <p key={index}>
          <a href={address(key, step.id)}>
            {flow} › {step.title}
          </a>
        </p>
      ))}
    </Section>
  );
}
