/** How hard the words of an item are to read, each of its wordings by itself. */
import { Section } from "../inspector/fields/Section";
import { firstText, type JsonObject } from "../model/json";
import { reading, type Reading } from "../model/reading";
import { readWordings } from "../model/wordings";
import type { Item } from "../state/content";

export function Reads({ item, fields }: { item: Item; fields: readonly (readonly [key: string, label: string])[] }) {
  const text = (data: JsonObject) => fields.map(([key]) => firstText(data[key], item.content[key]) ?? "").join("\n");
  const own = reading(text(item.content));
  const others = readWordings(item.variants).map(({ key, data }) => ({ key, read: reading(text(data)) }));
  if (own.words === 0 && others.length === 0) return null;
  return (
    <Section title="How it reads">
      <ul className="reads">
        <One name={others.length === 0 ? undefined : "A"} read={own} than={undefined} />
        {others.map(({ key, read }) => (
          <One key={key} name={key} read={read} than={own} />
        ))}
      </ul>
      <p className="help">Reading age by the Flesch–Kincaid formula: for English only, and rough for a few words.</p>
    </Section>
  );
}

function One({ name, read, than }: { name: string | undefined; read: Reading; than: Reading | undefined }) {
  const compared = than?.age === undefined || read.age === undefined ? "" : than.age === read.age ? ", as A" : `, A’s is ${than.age}`;
  return (
    <li className="row">
      {name === undefined ? null : <b className="m">{name}</b>}
      <span className="num">{read.words === 1 ? "1 word" : `${read.words} words`}</span>
      <span className="t2 num" title={read.grade === undefined ? undefined : `Grade ${read.grade.toFixed(1)}: ${read.words} words, ${read.sentences} sentences, ${read.syllables} syllables`}>
        {read.age === undefined ? "Reading age not known" : `Reading age ${read.age}${compared}`}
      </span>
    </li>
  );
}
