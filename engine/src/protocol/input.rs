//! What a host feeds the engine.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::effect::Outcome;
use crate::answer::InputType;
use crate::from_json::FromJson;
use crate::id::EffectId;
use crate::time::Timestamp;

/// One thing that happens to a session.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct Input {
    /// When it happened, by the host's clock.
    pub at: Timestamp,
    /// The visitor's offset from UTC in minutes; what "today" means depends on it (F30).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub utc_offset_minutes: i16,
    /// What happened.
    #[serde(flatten)]
    pub kind: InputKind,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(minutes: &i16) -> bool {
    *minutes == 0
}

/// The kinds of [`Input`].
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InputKind {
    /// Enter the flow, with these variables (R11.4).
    Start {
        /// Top-level keys are scopes: `user`, `context`, `temp`, or the host's own. Shared, because
        /// both the session and the journal keep it.
        state: Arc<Map<String, Value>>,
    },
    /// The visitor answered, or acknowledged.
    Reply {
        /// The answer as sent.
        value: Value,
        /// What the client took it for; only a hint (R2.45).
        hint: InputType,
    },
    /// The client ran the script that was handed out. While a script waits, any other reply is
    /// answered with the same request and changes nothing (R10.23).
    ScriptResult {
        /// `{"outputs", "error", "timed_out", "console_logs", "execution_time_ms", "html"}`, or
        /// its JSON text; all keys may be missing.
        result: Value,
    },
    /// The host resolved the open effect.
    Resolved {
        /// Which effect this answers.
        effect: EffectId,
        /// What came of it.
        outcome: Outcome,
    },
    /// The host merges variables into the state; no node runs (R11.13).
    Patch {
        /// Merged deeply; `system` and the scopes of frames are ignored.
        updates: Map<String, Value>,
    },
    /// The visitor or the host ends the conversation (R11.14).
    End,
    /// As [`InputKind::End`], because the host begins it anew (R11.18): in a new session with the
    /// same flow, user and initial state, which
    /// [`StoredTurn::initial_state`](crate::StoredTurn::initial_state) has.
    Restart,
}

impl Input {
    /// An input of a visitor who is in UTC.
    pub const fn new(at: Timestamp, kind: InputKind) -> Self {
        Self { at, utc_offset_minutes: 0, kind }
    }
}
