//! The older shape of a first turn (R0.11), for clients of the system that Chatflow replaces.

use serde_json::{Value, json};

use super::step::Next;
use super::turn::Turn;

impl Turn {
    /// The `next_node` of a start response: messages with the question behind them, a question, or
    /// null when the turn ended without output.
    pub fn next_node(&self) -> Value {
        let question = match &self.next {
            Next::Ask(prompt) => {
                let mut request = prompt.to_value();
                if let Some(map) = request.as_object_mut() {
                    map.insert("type".to_owned(), json!("question"));
                    map.entry("content_id").or_insert(Value::Null);
                }
                request
            }
            Next::Acknowledge(_) | Next::Script(_) | Next::Ended(_) | Next::Resolve(_) => {
                Value::Null
            }
        };
        let messages = self.messages();
        match messages.first() {
            None => question,
            Some(first) => json!({
                "type": "messages",
                "messages": messages,
                "typing_indicator": self.typing_indicator(),
                "node_id": first.node,
                "wait_for_acknowledgment": matches!(self.next, Next::Acknowledge(_)),
                "next_node": question,
            }),
        }
    }
}
