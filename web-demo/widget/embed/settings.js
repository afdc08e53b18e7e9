// What the script's line says.

/**
 * @typedef {{
 *   base: string, flow: string, target: string, place: string, scheme: "auto" | "light" | "dark", label: string, isOpen: boolean,
 *   start: Record<string, unknown>, upload: string,
 * }} Settings
 */

export const PLACES = ["bottom-right", "bottom-left", "bottom-center", "fullscreen", "inline"];

/**
 * @param {HTMLScriptElement} script
 * @returns {Settings}
 */
export function settingsOf(script) {
  const { flow = "", target = "", position = "", scheme = "auto", label = "", open, state, locale, upload = "" } = script.dataset;
  /** @type {Record<string, unknown>} */
  const start = {};
  if (state) {
    try {
      start.initial_state = JSON.parse(state);
    } catch {
      console.error("chatflow: data-state is not JSON, so it is left out");
    }
  }
  if (locale) start.locale = locale;
  return {
    base: new URL(".", script.src).href,
    flow, target, label, start, upload,
    place: PLACES.includes(position) ? position : "",
    scheme: scheme === "light" || scheme === "dark" ? scheme : "auto",
    isOpen: open !== undefined,
  };
}

/**
 * Takes files to an address of the page's own, which answers with `url` or `id` (S4.39).
 * @param {string} address
 */
export const uploadTo = (address) => async (/** @type {File} */ file) => {
  const body = new FormData();
  body.append("file", file);
  const response = await fetch(address, { method: "POST", body });
  if (!response.ok) throw new Error(`${address} answers ${response.status}`);
  return response.json();
};
