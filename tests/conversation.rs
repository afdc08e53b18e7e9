//! Whole conversations, played in memory and through a store.

mod in_memory;
mod publish;
pub mod records;
mod stored;
mod transcript_file;
mod world;

use std::fmt::Write as _;

use chatflow::{HandlerRequest, HistoryEntry, Timestamp, Transcript, Turn};
use serde_json::{Map, Value, json};

pub use in_memory::play_in_memory;
pub use publish::publish;
pub use stored::StoredHost;
pub use transcript_file::{TranscriptFile, read_transcripts};
pub use world::{World, WorldItem};

/// What a conversation begins with.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The flow's seed key or id.
    pub flow: String,
    /// The seed of the draws.
    pub seed: String,
    /// When it begins; every answer comes a second after the turn before.
    pub at: Timestamp,
    /// The variables to begin with.
    pub state: Map<String, Value>,
}

impl Opening {
    /// A conversation with `flow` that begins with `state`, which must be an object.
    pub fn new(flow: &str, seed: &str, state: Value) -> Self {
        let Value::Object(state) = state else { panic!("{state} is no state") };
        let at = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        Self { flow: flow.to_owned(), seed: seed.to_owned(), at, state }
    }
}

/// Decides what the visitor says next.
pub trait Visitor {
    /// The answer to the turn `told` (as on the wire); `None` leaves the conversation.
    fn answer(&mut self, told: &Value) -> Option<Value>;
}

/// Says these things, one after the other.
impl Visitor for std::slice::Iter<'_, Value> {
    fn answer(&mut self, _told: &Value) -> Option<Value> {
        self.next().cloned()
    }
}

/// What a conversation left behind.
#[derive(Clone, Debug)]
pub struct Played {
    /// What was said.
    pub transcript: Transcript,
    /// The history rows: flow, node, type, content.
    pub history: Vec<Value>,
    /// The nodes of all turns as `[flow, node, connection or null]`.
    pub path: Vec<Value>,
    /// What the handlers were asked.
    pub requests: Vec<HandlerRequest>,
}

impl Played {
    /// Everything that must be the same on every host, as text.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string(&self.transcript).unwrap();
        for row in self.history.iter().chain(&self.path) {
            write!(text, "\n{row}").unwrap();
        }
        text
    }

    /// The last turn, as on the wire.
    pub fn last(&self) -> &Value {
        &self.transcript.turns.last().expect("a start is a turn").turn
    }
}

/// A history row as it is compared.
fn row(entry: &HistoryEntry) -> Value {
    json!({
        "flow": entry.flow, "node": entry.node, "type": entry.interaction_type,
        "content": entry.content,
    })
}

/// The path of a turn as a list.
fn path_of(turn: &Turn) -> Vec<Value> {
    let Value::Array(path) = turn.path() else { panic!("a path is a list") };
    path
}
