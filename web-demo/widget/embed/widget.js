// The script of the one line: starts as soon as the page has a body.
import { embed } from "./embed.js";

const script = document.currentScript;
if (script instanceof HTMLScriptElement) {
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", () => embed(script));
  else embed(script);
}
