//! Writes flows in canonical form (R1.24 to R1.26) and hashes what they do (S1.42).

use serde_json::{Map, Value};

use super::definition::{
    ConnectionDefinition, ExecutionContext, FlowDefinition, NodeDefinition, NodeType, Visibility,
};
use super::read::{EVERY_SESSION, RETENTION_DAYS, inherited_context, is_edge_style, read_children};
use crate::check::{Pointer, Report};
use crate::id::NodeId;
use crate::trace::TraceLevel;
use crate::value::{push_object, push_string, push_value, settle, sha256_hex};

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
        // Written field by field, in the order of their names: a flow is hashed whenever it is loaded, and copies of
        // its contents would cost several times what the hash does.
        let mut text = String::from("{\"connections\":");
        push_list(&mut text, &self.connections, push_connection);
        text.push_str(",\"data\":");
        push_object(&mut text, &self.data_keys);
        text.push_str(",\"entry\":");
        match &self.entry {
            Some(entry) => push_string(&mut text, entry.as_str()),
            None => text.push_str("null"),
        }
        text.push_str(",\"nodes\":");
        push_list(&mut text, &self.nodes, push_node);
        text.push('}');
        sha256_hex(&text)
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
        ("position", node.written_position().into()),
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

fn push_list<T>(out: &mut String, items: &[T], push: fn(&mut String, &T)) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

fn push_node(out: &mut String, node: &NodeDefinition) {
    out.push_str("{\"content\":");
    push_content(out, node);
    out.push_str(",\"execution_context\":");
    push_string(out, context_name(node.execution_context));
    out.push_str(",\"id\":");
    push_string(out, node.id.as_str());
    out.push_str(",\"type\":");
    push_string(out, node.kind.as_str());
    out.push('}');
}

/// The content without the display names of condition entries and without what children have
/// beside their essence.
fn push_content(out: &mut String, node: &NodeDefinition) {
    let Some(map) = node.content.as_object() else { return push_value(out, &node.content) };
    let is_condition = node.kind == NodeType::Condition;
    let children = (node.kind == NodeType::Composite
        && map.get("nodes").is_some_and(Value::is_array))
    .then(|| read_children(map, &Pointer::root(), &mut Report::default()));
    // Children whose connections are written anew have them under one name.
    let connected = children.as_ref().filter(|(_, connections)| !connections.is_empty());
    let adds_connections = connected.is_some() && !map.contains_key("connections");
    let mut separator = '{';
    let mut key_of = |out: &mut String, key: &str| {
        out.push(separator);
        separator = ',';
        push_string(out, key);
        out.push(':');
    };
    let mut to_add = connected.filter(|_| adds_connections);
    for (key, value) in map {
        if let Some((_, connections)) = to_add.take_if(|_| key.as_str() > "connections") {
            key_of(out, "connections");
            push_list(out, connections, push_connection);
        }
        match (key.as_str(), &children, connected) {
            ("nodes", Some((nodes, _)), _) => {
                key_of(out, key);
                push_list(out, nodes, push_node);
            }
            ("connections", _, Some((_, connections))) => {
                key_of(out, key);
                push_list(out, connections, push_connection);
            }
            ("edges", _, Some(_)) => {}
            ("conditions", _, _) if is_condition => {
                key_of(out, key);
                push_unnamed(out, value);
            }
            (_, _, _) => {
                key_of(out, key);
                push_value(out, value);
            }
        }
    }
    out.push_str(if map.is_empty() { "{}" } else { "}" });
}

/// The entries of a condition without their display names.
fn push_unnamed(out: &mut String, entries: &Value) {
    let Some(list) = entries.as_array() else { return push_value(out, entries) };
    push_list(out, list, |out, entry| {
        if entry.get("name").is_none() {
            return push_value(out, entry);
        }
        let mut unnamed = entry.clone();
        unnamed.as_object_mut().and_then(|map| map.remove("name"));
        push_value(out, &unnamed);
    });
}

fn push_connection(out: &mut String, connection: &ConnectionDefinition) {
    out.push('{');
    if let Some(predicate) = &connection.predicate {
        out.push_str("\"if\":");
        push_value(out, predicate);
        out.push(',');
    }
    if let Some(priority) = connection.info.get("priority")
        && priority.as_i64().is_some_and(|priority| priority != 0)
    {
        out.push_str("\"priority\":");
        push_value(out, priority);
        out.push(',');
    }
    out.push_str("\"source\":");
    push_string(out, connection.source.as_str());
    out.push_str(",\"target\":");
    push_string(out, connection.target.as_str());
    out.push_str(",\"type\":");
    push_string(out, &connection.kind.to_string());
    out.push('}');
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
