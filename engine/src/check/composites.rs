//! Composite nodes as authors write them: by reference, or with nodes of their own (R9.1).

use serde_json::Value;

use super::report::{Pointer, Report};
use crate::flow::{ConnectionDefinition, FlowDefinition, NodeDefinition, NodeType, read_children};

/// Content keys by which a composite names another flow, those that win first (S11.13).
const KEYS: [&str; 4] =
    ["composite_flow_seed_key", "composite_flow_key", "composite_flow_id", "flow_id"];

fn is_named(value: &Value) -> bool {
    !value.is_null() && value != ""
}

/// The key or id by which a composite names another flow, with its place; `None` if it is inline.
fn named(node: &NodeDefinition) -> Option<(bool, &Value, Pointer)> {
    if node.kind != NodeType::Composite {
        return None;
    }
    let content = node.content.as_object()?;
    let at = node.at.push("content");
    let inner_at = at.push("flow_ref");
    let reference = content.get("flow_ref");
    let inner = |key: &str| {
        let value = reference?.get(key).filter(|value| is_named(value))?;
        Some((key == "key", value, inner_at.push(key)))
    };
    let own = |keys: &[&str], by_key: bool| {
        keys.iter().find_map(|key| {
            let value = content.get(*key).filter(|value| is_named(value))?;
            Some((by_key, value, at.push(key)))
        })
    };
    let (by_key, by_id) = KEYS.split_at(2);
    own(by_key, true)
        .or_else(|| inner("key"))
        .or_else(|| own(by_id, false))
        .or_else(|| inner("id"))
        .or_else(|| Some((true, reference.filter(|value| is_named(value))?, inner_at.clone())))
}

/// Where a composite names another flow; `None` if it is inline or no composite.
pub(super) fn reference_at(node: &NodeDefinition) -> Option<Pointer> {
    named(node).map(|(_, _, at)| at)
}

/// The other flow as `id:<uuid>` or `key:<seed key>`, with the place of the name.
pub(super) fn link(node: &NodeDefinition) -> Option<(String, Pointer)> {
    let (by_key, value, at) = named(node)?;
    let text = value.as_str()?;
    if by_key {
        return Some((format!("key:{text}"), at));
    }
    let id: uuid::Uuid = text.parse().ok()?;
    Some((format!("id:{id}"), at))
}

/// The children of an inline composite, with what connects them. What reading them finds is told
/// where composites are compiled.
pub(super) fn children(node: &NodeDefinition) -> (Vec<NodeDefinition>, Vec<ConnectionDefinition>) {
    let content = node.content.as_object();
    match content.filter(|_| node.kind == NodeType::Composite && named(node).is_none()) {
        Some(content) => read_children(content, &node.at.push("content"), &mut Report::default()),
        None => (Vec::new(), Vec::new()),
    }
}

/// Calls `visit` with every node of a flow, children after the composite that they stand in; of
/// nodes that share an id, the first is meant. The last argument are the connections around it.
pub(super) fn each_node<'d>(
    definition: &'d FlowDefinition,
    visit: &mut dyn FnMut(&NodeDefinition, &[ConnectionDefinition]),
) {
    each(&definition.nodes, &definition.connections, visit);
}

/// The depth of documents bounds how deep children nest.
fn each(
    nodes: &[NodeDefinition],
    connections: &[ConnectionDefinition],
    visit: &mut dyn FnMut(&NodeDefinition, &[ConnectionDefinition]),
) {
    for node in nodes {
        visit(node, connections);
        if node.kind == NodeType::Composite {
            let (nodes, connections) = children(node);
            each(&nodes, &connections, visit);
        }
    }
}
