//! What a turn leaves in a store.

use chatflow::{FlowId, Next, Session, SessionId, Timestamp, Turn};
use chatflow_storage::{
    InteractionType, NewHistoryRow, SessionHead, SessionStatus, Snapshot, VersionRecord,
};
use serde_json::Value;

/// What is fixed when a session of `root` starts.
pub fn head(id: SessionId, root: &VersionRecord, started_at: Timestamp) -> SessionHead {
    SessionHead {
        id,
        user_id: None,
        flow: root.flow,
        flow_version: Some(root.label.clone()),
        token_digest: "0".repeat(64),
        token_hint: "token".to_owned(),
        csrf_digest: "0".repeat(64),
        school_id: root.school_id,
        theme_id: None,
        trace_enabled: false,
        trace_level: None,
        started_at,
    }
}

/// The session after a turn.
pub fn snapshot(session: &Session, turn: &Turn) -> Snapshot {
    let ending = if let Next::Ended(ending) = &turn.next { Some(ending) } else { None };
    let position = session.position();
    Snapshot {
        current_node_id: position.as_ref().map(|place| place.node.clone()),
        current_flow_id: position.map(|place| place.flow),
        state: session.state_json(),
        engine: session.engine_json(),
        info: "{}".to_owned(),
        status: if ending.is_some() { SessionStatus::Completed } else { SessionStatus::Active },
        state_hash: Some(session.state_hash()),
        turn_hash: None,
        ended_at: ending.map(|_| turn.at),
        ended_reason: ending.map(|ending| ending.reason.to_string()),
    }
}

/// The rows of a turn of a session of the flow `root`.
pub fn rows(root: FlowId, turn: &Turn) -> chatflow_storage::Turn {
    let path = turn.path().to_string();
    let mut rows: Vec<NewHistoryRow> = Vec::new();
    for entry in turn.history(root) {
        let kind = match entry.interaction_type {
            chatflow::InteractionType::Message => InteractionType::Message,
            chatflow::InteractionType::Input => InteractionType::Input,
            chatflow::InteractionType::Action => InteractionType::Action,
        };
        rows.push(NewHistoryRow {
            flow_id: Some(entry.flow),
            node_id: entry.node,
            kind,
            content: Value::Object(entry.content).to_string(),
            created_at: turn.at,
            path: rows.is_empty().then(|| path.clone()),
        });
    }
    chatflow_storage::Turn { history: rows, ..Default::default() }
}
