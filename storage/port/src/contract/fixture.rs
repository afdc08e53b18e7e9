//! Records to start from, and the texts that stores stumble over.

use std::collections::BTreeSet;

use chatflow::{
    ContentId, ExecutionContext, FlowId, FlowRef, ImpressionId, Revision, SessionId, TenantId,
    Timestamp, Visibility,
};
use uuid::Uuid;

use crate::blocking::Store;
use crate::evidence::{
    AnsweredRequest, ContentEventKind, NewContentEvent, SessionEventQuery, interaction_id,
};
use crate::id::{EventId, SubscriptionId, ThemeId, UserId};
use crate::library::{
    Applied, Batch, Change, ConnectionRow, ContentRecord, ContentStatus, FlowChange, FlowRecord,
    LookUp, NewVersion, NodeRow, SchoolRecord, SchoolState, ThemeRecord, VariantRecord,
};
use crate::outbox::{Destination, EventQuery, NewEvent, Priority, StoredEvent};
use crate::scope::AccessScope;
use crate::session::{
    Commit, HistoryQuery, InteractionType, JournalEntry, NewHistoryRow, NewSession, SessionHead,
    SessionStatus, Snapshot, TraceLevel, Turn,
};
use crate::subscription::{SubscriptionMethod, SubscriptionRecord, SubscriptionStatus};
use crate::trace::{TraceQuery, TraceTurn};

/// Texts that have broken stores: quotes, comments, wildcards, joins, right-to-left, emoji.
pub(super) const HOSTILE: [&str; 8] = [
    "'; DROP TABLE conversation_sessions; --",
    "\" OR 1=1 /*",
    "%_\\?1 :id $1 @x",
    "'||(SELECT 1)||'",
    "Māori: ā ē ī ō ū — “quotes” 'n' `ticks`",
    "👩‍👩‍👧‍👦 🇳🇿 e\u{301} é \u{202e}desrever",
    "\u{feff}\r\n\t\u{1}\u{7f}\u{2028}",
    "null",
];

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000_i64.saturating_add(millis))
}

pub(super) fn school_id(n: u128) -> TenantId {
    TenantId(Uuid::from_u128(n))
}

pub(super) fn flow_id(n: u128) -> FlowId {
    FlowId(Uuid::from_u128(n))
}

pub(super) fn content_id(n: u128) -> ContentId {
    ContentId(Uuid::from_u128(n))
}

pub(super) fn theme_id(n: u128) -> ThemeId {
    ThemeId(Uuid::from_u128(n))
}

pub(super) fn user_id(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

pub(super) fn session_id(n: u128) -> SessionId {
    SessionId(Uuid::from_u128(n))
}

/// `{"text": …}` as JSON.
pub(super) fn json(text: &str) -> String {
    serde_json::json!({ "text": text }).to_string()
}

pub(super) fn school(n: u128) -> SchoolRecord {
    SchoolRecord {
        id: school_id(n),
        seed_key: None,
        name: format!("School {n}"),
        state: SchoolState::Active,
        theme_id: None,
        info: "{}".into(),
    }
}

pub(super) fn theme(n: u128) -> ThemeRecord {
    ThemeRecord {
        id: theme_id(n),
        seed_key: None,
        name: format!("Theme {n}"),
        description: None,
        school_id: None,
        config: "{}".into(),
        logo_url: None,
        avatar_url: None,
        is_active: true,
        is_default: false,
        version: "1.0".into(),
        created_by: None,
    }
}

/// A published joke that everyone sees.
pub(super) fn content(n: u128) -> ContentRecord {
    ContentRecord {
        id: content_id(n),
        seed_key: None,
        kind: "joke".into(),
        content: json(&format!("Joke {n}")),
        info: "{}".into(),
        tags: Vec::new(),
        is_active: true,
        status: ContentStatus::Published,
        visibility: Visibility::Wriveted,
        school_id: None,
        created_by: None,
        variants: Vec::new(),
    }
}

/// A variant of that name whose text is its name.
pub(super) fn variant(key: &str) -> VariantRecord {
    VariantRecord {
        key: key.into(),
        data: json(key),
        weight: 100,
        conditions: "{}".into(),
        is_active: true,
    }
}

/// A published flow of two nodes that everyone sees.
pub(super) fn flow(n: u128) -> FlowRecord {
    FlowRecord {
        id: flow_id(n),
        seed_key: None,
        name: format!("Flow {n}"),
        description: None,
        version: "1.0.0".into(),
        entry_node_id: Some("hello".into()),
        flow_data: "{\"connections\":[],\"nodes\":[]}".into(),
        info: "{}".into(),
        visibility: Visibility::Wriveted,
        school_id: None,
        created_by: None,
        allow_anonymous: false,
        is_published: true,
        is_active: true,
        theme_id: None,
        retention_days: 30,
        trace_enabled: false,
        trace_level: TraceLevel::Standard,
        trace_sample_rate: 100,
        graph_hash: "0".repeat(64),
        nodes: vec![node("hello"), node("bye")],
        connections: vec![connection("hello", "bye", "default")],
        references: BTreeSet::new(),
    }
}

pub(super) fn node(id: &str) -> NodeRow {
    NodeRow {
        node_id: id.into(),
        node_type: "message".into(),
        execution_context: ExecutionContext::Backend,
        template: None,
        content: json(id),
        position: "{\"x\":0,\"y\":0}".into(),
        info: "{}".into(),
    }
}

pub(super) fn connection(source: &str, target: &str, kind: &str) -> ConnectionRow {
    ConnectionRow {
        source: source.into(),
        target: target.into(),
        connection_type: kind.into(),
        conditions: "{}".into(),
        info: "{}".into(),
    }
}

pub(super) fn version(links: &[&str]) -> NewVersion {
    NewVersion {
        label: "1.1.0".into(),
        document: json("the document"),
        links: links.iter().map(ToString::to_string).collect(),
        note: None,
    }
}

pub(super) fn anyway<T>(record: T) -> Change<T> {
    Change { expected: None, record }
}

pub(super) fn publish(flow: FlowRecord, links: &[&str]) -> FlowChange {
    FlowChange { flow: anyway(flow), publish: Some(version(links)) }
}

pub(super) fn draft(flow: FlowRecord) -> FlowChange {
    FlowChange { flow: anyway(flow), publish: None }
}

/// Schools 1 and 2, and whatever the caller adds.
pub(super) fn batch() -> Batch {
    let schools = [1, 2].map(|n| anyway(school(n)));
    Batch { at: at(0), schools: schools.into(), ..Batch::default() }
}

pub(super) fn fill(store: &impl Store, batch: &Batch) -> Applied {
    store.apply(&AccessScope::system(), batch).unwrap()
}

pub(super) fn fill_contents(store: &impl Store, contents: Vec<ContentRecord>) {
    let contents = contents.into_iter().map(anyway).collect();
    fill(store, &Batch { contents, ..batch() });
}

pub(super) fn fill_flows(store: &impl Store, flows: Vec<FlowChange>) -> Vec<Option<FlowRef>> {
    let applied = fill(store, &Batch { flows, ..batch() });
    applied.flows.iter().map(|stamp| stamp.newest).collect()
}

pub(super) fn snapshot(text: &str) -> Snapshot {
    Snapshot {
        current_node_id: Some(format!("node {text}").into()),
        current_flow_id: Some(flow_id(9)),
        state: json(text),
        engine: json("engine"),
        info: "{}".into(),
        status: SessionStatus::Active,
        state_hash: Some("h".repeat(44)),
        turn_hash: Some(format!("turn {text}")),
        ended_at: None,
        ended_reason: None,
    }
}

/// `rows` history rows and a journal entry, all of which say `text`.
pub(super) fn turn(text: &str, rows: usize) -> Turn {
    let row = |n: usize| NewHistoryRow {
        flow_id: Some(flow_id(9)),
        node_id: format!("node {text}").into(),
        kind: [InteractionType::Input, InteractionType::Message, InteractionType::Action][n % 3],
        content: json(text),
        created_at: at(5),
        path: (n == 0).then(|| "[[0,\"a\",1]]".into()),
    };
    let journal = JournalEntry {
        input: json(text),
        outcomes: "[]".into(),
        turn_hash: format!("turn {text}"),
    };
    let history = (0..rows).map(row).collect();
    Turn { history, journal: Some(journal), ..Turn::default() }
}

pub(super) fn new_session(n: u128) -> NewSession {
    NewSession {
        head: SessionHead {
            id: session_id(n),
            user_id: None,
            flow: FlowRef { id: flow_id(1), seq: 1 },
            flow_version: Some("1.1.0".into()),
            token_digest: "d".repeat(64),
            token_hint: "abcdef".into(),
            csrf_digest: "c".repeat(64),
            school_id: None,
            theme_id: None,
            trace_enabled: false,
            trace_level: Some(TraceLevel::Standard),
            started_at: at(0),
        },
        snapshot: snapshot("start"),
        turn: turn("start", 2),
        preview: None,
    }
}

/// A turn without a lease that says `text` in every column, on top of revision `expected`.
pub(super) fn commit(n: u128, expected: u64, text: &str) -> Commit {
    Commit {
        session: session_id(n),
        expected: Revision(expected),
        lease: None,
        at: at(1000),
        snapshot: snapshot(text),
        turn: turn(text, 2),
        mark: None,
    }
}

/// Event `n`, for the stream.
pub(super) fn event(n: u128) -> NewEvent {
    NewEvent {
        id: EventId(Uuid::from_u128(n)),
        event_type: "node_changed".into(),
        event_version: "1.0".into(),
        source_service: "chatflow".into(),
        destination: Destination::Stream,
        routing_key: None,
        payload: json(&format!("Event {n}")),
        headers: None,
        priority: Priority::Normal,
        max_retries: 3,
        correlation_id: None,
        causation_id: None,
        user_id: None,
        session_id: None,
        flow_id: None,
        school_id: None,
        created_at: at(0),
    }
}

pub(super) fn subscription_id(n: u128) -> SubscriptionId {
    SubscriptionId(Uuid::from_u128(n))
}

/// Event `n`, for a subscription, of a session.
pub(super) fn hook(n: u128, subscription: u128, session: u128) -> NewEvent {
    NewEvent {
        destination: Destination::Webhook(subscription_id(subscription)),
        session_id: Some(session_id(session)),
        ..event(n)
    }
}

/// Subscription `n` of the platform, to everything.
pub(super) fn subscription(n: u128) -> SubscriptionRecord {
    SubscriptionRecord {
        id: subscription_id(n),
        name: format!("Subscription {n}"),
        url: "https://hooks.example/chat".into(),
        secret: None,
        method: SubscriptionMethod::Post,
        headers: "{}".into(),
        timeout_seconds: 30,
        max_retries: 3,
        event_types: Vec::new(),
        flow_id: None,
        school_id: None,
        status: SubscriptionStatus::Active,
        created_by: None,
    }
}

pub(super) fn fill_events(store: &impl Store, events: Vec<NewEvent>) {
    fill(store, &Batch { events, ..batch() });
}

/// Every event there is, the oldest first.
pub(super) fn events_of(store: &impl Store) -> Vec<StoredEvent> {
    let query = EventQuery { limit: u32::MAX, ..EventQuery::default() };
    let mut events = store.events(&AccessScope::system(), &query).unwrap();
    events.reverse();
    events
}

impl Commit {
    pub(super) fn with(self, turn: Turn) -> Self {
        Self { turn, ..self }
    }
}

/// Every row there is of session `n`, as text: two stores, or two moments, compare as row sets.
pub(super) fn rows_of(store: &impl Store, n: u128) -> String {
    let session = session_id(n);
    let all = HistoryQuery { session, after_seq: 0, kinds: None, skip: 0, limit: u64::MAX };
    let stored = store.load_session(session).unwrap();
    let history = store.history(all).unwrap();
    let journal = store.journal(session).unwrap();
    let all = SessionEventQuery { session, skip: 0, limit: u64::MAX };
    let events = store.session_content_events(all).unwrap();
    let all = TraceQuery { session, from: Revision(0), limit: u64::MAX };
    let trace = store.session_trace(&AccessScope::system(), all).unwrap();
    let answered: Vec<_> = ["one", "two", "three"]
        .map(|key| store.recall_request(session, key, at(0)).unwrap())
        .into_iter()
        .flatten()
        .collect();
    let preview = store.preview(session).unwrap();
    let kept = format!("{stored:#?}\n{history:#?}\n{journal:#?}\n{preview:?}");
    format!("{kept}\n{events:#?}\n{trace:#?}\n{answered:#?}")
}

/// An impression of an item, with the number as its ordinal within the test.
pub(super) fn impression(n: u128, content: u128, variant: Option<&str>) -> NewContentEvent {
    NewContentEvent {
        id: ImpressionId::derived(&n.to_string()).0,
        kind: ContentEventKind::Impression,
        content_id: content_id(content),
        variant_key: variant.map(Into::into),
        flow_id: Some(flow_id(9)),
        node_id: Some(format!("node {n}").into()),
        impression_id: None,
        value: None,
    }
}

/// What the visitor did with [`impression`] of that number.
pub(super) fn interaction(shown: &NewContentEvent, value: &str) -> NewContentEvent {
    let impression = ImpressionId(shown.id);
    NewContentEvent {
        id: interaction_id(impression),
        kind: ContentEventKind::Interaction,
        impression_id: Some(impression),
        value: Some(value.into()),
        ..shown.clone()
    }
}

/// A traced turn of two steps, one of which failed, of flow `flow`.
pub(super) fn traced(flow: u128, text: &str) -> TraceTurn {
    TraceTurn {
        flow_id: flow_id(flow),
        steps_taken: 2,
        errors: 1,
        duration_ms: 30,
        steps: format!("[{}]", json(text)),
        state: Some(json(text)),
    }
}

/// An answer that expires at second 2.
pub(super) fn answered(key: &str, text: &str) -> AnsweredRequest {
    AnsweredRequest {
        request_key: key.into(),
        body_hash: "b".repeat(64),
        status: 200,
        response: json(text),
        expires_at: at(2000),
    }
}

/// [`turn`] with something of everything.
pub(super) fn full_turn(n: u128, text: &str, key: &str) -> Turn {
    let shown = impression(n, 7, Some("a"));
    Turn {
        content_events: vec![
            interaction(&shown, &json(text)),
            impression(n + 1000, 8, None),
            shown,
        ],
        converts: true,
        trace: Some(traced(1, text)),
        answered: Some(answered(key, text)),
        ..turn(text, 2)
    }
}

/// Every record there is of schools, themes, contents and flows 1 to 9, as text.
pub(super) fn library_of(store: &impl Store) -> String {
    let scope = AccessScope::system();
    let mut all = Vec::new();
    for n in 1..10 {
        let look_up = LookUp { id: Some(Uuid::from_u128(n)), ..LookUp::default() };
        all.push(format!("{n}: {:#?}", store.find_school(&scope, look_up).unwrap()));
        all.push(format!("{:#?}", store.find_theme(&scope, look_up).unwrap()));
        all.push(format!("{:#?}", store.find_content(&scope, look_up).unwrap()));
        all.push(format!("{:#?}", store.find_flow(&scope, look_up).unwrap()));
        all.push(format!("{:#?}", store.flow(&scope, flow_id(n)).unwrap()));
        for seq in 1..4 {
            let version = FlowRef { id: flow_id(n), seq };
            all.push(format!("{:#?}", store.flow_version(&scope, version).unwrap()));
        }
    }
    all.join("\n")
}
