//! What a conversation leaves for those who look later: what was shown, taken up and led to an end,
//! and a trace whose states are those the session had.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "the lints spare test functions but not what they call"
)]

use chatflow::{
    FlowDefinition, FlowId, Library, LibraryItem, Revision, SessionId, TraceStep, trace_states,
};
use chatflow_host::Talk;
use chatflow_sqlite::SqliteStore;
use chatflow_storage::{
    AccessScope, ContentEvent, ContentEventKind, MemoryStore, SessionEventQuery, SessionStore as _,
    Store, TraceQuery, TraceRow, conversion_id,
};
use serde_json::{Map, Value, json};

const FACT: &str = "00000000-0000-4000-8000-0000000000f1";
const ASKS: &str = "00000000-0000-4000-8000-0000000000f2";
const PIN: &str = "hunter2-open-sesame";

fn library(trace_level: Option<&str>) -> (Library, FlowId) {
    let flow = json!({
        "seed_key": "tour", "trace_enabled": trace_level.is_some(),
        "trace_level": trace_level.unwrap_or("standard"),
        "nodes": [
            {"id": "name", "type": "question", "content": {
                "text": "Your name?", "input_type": "text", "variable": "user.first_name"}},
            {"id": "welcome", "type": "message", "content": {"messages": [{"content_id": FACT}]}},
            {"id": "pin", "type": "question", "content": {
                "text": "Your pin?", "input_type": "text", "variable": "temp.pin", "sensitive": true}},
            {"id": "count", "type": "action", "content": {"actions": [
                {"type": "increment", "variable": "temp.rounds"},
                {"type": "set_variable", "variable": "temp.note",
                    "value": "{{user.first_name}} has {{temp.pin}} in round {{temp.rounds}}"}]}},
            {"id": "fact", "type": "message", "content": {"messages": [{"content_id": FACT}]}},
            {"id": "mail", "type": "question", "content": {
                "question": {"content_id": ASKS}, "variable": "user.contact"}},
            {"id": "again", "type": "condition", "content": {"conditions": [
                {"if": "user.contact != 'stop'", "then": "$0"}], "default_path": "default"}},
            {"id": "bye", "type": "message", "content": {"text": "Bye, {{user.first_name}}."}}],
        "connections": [
            {"source": "name", "target": "welcome"}, {"source": "welcome", "target": "pin"}, {"source": "pin", "target": "count"},
            {"source": "count", "target": "fact"}, {"source": "fact", "target": "mail"},
            {"source": "mail", "target": "again"}, {"source": "again", "target": "count", "type": "$0"},
            {"source": "again", "target": "bye"}]});
    let mut library = Library::default();
    library.add_flow(&FlowDefinition::read_json(&flow.to_string()).0.expect("it is a flow"));
    for item in [
        json!({"id": FACT, "type": "fact", "content": {"text": "Owls cannot move their eyes."},
            "info": {"control_weight": 0},
            "variants": [{"variant_key": "b", "variant_data": {"text": "An owl's eyes are tubes."}}]}),
        json!({"id": ASKS, "type": "question",
            "content": {"text": "Where do we write to?", "input_type": "text"}}),
    ] {
        let item = serde_json::from_value(item).expect("it is an item");
        library.add_item(LibraryItem { item, tags: Vec::new(), owner: None });
    }
    let flow = library.find("tour").expect("it has no errors");
    (library, flow)
}

fn events(store: &impl Store, session: SessionId) -> Vec<ContentEvent> {
    let all = SessionEventQuery { session, skip: 0, limit: 1000 };
    store.session_content_events(all).unwrap().rows
}

fn trace(store: &impl Store, session: SessionId) -> Vec<TraceRow> {
    let all = TraceQuery { session, from: Revision(0), limit: 1000 };
    store.session_trace(&AccessScope::system(), all).unwrap().rows
}

/// Talks for `rounds` rounds, and answers with the masked state after each turn.
fn talk(
    store: &impl Store,
    level: Option<&str>,
    id: SessionId,
    rounds: usize,
) -> Vec<Map<String, Value>> {
    let (library, flow) = library(level);
    let mut states = Vec::new();
    let mut answers = vec![json!("Zoë"), json!(PIN)];
    answers.extend((1..rounds).map(|n| json!(format!("zoe{n}@example.org"))));
    answers.push("stop".into());
    let (talk, _) = Talk::open(store, &library, flow, id).unwrap();
    states.push(talk.session().traced_state(talk.masker()));
    drop(talk);
    for answer in answers {
        // Each turn as a program of its own would take it.
        let (mut talk, opening) = Talk::open(store, &library, flow, id).unwrap();
        assert!(opening.is_none());
        assert!(talk.reply(answer).unwrap().commits());
        states.push(talk.session().traced_state(talk.masker()));
    }
    let ended = store.load_session(id).unwrap().unwrap();
    assert_eq!(ended.snapshot.status.as_str(), "completed");
    states
}

fn what_was_shown_taken_up_and_led_to_an_end_is_kept(store: &impl Store) {
    // S5.21 to S5.23
    let id = SessionId::derived("tour");
    talk(store, None, id, 3);
    let rows = events(store, id);
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let event = &row.event;
            let node = event.node_id.as_ref().unwrap().as_str().to_owned();
            let value = event.value.clone().unwrap_or_default();
            (row.revision.0, event.kind.as_str(), node, event.variant_key.clone(), value)
        })
        .collect();
    let row = |revision, kind, node: &str, value: &str| {
        let variant = (node == "fact" || node == "welcome").then(|| "b".to_owned());
        (revision, kind, node.to_owned(), variant, value.to_owned())
    };
    let (shown, taken, led) = ("impression", "interaction", "conversion");
    let expected = vec![
        row(2, shown, "welcome", ""),
        row(3, taken, "welcome", "\"[REDACTED]\""),
        row(3, shown, "fact", ""),
        row(3, shown, "mail", ""),
        row(4, taken, "fact", "\"[EMAIL]\""),
        row(4, taken, "mail", "\"[EMAIL]\""),
        row(4, shown, "fact", ""),
        row(4, shown, "mail", ""),
        row(5, taken, "fact", "\"[EMAIL]\""),
        row(5, taken, "mail", "\"[EMAIL]\""),
        row(5, shown, "fact", ""),
        row(5, shown, "mail", ""),
        row(6, taken, "fact", "\"stop\""),
        row(6, taken, "mail", "\"stop\""),
        row(6, led, "fact", ""),
        row(6, led, "mail", ""),
    ];
    assert_eq!(told, expected);
    // Each is tied to its impression, the conversions to the last.
    for row in rows.iter().filter(|row| row.event.kind != ContentEventKind::Impression) {
        let impression = row.event.impression_id.unwrap();
        let shown = rows.iter().find(|shown| shown.event.id == impression.0).unwrap();
        assert_eq!(shown.event.content_id, row.event.content_id);
        let is_last = row.event.id == conversion_id(impression);
        assert_eq!(shown.revision.0, if is_last { 5 } else { row.revision.0 - 1 });
    }
    assert!(trace(store, id).is_empty());
}

#[test]
fn what_was_shown_taken_up_and_led_to_an_end_is_kept_in_every_store() {
    what_was_shown_taken_up_and_led_to_an_end_is_kept(&SqliteStore::open_in_memory().unwrap());
    what_was_shown_taken_up_and_led_to_an_end_is_kept(&MemoryStore::new());
}

#[test]
fn the_variable_of_a_sensitive_question_stays_sensitive() {
    // R11.67, S7.13: whoever asks for it later, and however the session is traced.
    for trace_enabled in [false, true] {
        let flow = json!({"seed_key": "twice", "trace_enabled": trace_enabled,
            "nodes": [
                {"id": "pin", "type": "question", "content": {
                    "text": "Your pin?", "variable": "temp.pin", "sensitive": true}},
                {"id": "again", "type": "question", "content": {
                    "question": {"content_id": ASKS}, "variable": "temp.pin"}},
                {"id": "other", "type": "question", "content": {
                    "question": {"content_id": ASKS}, "variable": "temp.other"}}],
            "connections": [{"source": "pin", "target": "again"}, {"source": "again", "target": "other"}]});
        let (mut library, _) = library(None);
        library.add_flow(&FlowDefinition::read_json(&flow.to_string()).0.unwrap());
        let (flow, id) = (library.find("twice").unwrap(), SessionId::derived("twice"));
        let store = SqliteStore::open_in_memory().unwrap();
        drop(Talk::open(&store, &library, flow, id).unwrap());
        for answer in [PIN, "another", "hello"] {
            let (mut talk, _) = Talk::open(&store, &library, flow, id).unwrap();
            let _ = talk.reply(answer.into()).unwrap();
        }
        let told: Vec<_> =
            events(&store, id).into_iter().filter_map(|row| row.event.value).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(!told[0].contains("another"), "{told:?}");
        assert_eq!(told[1], "\"hello\"");
    }
}

#[test]
fn a_step_that_fails_is_in_the_trace_of_its_turn() {
    // S7.3, F18: what goes wrong in a flow ends the session by a turn that is stored like any other.
    let flow = json!({"seed_key": "endless", "trace_enabled": true, "trace_level": "minimal",
        "nodes": [
            {"id": "ask", "type": "question", "content": {"text": "Go on?", "variable": "temp.a"}},
            {"id": "round", "type": "action", "content": {"actions": [
                {"type": "increment", "variable": "temp.rounds"}]}},
            {"id": "again", "type": "condition", "content": {"conditions": [
                {"if": "temp.rounds > 0", "then": "$0"}], "default_path": "default"}},
            {"id": "bye", "type": "message", "content": {"text": "Bye."}}],
        "connections": [
            {"source": "ask", "target": "round"}, {"source": "round", "target": "again"},
            {"source": "again", "target": "round", "type": "$0"},
            {"source": "again", "target": "bye"}]});
    let mut library = Library::default();
    library.add_flow(&FlowDefinition::read_json(&flow.to_string()).0.unwrap());
    let (flow, id) = (library.find("endless").unwrap(), SessionId::derived("endless"));
    let store = SqliteStore::open_in_memory().unwrap();
    let (mut talk, _) = Talk::open(&store, &library, flow, id).unwrap();
    let _ = talk.reply("yes".into()).unwrap();
    let rows = trace(&store, id);
    assert_eq!((rows.len(), rows[0].turn.errors, rows[1].turn.errors), (2, 0, 1));
    let steps: Vec<TraceStep> = serde_json::from_str(&rows[1].turn.steps).unwrap();
    let failed = steps.last().unwrap();
    assert!(failed.error_message.is_some(), "{failed:?}");
    // A turn that is refused was never taken: it has no revision of its own to be traced under.
    assert!(talk.reply("more".into()).is_err());
    assert_eq!(trace(&store, id), rows);
}

#[test]
fn a_session_that_was_shown_nothing_converts_nothing() {
    let store = SqliteStore::open_in_memory().unwrap();
    let mut library = Library::default();
    let flow = r#"{"seed_key": "plain", "nodes": [{"id": "a", "type": "question", "content": {
        "text": "?", "input_type": "text", "variable": "temp.a"}}]}"#;
    library.add_flow(&FlowDefinition::read_json(flow).0.unwrap());
    let (flow, id) = (library.find("plain").unwrap(), SessionId::derived("plain"));
    let (mut talk, _) = Talk::open(&store, &library, flow, id).unwrap();
    let _ = talk.reply("x".into()).unwrap();
    assert_eq!(events(&store, id), []);
    let stored = store.load_session(id).unwrap().unwrap();
    assert_eq!(stored.snapshot.info, r#"{"ended_reason":"completed"}"#);
    assert!(!stored.head.trace_enabled);
}

#[test]
fn a_trace_leads_to_the_states_that_the_session_had() {
    // F18, S7.13: from any row that holds the whole state, and masked.
    for (level, rounds) in [("standard", 45), ("verbose", 45), ("minimal", 3)] {
        let store = SqliteStore::open_in_memory().unwrap();
        let id = SessionId::derived(level);
        let states = talk(&store, Some(level), id, rounds);
        let rows = trace(&store, id);
        assert_eq!(rows.len(), states.len(), "one for each turn");
        let whole: Vec<_> =
            rows.iter().filter(|row| row.turn.state.is_some()).map(|row| row.revision.0).collect();
        assert_eq!(whole, if rounds > 40 { vec![1, 21, 41] } else { vec![1] });
        let mut state = Map::new();
        for (row, real) in rows.iter().zip(&states) {
            let steps: Vec<TraceStep> = serde_json::from_str(&row.turn.steps).unwrap();
            assert_eq!(usize::try_from(row.turn.steps_taken).unwrap(), steps.len());
            if let Some(whole) = &row.turn.state {
                let whole: Map<String, Value> = serde_json::from_str(whole).unwrap();
                assert_eq!(state, whole, "at {}", row.revision.0);
            }
            state = trace_states(&state, &steps).pop().map_or(state, |last| last.after);
            assert_eq!(state, *real, "after {}", row.revision.0);
        }
        let head = store.load_session(id).unwrap().unwrap().head;
        assert!(head.trace_enabled);
        assert_eq!(head.trace_level.unwrap().as_str(), level);
        if level == "minimal" {
            assert!(states.iter().all(Map::is_empty));
            continue;
        }
        let name = state["user"]["first_name"].as_str().unwrap();
        assert!(name.starts_with("[MASKED:"), "{name}");
        let note = state["temp"]["note"].as_str().unwrap();
        assert!(note.contains("[REDACTED]") && note.ends_with("in round 45"), "{note}");
    }
}

#[test]
fn what_a_sensitive_question_was_answered_is_nowhere_in_it() {
    // S7.13, S7.19
    for level in [None, Some("verbose")] {
        let store = SqliteStore::open_in_memory().unwrap();
        let id = SessionId::derived("secret");
        talk(&store, level, id, 22);
        let kept = format!("{:?} {:?}", events(&store, id), trace(&store, id));
        assert!(!kept.contains(PIN), "{kept}");
        assert!(!kept.contains("zoe1@") && kept.contains("[EMAIL]"));
        // The fact was taken up by the answer, of which nothing is told.
        let shown_before_pin = events(&store, id).into_iter().filter(|row| row.revision.0 == 3);
        assert_eq!(
            shown_before_pin.filter_map(|row| row.event.value).collect::<Vec<_>>(),
            ["\"[REDACTED]\""]
        );
        // The session itself needs it.
        assert!(store.load_session(id).unwrap().unwrap().snapshot.state.contains(PIN));
    }
}
