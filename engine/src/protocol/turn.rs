//! One visitor turn on the wire (R0.5 to R0.10, F24).

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::ending::EndReason;
use super::event::{Event, Refused, Visited};
use super::item::Item;
use super::step::Next;
use crate::id::Revision;
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
            }
        }
        if let Next::Ended(ending) = &self.next
            && ending.reason == EndReason::Error
        {
            let mut item = Item::text(ERROR_MESSAGE.to_owned(), ending.node.clone());
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

    /// The Turn object of the wire; `session` is the session after this turn.
    pub fn to_value(&self, session: &Session) -> Value {
        let (node, flow) = match &self.next {
            Next::Ask(prompt) | Next::Acknowledge(prompt) => {
                (json!(prompt.node), json!(prompt.flow))
            }
            Next::Ended(ending) => (json!(ending.node), json!(ending.flow)),
            Next::Resolve(_) => (Value::Null, Value::Null),
        };
        let input_request = match &self.next {
            Next::Ask(prompt) | Next::Acknowledge(prompt) => prompt.to_value(),
            Next::Ended(_) | Next::Resolve(_) => Value::Null,
        };
        let ended = if let Next::Ended(ending) = &self.next { Some(ending.reason) } else { None };
        json!({
            "messages": self.messages(),
            "input_request": input_request,
            "script_request": null,
            "wait_for_acknowledgment": matches!(self.next, Next::Acknowledge(_)),
            "validation_error": self.refused().map(validation_error),
            "session_ended": ended.is_some(),
            "ended_reason": ended,
            "current_node_id": node,
            "current_flow_id": flow,
            "typing_indicator": self.typing_indicator(),
            "session_updated": {"state": session.public_state(), "revision": self.revision},
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

fn without_private(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| (key.clone(), without_private(value));
            Value::Object(map.iter().filter(|(key, _)| !key.starts_with('_')).map(entry).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_private).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
