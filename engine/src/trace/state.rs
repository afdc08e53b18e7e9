//! The variables of a session as its trace may hold them.

use serde_json::{Map, Value};

use super::TraceLevel;
use super::secrets::Secrets;
use crate::mask::Masker;
use crate::session::Session;

impl Session {
    /// The variables, masked as [`Turn::trace`](crate::Turn::trace) masks their changes: what
    /// [`trace_states`](crate::trace_states) goes on from (F18).
    ///
    /// Empty at a level that tells of no changes.
    pub fn traced_state(&self, masker: &Masker) -> Map<String, Value> {
        if self.trace_level() <= TraceLevel::Minimal {
            return Map::new();
        }
        let mut state = Value::Object(self.state.clone());
        Secrets::of(self, &[]).redact(&mut state);
        let sensitive = self.engine.sensitive.iter().map(|path| &**path);
        match masker.clone().with_paths(sensitive).mask(&state) {
            Value::Object(state) => state,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        }
    }

    /// What may be told of an answer that went to `variable`, or to none if it is empty (S7.13): by
    /// the name of the variable and, in a traced session, without what sensitive questions were
    /// answered.
    pub fn masked_answer(&self, variable: &str, answer: &Value, masker: &Masker) -> Value {
        let mut answer = answer.clone();
        Secrets::of(self, &[]).redact(&mut answer);
        if variable.is_empty() { masker.mask(&answer) } else { masker.mask_at(variable, &answer) }
    }
}
