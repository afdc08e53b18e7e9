// A file, where the page has a place for files; else its address.
import { el, icon } from "../dom.js";
import { field } from "./field.js";
import { WRONG, described, form, hintNode, nameOf, refusalNode, skipButton } from "./asked.js";

/** @param {import("./asked.js").Asked} asked */
export function file(asked) {
  const { request, send, upload } = asked;
  const { accept = [], max_size: most } = request.validation ?? {};
  const kinds = [accept].flat().map(String);
  const size = most ? `up to ${most >= 1e6 ? `${Math.round(most / 1e5) / 10} MB` : `${Math.round(most / 1e3)} kB`}` : "";
  const hint = request.help_text || [kinds.map((kind) => kind.replace(/^.*\/|^\./, "").toUpperCase()).filter((kind) => kind !== "*").join(" or "), size].filter(Boolean).join(", ");
  if (!upload) return field({ ...asked, request: { ...request, help_text: hint || "The address of your file" } });
  const input = el("input", { type: "file", accept: kinds.join(","), "aria-label": nameOf(request), ...described(asked, hint) });
  const says = el("b", {}, kinds.some((kind) => kind.startsWith("image/")) ? "Choose a picture" : "Choose a file");
  const zone = el("label", { class: "zone" }, icon("upload"), says, input);
  const whole = form(() => undefined, zone, hintNode(hint), skipButton(asked));
  /** @param {File | undefined} chosen */
  const give = async (chosen) => {
    if (!chosen) return;
    whole.querySelector(`#${WRONG}`)?.remove();
    if (most && chosen.size > most) return refuse(`“${chosen.name}” is too large. Choose one of ${size}.`);
    says.textContent = `Sending “${chosen.name}” …`;
    input.disabled = true;
    try {
      const kept = await upload(chosen);
      send({ name: chosen.name, size: chosen.size, mime_type: chosen.type, ...kept }, chosen.name);
    } catch {
      refuse(`“${chosen.name}” was not sent. Choose it again.`);
    }
  };
  /** @param {string} message */
  function refuse(message) {
    input.disabled = false;
    input.value = "";
    says.textContent = "Choose a file";
    const why = refusalNode({ code: "file", message });
    why.setAttribute("role", "alert");
    whole.prepend(why);
  }
  input.addEventListener("change", () => give(input.files?.[0]));
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => { event.preventDefault(); give(event.dataTransfer?.files[0]); });
  return whole;
}
