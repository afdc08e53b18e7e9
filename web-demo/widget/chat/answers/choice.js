// One of several answers: pills, a grid of them, or a list that can be searched; yes or no; and going on.
import { button, el } from "../dom.js";
import { labelOf, picture, safeUrl } from "../markup.js";
import { field } from "./field.js";
import { GRID, SEARCH, group, nameOf, optionsOf, skipButton } from "./asked.js";

/** @typedef {import("./asked.js").Asked} Asked @typedef {import("./asked.js").Option} Option */

/** @param {Asked} asked */
export function choice(asked) {
  const { request, send } = asked;
  const all = optionsOf(request);
  if (all.some((one) => one.image_url)) return pictures(asked);
  const pills = all.map((one) => button(labelOf(one), () => send(one.value, labelOf(one))));
  const short = all.every((one) => labelOf(one).length < 9);
  const kind = all.length > GRID ? (short ? "grid three" : "grid") : all.length > 4 && short ? "grid three" : "";
  const set = all.length > SEARCH ? searched(asked, pills, "list-of") : group(request, kind, ...pills, skipButton(asked));
  return request.allow_other ? el("div", { class: "set" }, set, other(asked)) : set;
}

/** @param {Asked} asked */
function other(asked) {
  const request = { ...asked.request, placeholder: asked.request.placeholder || "Something else", validation: {} };
  return field({ ...asked, request });
}

/** @param {Asked} asked */
export function pictures(asked) {
  const { request, send } = asked;
  const any = optionsOf(request).some((one) => safeUrl(one.image_url, true));
  const cards = optionsOf(request).map((one) => {
    const url = safeUrl(one.image_url, true);
    const about = one.authors_string ?? one.description;
    return el("button", { type: "button", class: "card", onclick: () => send(one.value, labelOf(one)) },
      url ? picture(url, one.alt === labelOf(one) ? "" : one.alt) : any && el("span", { class: "blank" }),
      el("span", {}, labelOf(one), Boolean(about) && el("small", {}, String(about))));
  });
  return cards.length > SEARCH ? searched(asked, cards, "pictures") : group(request, "pictures", ...cards, skipButton(asked));
}

/**
 * Many answers, with a field that leaves those that hold what is typed.
 * @param {Asked} asked
 * @param {HTMLElement[]} nodes
 * @param {string} kind
 */
export function searched(asked, nodes, kind) {
  const count = el("p", { class: "hint", role: "status" });
  const search = el("input", { type: "search", placeholder: "Search", autocomplete: "off", "aria-label": `Search: ${nameOf(asked.request)}` });
  const fold = (/** @type {string} */ text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = nodes.map((node) => fold(node.textContent ?? ""));
  const tell = (/** @type {number} */ left) => {
    count.textContent = left === nodes.length ? `${left} answers` : left === 0 ? "Nothing like that. Try fewer letters." : `${left} of ${nodes.length}`;
  };
  search.addEventListener("input", () => {
    const sought = fold(search.value.trim());
    nodes.forEach((node, at) => { node.hidden = !texts[at].includes(sought); });
    tell(nodes.filter((node) => !node.hidden).length);
  });
  search.addEventListener("keydown", (event) => {
    const left = nodes.filter((node) => !node.hidden);
    if (event.key !== "Enter") return;
    event.preventDefault();
    // One that is left is meant; several have to be chosen from.
    const [only] = left;
    if (left.length === 1 && only instanceof HTMLButtonElement) only.click();
    else only?.focus();
  });
  tell(nodes.length);
  return el("div", { class: "set" }, el("div", { class: "field" }, search), count, group(asked.request, `${kind} scrolls`, ...nodes), skipButton(asked));
}

/** @param {Asked} asked */
export function yesNo(asked) {
  const { request, send } = asked;
  const [yes, no] = optionsOf(request).length === 2 ? optionsOf(request).map(labelOf) : ["Yes", "No"];
  return group(request, "", button(yes, () => send(true, yes)), button(no, () => send(false, no)), skipButton(asked));
}

/** @param {Asked} asked */
export function carryOn(asked) {
  const { request, send } = asked;
  const on = (/** @type {string} */ kind) => button("Continue", () => send("", ""), kind);
  return optionsOf(request).length ? el("div", { class: "set" }, choice(asked), on("quiet")) : group(request, "", on("pill full"));
}
