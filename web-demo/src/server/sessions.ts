/** Conversations that were had on a server. */
import { answered, type Schemas } from "../../../bindings/client/client";
import { api } from "./session";

export async function sessions(flow: string): Promise<Schemas["SessionItem"][]> {
  return (await answered(api().GET("/v1/cms/flows/{flow_id}/sessions", { params: { path: { flow_id: flow }, query: { limit: 100 } } }))).items;
}

export async function trace(session: string): Promise<Schemas["Step"][]> {
  return (await answered(api().GET("/v1/cms/sessions/{session_id}/trace", { params: { path: { session_id: session }, query: { limit: 1000 } } }))).steps;
}

/** Whether conversations of a flow are traced from now on. */
export async function setTracing(flow: string, enabled: boolean): Promise<boolean> {
  return (await answered(api().POST("/v1/cms/flows/{flow_id}/tracing", { params: { path: { flow_id: flow } }, body: { enabled, level: "verbose", sample_rate: 1 } }))).enabled;
}

export async function tracing(flow: string): Promise<boolean> {
  return (await answered(api().GET("/v1/cms/flows/{flow_id}/tracing", { params: { path: { flow_id: flow } } }))).enabled;
}
