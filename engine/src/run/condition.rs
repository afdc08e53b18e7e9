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
        let has_type = || node.edges.iter().any(|edge| edge.kind == destination.kind);
        let is_type = match &destination.kind {
            ConnectionType::Named(_) => has_type(),
            ConnectionType::Default => matches!(&*destination.written, "" | "default"),
            ConnectionType::Option(_)
            | ConnectionType::Success
            | ConnectionType::Failure
            | ConnectionType::Error
            | ConnectionType::Fallback
            | ConnectionType::Timeout => true,
        };
        if !is_type {
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
