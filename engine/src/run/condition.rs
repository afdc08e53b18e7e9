//! Condition nodes (R2.61, R2.62).

use super::scope::Scope;
use super::{Move, Run};
use crate::flow::ConnectionType;
use crate::flow::graph::{Edge, Node};
use crate::flow::node::condition::{Condition, Destination};

impl<'a> Run<'a> {
    pub(super) fn enter_condition(&mut self, node: &'a Node, condition: &'a Condition) -> Move {
        let mut chosen = &condition.otherwise;
        for (index, (predicate, destination)) in condition.entries.iter().enumerate() {
            match Scope::of(self.session).holds(predicate) {
                Ok(true) => {
                    chosen = destination;
                    break;
                }
                Ok(false) => {}
                Err(error) => self.warn("condition_error", format!("entry {index}: {error}")),
            }
        }
        let edge = self.follow(node, chosen);
        self.take(node, edge)
    }

    /// A known type, a named connection, a node to which there is a connection, else `default`.
    fn follow(&mut self, node: &'a Node, destination: &Destination) -> Option<&'a Edge> {
        let named = matches!(destination.kind, ConnectionType::Named(_));
        let known = !named
            && (destination.written.is_empty() || destination.kind != ConnectionType::Default);
        let has_type = node.edges.iter().any(|edge| edge.kind == destination.kind);
        if !known && !(named && has_type) && &*destination.written != "default" {
            let to = |edge: &&'a Edge| {
                self.flow
                    .node(edge.target)
                    .is_some_and(|target| target.id.as_str() == &*destination.written)
            };
            if let Some(edge) = node.edges.iter().find(to) {
                return Some(edge);
            }
        }
        self.pick(node, std::slice::from_ref(&destination.kind))
    }
}
