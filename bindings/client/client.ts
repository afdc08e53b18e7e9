// A client of the service whose paths, bodies and answers are those of its description.

import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

/** The types of the description by their names, as in `Schemas["FlowDetail"]`. */
export type Schemas = components["schemas"];

/** Sends requests: `api.GET("/v1/cms/flows/{flow_id}", { params: { path: { flow_id } } })`. */
export type Chatflow = Client<paths>;

/** Where the service is, and who calls. */
export interface Caller {
  /** Nothing if the page comes from the service itself. */
  baseUrl?: string;
  /** Asked before each request, since tokens run out. */
  token?: () => string | undefined;
  /** In place of the global one. */
  fetch?: (request: Request) => Promise<Response>;
}

/** A client on behalf of somebody. */
export function connect({ baseUrl, token, fetch }: Caller = {}): Chatflow {
  const api = createClient<paths>({ baseUrl, fetch });
  api.use({
    onRequest({ request }) {
      const bearer = token?.();
      if (bearer && !request.headers.has("Authorization")) {
        request.headers.set("Authorization", `Bearer ${bearer}`);
      }
      return request;
    },
  });
  return api;
}

/** What the service refused, with its words. */
export class Refused extends Error {
  constructor(readonly status: number, readonly refusal: Schemas["Refusal"]) {
    super(typeof refusal.detail === "string" ? refusal.detail : JSON.stringify(refusal.detail));
    this.name = "Refused";
  }

  /** Stable, for programs. */
  get code(): string {
    return this.refusal.code;
  }
}

/** The body of an answer, or `Refused`. */
export async function answered<T>(
  request: Promise<{ data?: T; error?: Schemas["Refusal"]; response: Response }>,
): Promise<T> {
  const { data, error, response } = await request;
  if (error !== undefined) throw new Refused(response.status, error);
  return data as T;
}
