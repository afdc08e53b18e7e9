//! One level of the sub-flow stack.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::from_json::FromJson;
use crate::id::{FlowRef, NodeId};
use crate::value::canonical_len;

/// A flow that was entered, and the scopes that live as long as it runs (R9.5, R9.9).
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub(crate) struct Frame {
    pub(crate) flow: FlowRef,
    /// The composite node of the frame below that entered it; none for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) entered_from: Option<NodeId>,
    /// Whether it runs the nodes inside that composite, of the same flow.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) inline: bool,
    /// Objects, all three.
    #[serde(default = "empty", skip_serializing_if = "is_empty")]
    pub(crate) input: Value,
    #[serde(default = "empty", skip_serializing_if = "is_empty")]
    pub(crate) output: Value,
    #[serde(default = "empty", skip_serializing_if = "is_empty")]
    pub(crate) local: Value,
}

fn empty() -> Value {
    Value::Object(Map::new())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

fn is_empty(scope: &Value) -> bool {
    scope.as_object().is_none_or(Map::is_empty)
}

impl Frame {
    /// The frame of a session's own flow.
    pub(crate) fn root(flow: FlowRef) -> Self {
        Self {
            flow,
            entered_from: None,
            inline: false,
            input: empty(),
            output: empty(),
            local: empty(),
        }
    }

    /// Whether it has nothing but its flow.
    pub(crate) fn is_bare(&self) -> bool {
        let scopes = [&self.input, &self.output, &self.local];
        self.entered_from.is_none() && !self.inline && scopes.into_iter().all(is_empty)
    }

    /// The length of the canonical text of its scopes.
    pub(crate) fn scopes_len(&self) -> usize {
        [&self.input, &self.output, &self.local]
            .into_iter()
            .fold(0, |length, scope| length.saturating_add(canonical_len(scope)))
    }

    /// The frame of a sub-flow that the composite `from` enters, or of its own nodes.
    pub(crate) fn sub(flow: FlowRef, from: NodeId, input: Map<String, Value>) -> Self {
        Self { entered_from: Some(from), input: Value::Object(input), ..Self::root(flow) }
    }
}
