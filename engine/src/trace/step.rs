//! One step of a trace, and the states that steps lead to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::changes::{path_segments, put_in};
use crate::flow::ConnectionType;
use crate::from_json::FromJson;
use crate::id::{FlowId, NodeId, Revision};
use crate::time::Timestamp;

/// One step of a trace (R11.50): a visit of a node, an answer or acknowledgement of the visitor, the
/// return of a sub-flow, or a change that the host made.
///
/// The steps of a session are numbered by their order in it. Steps between a composite's entering
/// and its return have a greater `depth`: they are its sub-steps.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct TraceStep {
    /// The flow that owns the node.
    pub flow_id: FlowId,
    /// The session's revision after the turn.
    pub turn: Revision,
    /// The node.
    pub node_id: NodeId,
    /// Its type, e.g. `question`.
    pub node_type: String,
    /// How many flows are entered: 1 in the session's own.
    pub depth: usize,
    /// What the node did, by its type (R11.56, S7.6 to S7.12); always has `type`.
    pub execution_details: Map<String, Value>,
    /// `{path: [old, new]}` (F18); null on a side where there was nothing. A path is dotted, with a
    /// backslash before a dot that is part of a name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changed: BTreeMap<String, [Value; 2]>,
    /// Those of `changed` that are gone, and not null.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// What changed before the node was entered: what a session starts with. As `changed`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<String, [Value; 2]>,
    /// The type of the connection that was taken.
    pub connection_type: Option<ConnectionType>,
    /// Where it led.
    pub next_node_id: Option<NodeId>,
    /// When it began, by the host's clock.
    pub started_at: Timestamp,
    /// When it ended or began to wait for the visitor.
    pub completed_at: Timestamp,
    /// The time between, in milliseconds.
    pub duration_ms: i64,
    /// Why it failed.
    pub error_message: Option<String>,
    /// `{"code": …}` of the failure.
    pub error_details: Option<Value>,
    /// What an author should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<TraceWarning>,
}

/// Something an author should know of a step.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct TraceWarning {
    /// A stable code, e.g. `unresolved_reference`.
    pub code: String,
    /// What it is about.
    pub about: String,
}

/// The variables around one step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepStates {
    /// Before the node did anything.
    pub before: Map<String, Value>,
    /// After it.
    pub after: Map<String, Value>,
}

/// The variables before and after each of `steps`, which follow a moment at which they were `full`.
///
/// Steps of a whole session follow an empty state. Of traces that are masked or minimal, the states
/// are so too.
///
/// ```
/// # use chatflow::{TraceStep, trace_states};
/// # use serde_json::{Map, json};
/// let steps: Vec<TraceStep> = serde_json::from_value(json!([{
///     "flow_id": "00000000-0000-4000-8000-000000000001", "turn": 1, "node_id": "a",
///     "node_type": "action", "depth": 1, "execution_details": {"type": "action"},
///     "given": {"temp.n": [null, 1]}, "changed": {"temp.n": [1, 2]},
///     "started_at": "2026-01-01T00:00:00Z", "completed_at": "2026-01-01T00:00:00Z",
///     "duration_ms": 0
/// }]))?;
/// let states = trace_states(&Map::new(), &steps);
/// assert_eq!(json!(states[0].before), json!({"temp": {"n": 1}}));
/// assert_eq!(json!(states[0].after), json!({"temp": {"n": 2}}));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn trace_states(full: &Map<String, Value>, steps: &[TraceStep]) -> Vec<StepStates> {
    let mut state = full.clone();
    let states = steps.iter().map(|step| {
        apply(&step.given, &[], &mut state);
        let before = state.clone();
        apply(&step.changed, &step.removed, &mut state);
        StepStates { before, after: state.clone() }
    });
    states.collect()
}

fn apply(
    changes: &BTreeMap<String, [Value; 2]>,
    removed: &[String],
    state: &mut Map<String, Value>,
) {
    for (path, [_, new]) in changes {
        let segments = path_segments(path);
        let Some((scope, rest)) = segments.split_first() else { continue };
        // The scopes of a sub-flow are not part of the state.
        if matches!(&**scope, "output" | "local") {
            continue;
        }
        let new = if removed.contains(path) { None } else { Some(new.clone()) };
        put_in(state, scope, rest, new);
    }
}
