//! What a store keeps of a turn.

use chatflow::{
    Driven, FlowId, HistoryEntry, InteractionType, Masker, Next, Session, StoredTurn, TraceLevel,
};
use chatflow_storage::{JournalEntry, NewHistoryRow, SessionStatus, Snapshot, Turn};
use serde_json::{Map, Value, json};

use crate::evidence;

/// Makes what a store keeps of a turn: the session after it, and the rows it appends (F3, F45).
///
/// It is made before the turn, because the trace wants to know what the variables were.
#[derive(Debug)]
pub struct Recorder<'a> {
    info: Map<String, Value>,
    previous: &'a str,
    masker: &'a Masker,
    state: Option<Map<String, Value>>,
}

impl<'a> Recorder<'a> {
    /// For a turn of `session`, which is as it was stored, with its `info`. `previous` is the hash of
    /// the turn before, empty for a start.
    pub fn new(
        session: &Session,
        info: Map<String, Value>,
        previous: &'a str,
        masker: &'a Masker,
    ) -> Self {
        let is_due = evidence::is_state_due(session) && !evidence::is_preview(&info);
        let state = is_due.then(|| session.traced_state(masker));
        Self { info, previous, masker, state }
    }

    /// What is kept of the turn that came of it; `session` is the session after it. Of a preview that is
    /// neither trace nor journal: it is not to be looked into later, and its drafts are versions that
    /// nobody could replay it with (S4.14).
    pub fn record(self, driven: &Driven, session: &Session) -> (Snapshot, Turn) {
        let Self { mut info, previous, masker, state } = self;
        let ending = if let Next::Ended(ending) = &driven.turn.next { Some(ending) } else { None };
        let reason = ending.map(|ending| ending.reason.as_str().to_owned());
        if let Some(reason) = &reason {
            info.insert("ended_reason".to_owned(), json!(reason));
        }
        let content_events = evidence::content_events(&driven.turn, session, &mut info, masker);
        let is_preview = evidence::is_preview(&info);
        let converts = ending.is_some() && info.contains_key(evidence::SHOWN);
        let place = session.position();
        let root = session.flow().id;
        let journal = StoredTurn::of(driven, previous);
        let texts = session.texts();
        let snapshot = Snapshot {
            current_node_id: place.as_ref().map(|place| place.node.clone()),
            current_flow_id: place.map(|place| place.flow).filter(|flow| *flow != root),
            state: texts.state,
            engine: texts.engine,
            info: text(&Value::Object(info)),
            status: if ending.is_some() { SessionStatus::Completed } else { SessionStatus::Active },
            state_hash: Some(texts.state_hash),
            turn_hash: (!is_preview).then(|| journal.turn_hash.clone()),
            ended_at: ending.map(|_| driven.turn.at),
            ended_reason: reason,
        };
        let entry = JournalEntry {
            input: journal.input,
            outcomes: journal.outcomes,
            turn_hash: journal.turn_hash,
        };
        let is_traced = session.trace_level() != TraceLevel::Off && !is_preview;
        let turn = Turn {
            history: rows(driven, root),
            journal: (!is_preview).then_some(entry),
            content_events,
            converts,
            trace: is_traced.then(|| evidence::trace(&driven.turn, session, masker, state)),
            ..Turn::default()
        };
        (snapshot, turn)
    }
}

/// The level as it is stored with a session; `None` for one that is not traced.
pub fn stored_level(level: TraceLevel) -> Option<chatflow_storage::TraceLevel> {
    match level {
        TraceLevel::Off => None,
        TraceLevel::Minimal => Some(chatflow_storage::TraceLevel::Minimal),
        TraceLevel::Standard => Some(chatflow_storage::TraceLevel::Standard),
        TraceLevel::Verbose => Some(chatflow_storage::TraceLevel::Verbose),
    }
}

fn rows(driven: &Driven, root: FlowId) -> Vec<NewHistoryRow> {
    let mut path = Some(text(&driven.turn.path()));
    let row = |entry: HistoryEntry| NewHistoryRow {
        flow_id: Some(entry.flow),
        node_id: entry.node,
        kind: match entry.interaction_type {
            InteractionType::Message => chatflow_storage::InteractionType::Message,
            InteractionType::Input => chatflow_storage::InteractionType::Input,
            InteractionType::Action => chatflow_storage::InteractionType::Action,
        },
        content: text(&Value::Object(entry.content)),
        created_at: driven.turn.at,
        path: path.take(),
    };
    driven.turn.history(root).into_iter().map(row).collect()
}

/// What `to_string` gives, by a way that takes half as long: a turn writes several of them.
fn text(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
