// Builds elements. Text is always text; nothing here takes markup.

/** @type {Record<string, string>} Lucide, ISC licence; paths in a square of 24. */
const ICONS = {
  again: "M3 12a9 9 0 1 0 3-6.7L3 8M3 3v5h5",
  alert: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 8v4M12 16h.01",
  back: "m15 18-6-6 6-6",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2",
  close: "M18 6 6 18M6 6l12 12",
  down: "M12 5v14M19 12l-7 7-7-7",
  less: "M5 12h14",
  more: "M5 12h14M12 5v14",
  next: "m9 18 6-6-6-6",
  offline: "m2 2 20 20M8.5 16.4a5 5 0 0 1 7 0M2 8.8a15 15 0 0 1 4.2-2.6M22 8.8a15 15 0 0 0-11.3-3.8M5 12.9a10 10 0 0 1 5.2-2.7M19 12.9a10 10 0 0 0-2-1.5M12 20h.01",
  send: "m5 12 7-7 7 7M12 19V5",
  talk: "M5 5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-7l-5 4v-4H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z",
  upload: "M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4M17 8l-5-5-5 5M12 3v12",
};

/**
 * An element. Keys with `on` are listeners, `class` is its classes, properties are set as such and all else as attributes;
 * what is null, undefined or false is left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node | string | false | null | undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key in node && !key.startsWith("aria") && key !== "role") /** @type {any} */ (node)[key] = value;
    else node.setAttribute(key, value);
  }
  for (const child of children) if (child) node.append(child);
  return node;
}

/** @param {string} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["class", "icon"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * @param {string} text
 * @param {() => void} onclick
 * @param {string} [kind]
 */
export const button = (text, onclick, kind = "pill") => el("button", { type: "button", class: kind, onclick }, text);

/**
 * A button with a picture only.
 * @param {string} name
 * @param {string} label
 * @param {() => void} onclick
 * @param {string} [kind]
 */
export const iconButton = (name, label, onclick, kind = "round") =>
  el("button", { type: "button", class: kind, "aria-label": label, title: label, onclick }, icon(name));

/** A random id for a message: a UUID's form, by what also exists on pages without TLS. */
export function newId() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
