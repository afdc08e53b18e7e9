/** What really happened in the conversations of a server, in numbers: all are asked for, none is made up. */
import { answered, type Schemas } from "../../../bindings/client/client";
import { api, useSession } from "./session";

export type Numbers = Schemas["FlowAnalytics"];
export type Funnel = Schemas["Funnel"];
export type Performance = Schemas["Performance"];
export type Granularity = Performance["granularity"];
export type Comparison = Schemas["Comparison"];
export type StepNumbers = Schemas["NodeAnalytics"];
export type Responses = Schemas["Responses"];
export type Paths = Schemas["Paths"];
/** Words from a short list are told as such. */
export type Test = Omit<Schemas["AbTest"], "test_status" | "statistical_significance"> & {
  test_status: "active" | "completed" | "not_running";
  statistical_significance: { p_value: number; confidence_level: number; is_significant: boolean; method: "two-proportion-z" | "fisher-exact"; correction: string } | null;
};
export type Live = Schemas["RealTime"];
export type ExportStatus = Schemas["ExportStatus"];

/** Days in UTC, as `2026-03-01`, both included. */
export interface Days {
  start_date: string;
  end_date: string;
}

export function numbers(flow: string, days: Days): Promise<Numbers> {
  return answered(api().GET("/v1/cms/flows/{flow_id}/analytics", { params: { path: { flow_id: flow }, query: days } }));
}

/** Of all steps, or of those where something is said or asked. */
export function funnel(flow: string, days: Days, all: boolean): Promise<Funnel> {
  return answered(api().GET("/v1/cms/flows/{flow_id}/analytics/funnel", { params: { path: { flow_id: flow }, query: { ...days, all } } }));
}

export function performance(flow: string, granularity: Granularity, days: number): Promise<Performance> {
  return answered(api().GET("/v1/cms/flows/{flow_id}/analytics/performance", { params: { path: { flow_id: flow }, query: { granularity, days, fill: true } } }));
}

export function compare(flows: readonly string[], days: Days): Promise<Comparison> {
  return answered(api().GET("/v1/cms/flows/analytics/compare", { params: { query: { ...days, flow_ids: [...flows] } } }));
}

const at = (flow: string, step: string, days: Days) => ({ params: { path: { flow_id: flow, node_ref: step }, query: days } });

export function step(flow: string, id: string, days: Days): Promise<StepNumbers> {
  return answered(api().GET("/v1/cms/flows/{flow_id}/nodes/{node_ref}/analytics", at(flow, id, days)));
}

export function responses(flow: string, id: string, days: Days): Promise<Responses> {
  return answered(api().GET("/v1/cms/flows/{flow_id}/nodes/{node_ref}/analytics/responses", at(flow, id, days)));
}

export function paths(flow: string, id: string, days: Days): Promise<Paths> {
  return answered(api().GET("/v1/cms/flows/{flow_id}/nodes/{node_ref}/analytics/paths", at(flow, id, days)));
}

export async function test(content: string): Promise<Test> {
  return (await answered(api().GET("/v1/cms/content/{content_id}/analytics/ab-test", { params: { path: { content_id: content } } }))) as unknown as Test;
}

export function live(): Promise<Live> {
  return answered(api().GET("/v1/cms/analytics/real-time"));
}

/** Has a file of a flow's numbers made. */
export async function startExport(flow: string, days: Days, format: string, include: readonly string[]): Promise<string> {
  const body = { ...days, format, include } as never;
  return (await answered(api().POST("/v1/cms/flows/{flow_id}/analytics/export", { params: { path: { flow_id: flow } }, body }))).export_id;
}

export async function exports(): Promise<ExportStatus[]> {
  return (await answered(api().GET("/v1/cms/analytics/exports", { params: { query: { limit: 10 } } }))).data;
}

export async function cancelExport(id: string): Promise<void> {
  await answered(api().DELETE("/v1/cms/analytics/exports/{export_id}", { params: { path: { export_id: id } } }));
}

/** Where the file of an export lies just now, for a browser that shows no token. */
export async function fileOf(id: string): Promise<string | undefined> {
  const { download_url: path } = await answered(api().GET("/v1/cms/analytics/exports/{export_id}/status", { params: { path: { export_id: id } } }));
  return path == null ? undefined : `${useSession.getState().address}${path}`;
}
