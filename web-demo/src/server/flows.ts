/** Flows on a server: what is asked of it, and what it answers. */
import { answered, Refused, type Schemas } from "../../../bindings/client/client";
import type { Kept } from "../model/exchange";
import { api } from "./session";

export type FlowDetail = Schemas["FlowDetail"];
export type Version = Schemas["FlowVersion"];
export type Report = Schemas["ValidationReport"];

/** A flow with the revision that it was read in. */
export interface Read {
  flow: FlowDetail;
  etag: string;
}

/** The body of an answer with its revision. */
async function revised(request: Promise<{ data?: unknown; error?: Schemas["Refusal"]; response: Response }>): Promise<Read> {
  const { data, error, response } = await request;
  if (error !== undefined) throw new Refused(response.status, error);
  return { flow: data as FlowDetail, etag: response.headers.get("etag") ?? "" };
}

export async function list(search: string): Promise<FlowDetail[]> {
  const page = await answered(api().GET("/v1/cms/flows", { params: { query: { limit: 100, ...(search === "" ? {} : { search }) } } }));
  return page.data;
}

export function read(id: string): Promise<Read> {
  return revised(api().GET("/v1/cms/flows/{flow_id}", { params: { path: { flow_id: id } } }));
}

export function make(kept: Kept): Promise<Read> {
  return revised(api().POST("/v1/cms/flows", { body: body(kept) as never }));
}

/** Saves the draft, unless somebody changed it since that revision. */
export function save(id: string, kept: Kept, etag: string): Promise<Read> {
  return revised(api().PUT("/v1/cms/flows/{flow_id}", { params: { path: { flow_id: id }, header: { "If-Match": etag } as never }, headers: { "If-Match": etag }, body: body(kept) as never }));
}

/** A graph without its nodes would not be replaced; without a contract there is none. */
function body(kept: Kept): Record<string, unknown> {
  return { ...kept, flow_data: { nodes: [], connections: [], ...kept.flow_data } };
}

/** What stands in the way of publishing a document that is not saved there. */
export function check(id: string | undefined, kept: Kept): Promise<Report> {
  return answered(api().POST("/v1/cms/flows/validate", { body: { flow_data: kept.flow_data, entry_node_id: kept.entry_node_id, ...(id === undefined ? {} : { flow_id: id }) } as never }));
}

export interface Publishing {
  note: string;
  raise: "major" | "minor" | "patch";
  /** Publishes the sub-flows, too. */
  cascade: boolean;
  visibility: Schemas["VisibilityName"];
}

export function publish(id: string, etag: string, { note, raise, cascade, visibility }: Publishing): Promise<Read> {
  return revised(
    api().PUT("/v1/cms/flows/{flow_id}", {
      params: { path: { flow_id: id } },
      headers: { "If-Match": etag },
      body: { publish: true, version_type: raise, visibility, ...(note === "" ? {} : { publish_note: note }), ...(cascade ? { cascade } : {}) },
    }),
  );
}

export async function versions(id: string): Promise<Version[]> {
  return (await answered(api().GET("/v1/cms/flows/{flow_id}/versions", { params: { path: { flow_id: id }, query: { limit: 100 } } }))).data;
}

export function version(id: string, seq: number): Promise<Version> {
  return answered(api().GET("/v1/cms/flows/{flow_id}/versions/{seq}", { params: { path: { flow_id: id, seq } } }));
}

/** Makes the draft what a version was. */
export function restore(id: string, seq: number): Promise<Read> {
  return revised(api().POST("/v1/cms/flows/{flow_id}/versions/{seq}/restore", { params: { path: { flow_id: id, seq } } }));
}

/** What a flow runs on beside itself: its sub-flows as documents, and the content it names. */
export function around(id: string): Promise<Schemas["FlowDocument"]> {
  return answered(api().GET("/v1/cms/flows/{flow_id}/export", { params: { path: { flow_id: id }, query: { include: ["content", "subflows"] } } }));
}
