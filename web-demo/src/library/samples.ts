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

/** The guide's look, which its file leaves to the seed. */
const LOOK = "lantern";

/** The flow to open comes first. */
export const flows = [guide.replace("{", `{\n  "theme_seed_key": "${LOOK}",`), profile, tastes, trail, ticket];

/** The look of the guide's chat. */
export function look(): JsonObject & { config: JsonObject } {
  const { themes } = JSON.parse(seed) as { themes: (JsonObject & { config: JsonObject })[] };
  return themes.find((theme) => theme.seed_key === LOOK) ?? { config: {} };
}

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
