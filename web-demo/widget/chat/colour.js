// Colours as three numbers, and the contrast that a text has on its ground (WCAG 2.2).

/** @typedef {[number, number, number]} Colour */

/** @type {Colour} */
export const BLACK = [0, 0, 0];
/** @type {Colour} */
export const WHITE = [255, 255, 255];

/**
 * @param {unknown} text `#rrggbb`
 * @param {string} otherwise
 * @returns {Colour}
 */
export function colourOf(text, otherwise) {
  const hex = /^#([\da-f]{6})$/i.exec(String(text))?.[1] ?? otherwise.slice(1);
  return /** @type {Colour} */ ([0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
}

/** @param {Colour} colour */
export const hexOf = (colour) => `#${colour.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

/**
 * @param {Colour} one
 * @param {Colour} other
 * @param {number} share of the other
 * @returns {Colour}
 */
export const mixed = (one, other, share) => /** @type {Colour} */ ([0, 1, 2].map((at) => one[at] + (other[at] - one[at]) * share));

/**
 * A dark ground of the same hue.
 * @param {Colour} colour
 * @param {number} lightness from 0 to 1
 * @returns {Colour}
 */
export function ground(colour, lightness) {
  const [low, high] = [Math.min(...colour) / 255, Math.max(...colour) / 255];
  const range = (1 - Math.abs(low + high - 1)) || 1;
  const saturation = Math.min(0.45, ((high - low) / range) * 1.4);
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const share = (/** @type {number} */ part) => (high === low ? 0 : (2 * (part / 255 - low)) / (high - low) - 1);
  const [red, green, blue] = colour.map((part) => 255 * (lightness + reach * share(part)));
  return [red, green, blue];
}

/** @param {Colour} colour */
export function luminance(colour) {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * @param {Colour} one
 * @param {Colour} other
 */
export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever is read better on it. @param {Colour} ground */
export const textOn = (ground) => (contrast(BLACK, ground) > contrast(WHITE, ground) ? BLACK : WHITE);

/**
 * The colour, or the nearest on its way to black or white that has this contrast on all grounds.
 * @param {Colour} colour
 * @param {Colour[]} grounds
 * @param {number} least
 * @returns {Colour}
 */
export function readable(colour, grounds, least) {
  const worst = (/** @type {Colour} */ of) => Math.min(...grounds.map((ground) => contrast(of, ground)));
  const ways = [BLACK, WHITE].sort((a, b) => worst(b) - worst(a));
  for (let share = 0; share <= 1; share += 0.04) {
    for (const way of ways) {
      // What is written in the page is rounded, so that is what has to pass.
      const tried = mixed(colour, way, share).map(Math.round);
      if (worst(/** @type {Colour} */ (tried)) >= least) return /** @type {Colour} */ (tried);
    }
  }
  return ways[0];
}
