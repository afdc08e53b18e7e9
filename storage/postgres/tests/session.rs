//! A session to talk with.

use chatflow::{ContentId, FlowId, FlowRef, ImpressionId, Revision, SessionId, Timestamp};
use chatflow_storage::{
    AnsweredRequest, Commit, ContentEventKind, Destination, EventId, InteractionType, JournalEntry,
    NewContentEvent, NewEvent, NewHistoryRow, NewSession, Priority, SessionHead, SessionStatus,
    Snapshot, SubscriptionId, TraceTurn, Turn, interaction_id,
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
    Turn { history: vec![row.clone(), row.clone(), row], journal: Some(journal), ..Turn::default() }
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
    NewSession { head, snapshot: snapshot("{}"), turn: turn(), preview: None }
}

pub(crate) fn commit(expected: Revision) -> Commit {
    let snapshot = snapshot(&format!("{{\"turn\":{}}}", expected.0));
    let at = Timestamp::default();
    Commit { session: SESSION, expected, lease: None, at, snapshot, turn: turn(), mark: None }
}

/// A commit with something of everything that may come with a turn.
pub(crate) fn full_commit(expected: Revision) -> Commit {
    let mut commit = commit(expected);
    commit.turn = with_extras(commit.turn, expected.0);
    commit
}

/// A session whose first turn has something of everything.
pub(crate) fn full_session(n: u128) -> NewSession {
    let mut new = new_session();
    new.head.id = SessionId(Uuid::from_u128(n));
    new.turn = with_extras(new.turn, u64::MAX.saturating_sub(u64::try_from(n).unwrap()));
    new
}

fn with_extras(turn: Turn, n: u64) -> Turn {
    let impression = ImpressionId::derived(&n.to_string());
    let shown = NewContentEvent {
        id: impression.0,
        kind: ContentEventKind::Impression,
        content_id: ContentId(Uuid::from_u128(3)),
        variant_key: Some("b".into()),
        flow_id: Some(FlowId(Uuid::from_u128(2))),
        node_id: Some("hello".into()),
        impression_id: None,
        value: None,
    };
    let taken = NewContentEvent {
        id: interaction_id(impression),
        kind: ContentEventKind::Interaction,
        impression_id: Some(impression),
        value: Some("\"yes\"".into()),
        ..shown.clone()
    };
    let trace = TraceTurn {
        flow_id: FlowId(Uuid::from_u128(2)),
        steps_taken: 1,
        errors: 0,
        duration_ms: 7,
        steps: "[{}]".into(),
        state: Some("{}".into()),
    };
    let answered = AnsweredRequest {
        request_key: format!("key {n}"),
        body_hash: "b".repeat(64),
        status: 200,
        response: "{}".into(),
        expires_at: Timestamp::from_millis(1000),
    };
    let subscription = SubscriptionId(Uuid::from_u128(4));
    let events = [Destination::Stream, Destination::Webhook(subscription)];
    Turn {
        content_events: vec![shown, taken],
        converts: true,
        trace: Some(trace),
        answered: Some(answered),
        events: events.into_iter().zip(1..).map(|(to, place)| event(n, place, to)).collect(),
        ..turn
    }
}

fn event(n: u64, place: u64, destination: Destination) -> NewEvent {
    NewEvent {
        id: EventId(Uuid::from_u64_pair(n, place)),
        event_type: "session.turn".into(),
        event_version: "1".into(),
        source_service: "chatflow".into(),
        destination,
        routing_key: Some("key".into()),
        payload: "{ \"n\" : 1 }".into(),
        headers: (place == 1).then(|| "{}".into()),
        priority: Priority::High,
        max_retries: 5,
        correlation_id: Some("c".into()),
        causation_id: None,
        user_id: None,
        // Whatever it says, it is its session's.
        session_id: None,
        flow_id: Some(FlowId(Uuid::from_u128(2))),
        school_id: None,
        created_at: Timestamp::from_millis(-1),
    }
}
