//! One visitor turn on the wire (R0.5 to R0.10, F24).

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::ending::EndReason;
use super::event::{Event, Refused, Visited};
use super::item::Item;
use super::step::Next;
use crate::id::Revision;
use crate::run::Options;
use crate::session::Session;
use crate::time::Timestamp;

/// What the visitor is told when a session ends with an error (R2.15).
const ERROR_MESSAGE: &str = "Sorry, something went wrong.";

/// One turn: the events of all its steps and what the session needs from the visitor now.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
        let updated = if options.expose_state {
            json!({"state": session.public_state(), "revision": self.revision})
        } else {
            json!({"revision": self.revision})
        };
        let (node, flow) = match &self.next {
            Next::Ask(prompt) | Next::Acknowledge(prompt) => {
                (json!(prompt.node), json!(prompt.flow))
            }
            Next::Script(request) => (json!(request.node), json!(request.flow)),
            Next::Ended(ending) => (json!(ending.node), json!(ending.flow)),
            Next::Resolve(_) => (Value::Null, Value::Null),
        };
        let input_request = match &self.next {
            Next::Ask(prompt) | Next::Acknowledge(prompt) => prompt.to_value(),
            Next::Script(_) | Next::Ended(_) | Next::Resolve(_) => Value::Null,
        };
        let script_request =
            if let Next::Script(request) = &self.next { request.to_value() } else { Value::Null };
        let ended = if let Next::Ended(ending) = &self.next { Some(ending.reason) } else { None };
        json!({
            "messages": self.messages(),
            "input_request": input_request,
            "script_request": script_request,
            "wait_for_acknowledgment": matches!(self.next, Next::Acknowledge(_)),
            "validation_error": self.refused().map(validation_error),
            "session_ended": ended.is_some(),
            "ended_reason": ended,
            "current_node_id": node,
            "current_flow_id": flow,
            "typing_indicator": self.typing_indicator(),
            "session_updated": updated,
        })
    }

    fn refused(&self) -> Option<&Refused> {
        let refused = self.events.iter().find_map(|event| {
            if let Event::Refused(refused) = event { Some(refused) } else { None }
        });
        refused.filter(|refused| refused.asked_again)
    }
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
    let shown = |key: &str| key != "system" && key != "webhook_responses";
    let entry = |(key, value): (&String, &Value)| (key.clone(), without_private(value));
    Value::Object(
        state.iter().filter(|(key, _)| shown(key) && !key.starts_with('_')).map(entry).collect(),
    )
}

/// A value without the keys that begin with `_`, at any depth.
pub(crate) fn without_private(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| (key.clone(), without_private(value));
            Value::Object(map.iter().filter(|(key, _)| !key.starts_with('_')).map(entry).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_private).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
