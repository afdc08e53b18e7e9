/** What a look is made of: colours, type, bubbles, the name of who talks. */
import { CircleCheck, TriangleAlert } from "lucide-react";
import { Frame } from "../inspector/fields/Frame";
import { Section } from "../inspector/fields/Section";
import { at, firstText } from "../model/json";
import { colourIn, findings } from "./contrast";
import { changeLook, type Look } from "./store";

const COLOURS: readonly (readonly [string, string])[] = [
  ["primary", "Buttons and answers"],
  ["background", "Ground"],
  ["botBubble", "Bubbles of the flow"],
  ["botBubbleText", "Text in them"],
  ["userBubble", "Bubbles of the visitor"],
  ["userBubbleText", "Text in them, visitor"],
  ["text", "Text"],
  ["textMuted", "Quiet text"],
  ["border", "Lines"],
  ["error", "What was wrong"],
];

export function LookForm({ look }: { look: Look }) {
  const set = (path: readonly string[], value: string | number | undefined) => changeLook(look, { path, value });
  const found = findings(look.config);
  return (
    <>
      <Section>
        <Frame label="Name of the look">{(attributes) => <input className="fld" value={look.name} onChange={(event) => changeLook(look, { name: event.target.value })} {...attributes} />}</Frame>
        <Frame label="Who talks" help="Stands over the chat.">
          {(attributes) => <input className="fld" value={firstText(at(look.config, ["bot", "name"])) ?? ""} placeholder="The flow’s name" onChange={(event) => set(["bot", "name"], event.target.value || undefined)} {...attributes} />}
        </Frame>
      </Section>
      <Section title="Colours">
        {COLOURS.map(([key, words]) => (
          <div className="colour" key={key}>
            <label htmlFor={`colour-${key}`}>{words}</label>
            <input id={`colour-${key}`} type="color" value={colourIn(look.config, key)} onChange={(event) => set(["colors", key], event.target.value)} />
            <Hex name={words} value={colourIn(look.config, key)} set={(value) => set(["colors", key], value)} />
          </div>
        ))}
        <p className="help">Colours for the dark are made of these.</p>
      </Section>
      <Section title="Can it be read?">
        <ul className="contrasts">
          {found.map((each) => (
            <li key={each.words} className={each.better === undefined ? "" : "low"}>
              {each.better === undefined ? <CircleCheck className="s14" aria-hidden="true" /> : <TriangleAlert className="s14" aria-hidden="true" />}
              <span className="grow">{each.words}</span>
              <span className="num t2">{each.ratio.toFixed(1)} : 1</span>
              {each.better === undefined ? null : (
                <button type="button" className="btn s" onClick={() => set(["colors", each.text], each.better)}>
                  Take {each.better}
                </button>
              )}
            </li>
          ))}
        </ul>
        <p className="help">Text needs 4.5 : 1. Visitors get the nearest colour that has it, whatever is chosen here.</p>
      </Section>
      <Section title="Shapes and type">
        <div className="grid2">
          <Frame label="Corners of bubbles">
            {(attributes) => <input className="fld" type="number" min={0} max={28} value={Number(at(look.config, ["bubbles", "borderRadius"]) ?? 14)} onChange={(event) => set(["bubbles", "borderRadius"], Number(event.target.value))} {...attributes} />}
          </Frame>
          <Frame label="Size of the text">
            {(attributes) => (
              <select className="fld" value={firstText(at(look.config, ["typography", "fontSize", "medium"])) ?? "14px"} onChange={(event) => set(["typography", "fontSize", "medium"], event.target.value)} {...attributes}>
                {["13px", "14px", "15px", "16px", "18px", "20px"].map((size) => (
                  <option key={size}>{size}</option>
                ))}
              </select>
            )}
          </Frame>
        </div>
        <Frame label="Font" help="One that visitors have.">
          {(attributes) => <input className="fld" value={firstText(at(look.config, ["typography", "fontFamily"])) ?? ""} placeholder="system-ui, sans-serif" onChange={(event) => set(["typography", "fontFamily"], event.target.value || undefined)} {...attributes} />}
        </Frame>
      </Section>
    </>
  );
}

/** A colour as text; it counts once it is whole. */
function Hex({ name, value, set }: { name: string; value: string; set: (value: string) => void }) {
  return (
    <input
      key={value}
      className="fld s mono"
      aria-label={`${name}, as text`}
      defaultValue={value}
      maxLength={7}
      onChange={(event) => /^#[\da-f]{6}$/i.test(event.target.value) && event.target.value.toLowerCase() !== value && set(event.target.value.toLowerCase())}
    />
  );
}
