/** A flow as a server keeps it, and as a document. */
import { readFlow } from "./flow";
import { at, isObject, type Json, type JsonObject } from "./json";

/** What a server keeps of a document. */
export interface Kept {
  name: string;
  description: string | null;
  version: string;
  entry_node_id: string | null;
  info: JsonObject;
  contract: JsonObject | null;
  flow_data: JsonObject;
}

const HEAD_KEYS = new Set(["id", "seed_key", "name", "description", "version", "entry_node_id", "info", "contract", "visibility", "flow_data", "format", "exported_at"]);

export function toServer(document: Json): Kept {
  const flow = readFlow(document);
  const head = (at(document, flow.envelope) ?? {}) as JsonObject;
  const body = (at(document, flow.graph) ?? {}) as JsonObject;
  const info = isObject(head.info) ? { ...head.info } : {};
  if (typeof head.seed_key === "string" && info.seed_key === undefined) info.seed_key = head.seed_key;
  const inside = flow.graph.length > flow.envelope.length;
  const data = Object.fromEntries(Object.entries(body).filter(([key]) => inside || !HEAD_KEYS.has(key)));
  return {
    name: flow.name,
    description: flow.description === "" ? null : flow.description,
    version: flow.version,
    entry_node_id: flow.entry ?? null,
    info,
    contract: isObject(head.contract) ? head.contract : null,
    flow_data: data,
  };
}

/** The parts of a server's answer that make up the document. */
export interface Shown {
  id: string;
  name: string;
  description: string | null;
  version: string;
  entry_node_id: string | null;
  info?: JsonObject | undefined;
  contract?: JsonObject | null | undefined;
  flow_data?: JsonObject | undefined;
}

export function fromServer(flow: Shown): JsonObject {
  const { seed_key, ...info } = flow.info ?? {};
  return {
    ...(typeof seed_key === "string" ? { seed_key } : { id: flow.id }),
    name: flow.name,
    ...(flow.description === null ? {} : { description: flow.description }),
    version: flow.version,
    ...(flow.entry_node_id === null ? {} : { entry_node_id: flow.entry_node_id }),
    ...(Object.keys(info).length === 0 ? {} : { info }),
    ...(flow.contract ? { contract: flow.contract } : {}),
    flow_data: tidied(flow.flow_data ?? {}),
  };
}

/** Without what a server writes where nothing was written. */
function tidied(data: JsonObject): JsonObject {
  const rows = (key: string) => (Array.isArray(data[key]) ? { [key]: data[key].map((row) => (isObject(row) ? said(row) : row)) } : {});
  return { ...data, ...rows("nodes"), ...rows("connections") };
}

/** The order in which people read them. */
const ORDER = ["id", "type", "name", "source", "target"];

function said(row: JsonObject): JsonObject {
  const entries = Object.entries(row).filter(([key, value]) => {
    if (key === "template") return value !== null;
    if (key === "info" || key === "conditions") return !isObject(value) || Object.keys(value).length > 0;
    if (key === "position") return !isObject(value) || value.x !== 0 || value.y !== 0;
    return true;
  });
  const rank = (key: string) => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length);
  return Object.fromEntries(entries.toSorted(([a], [b]) => rank(a) - rank(b)));
}

/** The document of a published version: its graph under the head that the flow has. */
export function ofVersion(flow: Shown, version: { name: string; version: string; entry_node_id: string | null; snapshot?: JsonObject | undefined }): JsonObject {
  return fromServer({ ...flow, name: version.name, version: version.version, entry_node_id: version.entry_node_id, flow_data: version.snapshot });
}
