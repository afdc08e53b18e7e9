//! What is written, by the store and by hand.

use chatflow::{FlowId, FlowRef, SessionId, Timestamp};
use chatflow_benches::engine::Talk;
use chatflow_storage::{
    Commit, InteractionType, JournalEntry, NewHistoryRow, NewSession, SessionHead, SessionStatus,
    Snapshot, StoredSession, Turn,
};
use uuid::Uuid;

/// How many sessions there are. Each client has its own share, so that no commit meets another.
pub(crate) const SESSIONS: usize = 2_048;

pub(crate) const FLOW: Uuid = Uuid::from_u128(7);
pub(crate) const STATUS: &str = "active";
pub(crate) const NODE: &str = "question_2";
pub(crate) const SAID: [(&str, &str, &str); 2] = [
    ("question_1", "input", r#"{"input":"b","type":"choice"}"#),
    (
        "message_1",
        "message",
        r#"{"messages":[{"text":"Level advanced, score 7."},{"text":"Question 2: pick one","options":["a","b","c","d"]}]}"#,
    ),
];
pub(crate) const PATH: &str = r#"[[0,"question_1",0],[0,"message_1",0],[0,"question_2",0]]"#;
pub(crate) const INPUT: &str =
    r#"{"at":1700000000000,"kind":{"reply":{"value":"b","hint":"choice"}}}"#;
pub(crate) const OUTCOMES: &str = "[]";

/// As long as those of the engine.
pub(crate) fn hash() -> String {
    "h".repeat(44)
}

/// The ids of all sessions, in no order that an index would like.
pub(crate) fn ids() -> Vec<Uuid> {
    ids_of(SESSIONS)
}

/// As many of them as are wanted.
pub(crate) fn ids_of(count: usize) -> Vec<Uuid> {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    (0..count).map(|_| Uuid::from_u64_pair(draw(), draw())).collect()
}

/// The share of one client.
pub(crate) fn share(ids: &[Uuid], client: usize, clients: usize) -> Vec<Uuid> {
    ids.iter().skip(client).step_by(clients).copied().collect()
}

/// Sessions in the middle of STD-1.
pub(crate) fn sessions(ids: &[Uuid]) -> Vec<NewSession> {
    let texts = Talk::std1().persisted(drop);
    let at = Timestamp::from_millis(1_700_000_000_000);
    let snapshot = Snapshot {
        current_node_id: Some(NODE.into()),
        current_flow_id: None,
        state: texts.state,
        engine: texts.engine,
        info: "{}".into(),
        status: SessionStatus::Active,
        state_hash: Some(hash()),
        turn_hash: Some(hash()),
        ended_at: None,
        ended_reason: None,
    };
    let session = |id: &Uuid| NewSession {
        head: SessionHead {
            id: SessionId(*id),
            user_id: None,
            flow: FlowRef { id: FlowId(FLOW), seq: 1 },
            flow_version: Some("1.0.0".into()),
            token_digest: "d".repeat(64),
            token_hint: "abcdef".into(),
            csrf_digest: "c".repeat(64),
            school_id: None,
            theme_id: None,
            trace_enabled: false,
            trace_level: None,
            started_at: at,
        },
        snapshot: snapshot.clone(),
        turn: turn(at),
        preview: None,
    };
    ids.iter().map(session).collect()
}

/// The next turn of a session that was loaded; it leaves the texts as they are.
pub(crate) fn commit(stored: StoredSession) -> Commit {
    let at = Timestamp::from_millis(stored.last_activity_at.as_millis() + 1);
    Commit {
        session: stored.head.id,
        expected: stored.revision,
        lease: None,
        at,
        snapshot: stored.snapshot,
        turn: turn(at),
        mark: None,
    }
}

fn turn(at: Timestamp) -> Turn {
    let row = |(n, (node, kind, content)): (usize, (&str, &str, &str))| NewHistoryRow {
        flow_id: Some(FlowId(FLOW)),
        node_id: node.into(),
        kind: InteractionType::parse(kind).expect("a kind of row"),
        content: content.into(),
        created_at: at,
        path: (n == 0).then(|| PATH.into()),
    };
    let journal =
        JournalEntry { input: INPUT.into(), outcomes: OUTCOMES.into(), turn_hash: hash() };
    let history = SAID.into_iter().enumerate().map(row).collect();
    Turn { history, journal: Some(journal), ..Turn::default() }
}
