import { Plus } from "lucide-react";
import { addRow, moveRow, removeRow } from "../model/commands/rows";
import type { Flow, Step } from "../model/flow";
import { firstText, isObject, type Json, type JsonObject, type Path } from "../model/json";
import { waysOf } from "../model/ways";
import { run, useEditor } from "../state/editor";
import { Choose, Toggle } from "./fields/Choose";
import { KeepIn } from "./fields/KeepIn";
import { LeadsRow } from "./fields/LeadsTo";
import { FromLibrary } from "./fields/FromLibrary";
import { Folded, Section } from "./fields/Section";
import { TextField } from "./fields/Text";
import { QuickReplies } from "./QuickReplies";
import { RandomSource } from "./RandomSource";
import { RowTools } from "./RowTools";
import { useField } from "./useField";

const TYPES = [
  ["text", "Text"],
  ["image", "Picture"],
  ["video", "Video"],
  ["audio", "Sound"],
  ["file", "File"],
  ["link", "Link"],
  ["book_list", "List of books"],
  ["item_list", "List of things"],
] as const;

const MEDIA = new Set(["image", "gif", "video", "audio", "file", "link"]);

export function MessageForm({ step }: { step: Step }) {
  const flow = useEditor((state) => state.flow) as Flow;
  const list = Array.isArray(step.content.messages) ? step.content.messages : [];
  const waits = useField(step, ["wait_for_ack"]);
  const text = useField(step, ["text"]);
  const variable = useField(step, ["variable"]);
  const ways = waysOf(flow, step);
  const replies = Array.isArray(step.content.quick_replies) ? step.content.quick_replies.length : 0;
  return (
    <>
      <Section title="Messages" count={list.length}>
        {list.length === 0 ? <TextField label="Text" field={text} area /> : null}
        <ul className="rows">
          {list.map((bubble, index) => (
            <Bubble key={index} step={step} bubble={bubble} index={index} count={list.length} />
          ))}
        </ul>
        <button type="button" className="btn quiet s more" onClick={() => run(addRow(step, "messages", { type: "text", text: "" }, "Add a message"))}>
          <Plus className="s14" aria-hidden="true" />
          Add a message
        </button>
      </Section>
      <Section>
        <Toggle label="Wait for a tap to go on" field={waits} />
      </Section>
      <Folded title="Quick replies" summary={replies === 0 ? "None" : `${replies} ${replies === 1 ? "reply" : "replies"}`}>
        <QuickReplies step={step} />
        {replies > 0 ? <KeepIn label="Keep the reply in" field={variable} /> : null}
      </Folded>
      <Section title="Where it leads">
        {ways.map((way) => (
          <LeadsRow key={way.id} step={step} way={way} empty={way.role === "answer" ? "As next" : "Ends here"} />
        ))}
      </Section>
    </>
  );
}

function Bubble({ step, bubble, index, count }: { step: Step; bubble: Json; index: number; count: number }) {
  const here: Path = ["messages", index];
  const body: JsonObject = isObject(bubble) ? bubble : {};
  const type = useField(step, [...here, "type"]);
  const kind = firstText(body.type) ?? "text";
  const text = useField(step, textPath(bubble, here));
  const url = useField(step, [...mediaPath(body, here), "url"]);
  const alt = useField(step, [...mediaPath(body, here), "alt"]);
  const source = useField(step, [...here, "source"]);
  const title = useField(step, [...here, "title"]);
  const delay = useField(step, [...here, "delay"]);
  const content = useField(step, [...here, "content_id"]);
  const what = `message ${index + 1}`;
  const random = body.source === "random";
  return (
    <li>
      <div className="head">
        <span className="label">{index + 1}</span>
        <RowTools what={what} index={index} count={count} move={(to) => run(moveRow(step, "messages", index, to, "Move a message"))} remove={() => run(removeRow(step, "messages", index, "Delete a message"))} />
      </div>
      {kind === "text" && !random ? (
        <TextField label={`Text of ${what}`} hideLabel field={text} area keepEmpty placeholder="What is said. {{user.name}} puts a value in." />
      ) : MEDIA.has(kind) ? (
        <>
          <TextField label="Address" field={url} mono placeholder="https://" />
          <TextField label={kind === "image" || kind === "gif" ? "Description for people who cannot see it" : "In words"} field={alt} />
        </>
      ) : kind === "book_list" || kind === "item_list" ? (
        <>
          <TextField label="List to show" field={source} mono placeholder="temp.results" />
          <TextField label="Heading" field={title} />
        </>
      ) : null}
      {random ? <RandomSource step={step} path={here} /> : null}
      {isObject(bubble) ? (
        <details>
          <summary className="t3 sm">Kind, pause, library</summary>
          <Choose label="Kind" field={type} options={TYPES} usual="text" />
          <TextField label="Pause before" field={delay} placeholder="1.5s" help="In seconds; from 60 in milliseconds." />
          <FromLibrary field={content} />
        </details>
      ) : null}
    </li>
  );
}

/** Where the author wrote the text. */
function textPath(bubble: Json, here: Path): Path {
  if (!isObject(bubble)) return here;
  if (typeof bubble.content === "string") return [...here, "content"];
  return isObject(bubble.content) ? [...here, "content", "text"] : [...here, "text"];
}

function mediaPath(bubble: JsonObject, here: Path): Path {
  if (isObject(bubble.content)) return [...here, "content"];
  return isObject(bubble.media) ? [...here, "media"] : here;
}
