//! Which node or connection a diagnostic is about.

use super::report::Pointer;
use crate::flow::{ConnectionDefinition, FlowDefinition, NodeDefinition};
use crate::table::Table;

/// The nodes and connections of a flow by where they stand.
pub(super) struct Places<'a> {
    data_at: &'a Pointer,
    nodes: Table<&'a str, (usize, &'a NodeDefinition)>,
    connections: Table<&'a str, &'a ConnectionDefinition>,
}

/// What a pointer points into.
pub(super) struct Place<'a> {
    /// The node, with its index among those that were read.
    pub(super) node: Option<(usize, &'a NodeDefinition)>,
    /// The connection, if it could be read.
    pub(super) connection: Option<&'a ConnectionDefinition>,
    /// The index in the document's list of connections.
    pub(super) connection_index: Option<usize>,
    /// The keys and indexes below the node's content, the node, the connection or the document.
    pub(super) field: Vec<String>,
}

impl<'a> Places<'a> {
    pub(super) fn of(definition: &'a FlowDefinition) -> Self {
        let nodes = definition.nodes.iter().enumerate();
        let connections = definition.connections.iter();
        Self {
            data_at: &definition.data_at,
            nodes: nodes.map(|(index, node)| (node.at.as_str(), (index, node))).collect(),
            connections: connections.map(|found| (found.at.as_str(), found)).collect(),
        }
    }

    pub(super) fn of_pointer(&self, at: &Pointer) -> Place<'a> {
        let steps = self.data_at.steps_to(at).unwrap_or_default();
        let mut steps = steps.into_iter();
        let (list, index) = (steps.next(), steps.next());
        let (Some(list), Some(index)) = (list, index) else { return Self::elsewhere(at) };
        let entry_at = self.data_at.push(&list).push(&index);
        let mut field: Vec<String> = steps.collect();
        if list == "nodes" {
            let node = self.nodes.get(entry_at.as_str()).copied();
            let inline = match field.as_slice() {
                [key, token, ..] if key == "connections" => {
                    let at = entry_at.push(key).push(token);
                    self.connections.get(at.as_str()).copied()
                }
                _ => None,
            };
            let depth = content_depth(&field);
            field.drain(..depth);
            return Place { node, connection: inline, connection_index: None, field };
        }
        if list != "connections" && list != "edges" {
            return Self::elsewhere(at);
        }
        Place {
            node: None,
            connection: self.connections.get(entry_at.as_str()).copied(),
            connection_index: index.parse().ok(),
            field,
        }
    }

    fn elsewhere(at: &Pointer) -> Place<'a> {
        let field = Pointer::root().steps_to(at).unwrap_or_default();
        Place { node: None, connection: None, connection_index: None, field }
    }
}

/// How many keys lead from a node to its content; 0 for other fields of the node.
fn content_depth(field: &[String]) -> usize {
    match field {
        [content, ..] if content == "content" => 1,
        [data, content, ..] if data == "data" && content == "content" => 2,
        _ => 0,
    }
}
