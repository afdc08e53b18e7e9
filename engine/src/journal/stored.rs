//! One turn as stores keep it (F3).

use std::sync::Arc;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::REDACTED;
use crate::drive::Driven;
use crate::protocol::{Event, Input, InputKind, Refused};
use crate::value::hex;

/// A turn as stores keep it; [`Journal::from_stored`](crate::Journal::from_stored) joins them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredTurn {
    /// The visitor's input as JSON; the answer to a sensitive question is redacted, and such a
    /// session cannot be replayed.
    pub input: String,
    /// What came of each effect, in order: a JSON list of inputs.
    pub outcomes: String,
    /// SHA-256 in hex over the previous turn's hash and the two texts above.
    pub turn_hash: String,
}

impl StoredTurn {
    /// The entry of a turn that follows the turn with the hash `previous`; empty for a start.
    pub fn of(driven: &Driven, previous: &str) -> Self {
        let (first, rest) = match driven.inputs.split_first() {
            Some((first, rest)) => (json!(first), json!(rest)),
            None => (Value::Null, json!([])),
        };
        let first = if is_sensitive(driven) { redacted(first) } else { first };
        // Twice as fast as `to_string`, which goes by `Display`.
        let [input, outcomes] =
            [first, rest].map(|value| serde_json::to_string(&value).unwrap_or_default());
        let turn_hash = chained(previous, &input, &outcomes);
        Self { input, outcomes, turn_hash }
    }

    /// The variables that a session began with, from the `input` of its first turn; what a restart
    /// begins with again (R11.18). `None` for the input of any other turn.
    pub fn initial_state(input: &str) -> Option<Map<String, Value>> {
        let input: Input = serde_json::from_str(input).ok()?;
        if let InputKind::Start { state } = input.kind {
            Some(Arc::unwrap_or_clone(state))
        } else {
            None
        }
    }
}

/// SHA-256 in hex over the hash of the turn before and a turn's two texts.
pub(super) fn chained(previous: &str, input: &str, outcomes: &str) -> String {
    let mut hash = Sha256::new();
    for part in [previous, input, outcomes] {
        // Eight bytes on every target: a journal of one machine is replayed on another.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex(hash.finalize().as_slice())
}

/// Whether the turn answered a question whose answers are not to be kept.
pub(super) fn is_sensitive(driven: &Driven) -> bool {
    let Some(Input { kind: InputKind::Reply { value, .. }, .. }) = driven.inputs.first() else {
        return false;
    };
    blanks(&driven.turn.events, value)
}

/// Whether the events tell of a reply, but not what it was.
pub(super) fn blanks(events: &[Event], raw: &Value) -> bool {
    events.iter().any(|event| {
        let (Event::Answered { input, .. } | Event::Refused(Refused { input, .. })) = event else {
            return false;
        };
        input != raw && input == REDACTED
    })
}

fn redacted(mut input: Value) -> Value {
    if let Some(map) = input.as_object_mut() {
        map.insert("value".to_owned(), json!(REDACTED));
    }
    input
}
