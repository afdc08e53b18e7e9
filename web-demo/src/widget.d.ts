/** The chat that visitors get, which is written in JavaScript with types of its own. */
declare module "*/widget/chat/view.js" {
  export function createView(frame: import("../widget/wire").Frame): import("../widget/wire").View;
}
declare module "*/widget/chat/message.js" {
  export function bubble(text: string, kind?: string): HTMLElement;
  export function messageNodes(item: import("../widget/wire").Item): HTMLElement[];
  export function questionNodes(question: import("../widget/wire").Body | undefined): HTMLElement[];
}
declare module "*/widget/chat/markup.js" {
  export function beginPathsAt(address: string): void;
}
declare module "*/widget/chat/colour.js" {
  type Colour = [number, number, number];
  export function colourOf(text: unknown, otherwise: string): Colour;
  export function hexOf(colour: Colour): string;
  export function contrast(one: Colour, other: Colour): number;
  export function readable(colour: Colour, grounds: Colour[], least: number): Colour;
}
