//! Condition nodes (R2.61, R2.62).

use super::scope::Scope;
use super::{Move, Run};
use crate::flow::ConnectionType;
use crate::flow::graph::{Edge, Node};
use crate::flow::node::condition::{Condition, Destination};
use crate::protocol::EndReason;

impl<'a> Run<'a> {
    pub(super) fn enter_condition(&mut self, node: &'a Node, condition: &'a Condition) -> Move {
        let mut chosen = &condition.otherwise;
        for (index, entry) in condition.entries.iter().enumerate() {
            let holds = Scope::of(self.session).holds(&entry.predicate);
            self.trace_test(index, &entry.written, &holds);
            match holds {
                Ok(true) => {
                    chosen = &entry.destination;
                    break;
                }
                Ok(false) => {}
                Err(error) => self.warn("condition_error", format!("entry {index}: {error}")),
            }
        }
        let edge = self.follow(node, chosen);
        if &*chosen.written == "end" && self.ends_composite(edge) {
            return Move::Finish(EndReason::Completed, None);
        }
        self.take(node, edge)
    }

    /// Whether `end` is the end of the composite that the node is in (R9.13): nothing else there has
    /// that name.
    fn ends_composite(&self, edge: Option<&Edge>) -> bool {
        let is_named = edge.is_some_and(|edge| {
            matches!(edge.kind, ConnectionType::Named(_)) || self.is_to(edge, "end")
        });
        !is_named && self.session.frame().is_some_and(|frame| frame.inline)
    }

    /// Whether a connection leads to the node of this id, which inside a composite is its last part.
    fn is_to(&self, edge: &Edge, id: &str) -> bool {
        let target = self.flow.node(edge.target).map(|target| target.id.as_str());
        target.is_some_and(|target| {
            target == id || target.rsplit_once('/').is_some_and(|(_, own)| own == id)
        })
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
            let to = |edge: &&'a Edge| self.is_to(edge, &destination.written);
            if let Some(edge) = node.edges.iter().find(to) {
                return Some(edge);
            }
        }
        self.pick(node, std::slice::from_ref(&destination.kind))
    }
}
