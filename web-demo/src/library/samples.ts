/** The museum guide: flows that talk, to look at and to change. */
import guide from "../../../server/demo/guide-flow.json?raw";
import handlers from "../../../server/demo/handlers.json?raw";
import profile from "../../../server/demo/profile-flow.json?raw";
import seed from "../../../server/demo/seed.json?raw";
import tastes from "../../../server/demo/tastes-flow.json?raw";
import ticket from "../../../server/demo/ticket-flow.json?raw";
import trail from "../../../server/demo/trail-flow.json?raw";
import { isObject, type Json, type JsonObject } from "../model/json";
import type { Extras } from "./storage";

/** The flow to open comes first. */
export const flows = [guide, profile, tastes, trail, ticket];

export function extras(): Extras {
  const read = JSON.parse(seed) as { cms_content: JsonObject[] };
  return {
    content: read.cms_content.filter((item) => item.status !== "archived").map((item, index) => ({ ...item, id: id(item, index) })) as Json[],
    handlers: JSON.parse(handlers) as JsonObject,
  };
}

function id(item: JsonObject, index: number): string {
  if (isObject(item) && typeof item.id === "string") return item.id;
  return `00000000-0000-4000-8000-${(index + 1).toString(16).padStart(12, "0")}`;
}
