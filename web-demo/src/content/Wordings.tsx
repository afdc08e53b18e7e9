/** Other wordings of an item, side by side, each with the part of people that get it. */
import { Plus, Trash2 } from "lucide-react";
import { Section } from "../inspector/fields/Section";
import { firstText, type JsonObject } from "../model/json";
import { freeKey, ownWeight, readWordings, shares, writeWordings, type Wording } from "../model/wordings";
import { IconButton } from "../parts/IconButton";
import type { Item } from "../state/content";

interface Properties {
  item: Item;
  fields: readonly (readonly [key: string, label: string])[];
  change: (change: (item: Item) => Item) => void;
}

export function Wordings({ item, fields, change }: Properties) {
  const list = readWordings(item.variants);
  const own = ownWeight(item.info);
  const parts = shares(own, list);
  const set = (next: readonly Wording[]) => change((now) => ({ ...now, variants: writeWordings(next, now.variants) }));
  const put = (index: number, part: Partial<Wording>) => set(list.map((each, at) => (at === index ? { ...each, ...part } : each)));
  return (
    <Section title="Wordings" count={list.length + 1}>
      <div className="share-bar" aria-hidden="true">
        {parts.map((part, index) => (
          <i key={index} className={`w${index % 4}`} style={{ flexGrow: part }} />
        ))}
      </div>
      <div className="wording">
        <p className="row">
          <b className="m">A</b>
          <span className="t2 sm grow">the words above</span>
          <Share name="A" part={parts[0] ?? 100} weight={own} set={(weight) => change((now) => ({ ...now, info: { ...((now.info ?? {}) as JsonObject), control_weight: weight } }))} />
        </p>
      </div>
      {list.map((wording, index) => (
        <div className="wording" key={wording.key}>
          <p className="row">
            <b className="m">{wording.key}</b>
            <label className="row sm grow">
              <input type="checkbox" checked={wording.active} onChange={(event) => put(index, { active: event.target.checked })} />
              in use
            </label>
            <Share name={wording.key} part={parts[index + 1] ?? 0} weight={wording.weight} set={(weight) => put(index, { weight })} />
            <IconButton icon={Trash2} size="xs" label={`Delete wording ${wording.key}`} onClick={() => set(list.filter((_, at) => at !== index))} />
          </p>
          {fields.map(([key, label]) => (
            <textarea key={key} className="fld" rows={2} aria-label={`${label}, wording ${wording.key}`} value={firstText(wording.data[key]) ?? ""} placeholder={firstText(item.content[key]) ?? ""} onChange={(event) => put(index, { data: { ...wording.data, [key]: event.target.value } })} />
          ))}
        </div>
      ))}
      <button type="button" className="btn quiet s more" onClick={() => set([...list, { key: freeKey(list), data: Object.fromEntries(fields.map(([key]) => [key, firstText(item.content[key]) ?? ""])), weight: 100, active: true }])}>
        <Plus className="s14" aria-hidden="true" />
        Add a wording
      </button>
      <p className="help">One is picked for each person, and kept.</p>
    </Section>
  );
}

function Share({ name, part, weight, set }: { name: string; part: number; weight: number; set: (weight: number) => void }) {
  return (
    <>
      <span className="num sm t2">{part} %</span>
      <input className="fld s weight" type="number" min={0} max={10000} aria-label={`Weight of wording ${name}`} value={weight} onChange={(event) => set(Math.max(0, Number(event.target.value)))} />
    </>
  );
}
