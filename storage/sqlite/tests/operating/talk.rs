//! Sessions whose turns are numbered.

use std::error::Error as _;

use chatflow::{FlowId, FlowRef, Revision, SessionId, Timestamp};
use chatflow_sqlite::{Fault, FaultKind, SqliteStore};
use chatflow_storage::{
    Commit, CommitError, HistoryQuery, InteractionType, JournalEntry, NewHistoryRow, NewSession,
    SessionHead, SessionStatus, SessionStore, Snapshot, Turn,
};
use uuid::Uuid;

pub(crate) const SESSION: SessionId = SessionId(Uuid::from_u128(1));

fn snapshot(number: u64) -> Snapshot {
    Snapshot {
        current_node_id: None,
        current_flow_id: None,
        state: format!("{{\"turn\":{number}}}"),
        engine: "{}".into(),
        info: "{}".into(),
        status: SessionStatus::Active,
        state_hash: None,
        turn_hash: Some(format!("hash {number}")),
        ended_at: None,
        ended_reason: None,
    }
}

/// A turn with `extra` bytes beside what it needs.
fn turn(number: u64, extra: usize) -> Turn {
    let row = NewHistoryRow {
        flow_id: None,
        node_id: "hello".into(),
        kind: InteractionType::Message,
        content: format!("{{\"text\":\"{}\"}}", "x".repeat(extra)),
        created_at: Timestamp::default(),
        path: None,
    };
    let journal = JournalEntry {
        input: number.to_string(),
        outcomes: "[]".into(),
        turn_hash: format!("hash {number}"),
    };
    Turn { history: vec![row.clone(), row], journal: Some(journal), ..Turn::default() }
}

/// Starts a session.
pub(crate) fn start(store: &SqliteStore, id: SessionId) {
    let head = SessionHead {
        id,
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
    store
        .create_session(&NewSession {
            head,
            snapshot: snapshot(1),
            turn: turn(1, 0),
            preview: None,
        })
        .unwrap();
}

/// Commits turn `number`, which must be the next.
pub(crate) fn commit(
    store: &SqliteStore,
    number: u64,
    extra: usize,
) -> Result<Revision, CommitError> {
    let committed = store.commit(&Commit {
        session: SESSION,
        expected: Revision(number - 1),
        lease: None,
        at: Timestamp::default(),
        snapshot: snapshot(number),
        turn: turn(number, extra),
        mark: None,
    });
    committed.map(|committed| committed.revision)
}

/// Sees that the session has `turns` turns, each whole and in its place.
pub(crate) fn assert_turns(store: &SqliteStore, turns: u64) {
    let stored = store.load_session(SESSION).unwrap().unwrap();
    assert_eq!(stored.revision, Revision(turns));
    assert_eq!(stored.snapshot, snapshot(turns));
    let journal = store.journal(SESSION).unwrap();
    let inputs: Vec<_> =
        journal.iter().map(|row| (row.revision.0, row.entry.input.clone())).collect();
    assert_eq!(inputs, (1..=turns).map(|n| (n, n.to_string())).collect::<Vec<_>>());
    let query =
        HistoryQuery { session: SESSION, after_seq: 0, kinds: None, skip: 0, limit: 100_000 };
    let seqs: Vec<_> = store.history(query).unwrap().rows.iter().map(|row| row.seq).collect();
    assert_eq!(seqs, (1..=2 * turns).collect::<Vec<_>>());
}

/// The fault under a failed commit, and its text.
pub(crate) fn fault(error: &CommitError) -> (FaultKind, String) {
    let source = error.source().unwrap_or_else(|| panic!("{error:?}"));
    let fault = source.downcast_ref::<Fault>().unwrap_or_else(|| panic!("{error:?}"));
    (fault.kind(), fault.to_string())
}
