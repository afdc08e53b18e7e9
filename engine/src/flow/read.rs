//! Reads flow documents in every accepted shape and spelling (R1.1 to R1.31).
//!
//! A reader never gives up at the first fault: it reports all of them, with their places in the
//! document as it was given, and keeps what it can.

mod connection;
mod envelope;
mod fields;
mod node;

use serde_json::{Map, Value};

pub(in crate::flow) use self::connection::is_edge_style;
pub(in crate::flow) use self::envelope::{EVERY_SESSION, RETENTION_DAYS};
use self::fields::{into_object, is_empty, kind_of};
pub(in crate::flow) use self::node::{KNOWN_TYPES, inherited_context};
use super::definition::{ConnectionDefinition, FlowDefinition, NodeDefinition};
use crate::check::{Code, Patch, Pointer, Report};
use crate::id::NodeId;
use crate::table::{Set, Table, object};
use crate::value::{MAX_DEPTH, clean, is_deeper_than};

/// The most bytes of JSON that a flow may have (R1.5).
const MAX_BYTES: usize = 5 * 1024 * 1024;
/// The most nodes.
const MAX_NODES: usize = 2_000;
/// The most connections.
const MAX_CONNECTIONS: usize = 10_000;

impl FlowDefinition {
    /// Reads a flow from the text of a JSON document.
    ///
    /// As [`FlowDefinition::read`]; the text may have up to 5 MiB.
    pub fn read_json(text: &str) -> (Option<Self>, Report) {
        let mut report = Report::default();
        if text.len() > MAX_BYTES {
            let message = format!("the document has {} bytes, more than {MAX_BYTES}", text.len());
            report.add(Code::FlowTooLarge, &Pointer::root(), message).help(
                "split the flow into sub-flows, and move long texts into the content library",
            );
            return (None, report);
        }
        match serde_json::from_str(text) {
            Ok(document) => read(document),
            // The parser gives up at twice the depth that a flow may have.
            Err(error) if error.to_string().starts_with("recursion limit") => {
                too_deep(&mut report);
                (None, report)
            }
            Err(error) => {
                report
                    .add(Code::FlowShape, &Pointer::root(), format!("the document is not JSON: {error}"))
                    .help("look just before that place for a missing or surplus comma, quote or bracket");
                (None, report)
            }
        }
    }

    /// Reads a flow from a JSON document: an envelope with `flow_data`, a bare graph, or
    /// `{"flow": envelope}`.
    ///
    /// Returns what was wrong beside the flow. There is a flow unless the document has none of the
    /// three shapes or is nested too deeply; whether it may be stored or run is for the report to
    /// say. Reading what [`FlowDefinition::to_value`] wrote gives the same flow again.
    pub fn read(document: &Value) -> (Option<Self>, Report) {
        if is_deeper_than(document, MAX_DEPTH) {
            let mut report = Report::default();
            too_deep(&mut report);
            return (None, report);
        }
        read(document.clone())
    }
}

/// The nodes and connections that stand in the content of a composite (R9.10, R9.11).
///
/// Children without an id get `child_<index>`. Nothing is connected that the content does not
/// connect.
pub(crate) fn read_children(
    content: &Map<String, Value>,
    at: &Pointer,
    report: &mut Report,
) -> (Vec<NodeDefinition>, Vec<ConnectionDefinition>) {
    let entry = |key: &str| Some((key.to_owned(), content.get(key)?.clone()));
    let mut graph = object(["nodes", "connections", "edges"].into_iter().filter_map(entry));
    read_graph(&mut graph, at, |index| Some(format!("child_{index}")), report)
}

fn read(mut document: Value) -> (Option<FlowDefinition>, Report) {
    let mut report = Report::default();
    let cleaned = clean(&mut document);
    if cleaned.depth {
        too_deep(&mut report);
        return (None, report);
    }
    if cleaned.nul {
        let message = "the document holds U+0000, which cannot be stored; it was removed";
        report
            .add(Code::FlowField, &Pointer::root(), message)
            .help("remove the character, often written `\\u0000`, from the document");
    }
    let definition = Shape::of(document, Pointer::root(), true, &mut report)
        .map(|shape| shape.read(&mut report));
    (definition, report)
}

fn too_deep(report: &mut Report) {
    let message = format!("arrays and objects are nested more than {MAX_DEPTH} deep");
    report
        .add(Code::FlowTooLarge, &Pointer::root(), message)
        .help("flatten the document, or move the inner parts into sub-flows");
}

/// A document taken apart into its two layers.
struct Shape {
    envelope: Map<String, Value>,
    envelope_at: Pointer,
    graph: Map<String, Value>,
    graph_at: Pointer,
}

impl Shape {
    fn of(document: Value, at: Pointer, may_be_wrapped: bool, report: &mut Report) -> Option<Self> {
        let mut map = match into_object(document) {
            Ok(map) => map,
            Err(other) => {
                let message = format!("the document is {}, not an object", kind_of(&other));
                report.add(Code::FlowShape, &at, message).help(SHAPES);
                return None;
            }
        };
        match map.remove("flow_data") {
            Some(Value::Object(graph)) => {
                let graph_at = at.push("flow_data");
                return Some(Self { envelope: map, envelope_at: at, graph, graph_at });
            }
            None | Some(Value::Null) => {}
            Some(other) => {
                let message = format!("`flow_data` is {}, not an object", kind_of(&other));
                report.add(Code::FlowShape, &at.push("flow_data"), message).help(SHAPES);
                map.insert("flow_data".into(), other);
            }
        }
        if map.get("nodes").is_some_and(Value::is_array) {
            let (envelope, graph) = envelope::split(map);
            return Some(Self { envelope, envelope_at: at.clone(), graph, graph_at: at });
        }
        if may_be_wrapped && map.get("flow").is_some_and(Value::is_object) {
            let inner = map.remove("flow").unwrap_or_default();
            return Self::of(inner, at.push("flow"), false, report);
        }
        let (message, at) = map.get("nodes").map_or_else(
            || ("the document has neither `flow_data` nor `nodes`".to_owned(), at.clone()),
            |nodes| (format!("`nodes` is {}, not an array", kind_of(nodes)), at.push("nodes")),
        );
        report.add(Code::FlowShape, &at, message).help(SHAPES);
        None
    }

    fn read(mut self, report: &mut Report) -> FlowDefinition {
        let envelope = envelope::read(self.envelope, &self.envelope_at, report);
        let inner_entry = envelope::take_entry(&mut self.graph, &self.graph_at, report);
        let (nodes, connections) = read_graph(&mut self.graph, &self.graph_at, |_| None, report);
        let entry = choose_entry(envelope.entry, inner_entry, report)
            .or_else(|| infer_entry(&nodes, &connections, &self.envelope_at, report));
        let (entry, entry_at) = entry.map_or_else(
            || (None, self.envelope_at.push("entry_node_id")),
            |(entry, at)| (Some(entry), at),
        );
        FlowDefinition {
            id: envelope.id,
            seed_key: envelope.seed_key,
            name: envelope.name,
            description: envelope.description,
            version: envelope.version,
            entry,
            visibility: envelope.visibility,
            school_id: envelope.school_id,
            info: envelope.info,
            contract: envelope.contract,
            trace_enabled: envelope.tracing.enabled,
            trace_level: envelope.tracing.level,
            trace_sample_rate: envelope.tracing.sample_rate,
            retention_days: envelope.tracing.retention_days,
            nodes,
            connections,
            data_keys: self.graph,
            extra: envelope.extra,
            entry_at,
            data_at: self.graph_at,
        }
    }
}

const SHAPES: &str = "a flow is an object with `nodes` and `connections`, alone or as the `flow_data` \
                      of an object with the flow's `name`";

type Graph = (Vec<NodeDefinition>, Vec<ConnectionDefinition>);

/// The connections that nodes carry themselves, with their sources and places.
type Inline = Vec<(NodeId, Map<String, Value>, Pointer)>;

/// Takes nodes and connections out of `graph`; what is left are its other keys.
fn read_graph(
    graph: &mut Map<String, Value>,
    at: &Pointer,
    fallback_id: impl Fn(usize) -> Option<String>,
    report: &mut Report,
) -> Graph {
    let nodes_at = at.push("nodes");
    let mut nodes = Vec::new();
    let mut inline = Inline::new();
    let mut ids: Table<NodeId, usize> = Table::new();
    for (index, value) in take_list(graph, "nodes", at, report).into_iter().enumerate() {
        let at = nodes_at.push(index);
        let Some(read) = node::read(value, &at, fallback_id(index), report) else { continue };
        if let Some(first) = ids.get(&read.node.id) {
            let message =
                format!("the node id `{}` is taken by the node at index {first}", read.node.id);
            report
                .add(Code::NodeDuplicateId, &at, message)
                .help("give each node an id of its own; until then only the first is used");
        } else {
            ids.insert(read.node.id.clone(), index);
        }
        if !read.connections.is_empty() {
            inline.push((read.node.id.clone(), read.connections, at.push("connections")));
        }
        nodes.push(read.node);
    }
    let connections = read_connections(graph, at, &nodes, inline, report);
    (nodes, connections)
}

fn read_connections(
    graph: &mut Map<String, Value>,
    at: &Pointer,
    nodes: &[NodeDefinition],
    inline: Inline,
    report: &mut Report,
) -> Vec<ConnectionDefinition> {
    let (mut list, mut key) = (take_list(graph, "connections", at, report), "connections");
    let edges = take_list(graph, "edges", at, report);
    if list.is_empty() {
        (list, key) = (edges, "edges");
    } else if !edges.is_empty() {
        let message = "both `connections` and `edges` are given; `edges` is ignored";
        report
            .add(Code::FlowEdgesIgnored, &at.push("edges"), message)
            .help("put all connections under `connections`")
            .fix(Patch::remove(&at.push("edges")));
    }
    let at = at.push(key);
    let mut room = MAX_CONNECTIONS.saturating_sub(list.len());
    let mut reader = connection::Reader::new(nodes, report);
    for (index, value) in list.into_iter().enumerate() {
        reader.entry(value, &at.push(index));
    }
    for (source, own, at) in inline {
        if own.len() > room {
            too_many("connections", room.saturating_add(1), MAX_CONNECTIONS, &at, reader.report());
            break;
        }
        room = room.saturating_sub(own.len());
        reader.inline(&source, own, &at);
    }
    reader.finish()
}

/// Removes a list; what goes beyond its limit is dropped (R1.5).
fn take_list(
    graph: &mut Map<String, Value>,
    key: &str,
    at: &Pointer,
    report: &mut Report,
) -> Vec<Value> {
    let (limit, code) = if key == "nodes" {
        (MAX_NODES, Code::FlowShape)
    } else {
        (MAX_CONNECTIONS, Code::ConnectionShape)
    };
    let at = at.push(key);
    let mut list = match graph.remove(key) {
        Some(Value::Array(list)) => list,
        Some(other) if !is_empty(&other) => {
            report
                .add(code, &at, format!("`{key}` is {}, not an array", kind_of(&other)))
                .help(format!("write `\"{key}\": […]`"));
            Vec::new()
        }
        Some(_) | None => Vec::new(),
    };
    if list.len() > limit {
        too_many(key, list.len(), limit, &at, report);
        list.truncate(limit);
    }
    list
}

fn too_many(what: &str, count: usize, limit: usize, at: &Pointer, report: &mut Report) {
    let message = format!("the flow has {count} or more {what}, and may have {limit}");
    report.add(Code::FlowTooLarge, at, message).help("split the flow into sub-flows");
}

/// The envelope's entry goes before that of `flow_data` (R1.6).
fn choose_entry(
    outer: Option<(NodeId, Pointer)>,
    inner: Option<(NodeId, Pointer)>,
    report: &mut Report,
) -> Option<(NodeId, Pointer)> {
    if let (Some((outer, outer_at)), Some((inner, inner_at))) = (&outer, &inner)
        && outer != inner
    {
        let message = format!(
            "`flow_data` starts at `{inner}`, but the flow at `{outer}` (`{outer_at}`), which is used"
        );
        report
            .add(Code::FlowEntryConflict, inner_at, message)
            .help("remove `entry_node_id` from `flow_data`")
            .fix(Patch::remove(inner_at));
    }
    outer.or(inner)
}

/// The only node that no connection enters (R1.6).
fn infer_entry(
    nodes: &[NodeDefinition],
    connections: &[ConnectionDefinition],
    envelope_at: &Pointer,
    report: &mut Report,
) -> Option<(NodeId, Pointer)> {
    let ids: Set<_> = nodes.iter().map(|node| &node.id).collect();
    let entered: Set<_> = connections
        .iter()
        .filter(|connection| ids.contains(&connection.source))
        .map(|connection| &connection.target)
        .collect();
    let mut candidates = ids.difference(&entered);
    let (entry, None) = (candidates.next()?, candidates.next()) else { return None };
    let at = envelope_at.push("entry_node_id");
    let message =
        format!("no entry is given; sessions start at `{entry}`, which no connection enters");
    report
        .add(Code::FlowEntryInferred, &at, message)
        .help(format!("to be explicit, add `\"entry_node_id\": \"{entry}\"`"))
        .fix(Patch::add(&at, entry.as_str()));
    Some(((*entry).clone(), at))
}

#[cfg(test)]
mod tests;
