//! A session to talk with.

use chatflow::{FlowId, FlowRef, Revision, SessionId, Timestamp};
use chatflow_storage::{
    Commit, InteractionType, JournalEntry, NewHistoryRow, NewSession, SessionHead, SessionStatus,
    Snapshot, Turn,
};
use uuid::Uuid;

pub(crate) const SESSION: SessionId = SessionId(Uuid::from_u128(1));

fn snapshot(state: &str) -> Snapshot {
    Snapshot {
        current_node_id: Some("hello".into()),
        current_flow_id: None,
        state: state.into(),
        engine: "{}".into(),
        info: "{}".into(),
        status: SessionStatus::Active,
        state_hash: Some("h".repeat(44)),
        turn_hash: None,
        ended_at: None,
        ended_reason: None,
    }
}

fn turn() -> Turn {
    let row = NewHistoryRow {
        flow_id: None,
        node_id: "hello".into(),
        kind: InteractionType::Message,
        content: "{}".into(),
        created_at: Timestamp::default(),
        path: None,
    };
    let journal = JournalEntry { input: "1".into(), outcomes: "[]".into(), turn_hash: "h".into() };
    Turn { history: vec![row.clone(), row.clone(), row], journal: Some(journal) }
}

pub(crate) fn new_session() -> NewSession {
    let head = SessionHead {
        id: SESSION,
        user_id: None,
        flow: FlowRef { id: FlowId(Uuid::from_u128(2)), seq: 1 },
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
    NewSession { head, snapshot: snapshot("{}"), turn: turn() }
}

pub(crate) fn commit(expected: Revision) -> Commit {
    let snapshot = snapshot(&format!("{{\"turn\":{}}}", expected.0));
    let at = Timestamp::default();
    Commit { session: SESSION, expected, lease: None, at, snapshot, turn: turn() }
}
