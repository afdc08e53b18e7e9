/** Whether the colours of a look can be read, and the nearest that can. */
import { colourOf, contrast, hexOf, readable } from "../../widget/chat/colour.js";
import { isObject, type JsonObject } from "../model/json";

export interface Pair {
  /** The key of the colour that is read, and of what it stands on. */
  text: string;
  ground: string;
  words: string;
  least: number;
}

export const PAIRS: readonly Pair[] = [
  { text: "text", ground: "background", words: "Text on the ground", least: 4.5 },
  { text: "botBubbleText", ground: "botBubble", words: "What the flow says", least: 4.5 },
  { text: "userBubbleText", ground: "userBubble", words: "What the visitor says", least: 4.5 },
  { text: "textMuted", ground: "background", words: "Quiet text", least: 4.5 },
  { text: "primary", ground: "botBubble", words: "Answers to choose from", least: 4.5 },
  { text: "error", ground: "background", words: "What was wrong", least: 4.5 },
];

export interface Finding extends Pair {
  ratio: number;
  /** The nearest colour that can be read; absent if it can be already. */
  better?: string;
}

export const USUAL: Record<string, string> = {
  background: "#f1f4f4",
  primary: "#0b6470",
  botBubble: "#ffffff",
  botBubbleText: "#162024",
  userBubble: "#cfe7e9",
  userBubbleText: "#10282c",
  text: "#162024",
  textMuted: "#56646a",
  border: "#dfe3e4",
  error: "#a3211a",
};

export function colourIn(config: JsonObject, key: string): string {
  const colours = isObject(config.colors) ? config.colors : {};
  const usual = USUAL[key] ?? "#162024";
  return hexOf(colourOf(colours[key], usual));
}

export function findings(config: JsonObject): Finding[] {
  return PAIRS.map((pair) => {
    const text = colourOf(colourIn(config, pair.text), "#000000");
    const ground = colourOf(colourIn(config, pair.ground), "#ffffff");
    const ratio = contrast(text, ground);
    return ratio >= pair.least ? { ...pair, ratio } : { ...pair, ratio, better: hexOf(readable(text, [ground], pair.least)) };
  });
}
