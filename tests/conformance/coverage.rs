//! Which nodes and connections of a world the conversations have used.

use std::collections::BTreeSet;

use chatflow::{ConnectionDefinition, FlowDefinition, NodeType};
use chatflow_tests::conversation::{Played, World};
use serde_json::Value;

/// Nodes visited, and connections taken with where they led.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    nodes: BTreeSet<(String, String)>,
    connections: BTreeSet<(String, String, String, String)>,
    /// Composites left, and by which connection; a path does not name where that leads.
    exits: BTreeSet<(String, String, String)>,
}

impl Coverage {
    /// Adds a conversation.
    pub(crate) fn add(&mut self, played: &Played) {
        let text = |entry: &Value, at: usize| entry[at].as_str().unwrap_or_default().to_owned();
        for (i, entry) in played.path.iter().enumerate() {
            let (flow, node) = (text(entry, 0), text(entry, 1));
            let next = played.path.get(i + 1).filter(|next| next[0] == entry[0]);
            if let Some(kind) = entry[2].as_str() {
                self.exits.insert((flow.clone(), node.clone(), kind.to_owned()));
            }
            if let (Some(kind), Some(next)) = (entry[2].as_str(), next) {
                let taken = (flow.clone(), node.clone(), kind.to_owned(), text(next, 1));
                self.connections.insert(taken);
            }
            self.nodes.insert((flow, node));
        }
    }

    /// Fails unless every node was visited and every connection was taken, of all flows named.
    pub(crate) fn is_complete(&self, world: &World, flows: &[&str]) {
        let mut missing = Vec::new();
        for definition in &world.definitions {
            let key = definition.seed_key.as_deref().unwrap();
            if !flows.contains(&key) {
                continue;
            }
            let id = definition.id.unwrap().to_string();
            for node in &definition.nodes {
                if !self.nodes.contains(&(id.clone(), node.id.to_string())) {
                    missing.push(format!("{key}: node {}", node.id));
                }
            }
            for connection in &definition.connections {
                let (from, to) = (connection.source.to_string(), connection.target.to_string());
                let (flow, kind) = (id.clone(), connection.kind.to_string());
                let used = if is_composite(definition, connection) {
                    self.exits.contains(&(flow, from.clone(), kind))
                } else {
                    self.connections.contains(&(flow, from.clone(), kind, to.clone()))
                };
                if !used {
                    missing.push(format!("{key}: {from} -{}-> {to}", connection.kind));
                }
            }
        }
        assert!(missing.is_empty(), "never used:\n{}", missing.join("\n"));
    }
}

fn is_composite(flow: &FlowDefinition, connection: &ConnectionDefinition) -> bool {
    let source = flow.nodes.iter().find(|node| node.id == connection.source);
    source.is_some_and(|node| node.kind == NodeType::Composite)
}
