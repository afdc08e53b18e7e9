//! What the expression of a rule sees of a node (R12.40).

use serde_json::{Value, json};

use super::RuleError;
use crate::expr::{self, Budget, Program, truth};
use crate::flow::{ConnectionDefinition, FlowDefinition, NodeDefinition};
use crate::value::canonical_len;

/// The most bytes that the result of an expression may have.
const RESULT_BYTES: usize = 64 * 1024;

/// The names that a rule may use for one node; made when they are first needed.
pub(super) struct Context<'a> {
    pub(super) node: &'a NodeDefinition,
    definition: &'a FlowDefinition,
    around: &'a [ConnectionDefinition],
    flow: &'a mut Option<Value>,
    own: Option<Own>,
}

/// What belongs to the node alone.
struct Own {
    id: Value,
    kind: Value,
    size: Value,
    connections: Value,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        definition: &'a FlowDefinition,
        node: &'a NodeDefinition,
        around: &'a [ConnectionDefinition],
        flow: &'a mut Option<Value>,
    ) -> Self {
        Self { node, definition, around, flow, own: None }
    }

    /// Whether an expression is true of the node; anything but a boolean as in conditions (R6.11).
    pub(super) fn violates(&mut self, program: &Program) -> Result<bool, String> {
        let definition = self.definition;
        let flow = self.flow.get_or_insert_with(|| {
            json!({
                "id": definition.id,
                "name": definition.name,
                "entry_node_id": definition.entry,
                "node_count": definition.nodes.len(),
            })
        });
        let (node, around) = (self.node, self.around);
        let own = self.own.get_or_insert_with(|| Own::of(node, around));
        let find = |name: &str| match name {
            "node_id" => Some(&own.id),
            "node_type" => Some(&own.kind),
            "content" => Some(&node.content),
            "content_size" => Some(&own.size),
            "flow" => Some(&*flow),
            "connections" => Some(&own.connections),
            _ => None,
        };
        let slots: Vec<_> =
            program.roots().iter().map(|root| find(root).map(expr::Value::from)).collect();
        let value = program.eval(&slots, Budget::default());
        value.map(|value| truth(&value).holds).map_err(|error| error.to_string())
    }
}

impl Own {
    fn of(node: &NodeDefinition, around: &[ConnectionDefinition]) -> Self {
        let leaving = around.iter().filter(|connection| connection.source == node.id);
        let leaving = leaving.map(|connection| {
            json!({
                "type": connection.kind,
                "target": connection.target,
                "conditional": connection.predicate.is_some(),
            })
        });
        Self {
            id: node.id.as_str().into(),
            kind: node.kind.as_str().into(),
            size: canonical_len(&node.content).into(),
            connections: leaving.collect(),
        }
    }
}

/// The value of an expression whose names `find` knows.
pub(super) fn evaluate<'a>(
    program: &'a Program,
    find: impl Fn(&str) -> Option<&'a Value>,
) -> Result<Value, RuleError> {
    let slots: Vec<_> =
        program.roots().iter().map(|root| find(root).map(expr::Value::from)).collect();
    let value = program.eval(&slots, Budget::default());
    value
        .and_then(|value| value.to_json(RESULT_BYTES))
        .map_err(|error| RuleError::Evaluation(error.to_string()))
}
