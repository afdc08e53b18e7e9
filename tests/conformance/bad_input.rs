//! Wrong documents, files and answers: a clear error each, with its place and what to do.

use std::path::Path;

use chatflow::{
    Diagnostic, Flow, FlowDefinition, Handlers, Next, Preview, PreviewError, Report, Severity,
    Stage, StepError, Timestamp,
};
use chatflow_server::{Fixture, ReadError};
use chatflow_storage::MemoryStore;
use chatflow_tests::conversation::{Opening, StoredHost, World, play_in_memory, publish};
use serde_json::{Map, Value, json};

/// Everything there is to say about a document, and whether it runs.
fn report(text: &str) -> (Report, bool) {
    let (definition, mut report) = FlowDefinition::read_json(text);
    let read = !report.has_errors();
    let compiled = definition.map(|definition| Flow::compile(&definition, 1));
    let runs = read && compiled.as_ref().is_some_and(|compiled| compiled.flow.is_some());
    report.append(compiled.map(|compiled| compiled.report).unwrap_or_default());
    (report, runs)
}

/// The document must be refused with this code at this place, and with help.
fn refuses(text: &str, code: &str, at: &str) {
    let (report, runs) = report(text);
    assert!(!runs, "{text} runs");
    let found = find(&report, code, at);
    assert_eq!(found.severity, Severity::Error, "{found}");
}

/// The document must run in spite of this warning.
fn warns(document: &Value, code: &str, at: &str) {
    let (report, runs) = report(&document.to_string());
    assert!(runs, "{report:?}");
    assert_eq!(find(&report, code, at).severity, Severity::Warning);
}

fn find<'a>(report: &'a Report, code: &str, at: &str) -> &'a Diagnostic {
    let found = report.iter().find(|found| found.code.as_str() == code && found.at.as_str() == at);
    let found = found.unwrap_or_else(|| panic!("no {code} at `{at}` in {report:#?}"));
    assert!(!found.message.is_empty(), "{found:?}");
    assert!(found.help.as_ref().is_some_and(|help| help.len() > 10), "no help: {found:?}");
    found
}

fn message(id: &str) -> Value {
    json!({"id": id, "type": "message", "content": {"text": id}})
}

/// Two messages, the first connected to the second.
fn two() -> Value {
    json!({
        "seed_key": "main", "name": "Main", "version": "1.0.0", "entry_node_id": "a",
        "nodes": [message("a"), message("b")],
        "connections": [{"source": "a", "target": "b", "type": "default"}],
    })
}

/// [`two`] with other things in these places.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut document = two();
    for (at, value) in changes {
        let (parent, key) = at.rsplit_once('/').unwrap();
        match document.pointer_mut(parent).unwrap() {
            Value::Object(map) => drop(map.insert(key.to_owned(), value.clone())),
            Value::Array(items) if key == "-" => items.push(value.clone()),
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
            other => panic!("{other} has no places"),
        }
    }
    document
}

#[test]
fn a_good_document_has_nothing_wrong() {
    let (report, runs) = report(&two().to_string());
    assert!(runs && report.is_empty(), "{report:#?}");
}

#[test]
fn text_that_is_not_json_is_reported_with_its_place() {
    let text = two().to_string();
    for broken in ["", "{", "{\"nodes\": [", &text[..text.len() - 1], "{'nodes': []}", "\u{feff}{}"]
    {
        refuses(broken, "flow.shape", "");
    }
    let raw_nul = text.replace("Main", "Ma\u{0}in");
    refuses(&raw_nul, "flow.shape", "");
    let (report, _) = report("{\n\"nodes\": [}");
    assert!(report.iter().any(|found| found.message.contains("line 2")), "{report:?}");
}

#[test]
fn json_that_is_no_flow_is_reported() {
    // R1.3.
    for text in ["null", "3", "\"flow\"", "[]", "{}", "{\"name\": \"nothing else\"}"] {
        refuses(text, "flow.shape", "");
    }
}

#[test]
fn a_node_of_an_unknown_type_is_reported_where_its_type_stands() {
    // R1.12, R12.63.
    let document = with(&[("/nodes/1/type", json!("mesage"))]);
    refuses(&document.to_string(), "node.unknown_type", "/nodes/1/type");
}

#[test]
fn an_entry_that_is_missing_or_wrong_is_reported() {
    // R1.6, R12.61, R12.62.
    let document = with(&[("/entry_node_id", json!("nowhere"))]);
    refuses(&document.to_string(), "flow.entry_not_found", "/entry_node_id");
    // Two nodes that nothing enters: there is no telling which is first.
    let mut document = with(&[("/connections", json!([]))]);
    document.as_object_mut().unwrap().remove("entry_node_id");
    refuses(&document.to_string(), "flow.entry_missing", "/entry_node_id");
}

#[test]
fn a_connection_to_or_from_nowhere_is_reported() {
    // R1.23, R12.64.
    let document = with(&[("/connections/0/target", json!("nowhere"))]);
    refuses(&document.to_string(), "connection.dangling", "/connections/0/target");
    let document = with(&[("/connections/-", json!({"source": "nowhere", "target": "a"}))]);
    refuses(&document.to_string(), "connection.dangling", "/connections/1/source");
}

#[test]
fn a_loop_without_a_question_does_not_start() {
    // R12.71
    let back = json!({"source": "b", "target": "a", "type": "default"});
    let document = with(&[("/connections/-", back)]);
    refuses(&document.to_string(), "flow.loop_without_input", "/nodes/0");
    let world = World::of_documents(&[document], &[], Handlers::default());
    assert_eq!(world.library.find("main"), None);
}

/// `a` leads to `b`, which leads back while the visitor has not done what cannot be done here.
fn conditional_loop() -> Value {
    let count = json!({
        "id": "b", "type": "action",
        "content": {"actions": [{"type": "increment", "variable": "temp.n"}]},
    });
    let back = json!({"source": "b", "target": "a", "type": "default", "conditions": {"if": "temp.n > 0"}});
    with(&[("/nodes/1", count), ("/connections/-", back)])
}

#[test]
fn a_loop_that_a_condition_may_end_starts_and_ends_with_an_error_that_is_stored() {
    // R2.15, R12.71, R11.26, F21
    warns(&conditional_loop(), "flow.loop_without_input", "/nodes/0");
    let world = World::of_documents(&[conditional_loop()], &[], Handlers::default());
    let opening = Opening::new("main", "0", json!({}));
    let flow = world.library.find("main").unwrap();
    let (_, turn) = Preview::start(&world.library, flow, "0", opening.at, Map::new()).unwrap();
    let Next::Ended(ending) = &turn.next else { panic!("{:?}", turn.next) };
    assert_eq!(ending.code.as_deref(), Some("step_limit"));

    let store = MemoryStore::new();
    publish(&world, &store, opening.at);
    let nothing: &[Value] = &[];
    let stored = StoredHost::new(&world, true).play(|| &store, &opening, &mut nothing.iter());
    let told = stored.last();
    assert_eq!((&told["session_ended"], &told["ended_reason"]), (&json!(true), &json!("error")));
    assert_eq!(told["messages"].as_array().unwrap().last().unwrap()["level"], "error");
    // 100 nodes: half of them messages, half actions, each a row.
    assert_eq!(stored.history.len(), 100);
    assert_eq!(stored.transcript.state["temp"]["n"], 50);
}

#[test]
fn a_megabyte_of_text_is_said_but_not_taken_as_an_answer() {
    // R0.12, R3.16, R11.25.
    let large = "é".repeat(512 * 1024);
    let document = with(&[("/nodes/0/content/text", json!(large))]);
    let (report, runs) = report(&document.to_string());
    let told: Vec<_> = report.iter().map(Diagnostic::id).collect();
    assert!(runs && told == ["message_long_text", "node_content_large"], "{told:?}");
    let question = json!({
        "id": "a", "type": "question",
        "content": {"question": "?", "input_type": "text", "variable": "temp.x"},
    });
    let asking = with(&[("/nodes/0", question)]);
    let world = World::of_documents(&[asking], &[], Handlers::default());
    let flow = world.library.find("main").unwrap();
    let at = Timestamp::default();
    let (mut preview, _) = Preview::start(&world.library, flow, "0", at, Map::new()).unwrap();
    let before = preview.session().clone();
    let refused = preview.reply(json!(large)).unwrap_err();
    let PreviewError::Step(StepError::InputTooLarge { bytes, limit }) = refused else {
        panic!("{refused}")
    };
    assert!(bytes > limit && limit == 64 * 1024, "{bytes} {limit}");
    assert_eq!(preview.session(), &before);
    let turn = preview.reply(json!("short")).unwrap();
    assert!(matches!(turn.next, Next::Ended(_)), "{turn:?}");
    let state = json!({"temp": {"x": "y".repeat(1024 * 1024)}});
    let state = state.as_object().unwrap().clone();
    let refused = Preview::start(&world.library, flow, "0", at, state).unwrap_err();
    assert!(matches!(refused, PreviewError::Step(StepError::StateTooLarge { .. })), "{refused}");
}

#[test]
fn a_document_that_is_too_large_or_too_deep_is_refused() {
    // R12.89, R1.5
    let large = with(&[("/nodes/0/content/text", json!("x".repeat(6 * 1024 * 1024)))]);
    refuses(&large.to_string(), "flow.too_large", "");
    for depth in [70, 100_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        refuses(&two().to_string().replace("\"Main\"", &deep), "flow.too_large", "");
    }
    let many: Vec<Value> = (0..2001).map(|i| message(&format!("n{i}"))).collect();
    let many = with(&[("/nodes", json!(many))]);
    refuses(&many.to_string(), "flow.too_large", "/nodes");
}

#[test]
fn nul_is_dropped_from_documents_and_answers() {
    // S12.1, F28
    let question = json!({
        "id": "a", "type": "question",
        "content": {"question": "W\u{0}hat?", "input_type": "text", "variable": "temp.x"},
    });
    let document = with(&[("/nodes/0", question)]);
    warns(&document, "flow.field", "");
    let world = World::of_documents(&[document], &[], Handlers::default());
    let opening = Opening::new("main", "0", json!({}));
    let played = play_in_memory(&world, &opening, &mut [json!("a\u{0}b")].iter());
    assert_eq!(played.transcript.turns[0].turn["input_request"]["question"]["text"], "What?");
    assert_eq!(played.transcript.state["temp"]["x"], "ab");
}

const HALF_TYPED: [&str; 8] =
    ["1 +", "((((", "temp.x ==", "temp.", "\"open", "[1, 2", "a ? b", "temp.x = 1"];

#[test]
fn half_typed_expressions_are_reported_where_they_stand() {
    // R6.21, R12.67.
    for expression in HALF_TYPED {
        let condition = json!({
            "id": "a", "type": "condition",
            "content": {"conditions": [{"if": "true", "then": "$0"}, {"if": expression, "then": "$0"}]},
        });
        let document = with(&[("/nodes/0", condition)]);
        let at = "/nodes/0/content/conditions/1/if";
        refuses(&document.to_string(), "condition.cel_syntax", at);
        let predicate = json!({"source": "a", "target": "b", "conditions": {"if": expression}});
        let document = with(&[("/connections/0", predicate)]);
        let at = "/connections/0/conditions";
        refuses(&document.to_string(), "connection.predicate_syntax", at);
        let actions =
            json!([{"type": "calculate", "variable": "temp.y", "expression": expression}]);
        let action = json!({"id": "a", "type": "action", "content": {"actions": actions}});
        let document = with(&[("/nodes/0", action)]);
        let at = "/nodes/0/content/actions/0/expression";
        refuses(&document.to_string(), "action.expression_syntax", at);
    }
}

#[test]
fn a_half_typed_reference_is_a_warning_and_shows_as_it_is() {
    // R12.28
    let document = with(&[("/nodes/0/content/text", json!("Hello {{user.name"))]);
    warns(&document, "template.malformed", "/nodes/0/content/text");
}

/// What reading `text` as a file says.
fn read_file(name: &str, text: &str) -> ReadError {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let error = Fixture::read(&path).unwrap_err();
    assert!(error.to_string().contains(name), "{error}");
    error
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_the_place_of_the_fault() {
    let missing = Fixture::read(Path::new("no/such/file.json")).unwrap_err();
    assert!(matches!(&missing, ReadError::Io { .. }), "{missing}");
    assert!(missing.to_string().contains("no/such/file.json"), "{missing}");
    let broken = read_file("seed.json", "{\"flows\": [\n");
    assert!(broken.to_string().contains("line 2"), "{broken}");
    assert!(broken.to_string().contains("help"), "{broken}");
    for (entry, at) in [
        (json!({"flows": 3}), "/flows"),
        (json!({"flows": [3]}), "/flows/0"),
        (json!({"flows": [{"flow_file": "../x.json"}]}), "/flows/0/flow_file"),
        (json!({"cms_content": [{"seed_key": "a", "type": "poem"}]}), "/cms_content/0/type"),
        (json!({"cms_content": [{"seed_key": "a", "type": "joke"}]}), "/cms_content/0/content"),
        (json!({"school": {"seed_key": "s", "name": ""}}), "/school/name"),
    ] {
        let error = read_file("seed.json", &entry.to_string());
        let ReadError::Shape { at: found, why, .. } = &error else { panic!("{error}") };
        assert_eq!(found, at, "{error}");
        assert!(!why.is_empty());
    }
}

#[test]
fn a_fixture_whose_flow_has_an_error_runs_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let bad = with(&[("/seed_key", json!("bad")), ("/nodes/1/type", json!("nothing"))]);
    let seed = json!({"seed_key": "mixed", "flows": [two(), bad, {"flow_file": "gone.json"}]});
    std::fs::write(folder.path().join("seed.json"), seed.to_string()).unwrap();
    let fixture = Fixture::read(folder.path()).unwrap();
    let (library, reports) = fixture.library();
    assert!(library.find("main").is_some());
    assert_eq!(library.find("bad"), None);
    assert_eq!(reports.len(), 2);
    find(&reports[1].1, "node.unknown_type", "/nodes/1/type");
    assert!(fixture.notices.iter().any(|notice| notice.contains("gone.json")), "{fixture:?}");
}

#[test]
fn a_flow_that_embeds_nothing_that_exists_takes_its_failure_path() {
    // R9.30, R12.84, F36
    let composite = json!({
        "id": "a", "type": "composite", "content": {"composite_flow_seed_key": "nowhere"},
    });
    let failure = json!({"source": "a", "target": "c", "type": "failure"});
    let document =
        with(&[("/nodes/0", composite), ("/nodes/-", message("c")), ("/connections/-", failure)]);
    let world = World::of_documents(std::slice::from_ref(&document), &[], Handlers::default());
    let (definition, _) = FlowDefinition::read(&document);
    let report = definition.unwrap().check_links(&world.library, Stage::Draft);
    find(&report, "composite.not_found", "/nodes/0/content/composite_flow_seed_key");
    let opening = Opening::new("main", "0", json!({}));
    let played = play_in_memory(&world, &opening, &mut [].iter());
    assert_eq!(played.last()["current_node_id"], "c");
}
