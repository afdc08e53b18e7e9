//! What a store keeps of a turn.

use chatflow::{Driven, FlowId, HistoryEntry, InteractionType, Next, Session, StoredTurn};
use chatflow_storage::{JournalEntry, NewHistoryRow, SessionStatus, Snapshot, Turn};
use serde_json::{Map, Value, json};

/// What a store keeps of a turn: the session after it, and the rows it appends (F3, F45).
/// `previous` is the hash of the turn before, empty for a start.
pub fn record(
    driven: &Driven,
    session: &Session,
    mut info: Map<String, Value>,
    previous: &str,
) -> (Snapshot, Turn) {
    let ending = if let Next::Ended(ending) = &driven.turn.next { Some(ending) } else { None };
    let reason = ending.map(|ending| ending.reason.as_str().to_owned());
    if let Some(reason) = &reason {
        info.insert("ended_reason".to_owned(), json!(reason));
    }
    let place = session.position();
    let root = session.flow().id;
    let journal = StoredTurn::of(driven, previous);
    let texts = session.texts();
    let snapshot = Snapshot {
        current_node_id: place.as_ref().map(|place| place.node.clone()),
        current_flow_id: place.map(|place| place.flow).filter(|flow| *flow != root),
        state: texts.state,
        engine: texts.engine,
        info: Value::Object(info).to_string(),
        status: if ending.is_some() { SessionStatus::Completed } else { SessionStatus::Active },
        state_hash: Some(texts.state_hash),
        turn_hash: Some(journal.turn_hash.clone()),
        ended_at: ending.map(|_| driven.turn.at),
        ended_reason: reason,
    };
    let entry = JournalEntry {
        input: journal.input,
        outcomes: journal.outcomes,
        turn_hash: journal.turn_hash,
    };
    (snapshot, Turn { history: rows(driven, root), journal: Some(entry) })
}

fn rows(driven: &Driven, root: FlowId) -> Vec<NewHistoryRow> {
    let mut path = Some(driven.turn.path().to_string());
    let row = |entry: HistoryEntry| NewHistoryRow {
        flow_id: Some(entry.flow),
        node_id: entry.node,
        kind: match entry.interaction_type {
            InteractionType::Message => chatflow_storage::InteractionType::Message,
            InteractionType::Input => chatflow_storage::InteractionType::Input,
            InteractionType::Action => chatflow_storage::InteractionType::Action,
        },
        content: Value::Object(entry.content).to_string(),
        created_at: driven.turn.at,
        path: path.take(),
    };
    driven.turn.history(root).into_iter().map(row).collect()
}
