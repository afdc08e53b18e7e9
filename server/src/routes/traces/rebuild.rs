//! Steps with the states around them, from turns that hold what changed (F18).

use chatflow::{Revision, SessionId, StepStates, TraceStep, trace_states};
use chatflow_storage::TraceRow;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;

/// States larger than this are told by their size and keys only (S7.5).
const MOST_BYTES: usize = 64 * 1024;

/// A step of a session.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "it is called so on the wire")]
pub(super) struct Step {
    id: Uuid,
    /// Counted from 1 through the whole session, as far as its trace is kept.
    step_number: u64,
    flow_id: Uuid,
    node_id: String,
    node_type: String,
    /// The variables before the step, masked; null where older turns, which would tell, are deleted.
    #[schema(required)]
    state_before: Option<Map<String, Value>>,
    /// The variables after it.
    #[schema(required)]
    state_after: Option<Map<String, Value>>,
    execution_details: Map<String, Value>,
    #[schema(required)]
    connection_type: Option<String>,
    #[schema(required)]
    next_node_id: Option<String>,
    duration_ms: i64,
    started_at: String,
    completed_at: String,
    #[schema(required)]
    error_message: Option<String>,
    /// Usually an object with a `code`.
    #[schema(required, value_type = Option<Object>)]
    error_details: Option<Value>,
    /// What an author should know.
    warnings: Vec<Map<String, Value>>,
}

/// Walks through the turns of a session.
#[derive(Debug)]
pub(super) struct Rebuilder {
    session: SessionId,
    /// The state after the last turn, once it is known.
    state: Option<Map<String, Value>>,
    /// How many steps there were.
    count: u64,
    skip: u64,
    limit: u64,
    steps: Vec<Step>,
}

impl Rebuilder {
    /// Keeps the steps behind the first `skip`, at most `limit`.
    pub(super) const fn new(session: SessionId, skip: u64, limit: u64) -> Self {
        Self { session, state: None, count: 0, skip, limit, steps: Vec::new() }
    }

    /// Whether no further turn is of interest.
    pub(super) fn is_full(&self) -> bool {
        self.count >= self.skip.saturating_add(self.limit)
    }

    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    /// Goes through the next turn.
    pub(super) fn turn(&mut self, row: &TraceRow) -> Result<(), ApiError> {
        let steps: Vec<TraceStep> =
            serde_json::from_str(&row.turn.steps).map_err(ApiError::internal)?;
        if let Some(whole) = &row.turn.state {
            self.state = Some(serde_json::from_str(whole).map_err(ApiError::internal)?);
        } else if row.revision <= Revision(1) {
            self.state = Some(Map::new());
        }
        let states = self.state.as_ref().map(|state| trace_states(state, &steps));
        let mut states = states.map(Vec::into_iter);
        for step in steps {
            let around = states.as_mut().and_then(Iterator::next);
            self.state = around.as_ref().map(|around| around.after.clone());
            self.count = self.count.saturating_add(1);
            if self.count > self.skip && !self.is_past() {
                self.steps.push(Step::new(self.session, self.count, step, around));
            }
        }
        Ok(())
    }

    fn is_past(&self) -> bool {
        self.count > self.skip.saturating_add(self.limit)
    }
}

impl Step {
    fn new(session: SessionId, number: u64, step: TraceStep, around: Option<StepStates>) -> Self {
        let (before, after) = around.map_or((None, None), |around| {
            (Some(bounded(around.before)), Some(bounded(around.after)))
        });
        let warnings = step.warnings.iter().filter_map(|warning| {
            json!({"code": warning.code, "about": warning.about}).as_object().cloned()
        });
        Self {
            id: Uuid::new_v5(&session.0, &number.to_be_bytes()),
            step_number: number,
            flow_id: step.flow_id.0,
            node_id: step.node_id.to_string(),
            state_before: before,
            state_after: after,
            connection_type: step.connection_type.as_ref().map(ToString::to_string),
            next_node_id: step.next_node_id.as_ref().map(ToString::to_string),
            duration_ms: step.duration_ms,
            started_at: step.started_at.to_string(),
            completed_at: step.completed_at.to_string(),
            warnings: warnings.collect(),
            node_type: step.node_type,
            execution_details: step.execution_details,
            error_message: step.error_message,
            error_details: step.error_details,
        }
    }
}

fn bounded(state: Map<String, Value>) -> Map<String, Value> {
    let bytes = Value::Object(state.clone()).to_string().len();
    if bytes <= MOST_BYTES {
        return state;
    }
    let keys: Vec<&String> = state.keys().collect();
    let told = json!({"_truncated": true, "_size_bytes": bytes, "_keys": keys});
    told.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chatflow::{FlowId, Timestamp};
    use chatflow_storage::TraceTurn;

    use super::*;

    /// A turn that counts `temp.n` up in two steps.
    fn turn(revision: u64, state: Option<Value>) -> TraceRow {
        let second = revision.saturating_mul(2);
        let first = second.saturating_sub(1);
        let step = |n: u64| {
            json!({
                "flow_id": FlowId(Uuid::nil()), "turn": revision, "node_id": format!("n{n}"),
                "node_type": "action", "depth": 1, "execution_details": {"type": "action"},
                "changed": {"temp.n": [n.saturating_sub(1), n]}, "started_at": "2026-01-01T00:00:00Z",
                "completed_at": "2026-01-01T00:00:00Z", "duration_ms": 0
            })
        };
        let turn = TraceTurn {
            flow_id: FlowId(Uuid::nil()),
            steps_taken: 2,
            errors: 0,
            duration_ms: 0,
            steps: json!([step(first), step(second)]).to_string(),
            state: state.map(|state| state.to_string()),
        };
        TraceRow { revision: Revision(revision), at: Timestamp::default(), turn }
    }

    #[test]
    fn steps_are_numbered_through_and_have_their_states() {
        // F18, S7.21
        let mut all = Rebuilder::new(SessionId(Uuid::nil()), 1, 3);
        let whole = json!({"temp": {"n": 2}});
        for row in [turn(1, None), turn(2, Some(whole)), turn(3, None)] {
            all.turn(&row).unwrap();
        }
        assert!(all.is_full());
        let steps = all.into_steps();
        let facts = |step: &Step| {
            let n = |state: &Option<Map<String, Value>>| {
                state.as_ref().and_then(|state| state["temp"]["n"].as_u64())
            };
            (step.step_number, n(&step.state_before), n(&step.state_after))
        };
        let facts: Vec<_> = steps.iter().map(facts).collect();
        assert_eq!(facts, [(2, Some(1), Some(2)), (3, Some(2), Some(3)), (4, Some(3), Some(4))]);
        assert_ne!(steps[0].id, steps[1].id);
    }

    #[test]
    fn a_state_whose_beginning_is_deleted_is_not_made_up() {
        let mut rest = Rebuilder::new(SessionId(Uuid::nil()), 0, 9);
        rest.turn(&turn(5, None)).unwrap();
        rest.turn(&turn(6, Some(json!({"temp": {"n": 10}})))).unwrap();
        let steps = rest.into_steps();
        assert!(steps[1].state_after.is_none());
        assert_eq!(steps[2].state_after.as_ref().unwrap()["temp"]["n"], 11);
    }

    #[test]
    fn a_large_state_is_told_by_its_keys() {
        // S7.5
        let large = Map::from_iter([("temp".to_owned(), json!("a".repeat(MOST_BYTES)))]);
        let told = bounded(large);
        assert_eq!((&told["_truncated"], &told["_keys"]), (&json!(true), &json!(["temp"])));
    }
}
