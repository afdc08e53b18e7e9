// Cleaned markup, and the texts of what authors wrote.
import { el } from "./dom.js";

/** @typedef {import("../wire").Body} Body */

const RICH = new Set("p br strong em u ol ul li a h1 h2 h3 h4 h5 h6 blockquote code div span hr small sub sup".split(" "));
const STYLES = /^(font-(style|weight|size)|text-(align|decoration)|line-height|letter-spacing|margin|padding|border|border-radius|opacity)(-[a-z]+)*$/;

let paths = document.baseURI;

/**
 * Paths of authors begin at the service, not at the page that the chat is on.
 * @param {string} address
 */
export function beginPathsAt(address) {
  paths = address;
}

/**
 * An address that may be followed or loaded; null for any other. Pictures may be in the address itself.
 * @param {unknown} url
 * @param {boolean} [isPicture]
 * @returns {string | null}
 */
export function safeUrl(url, isPicture) {
  if (typeof url !== "string") return null;
  if (/^https?:\/\//i.test(url) || (isPicture && /^data:image\//i.test(url))) return url;
  return /^\/(?![/\\])/.test(url) ? new URL(url, paths).href : null;
}

/**
 * How a value reads: an option by its label, a list with commas.
 * @param {any} value
 * @returns {string}
 */
export function labelOf(value) {
  if (Array.isArray(value)) return value.map(labelOf).join(", ");
  if (value === true || value === false) return value ? "Yes" : "No";
  if (value === null || typeof value !== "object") return String(value ?? "");
  return String(value.label ?? value.text ?? value.title ?? value.name ?? value.value ?? value.url ?? "");
}

/** @param {Body | undefined} part */
export function textOf(part) {
  return part?.text || (part?.rich_text ? (parse(part.rich_text).textContent ?? "").trim() : "");
}

/**
 * The nodes of cleaned markup, built anew from the few elements of RICH.
 * @param {string} html
 */
export const richNodes = (html) => rebuilt(parse(html));

/**
 * Pages may forbid to parse markup (Trusted Types), but where the browser cleans it once more; else its text remains.
 * @param {string} html
 * @returns {Node}
 */
function parse(html) {
  const cleaning = /** @type {{ parseHTML?: (html: string, how: object) => Document }} */ (Document);
  // A strict page complains of any style that is parsed, although it is only read here.
  const quiet = html.replace(/<[^>]*>/g, (tag) => tag.replace(/\sstyle=/i, " data-style="));
  try {
    return (cleaning.parseHTML?.(quiet, { sanitizer: {} }) ?? new DOMParser().parseFromString(quiet, "text/html")).body;
  } catch {
    return document.createTextNode(html.replace(/<[^>]*>/g, " ").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&"));
  }
}

/**
 * @param {Node} from
 * @returns {(Node | string)[]}
 */
function rebuilt(from) {
  if (from.nodeType === Node.TEXT_NODE) return [from.textContent ?? ""];
  return [...from.childNodes].flatMap((node) => {
    if (!(node instanceof Element)) return rebuilt(node);
    const tag = node.localName;
    if (tag === "img") {
      const src = safeUrl(node.getAttribute("src"), true);
      return src ? [picture(src, node.getAttribute("alt") ?? "")] : [];
    }
    if (!RICH.has(tag)) return rebuilt(node);
    const given = tag === "a" ? node.getAttribute("href") ?? "" : "";
    const href = /^(mailto|tel):/i.test(given) ? given : safeUrl(given);
    const link = href ? { href, target: "_blank", rel: "noopener noreferrer" } : {};
    const copy = el(/** @type {"p"} */ (tag), link, ...rebuilt(node));
    style(copy, node.getAttribute("data-style") ?? "");
    return [copy];
  });
}

/**
 * Takes over an author's style. Colours only as a pair: a text without its ground may be unreadable on ours (F7).
 * @param {HTMLElement} node
 * @param {string} text
 */
function style(node, text) {
  const given = new Map(text.split(";").map((rule) => {
    const at = rule.indexOf(":");
    return [rule.slice(0, at).trim().toLowerCase(), rule.slice(at + 1).trim()];
  }));
  const ground = given.get("background-color") ?? given.get("background");
  const colour = given.get("color");
  for (const [key, value] of given) if (STYLES.test(key)) node.style.setProperty(key, value);
  if (colour && ground) {
    node.style.setProperty("color", colour);
    node.style.setProperty("background-color", ground);
  }
}

/**
 * A picture; where it cannot be loaded, its description stays.
 * @param {string} src
 * @param {string} [alt]
 */
export function picture(src, alt = "") {
  const image = el("img", { src, alt, referrerPolicy: "no-referrer", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(el("span", { class: alt ? "lost" : "blank" }, alt)));
  return image;
}
