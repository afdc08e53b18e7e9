//! Which connection is taken (R2.6 to R2.15).

use super::scope::Scope;
use super::{Move, Run};
use crate::flow::ConnectionType;
use crate::flow::graph::{Edge, Node};
use crate::flow::node::NodeKind;
use crate::protocol::{EndReason, Event};

impl<'a> Run<'a> {
    /// Leaves a node by the first connection of `wanted` that applies, else by `default` (R2.6).
    pub(super) fn leave(&mut self, node: &'a Node, wanted: &[ConnectionType]) -> Move {
        let edge = self.pick(node, wanted);
        self.take(node, edge)
    }

    /// Takes a connection; without one the running flow has finished (R2.14).
    pub(super) fn take(&mut self, node: &'a Node, edge: Option<&'a Edge>) -> Move {
        match edge {
            Some(edge) => {
                self.events.push(Event::Left { connection: edge.kind.clone() });
                Move::To(edge.target)
            }
            None if node.edges.is_empty() => Move::Finish(EndReason::Completed, None),
            None => {
                self.warn("no_matching_connection", node.id.as_str());
                Move::Finish(EndReason::DeadEnd, None)
            }
        }
    }

    pub(super) fn pick(&mut self, node: &'a Node, wanted: &[ConnectionType]) -> Option<&'a Edge> {
        for kind in wanted {
            if let Some(edge) = self.pick_one(node, kind) {
                return Some(edge);
            }
        }
        if !wanted.contains(&ConnectionType::Default)
            && let Some(edge) = self.pick_one(node, &ConnectionType::Default)
        {
            return Some(edge);
        }
        lone(node)
    }

    /// The first connection of one type that applies. Conditional defaults go before the
    /// unconditional one (R2.7); other types are tried in order.
    pub(super) fn pick_one(&mut self, node: &'a Node, kind: &ConnectionType) -> Option<&'a Edge> {
        let of_kind = || node.edges.iter().filter(|edge| edge.kind == *kind);
        if *kind == ConnectionType::Default {
            let conditional = of_kind().filter(|edge| edge.predicate.is_some());
            for edge in conditional {
                if self.applies(edge) {
                    return Some(edge);
                }
            }
            return of_kind().find(|edge| edge.predicate.is_none());
        }
        of_kind().find(|edge| self.applies(edge))
    }

    /// Whether a connection's predicate holds; an error counts as false (R2.7).
    pub(super) fn applies(&mut self, edge: &Edge) -> bool {
        let Some(predicate) = &edge.predicate else { return true };
        match Scope::of(self.session).holds(predicate) {
            Ok(holds) => holds,
            Err(error) => {
                self.warn("predicate_error", error);
                false
            }
        }
    }

    /// A node failed: its `failure` or `error` connection, else what its type does (R2.10 to R2.13).
    pub(super) fn fail(&mut self, node: &'a Node, code: &str, message: &str) -> Move {
        self.record_failure(code, message);
        self.after_failure(node, &[])
    }

    /// Routes a failure that has been recorded; `first` goes before `failure` and `error`.
    pub(super) fn after_failure(&mut self, node: &'a Node, first: &[ConnectionType]) -> Move {
        let served = [ConnectionType::Failure, ConnectionType::Error];
        for kind in first.iter().chain(&served) {
            if let Some(edge) = self.pick_one(node, kind) {
                return self.take(node, Some(edge));
            }
        }
        // What goes on after success must not go on after a failure (R2.9, R2.13).
        let serves_success =
            |edge: &&Edge| matches!(edge.kind, ConnectionType::Success | ConnectionType::Fallback);
        let edge = self.pick_one(node, &ConnectionType::Default);
        match edge.or_else(|| lone(node).filter(|edge| !serves_success(edge))) {
            Some(edge) => self.take(node, Some(edge)),
            // A message that cannot be shown ends nothing that would not have ended (R2.12).
            None if matches!(node.kind, NodeKind::Message(_)) => self.take(node, None),
            None => Move::Finish(EndReason::Error, Some("node_failed")),
        }
    }
}

/// The only connection of a node, if it is unconditional and serves no option or failure (R2.9).
pub(super) fn lone(node: &Node) -> Option<&Edge> {
    let [edge] = &*node.edges else { return None };
    let chooses = match &node.kind {
        NodeKind::Question(question) => question.chooses(),
        NodeKind::Message(message) => message.replies.is_some(),
        NodeKind::Condition(_) => true,
        NodeKind::Action(_)
        | NodeKind::Webhook(_)
        | NodeKind::Composite(_)
        | NodeKind::Script(_)
        | NodeKind::Custom(_)
        | NodeKind::Broken => false,
    };
    let numbered = matches!(edge.kind, ConnectionType::Option(_));
    (edge.predicate.is_none() && !(numbered && chooses) && !edge.kind.is_failure()).then_some(edge)
}
