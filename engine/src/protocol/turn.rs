//! One visitor turn on the wire (R0.5 to R0.10, F24).

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

use super::ending::EndReason;
use super::event::{Event, Refused, Visited};
use super::item::Item;
use super::step::Next;
use crate::id::Revision;
use crate::run::Options;
use crate::session::Session;
use crate::table::object;
use crate::time::Timestamp;

/// What the visitor is told when a session ends with an error (R2.15).
const ERROR_MESSAGE: &str = "Sorry, something went wrong.";

/// One turn: the events of all its steps and what the session needs from the visitor now.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[must_use = "a turn holds what to show and to store"]
pub struct Turn {
    /// When it began; the time of all it did.
    pub at: Timestamp,
    /// The session's revision after it.
    pub revision: Revision,
    /// Where the session waited when it began; absent for a start.
    pub from: Option<Visited>,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Never [`Next::Resolve`].
    pub next: Next,
}

impl Turn {
    /// The message items, in order, across sub-flows (R0.6).
    pub fn messages(&self) -> Vec<Item> {
        let mut messages = Vec::new();
        for event in &self.events {
            if let Event::Said { items, .. } = event {
                messages.extend(items.iter().cloned());
            } else if let Event::Refused(refused) = event
                && refused.asked_again
            {
                let mut item = Item::text(refused.message.clone(), refused.node.node.clone());
                item.level = Some("validation_error");
                messages.push(item);
            } else if let Event::ScriptFinished { html: Some(item), .. } = event {
                messages.push(item.clone());
            }
        }
        if let Next::Ended(ending) = &self.next
            && ending.reason == EndReason::Error
        {
            let text = ending.message.as_deref().unwrap_or(ERROR_MESSAGE);
            let mut item = Item::text(text.to_owned(), ending.node.clone());
            item.level = Some("error");
            messages.push(item);
        }
        messages
    }

    /// Whether clients show that somebody types (R0.10).
    pub fn typing_indicator(&self) -> bool {
        let said =
            |event: &Event| if let Event::Said { typing, .. } = event { *typing } else { None };
        self.events.iter().rev().find_map(said).unwrap_or(true)
    }

    /// Whether there is anything to store. A reply that is no result, while a script waits for
    /// one, is answered with the same request and leaves session, revision and history as they
    /// were (R10.23); a host must not commit such a turn.
    pub fn commits(&self) -> bool {
        !(self.events.is_empty() && matches!(self.next, Next::Script(_)))
    }

    /// The Turn object of the wire; `session` is the session after this turn.
    pub fn to_value(&self, session: &Session) -> Value {
        self.to_value_with(session, &Options::default())
    }

    /// As [`Turn::to_value`], and without the state where the options hide it (R0.9).
    pub fn to_value_with(&self, session: &Session, options: &Options) -> Value {
        serde_json::to_value(self.wire(session, options)).unwrap_or_default()
    }

    /// What [`Turn::to_value_with`] gives, to be written as text without a value in between.
    pub fn wire<'a>(&'a self, session: &'a Session, options: &'a Options) -> impl Serialize + 'a {
        Wire { turn: self, session, options }
    }

    fn refused(&self) -> Option<&Refused> {
        let refused = self.events.iter().find_map(|event| {
            if let Event::Refused(refused) = event { Some(refused) } else { None }
        });
        refused.filter(|refused| refused.asked_again)
    }
}

struct Wire<'a> {
    turn: &'a Turn,
    session: &'a Session,
    options: &'a Options,
}

impl Serialize for Wire<'_> {
    /// Its keys in order, as those of a value are.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Wire { turn, session, options } = self;
        let (node, flow) = match &turn.next {
            Next::Ask(prompt) | Next::Acknowledge(prompt) => {
                (Some(&prompt.node), Some(prompt.flow))
            }
            Next::Script(request) => (Some(&request.node), Some(request.flow)),
            Next::Ended(ending) => (Some(&ending.node), Some(ending.flow)),
            Next::Resolve(_) => (None, None),
        };
        let prompt = match &turn.next {
            Next::Ask(prompt) | Next::Acknowledge(prompt) => Some(prompt.wire()),
            Next::Script(_) | Next::Ended(_) | Next::Resolve(_) => None,
        };
        let script =
            if let Next::Script(request) = &turn.next { Some(request.to_value()) } else { None };
        let ended = if let Next::Ended(ending) = &turn.next { Some(ending.reason) } else { None };
        let state = options.expose_state.then(|| ShownState(session.state()));
        let mut map = serializer.serialize_map(Some(11))?;
        map.serialize_entry("current_flow_id", &flow)?;
        map.serialize_entry("current_node_id", &node)?;
        map.serialize_entry("ended_reason", &ended)?;
        map.serialize_entry("input_request", &prompt)?;
        map.serialize_entry("messages", &turn.messages())?;
        map.serialize_entry("script_request", &script)?;
        map.serialize_entry("session_ended", &ended.is_some())?;
        map.serialize_entry("session_updated", &Updated { revision: turn.revision, state })?;
        map.serialize_entry("typing_indicator", &turn.typing_indicator())?;
        map.serialize_entry("validation_error", &turn.refused().map(validation_error))?;
        let acknowledges = matches!(turn.next, Next::Acknowledge(_));
        map.serialize_entry("wait_for_acknowledgment", &acknowledges)?;
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Updated<'a> {
    revision: Revision,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<ShownState<'a>>,
}

/// What [`public_state`] gives, to be written without a copy.
struct ShownState<'a>(&'a Map<String, Value>);

impl Serialize for ShownState<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = self.0.iter().filter(|(key, _)| is_shown(key));
        serializer.collect_map(shown.map(|(key, value)| (key, Shown(value))))
    }
}

/// What [`without_private`] gives, to be written without a copy.
struct Shown<'a>(&'a Value);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(map) => {
                let shown = map.iter().filter(|(key, _)| !key.starts_with('_'));
                serializer.collect_map(shown.map(|(key, value)| (key, Shown(value))))
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Shown)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.0.serialize(serializer)
            }
        }
    }
}

/// Whether clients see a variable of this name.
fn is_shown(key: &str) -> bool {
    key != "system" && key != "webhook_responses" && !key.starts_with('_')
}

fn validation_error(refused: &Refused) -> Value {
    let mut error = json!({
        "code": refused.code,
        "message": refused.message,
        "field": refused.field,
        "attempt": refused.attempt,
    });
    if let (Value::Object(error), Some(max)) = (&mut error, refused.max_retries) {
        error.insert("max_retries".to_owned(), json!(max));
        error.insert("remaining".to_owned(), json!(max.saturating_sub(refused.attempt)));
    }
    error
}

/// `state` without what is not for clients: private keys and the engine's own (F24).
pub(crate) fn public_state(state: &Map<String, Value>) -> Value {
    let entry = |(key, value): (&String, &Value)| (key.clone(), without_private(value));
    let kept = state.iter().filter(|(key, _)| is_shown(key));
    Value::Object(object(kept.map(entry)))
}

/// A value without the keys that begin with `_`, at any depth.
pub(crate) fn without_private(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| (key.clone(), without_private(value));
            Value::Object(object(map.iter().filter(|(key, _)| !key.starts_with('_')).map(entry)))
        }
        Value::Array(items) => Value::Array(items.iter().map(without_private).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
