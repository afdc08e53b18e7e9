// What is said, as nodes of the log.
import { el, icon } from "./dom.js";
import { labelOf, picture, richNodes, safeUrl, textOf } from "./markup.js";

/** @typedef {import("../wire").Item} Item @typedef {import("../wire").Body} Body @typedef {import("../wire").Card} Card */

/**
 * @param {string} text
 * @param {string} [kind]
 */
export const bubble = (text, kind = "") => el("div", { class: `bubble ${kind}` }, text);

/**
 * The nodes that show one item.
 * @param {Item} item
 * @returns {HTMLElement[]}
 */
export function messageNodes(item) {
  const content = item.content ?? {};
  const media = content.media ?? content;
  const kind = item.type === "text" ? media.type : item.type;
  if (item.type === "book_list" || item.type === "item_list") return listNodes(content);
  if (item.type === "divider") return [el("hr")];
  const text = item.text || textOf(content);
  const wrong = item.level === "error" || item.level === "validation_error";
  const said = content.rich_text
    ? [el("div", { class: "bubble rich" }, ...richNodes(content.rich_text))]
    : text ? [bubble(text, wrong ? "error" : "")] : [];
  const shown = mediaNode(kind, media);
  return shown ? [...said, shown] : said;
}

/**
 * What a question says.
 * @param {Body | undefined} question
 */
export function questionNodes(question) {
  if (!question) return [];
  const { media, ...rest } = question;
  const shown = media?.url ? mediaNode(media.type ?? "image", media) : null;
  return [...(shown ? [shown] : []), ...messageNodes({ type: "text", content: { rich_text: rest.rich_text, text: textOf(rest) } })];
}

/**
 * @param {string | undefined} kind
 * @param {Body} media
 * @returns {HTMLElement | null}
 */
function mediaNode(kind, media) {
  const { url, alt = "" } = media;
  const name = media.title || alt || media.name || "";
  const image = safeUrl(url, true);
  if ((kind === "image" || kind === "gif") && image) return el("figure", { class: "picture" }, picture(image, alt || media.title));
  const address = safeUrl(url);
  if (!address) return null;
  const link = () => el("a", { class: "bubble link", href: address, target: "_blank", rel: "noopener noreferrer" }, name || address, icon("next"));
  if (kind !== "video" && kind !== "audio") return link();
  const player = el(kind, { class: "player", src: address, controls: true, preload: "metadata", "aria-label": name || kind });
  const captions = safeUrl(media.captions);
  if (captions) player.append(el("track", { kind: "captions", src: captions, default: true }));
  // What no player plays, such as a page with a video on it, may still be opened.
  player.addEventListener("error", () => player.replaceWith(link()));
  return player;
}

/** @param {Body} content */
function listNodes(content) {
  const cards = (content.books ?? content.items ?? []).map((item) => {
    const { title, by, about, image } = cardOf(item);
    return el("li", { class: "item" }, image && picture(image), el("div", {},
      el("b", {}, title), by && el("small", {}, by), about && el("p", {}, about)));
  });
  const list = el("ul", { class: "list" }, ...cards);
  return content.title ? [el("p", { class: "list-title" }, content.title), list] : [list];
}

/**
 * The parts of a book, or of any other thing, by whatever keys it has.
 * @param {any} item
 */
export function cardOf(item) {
  return {
    title: labelOf({ label: item.display_title ?? item.title ?? item.label ?? item.name ?? labelOf(item) }),
    by: String(item.authors_string ?? item.subtitle ?? item.author ?? ""),
    about: String(item.summary ?? item.description ?? ""),
    image: safeUrl(item.image_url ?? item.cover_url ?? item.image, true),
  };
}
