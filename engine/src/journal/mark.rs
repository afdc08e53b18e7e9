//! What a step led to, in few bytes: enough to say where a replay goes another way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::from_json::FromJson;
use crate::protocol::{Effect, Event, Next};
use crate::session::Session;
use crate::table::map;
use crate::value::{canonical_value, sha256_hex};

/// What a step led to.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct LedTo {
    /// Its events, in order.
    pub events: Vec<Mark>,
    /// What the session needed after it.
    pub next: Mark,
    /// The effect that it opened, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
}

/// Stands for an event or a need.
#[derive(Clone, Debug, Deserialize, Eq, FromJson, PartialEq, Serialize)]
pub struct Mark {
    /// Its type, e.g. `said` or `ask`.
    pub what: String,
    /// The first 16 hex digits of SHA-256 over its canonical JSON.
    pub hash: String,
}

/// Stands for the variables after a turn.
#[derive(Clone, Debug, Deserialize, Eq, FromJson, PartialEq, Serialize)]
pub struct StateMark {
    /// As [`Session::state_hash`].
    pub hash: String,
    /// The first 16 hex digits of SHA-256 over the canonical JSON of each variable, by JSON
    /// pointer: `/temp/score`.
    pub paths: BTreeMap<String, String>,
}

impl LedTo {
    pub(crate) fn of(events: &[Event], next: &Next) -> Self {
        let effect = if let Next::Resolve(effect) = next { Some(effect.clone()) } else { None };
        let events = events.iter().map(|event| Mark::of(&json!(event))).collect();
        Self { events, next: Mark::of(&json!(next)), effect }
    }
}

impl Mark {
    pub(crate) fn of(value: &Value) -> Self {
        let what = value.get("type").and_then(Value::as_str).unwrap_or_default();
        Self { what: what.to_owned(), hash: short_hash(value) }
    }
}

impl StateMark {
    pub(crate) fn of(session: &Session) -> Self {
        let paths = variables(&session.state).map(|(path, value)| (path, short_hash(value)));
        Self { hash: session.state_hash(), paths: map(paths) }
    }
}

/// Each variable by its JSON pointer; a scope that is empty or no object is one itself.
pub(crate) fn variables(state: &Map<String, Value>) -> impl Iterator<Item = (String, &Value)> {
    state.iter().flat_map(|(scope, value)| {
        let at = format!("/{}", escaped(scope));
        let inner = value.as_object().filter(|map| !map.is_empty());
        let whole = inner.is_none().then(|| (at.clone(), value));
        let parts = inner.into_iter().flatten();
        let parts = parts.map(move |(name, value)| (format!("{at}/{}", escaped(name)), value));
        whole.into_iter().chain(parts)
    })
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn short_hash(value: &Value) -> String {
    sha256_hex(&canonical_value(value)).chars().take(16).collect()
}
