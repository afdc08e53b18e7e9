//! Writes flows in canonical form (R1.24 to R1.26) and hashes what they do (S1.42).

use serde_json::{Map, Value};

use super::definition::{
    ConnectionDefinition, ExecutionContext, FlowDefinition, NodeDefinition, NodeType, Visibility,
};
use super::read::{EVERY_SESSION, RETENTION_DAYS, inherited_context, is_edge_style, read_children};
use crate::check::{Pointer, Report};
use crate::id::NodeId;
use crate::trace::TraceLevel;
use crate::value::{canonical_value, settle, sha256_hex};

impl FlowDefinition {
    /// The flow as a document: an envelope with `flow_data`.
    pub fn to_value(&self) -> Value {
        let mut graph = self.data_keys.clone();
        graph.remove("edges");
        graph.insert("nodes".into(), self.nodes.iter().map(node_value).collect());
        graph.insert("connections".into(), self.connections.iter().map(connection_value).collect());

        let mut envelope = self.extra.clone();
        if let Some(id) = self.id {
            envelope.insert("id".into(), id.to_string().into());
        }
        if let Some(school_id) = self.school_id {
            envelope.insert("school_id".into(), school_id.to_string().into());
        }
        if self.trace_level != TraceLevel::Standard {
            envelope.insert("trace_level".into(), self.trace_level.as_str().into());
        }
        if self.trace_sample_rate < EVERY_SESSION {
            let mut rate = self.trace_sample_rate.into();
            settle(&mut rate);
            envelope.insert("trace_sample_rate".into(), rate);
        }
        if self.retention_days != RETENTION_DAYS {
            envelope.insert("retention_days".into(), self.retention_days.into());
        }
        envelope.extend(fields([
            ("seed_key", self.seed_key.clone().into()),
            ("name", self.name.clone().into()),
            ("description", self.description.clone().into()),
            ("version", self.version.clone().into()),
            ("entry_node_id", self.entry.as_ref().map(NodeId::as_str).into()),
            ("visibility", visibility_name(self.visibility).into()),
            ("info", self.info.clone().into()),
            ("contract", self.contract.clone().map_or(Value::Null, Value::Object)),
            ("trace_enabled", self.trace_enabled.into()),
            ("flow_data", graph.into()),
        ]));
        envelope.into()
    }

    /// SHA-256, in hex, of what the flow does: nodes, connections, entry and the other keys of
    /// `flow_data`.
    ///
    /// Not part of it is what only people and editors see: positions, templates, `info`, display
    /// names and unlisted keys. Moving a node does not change the hash. (A connection's
    /// `info.priority` decides which one is taken, so it counts.)
    pub fn graph_hash(&self) -> String {
        let essence = fields([
            ("nodes", self.nodes.iter().map(node_essence).collect()),
            ("connections", self.connections.iter().map(connection_essence).collect()),
            ("entry", self.entry.as_ref().map(NodeId::as_str).into()),
            ("data", self.data_keys.clone().into()),
        ]);
        sha256_hex(&canonical_value(&essence.into()))
    }
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn node_value(node: &NodeDefinition) -> Value {
    let mut value = node.extra.clone();
    value.extend(fields([
        ("id", node.id.as_str().into()),
        ("type", node.kind.as_str().into()),
        ("content", node.content.clone()),
        ("template", node.template.clone().into()),
        ("position", node.position.clone().into()),
        ("info", node.info.clone().into()),
    ]));
    let unsaid = inherited_context(&node.content, &node.info);
    let usual = node.kind.usual_context();
    if node.execution_context != usual || unsaid.is_some_and(|unsaid| unsaid != usual) {
        value.insert("execution_context".into(), context_name(node.execution_context).into());
    }
    value.into()
}

fn connection_value(connection: &ConnectionDefinition) -> Value {
    let mut value = connection.extra.clone();
    // Remarks beside the predicate are kept where they stood.
    let mut conditions = match value.remove("conditions") {
        Some(Value::Object(remarks)) => remarks,
        Some(_) | None => Map::new(),
    };
    if connection.predicate.is_some() || !conditions.is_empty() {
        conditions.insert("if".into(), connection.predicate.clone().unwrap_or_default());
    }
    value.extend(fields([
        ("source", connection.source.as_str().into()),
        ("target", connection.target.as_str().into()),
        ("type", connection.kind.to_string().into()),
        ("conditions", conditions.into()),
        ("info", connection.info.clone().into()),
    ]));
    // Under `type`, these names would be taken for the looks of the edge.
    if is_edge_style(&connection.kind.to_string()) {
        value.insert("connection_type".into(), connection.kind.to_string().into());
    }
    value.into()
}

fn node_essence(node: &NodeDefinition) -> Value {
    fields([
        ("id", node.id.as_str().into()),
        ("type", node.kind.as_str().into()),
        ("content", content_essence(node)),
        ("execution_context", context_name(node.execution_context).into()),
    ])
    .into()
}

/// The content without the display names of condition entries and without what children have
/// beside their essence.
fn content_essence(node: &NodeDefinition) -> Value {
    let mut content = node.content.clone();
    let Some(map) = content.as_object_mut() else { return content };
    if node.kind == NodeType::Condition
        && let Some(entries) = map.get_mut("conditions").and_then(Value::as_array_mut)
    {
        for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
            entry.remove("name");
        }
    }
    if node.kind == NodeType::Composite && map.get("nodes").is_some_and(Value::is_array) {
        let (nodes, connections) = read_children(map, &Pointer::root(), &mut Report::default());
        map.insert("nodes".into(), nodes.iter().map(node_essence).collect());
        if !connections.is_empty() {
            map.remove("edges");
            map.insert("connections".into(), connections.iter().map(connection_essence).collect());
        }
    }
    content
}

fn connection_essence(connection: &ConnectionDefinition) -> Value {
    let mut essence = fields([
        ("source", connection.source.as_str().into()),
        ("target", connection.target.as_str().into()),
        ("type", connection.kind.to_string().into()),
    ]);
    if let Some(predicate) = &connection.predicate {
        essence.insert("if".into(), predicate.clone());
    }
    if let Some(priority) = connection.info.get("priority").and_then(Value::as_i64)
        && priority != 0
    {
        essence.insert("priority".into(), priority.into());
    }
    essence.into()
}

fn context_name(context: ExecutionContext) -> &'static str {
    match context {
        ExecutionContext::Frontend => "frontend",
        ExecutionContext::Backend => "backend",
        ExecutionContext::Mixed => "mixed",
    }
}

fn visibility_name(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Private => "private",
        Visibility::School => "school",
        Visibility::Public => "public",
        Visibility::Wriveted => "wriveted",
    }
}

#[cfg(test)]
mod tests;
