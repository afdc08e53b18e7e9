import type { Message } from "../engine/protocol";
import { firstText, isObject, type Json } from "../model/json";

export function Bubble({ message }: { message: Message }) {
  const { type, content } = message;
  const url = safe(firstText(content.url));
  const alt = firstText(content.alt) ?? "";
  const list = Array.isArray(content.books) ? content.books : Array.isArray(content.items) ? content.items : undefined;
  if (type === "divider") return <hr />;
  if (list) return <Things title={firstText(content.title)} list={list} />;
  if (url !== undefined && (type === "image" || type === "gif")) {
    return (
      <div className="b picture">
        <img src={url} alt={alt} />
      </div>
    );
  }
  if (url !== undefined && type === "video") return <video className="b picture" controls src={url} aria-label={alt || "Video"} />;
  if (url !== undefined && type === "audio") return <audio className="b" controls src={url} aria-label={alt || "Sound"} />;
  if (url !== undefined) {
    return (
      <div className="b">
        <a href={url} target="_blank" rel="noreferrer">
          {firstText(content.title, content.text, alt) ?? url}
        </a>
      </div>
    );
  }
  const text = firstText(message.text, content.text) ?? plain(firstText(content.rich_text));
  return <div className={`b${message.level ? " problem" : ""}`}>{text ?? JSON.stringify(content)}</div>;
}

function Things({ title, list }: { title: string | undefined; list: Json[] }) {
  return (
    <div className="b things">
      {title === undefined ? null : <p>{title}</p>}
      {list.filter(isObject).map((thing, index) => {
        const picture = safe(firstText(thing.image_url, thing.cover_url, thing.image));
        return (
          <div className="bk" key={index}>
            {picture === undefined ? null : <img src={picture} alt="" />}
            <div>
              <b>{firstText(thing.title, thing.name, thing.label) ?? ""}</b>
              <span>{firstText(thing.subtitle, thing.author, thing.authors, thing.description) ?? ""}</span>
            </div>
          </div>
        );
      })}
    </div>
  );
}

/** Rich text without its marks; the widget shows it with them. */
function plain(html: string | undefined): string | undefined {
  if (html === undefined) return undefined;
  return new DOMParser().parseFromString(html, "text/html").body.textContent ?? undefined;
}

function safe(url: string | undefined): string | undefined {
  return url !== undefined && /^(https?:|data:image\/|\/)/.test(url) ? url : undefined;
}
