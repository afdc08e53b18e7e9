// Cards to leaf through, one of which is picked.
import { button, el, iconButton } from "../dom.js";
import { labelOf, picture } from "../markup.js";
import { cardOf } from "../message.js";
import { nameOf, optionsOf, skipButton } from "./asked.js";

/** @param {import("./asked.js").Asked} asked */
export function carousel(asked) {
  const { request, send } = asked;
  const all = optionsOf(request);
  const { show_navigation: leafs = true, items_per_view: wide = 1 } = request.carousel_config ?? {};
  const cards = all.map((one, at) => {
    const { title, by, about, image } = cardOf(one);
    const pick = button("Pick", () => send(one.value, labelOf(one)));
    pick.setAttribute("aria-label", `Pick ${title}`);
    return el("li", { class: "card-of", "aria-roledescription": "card", "aria-label": `${at + 1} of ${all.length}` },
      image ? picture(image) : el("span", { class: "blank" }), el("b", {}, title), by && el("small", {}, by), about && el("p", {}, about), pick);
  });
  const strip = el("ul", { class: "strip", tabIndex: -1 }, ...cards);
  if (wide > 1) strip.style.setProperty("--wide", String(Math.min(wide, 3)));
  const dots = cards.map(() => el("i"));
  const place = () => Math.min(all.length - 1, Math.round(strip.scrollLeft / Math.max(1, cards[0]?.offsetWidth ?? 1)));
  const leaf = (/** @type {number} */ by) => {
    const card = cards[Math.max(0, Math.min(all.length - 1, place() + by))];
    strip.scrollTo({ left: card.offsetLeft - strip.offsetLeft });
  };
  const [back, next] = [iconButton("back", "Back", () => leaf(-1)), iconButton("next", "Next", () => leaf(1))];
  const tell = () => {
    const at = place();
    dots.forEach((dot, each) => { dot.className = each === at ? "on" : ""; });
  };
  strip.addEventListener("scroll", tell);
  tell();
  return el("div", { class: "set leaves", role: "group", "aria-roledescription": "carousel", "aria-label": nameOf(request) }, strip,
    leafs && all.length > 1 && el("div", { class: "leaf" }, back, el("span", { "aria-hidden": "true" }, ...dots), next), skipButton(asked));
}
