//! What a conversation over HTTP leaves for those who look later.

use chatflow::{Revision, SessionId, TraceStep, trace_states};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::{
    AccessScope, ContentEvent, ContentEventKind, ContentEventQuery, EvidenceStore as _,
    FlowSessionQuery, FlowStore as _, SessionEventQuery, SessionStore as _, TraceQuery,
    TraceStore as _,
};
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use crate::real::{Place, Visitor};

const FACT: &str = "00000000-0000-4000-8000-0000000000f1";
const PIN: &str = "hunter2-open-sesame";

fn seed() -> Value {
    json!({
        "seed_key": "evidence",
        "cms_content": [{"id": FACT, "seed_key": "owl", "type": "fact", "status": "published", "visibility": "public",
            "content": {"text": "Owls cannot move their eyes."}, "info": {"control_weight": 0},
            "variants": [{"variant_key": "b", "variant_data": {"text": "An owl's eyes are tubes."}}]}],
        "flows": [{
            "seed_key": "tour", "name": "Tour", "version": "1.0.0", "entry_node_id": "fact",
            "visibility": "wriveted", "trace_enabled": true, "trace_level": "verbose",
            "flow_data": {
                "nodes": [
                    {"id": "fact", "type": "message", "content": {"messages": [{"content_id": FACT}]}},
                    {"id": "pin", "type": "question", "content": {"question": {"text": "Your pin?"},
                        "input_type": "text", "variable": "temp.pin", "sensitive": true}},
                    {"id": "count", "type": "action", "content": {"actions": [
                        {"type": "increment", "variable": "temp.rounds"}]}},
                    {"id": "again", "type": "message", "content": {"messages": [{"content_id": FACT}]}},
                    {"id": "mail", "type": "question", "content": {"question": {"text": "{{temp.pin}}?"},
                        "input_type": "text", "variable": "user.contact"}},
                    {"id": "more", "type": "condition", "content": {"conditions": [
                        {"if": "temp.rounds < 21", "then": "$0"}], "default_path": "default"}},
                    {"id": "bye", "type": "message", "content": {"messages": [{"type": "text", "text": "Bye."}]}}],
                "connections": [
                    {"source": "fact", "target": "pin", "type": "default"},
                    {"source": "pin", "target": "count", "type": "default"},
                    {"source": "count", "target": "again", "type": "default"},
                    {"source": "again", "target": "mail", "type": "default"},
                    {"source": "mail", "target": "more", "type": "default"},
                    {"source": "more", "target": "count", "type": "$0"},
                    {"source": "more", "target": "bye", "type": "default"}]}}]})
}

fn place() -> Place {
    let place = Place::new();
    let seed = place.file("evidence.json", seed().to_string());
    let words = [std::path::Path::new("import"), &seed, "--db".as_ref(), &place.database()];
    let ran = crate::real::run(words);
    assert_eq!((ran.code, ran.err.contains("warning")), (0, false), "{ran:?}");
    place
}

fn events(store: &SqliteStore, session: SessionId) -> Vec<ContentEvent> {
    let all = SessionEventQuery { session, skip: 0, limit: 1000 };
    store.session_content_events(all).unwrap().rows
}

#[test]
fn a_conversation_leaves_its_content_events_and_its_trace() {
    // S5.21 to S5.24, S7.1 to S7.5, F18.
    let place = place();
    let server = place.serve(&json!({}));
    let mut visitor =
        Visitor::start(&server.client(), "tour", &json!({"user": {"first_name": "Zoë"}}));
    visitor.say(PIN);
    for n in 1..=21 {
        visitor.say(format!("zoe{n}@example.org"));
    }
    assert_eq!(visitor.heard().last(), Some(&"Bye."));
    let store = SqliteStore::open(place.database()).unwrap();
    let session = SessionId(visitor.id.parse().unwrap());
    let rows = events(&store, session);
    let count = |kind| rows.iter().filter(|row| row.event.kind == kind).count();
    // Shown once before the pin and once in each round; every one of them was answered.
    assert_eq!(count(ContentEventKind::Impression), 22);
    assert_eq!(count(ContentEventKind::Interaction), 22);
    assert_eq!(count(ContentEventKind::Conversion), 1);
    assert!(rows.iter().all(|row| row.event.variant_key.as_deref() == Some("b")));
    let values: Vec<_> = rows.iter().filter_map(|row| row.event.value.as_deref()).collect();
    assert_eq!((values[0], values[1]), ("\"[REDACTED]\"", "\"[EMAIL]\""));
    let content = FACT.parse().map(chatflow::ContentId).unwrap();
    let query = ContentEventQuery { content, kind: None, from: None, to: None, skip: 0, limit: 1 };
    assert_eq!(store.content_events(&AccessScope::system(), &query).unwrap().total, 45);

    let all = TraceQuery { session, from: Revision(0), limit: 1000 };
    let trace = store.session_trace(&AccessScope::system(), all).unwrap();
    assert_eq!((trace.rows.len(), trace.totals.turns, trace.totals.errors), (23, 23, 0));
    let mut state = Map::new();
    for row in &trace.rows {
        if let Some(whole) = &row.turn.state {
            assert!([1, 21].contains(&row.revision.0), "{}", row.revision.0);
            assert_eq!(serde_json::from_str::<Map<_, _>>(whole).unwrap(), state);
        }
        let steps: Vec<TraceStep> = serde_json::from_str(&row.turn.steps).unwrap();
        state = trace_states(&state, &steps).pop().map_or(state, |last| last.after);
    }
    // It is the state of the session, but for what is masked.
    let stored = store.load_session(session).unwrap().unwrap();
    let mut real: Value = serde_json::from_str(&stored.snapshot.state).unwrap();
    assert_eq!(real["temp"]["pin"], PIN);
    for (scope, name) in [("temp", "pin"), ("user", "first_name"), ("user", "contact")] {
        let masked = state[scope][name].clone();
        let text = masked.as_str().unwrap();
        assert!(text.starts_with('['), "{text}");
        real[scope][name] = masked;
    }
    assert_eq!(Value::Object(state), real);
    assert!(stored.head.trace_enabled);
    let told = format!("{rows:?}{trace:?}");
    assert!(!told.contains(PIN) && !told.contains("Zoë") && !told.contains("zoe1@"));

    let query = FlowSessionQuery::of(stored.head.flow.id);
    let page = store.flow_sessions(&AccessScope::system(), &query).unwrap();
    assert_eq!((page.total, page.rows[0].id, page.rows[0].totals), (1, session, trace.totals));
    let flows = store.startable_flows(&AccessScope::anonymous()).unwrap();
    assert_eq!(flows.len(), 1);
}

#[test]
fn tracing_follows_the_setting_of_the_flow_and_not_its_document() {
    // S7.1, S7.22: whoever sets it publishes nothing, and what has begun goes on as it is.
    let place = place();
    let server = place.serve(&json!({}));
    let store = SqliteStore::open(place.database()).unwrap();
    let settings = Connection::open(place.database()).unwrap();
    let head = |visitor: &Visitor| {
        let session = SessionId(visitor.id.parse().unwrap());
        store.load_session(session).unwrap().unwrap().head
    };
    let rows = |visitor: &Visitor| {
        let session = SessionId(visitor.id.parse().unwrap());
        let all = TraceQuery { session, from: Revision(0), limit: 1000 };
        store.session_trace(&AccessScope::system(), all).unwrap().totals.turns
    };
    let mut first = Visitor::start(&server.client(), "tour", &json!({}));
    for (enabled, level, rate, traced) in [
        (true, "minimal", 100, Some("minimal")),
        (true, "standard", 0, None),
        (false, "verbose", 100, None),
    ] {
        let set = "UPDATE flow_definitions
                   SET trace_enabled = ?1, trace_level = ?2, trace_sample_rate = ?3";
        settings.execute(set, (enabled, level, rate)).unwrap();
        let mut visitor = Visitor::start(&server.client(), "tour", &json!({}));
        visitor.say(PIN);
        let head = head(&visitor);
        assert_eq!(head.trace_enabled, traced.is_some(), "{level}");
        assert_eq!(head.trace_level.map(chatflow_storage::TraceLevel::as_str), traced);
        assert_eq!(rows(&visitor), if traced.is_some() { 2 } else { 0 }, "{level}");
    }
    first.say(PIN);
    assert_eq!(head(&first).trace_level.map(chatflow_storage::TraceLevel::as_str), Some("verbose"));
    assert_eq!(rows(&first), 2);
}

#[test]
fn who_only_goes_away_converts_nothing() {
    // S4.27, S5.23
    let place = place();
    let server = place.serve(&json!({}));
    let store = SqliteStore::open(place.database()).unwrap();
    for (reason, conversions) in [("abandoned", 0), ("terminated", 1)] {
        let visitor = Visitor::start(&server.client(), "tour", &json!({}));
        let ended = visitor.change("POST", "/end", &json!({"reason": reason}));
        assert_eq!(ended.status, 200, "{ended:?}");
        let rows = events(&store, SessionId(visitor.id.parse().unwrap()));
        let converted = rows.iter().filter(|row| row.event.kind == ContentEventKind::Conversion);
        assert_eq!(converted.count(), conversions, "{reason}");
    }
}
