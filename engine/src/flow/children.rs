//! The nodes inside a composite, as nodes of the flow that holds it (R9.10 to R9.14).

use serde_json::{Map, Value};

use super::connection_type::ConnectionType;
use super::definition::{ConnectionDefinition, NodeDefinition, NodeType};
use super::read::read_children;
use crate::check::{Code, Pointer, Report};
use crate::id::NodeId;
use crate::table::Set;

/// What a composite holds, under the ids that its flow knows.
pub(super) struct Children {
    pub(super) nodes: Vec<NodeDefinition>,
    pub(super) connections: Vec<ConnectionDefinition>,
    /// Connections that only a condition takes, by the name of the child (R9.13).
    pub(super) jumps: Vec<ConnectionDefinition>,
    pub(super) entry: Option<NodeId>,
}

impl Children {
    /// Reads `content`, which stands at `at`, of the composite `parent`.
    pub(super) fn read(
        content: &Map<String, Value>,
        at: &Pointer,
        parent: &NodeId,
        report: &mut Report,
    ) -> Self {
        let (nodes, connections) = read_children(content, at, report);
        let entry = entry(content, at, &nodes, &connections, report);
        let mut children = Self { nodes, connections, jumps: Vec::new(), entry };
        if children.connections.is_empty() {
            children.connect_in_order();
        }
        let full = |id: &NodeId| NodeId::from(format!("{parent}/{id}"));
        for node in &mut children.nodes {
            node.id = full(&node.id);
        }
        for connection in children.connections.iter_mut().chain(&mut children.jumps) {
            connection.source = full(&connection.source);
            connection.target = full(&connection.target);
        }
        children.entry = children.entry.as_ref().map(full);
        children
    }

    /// Each child leads to the next, and a condition also to whom it names (R9.10, R9.13).
    fn connect_in_order(&mut self) {
        let ids: Set<&str> = self.nodes.iter().map(|node| node.id.as_str()).collect();
        for (node, next) in self.nodes.iter().zip(self.nodes.iter().skip(1)) {
            self.connections.push(connection(node, next.id.clone()));
        }
        for node in self.nodes.iter().filter(|node| node.kind == NodeType::Condition) {
            let named = destinations(&node.content).filter(|name| ids.contains(name.as_str()));
            self.jumps.extend(named.map(|name| connection(node, name.into())));
        }
    }
}

fn connection(source: &NodeDefinition, target: NodeId) -> ConnectionDefinition {
    ConnectionDefinition {
        source: source.id.clone(),
        target,
        kind: ConnectionType::Default,
        predicate: None,
        info: Map::new(),
        extra: Map::new(),
        at: source.at.clone(),
        copies: Vec::new(),
    }
}

/// What the entries and the default path of a condition name.
fn destinations(content: &Value) -> impl Iterator<Item = String> {
    let entries = content.get("conditions").and_then(Value::as_array).into_iter().flatten();
    let thens = entries.filter_map(|entry| entry.get("then"));
    let otherwise = ["default_path", "else", "default"];
    let otherwise = otherwise.into_iter().find_map(|key| content.get(key));
    thens.chain(otherwise).filter_map(|path| match path {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(id) => Some(id.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

/// The child that is named, else the only one that no connection enters, else the first.
fn entry(
    content: &Map<String, Value>,
    at: &Pointer,
    nodes: &[NodeDefinition],
    connections: &[ConnectionDefinition],
    report: &mut Report,
) -> Option<NodeId> {
    let named = content.get("entry_node_id").filter(|named| !named.is_null());
    if let Some(named) = named {
        let text = named.as_str().map_or_else(|| named.to_string(), str::to_owned);
        let found = nodes.iter().find(|node| node.id.as_str() == text);
        if found.is_none() {
            report
                .add(
                    Code::FlowEntryNotFound,
                    &at.push("entry_node_id"),
                    format!("the composite starts at `{text}`, but there is no such node in it"),
                )
                .help("name one of its `nodes`");
        }
        return found.map(|node| node.id.clone());
    }
    let is_entered =
        |node: &&NodeDefinition| connections.iter().any(|connection| connection.target == node.id);
    let mut free = nodes.iter().filter(|node| !is_entered(node));
    let only = free.next().filter(|_| free.next().is_none());
    only.or_else(|| nodes.first()).map(|node| node.id.clone())
}

/// Whether a child may write `output.<name>`: one names it somewhere as a variable (R12.26).
pub(super) fn writes_output(children: &[NodeDefinition], name: &str) -> bool {
    let scoped = format!("output.{name}");
    children.iter().any(|child| {
        // What a node of the host writes is not known.
        let is_custom = matches!(child.kind, NodeType::Custom(_));
        let Some(content) = child.content.as_object().filter(|_| !is_custom) else { return true };
        let inner = |key: &str| child.kind == NodeType::Composite && key == "nodes";
        content.iter().filter(|(key, _)| !inner(key)).any(|(_, value)| names(value, &scoped, name))
    })
}

/// Whether a text or key in `value` is the variable, or lies below it.
fn names(value: &Value, scoped: &str, bare: &str) -> bool {
    let is_name = |text: &str| {
        let below = text.strip_prefix(scoped);
        text == bare || below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    match value {
        Value::String(text) => is_name(text.trim()),
        Value::Array(items) => items.iter().any(|item| names(item, scoped, bare)),
        Value::Object(map) => {
            map.iter().any(|(key, value)| is_name(key) || names(value, scoped, bare))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
