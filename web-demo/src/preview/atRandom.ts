/** An answer that fits a question, whichever. */
import type { InputRequest } from "../engine/protocol";
import { isObject, type Json } from "../model/json";

const TEXTS: Record<string, string> = { email: "someone@example.org", phone: "+64 21 123 4567", url: "https://example.org/" };

/** `draw` gives numbers from 0 to below 1. */
export function answerAtRandom(request: InputRequest, draw: () => number): Json {
  const { input_type: kind, options, validation } = request;
  const among = (count: number) => Math.floor(draw() * count);
  if (kind === "multiple_choice") {
    const most = Math.min(options.length, number(validation.max_selections ?? validation.max, options.length));
    const least = Math.min(most, number(validation.min_selections ?? validation.min, 1));
    const left = options.map((option) => option.value);
    return Array.from({ length: least + among(most - least + 1) }, () => left.splice(among(left.length), 1)[0] ?? null);
  }
  if (kind === "boolean") return draw() < 0.5;
  if (options.length > 0) return options[among(options.length)]?.value ?? null;
  if (kind === "continue") return "";
  if (kind === "slider" || kind === "number") {
    const bounds = kind === "slider" && isObject(request.slider_config) ? request.slider_config : validation;
    const [least, step] = [number(bounds.min, 0), number(bounds.step, 1) || 1];
    const most = number(bounds.max, least + 100 * step);
    const value = least + step * among(Math.floor((most - least) / step) + 1);
    return kind === "slider" ? value : String(value);
  }
  if (kind === "date") {
    const day = (text: unknown, usual: string) => Date.parse(typeof text === "string" && /^\d{4}-\d\d-\d\d/.test(text) ? text.slice(0, 10) : usual);
    const least = day(validation.min, "2000-01-01");
    const most = Math.max(least, day(validation.max, "2030-12-31"));
    return new Date(least + 86_400_000 * among((most - least) / 86_400_000 + 1)).toISOString().slice(0, 10);
  }
  if (kind === "file") {
    const accepted = String([validation.accept ?? "text/plain"].flat()[0]);
    return { id: "preview/file", name: `file.${/\w+$/.exec(accepted)?.[0] ?? "txt"}`, size: 1, mime_type: accepted.includes("/") ? accepted.replace("*", "plain") : "text/plain" };
  }
  const text = TEXTS[kind] ?? ["Tui", "Kea", "Kererū", "Weka"][among(4)] ?? "Tui";
  return text.padEnd(number(validation.min_length ?? validation.minLength, 0), "!").slice(0, number(validation.max_length ?? validation.maxLength, Infinity));
}

function number(value: unknown, usual: number): number {
  return typeof value === "number" && Number.isFinite(value) ? value : usual;
}
