// A theme as custom properties: light as its author has it, dark derived; texts are made readable where they are not (S8.2, S8.5).
import { WHITE, colourOf, ground, hexOf, luminance, mixed, readable, textOn } from "./colour.js";

/** @typedef {import("../wire").Theme} Theme @typedef {import("./colour.js").Colour} Colour */

/** What is read needs this contrast, and what is only seen that. */
const TEXT = 4.5;
const LINE = 3;

/**
 * @typedef {Record<"bg" | "head" | "bot" | "user" | "primary" | "botText" | "userText" | "text" | "muted" | "line" | "error", Colour>} Colours
 */

/** @param {Theme | null | undefined} theme */
function given(theme) {
  const colours = theme?.config?.colors ?? {};
  const of = (/** @type {string} */ key, /** @type {string} */ usual) => colourOf(colours[key], usual);
  return {
    bg: of("background", "#f1f4f4"), head: of("header", colours.primary ?? "#0b6470"), headText: colours.headerText,
    bot: of("botBubble", "#ffffff"), user: of("userBubble", "#cfe7e9"), primary: of("primary", "#0b6470"),
    botText: of("botBubbleText", "#162024"), userText: of("userBubbleText", "#10282c"),
    text: of("text", "#162024"), muted: of("textMuted", "#56646a"), line: of("border", "#dfe3e4"), error: of("error", "#a3211a"),
  };
}

/**
 * The same look in the dark: grounds have the hue of its header.
 * @param {ReturnType<typeof given>} light
 * @returns {ReturnType<typeof given>}
 */
function darkened(light) {
  if (luminance(light.bg) < 0.2) return light;
  const of = (/** @type {number} */ lightness) => ground(light.head, lightness);
  const text = colourOf("#e9eff0", "#e9eff0");
  return {
    bg: of(0.115), head: of(0.185), headText: "#eef3f4", bot: of(0.17), user: of(0.295),
    primary: mixed(light.primary, WHITE, 0.45), botText: text, userText: WHITE, text, muted: colourOf("#a9b6ba", "#a9b6ba"),
    line: of(0.25), error: colourOf("#f9a59e", "#f9a59e"),
  };
}

/**
 * @param {ReturnType<typeof given>} own
 * @param {boolean} sharp
 * @returns {Record<string, string>}
 */
function readableOf(own, sharp) {
  const { bg, head, bot, user, line } = own;
  const least = sharp ? 7 : TEXT;
  const primary = readable(own.primary, [bot], least);
  const soft = mixed(own.error, bot, 0.9);
  const error = readable(own.error, [bot, soft, bg], least);
  const headText = readable(colourOf(own.headText, hexOf(textOn(head))), [head], least);
  const muted = readable(own.muted, [bg, bot], least);
  /** @type {Record<string, Colour>} */
  const colours = {
    bg, head, bot, user, line, primary, error, muted,
    "head-text": headText,
    "bot-text": readable(own.botText, [bot], least),
    "user-text": readable(own.userText, [user], least),
    "on-primary": textOn(primary),
    text: readable(own.text, [bg], least),
    control: readable(mixed(muted, bg, 0.3), [bg, bot], LINE),
    ring: readable(own.primary, [bg, bot], LINE),
    "error-soft": soft,
  };
  return Object.fromEntries(Object.entries(colours).map(([key, colour]) => [key, hexOf(colour)]));
}

/**
 * What a theme says beside its colours.
 * @param {Record<string, any>} config
 * @returns {Record<string, string>}
 */
function manners(config) {
  const { typography = {}, bubbles = {}, layout = {}, animations = {}, accessibility = {} } = config;
  /** @type {Record<string, string>} */
  const found = {};
  const put = (/** @type {string} */ name, /** @type {any} */ value, /** @type {string} */ property) => {
    const text = typeof value === "number" ? `${value}px` : String(value ?? "");
    if (text && CSS.supports(property, text)) found[name] = text;
  };
  put("font", typography.fontFamily, "font-family");
  const size = parseFloat(typography.fontSize?.medium) || 15;
  const larger = { large: 1.15, xlarge: 1.3 }[/** @type {"large"} */ (accessibility.fontSize)] ?? 1;
  found.size = `${Math.round(Math.min(Math.max(size, 14), 24) * larger)}px`;
  if (typography.lineHeight >= 1.2) found.leading = String(typography.lineHeight);
  put("radius", Math.min(bubbles.borderRadius ?? 14, 24), "border-radius");
  put("bubble-padding", bubbles.padding, "padding");
  put("bubble-width", bubbles.maxWidth, "max-width");
  put("spacing", bubbles.spacing, "gap");
  put("width", layout.width, "width");
  put("height", layout.height, "height");
  put("max-width", layout.maxWidth, "max-width");
  put("max-height", layout.maxHeight, "max-height");
  put("margin", layout.margin, "margin");
  put("head-height", layout.headerHeight || null, "min-height");
  const calm = accessibility.reduceMotion || animations.enabled === false || animations.messageEntry === "none";
  found.entry = calm ? "0ms" : `${Math.min(animations.duration ?? 180, 400)}ms`;
  if (animations.messageEntry === "fade") found["entry-from"] = "none";
  return found;
}

/**
 * The rules of a look, for a sheet of a shadow root.
 * @param {Theme | null | undefined} theme
 * @param {"auto" | "light" | "dark"} scheme
 */
export function rulesOf(theme, scheme) {
  const config = theme?.config ?? {};
  const own = given(theme);
  const sharp = Boolean(config.accessibility?.highContrast);
  const rule = (/** @type {Record<string, string>} */ all) =>
    `:host{${Object.entries(all).map(([key, value]) => `--${key}:${value}`).join(";")}}`;
  const light = rule({ ...readableOf(own, sharp), ...manners(config), scheme: "light" });
  const dark = rule({ ...readableOf(darkened(own), sharp), scheme: "dark" });
  // An author's own rules come last; a shadow root keeps them in (S8.3).
  const more = typeof config.customCSS === "string" ? config.customCSS : "";
  return `${light}${scheme === "dark" ? dark : scheme === "auto" ? `@media (prefers-color-scheme:dark){${dark}}` : ""}${more}`;
}

/**
 * How long to wait before a message when nothing else is said, in ms; 0 for calm looks.
 * @param {Theme | null | undefined} theme
 */
export function usualPause(theme) {
  const { bot = {}, accessibility = {} } = theme?.config ?? {};
  return accessibility.reduceMotion ? 0 : Math.min(bot.responseDelay ?? 350, 1500);
}

/** @param {Theme | null | undefined} theme */
export const isCalm = (theme) => Boolean(theme?.config?.accessibility?.reduceMotion) || matchMedia("(prefers-reduced-motion: reduce)").matches;
