//! The rows of a turn, all marked with its name.

use chatflow::{FlowId, FlowRef, SessionId, Timestamp};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::{
    InteractionType, JournalEntry, NewHistoryRow, NewSession, SessionHead, SessionStatus,
    SessionStore as _, Snapshot, Turn,
};
use uuid::Uuid;

/// The name of the turn that a start makes.
const START: &str = "start";

pub(super) fn snapshot(name: &str) -> Snapshot {
    Snapshot {
        current_node_id: None,
        current_flow_id: None,
        state: format!("{{\"turn\":\"{name}\"}}"),
        engine: "{}".into(),
        info: "{}".into(),
        status: SessionStatus::Active,
        state_hash: None,
        turn_hash: Some(name.into()),
        ended_at: None,
        ended_reason: None,
    }
}

pub(super) fn turn(name: &str) -> Turn {
    let row = NewHistoryRow {
        flow_id: None,
        node_id: "node".into(),
        kind: InteractionType::Input,
        content: format!("\"{name}\""),
        created_at: Timestamp::default(),
        path: None,
    };
    let entry = JournalEntry {
        input: format!("\"{name}\""),
        outcomes: "[]".into(),
        turn_hash: name.into(),
    };
    Turn { history: vec![row.clone(), row], journal: Some(entry), ..Turn::default() }
}

pub(super) fn start(store: &SqliteStore, id: SessionId) {
    let head = SessionHead {
        id,
        user_id: None,
        flow: FlowRef { id: FlowId(Uuid::from_u128(9)), seq: 1 },
        flow_version: None,
        token_digest: "d".into(),
        token_hint: "h".into(),
        csrf_digest: "c".into(),
        school_id: None,
        theme_id: None,
        trace_enabled: false,
        trace_level: None,
        started_at: Timestamp::default(),
    };
    let new = NewSession { head, snapshot: snapshot(START), turn: turn(START), preview: None };
    store.create_session(&new).unwrap();
}
