// Several of many answers.
import { el } from "../dom.js";
import { labelOf, picture, safeUrl } from "../markup.js";
import { searched } from "./choice.js";
import { SEARCH, described, form, group, hintNode, optionsOf, skipButton, submit } from "./asked.js";

/** @param {import("./asked.js").Asked} asked */
export function several(asked) {
  const { request, previous, send } = asked;
  const rules = request.validation ?? {};
  const most = rules.max_selections ?? rules.max;
  const hint = request.help_text || (most && most < optionsOf(request).length ? `Pick up to ${most}.` : "");
  const send_ = submit("Send");
  const boxes = optionsOf(request).map((one) => ({
    one,
    box: el("input", { type: "checkbox", onchange: count, checked: Array.isArray(previous) && previous.includes(one.value), ...described(asked, hint) }),
  }));
  const labels = boxes.map(({ one, box }) => {
    const image = safeUrl(one.image_url, true);
    return el("label", { class: "check" }, box, image && picture(image), el("span", {}, labelOf(one)));
  });
  const picked = () => boxes.filter(({ box }) => box.checked).map(({ one }) => one);
  function count() {
    send_.textContent = picked().length ? `Send ${picked().length}` : "Send";
  }
  count();
  return form(() => send(picked().map((one) => one.value), labelOf(picked()) || "None"),
    labels.length > SEARCH ? searched(asked, labels, "column") : group(request, "column", ...labels),
    hintNode(hint), send_, labels.length <= SEARCH && skipButton(asked));
}
