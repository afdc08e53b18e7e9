//! What is traced, and how much of it is told.

mod privacy;
mod sampling;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{TraceLevel, TraceStep, trace_states};
use crate::answer::InputType;
use crate::draw::Seed;
use crate::drive::{Resolver, drive};
use crate::flow::FlowDefinition;
use crate::id::SessionId;
use crate::mask::Masker;
use crate::preview::{Handlers, Library, Preview};
use crate::protocol::{Effect, Input, InputKind, Outcome, Turn};
use crate::run::Engine;
use crate::session::{NewSession, Session};
use crate::time::Timestamp;

const START: i64 = 1_767_225_600_000;

/// A host that takes 40 ms for every effect.
struct Host<'a> {
    library: &'a Library,
    now: i64,
}

impl Resolver for Host<'_> {
    fn now(&mut self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    fn resolve(&mut self, effect: &Effect) -> Outcome {
        self.now = self.now.saturating_add(40);
        self.library.resolve(&effect.kind, None)
    }
}

/// A conversation of which each turn is kept.
struct Traced {
    turns: Vec<Turn>,
    steps: Vec<TraceStep>,
    session: Session,
}

impl Traced {
    /// The steps of a node.
    fn at(&self, node: &str) -> Vec<&TraceStep> {
        self.steps.iter().filter(|step| step.node_id.as_str() == node).collect()
    }

    fn details(&self, node: &str) -> Value {
        json!(self.at(node)[0].execution_details)
    }

    fn text(&self) -> String {
        serde_json::to_string(&self.steps).unwrap()
    }
}

fn library(flows: &[(&str, Value)]) -> Library {
    let mut library = Library::default();
    for (key, graph) in flows {
        let mut document = graph.clone();
        document["seed_key"] = json!(key);
        document["name"] = json!(key);
        document["version"] = json!("1.2.0");
        let (definition, _) = FlowDefinition::read(&document);
        let report = library.add_flow(&definition.unwrap());
        assert!(!report.has_errors(), "{report:?}");
    }
    library
}

/// Plays `main`; an answer every two seconds.
fn play(library: &Library, level: TraceLevel, state: &Value, answers: &[Value]) -> Traced {
    let id = library.find("main").unwrap();
    let mut catalog = library.catalog();
    let mut session = Session::new(NewSession {
        id: SessionId::derived("traced"),
        flow: crate::id::FlowRef { id, seq: 0 },
        pins: library.pins(id),
        seed: Seed(1),
        user_id: None,
        tenant: None,
        trace: level,
    });
    let mut host = Host { library, now: START };
    let start = InputKind::Start { state: state.as_object().cloned().unwrap().into() };
    let reply = |value: &Value| InputKind::Reply { value: value.clone(), hint: InputType::Text };
    let inputs = std::iter::once(start).chain(answers.iter().map(reply));
    let masker = Masker::new(b"test");
    let (mut turns, mut steps) = (Vec::new(), Vec::new());
    for kind in inputs {
        let input = Input::new(host.now(), kind);
        let driven = drive(&Engine::default(), &mut catalog, &mut session, input, &mut host);
        let turn = driven.unwrap().turn;
        steps.extend(turn.trace(&session, Some(&masker)));
        turns.push(turn);
        host.now = host.now.saturating_add(2_000);
    }
    Traced { turns, steps, session }
}

fn traced(graph: Value, state: &Value, answers: &[Value]) -> Traced {
    play(&library(&[("main", graph)]), TraceLevel::Verbose, state, answers)
}

fn quiz() -> Value {
    json!({
        "nodes": [
            {"id": "hi", "type": "message", "content": {"messages": [
                {"type": "text", "text": "Hi {{ user.name }}!"},
                {"type": "image", "url": "https://x.io/a.png"}
            ]}},
            {"id": "ask", "type": "question", "content": {"question": "How old, {{user.name}}?",
                "input_type": "number", "variable": "user.age", "validation": {"max": 99}}},
            {"id": "which", "type": "condition", "content": {"conditions": [
                {"if": "user.gone > 1", "then": "$0"},
                {"if": {"var": "user.age", "gte": 5}, "then": "$1"},
                {"if": "true", "then": "$2"}
            ]}},
            {"id": "act", "type": "action", "content": {"actions": [
                {"type": "set_variable", "variable": "temp.email", "value": "bo@x.io"},
                {"type": "append", "variable": "user.name", "value": 1, "on_error": "continue"},
                {"type": "delete_variable", "variable": "temp.old"}
            ]}}
        ],
        "connections": [
            {"source": "hi", "target": "ask"}, {"source": "ask", "target": "which"},
            {"source": "which", "target": "act", "type": "$1"}, {"source": "which", "target": "act"}
        ]
    })
}

#[test]
fn a_visit_and_an_answer_are_steps() {
    // R11.50, F18: message, presented question; answered question, condition, action.
    let played =
        traced(quiz(), &json!({"user": {"name": "Ada"}, "temp": {"old": 1}}), &[json!("9")]);
    let path: Vec<_> = played
        .steps
        .iter()
        .map(|step| {
            let next = step.next_node_id.as_ref().map(crate::id::NodeId::as_str);
            let edge = step.connection_type.as_ref().map(ToString::to_string);
            (step.node_id.as_str(), step.node_type.as_str(), edge, next, step.turn.0)
        })
        .collect();
    let default = || Some("default".to_owned());
    assert_eq!(
        path,
        [
            ("hi", "message", default(), Some("ask"), 1),
            ("ask", "question", None, None, 1),
            ("ask", "question", default(), Some("which"), 2),
            ("which", "condition", Some("$1".to_owned()), Some("act"), 2),
            ("act", "action", None, None, 2),
        ]
    );
    assert!(
        played.steps.iter().all(|step| step.depth == 1 && step.flow_id == played.session.flow().id)
    );
}

#[test]
fn each_node_type_tells_its_own() {
    // R11.56, S7.6, S7.8, S7.9, S7.10, R2.63.
    let played =
        traced(quiz(), &json!({"user": {"name": "Ada"}, "temp": {"old": 1}}), &[json!("9")]);
    assert_eq!(
        played.details("hi"),
        json!({
            "type": "message", "message_template": "Hi {{user.name}}!", "rendered_message": "Hi Ada!",
            "media_urls": ["https://x.io/a.png"], "content_ids": [],
        })
    );
    let [asked, answered] = &*played.at("ask") else { panic!("two steps") };
    let details = json!(asked.execution_details);
    assert_eq!(details["question_text"], "How old, {{user.name}}?");
    assert_eq!(details["rendered_question"], "How old, Ada?");
    assert_eq!(
        (&details["input_type"], &details["user_response"]),
        (&json!("number"), &Value::Null)
    );
    assert_eq!(details.get("valid"), None);
    let details = json!(answered.execution_details);
    assert_eq!((&details["user_response"], &details["valid"]), (&json!("9"), &json!(true)));
    assert_eq!((&details["response_time_ms"], &details["attempt"]), (&json!(2000), &json!(1)));
    assert_eq!(json!(answered.changed), json!({"user.age": [null, 9]}));

    let condition = played.details("which");
    let entries = condition["conditions_evaluated"].as_array().unwrap();
    assert_eq!(entries.len(), 2, "what is behind the match is not evaluated");
    assert_eq!(
        (&entries[0]["expression"], &entries[0]["result"]),
        (&json!("user.gone > 1"), &json!(false))
    );
    assert!(entries[0]["error"].as_str().unwrap().contains("gone"));
    assert_eq!(
        entries[1],
        json!({"index": 1, "result": true, "error": null,
        "expression": "{\"gte\":5,\"var\":\"user.age\"}"})
    );
    assert_eq!(
        (&condition["matched_condition_index"], &condition["connection_taken"]),
        (&json!(1), &json!("$1"))
    );

    let action = played.details("act");
    assert_eq!(action["action_type"], "multiple");
    let done = action["actions_executed"].as_array().unwrap();
    assert_eq!(
        done[0],
        json!({"index": 0, "type": "set_variable", "target": "temp.email",
        "success": true, "error": null})
    );
    assert_eq!((&done[1]["success"], &done[2]["success"]), (&json!(false), &json!(true)));
    assert_eq!(action["variables_changed"]["temp.old"], json!({"old": 1, "new": null}));
    let act = played.at("act")[0];
    assert_eq!(
        (&act.removed, &act.changed["temp.old"]),
        (&vec!["temp.old".to_owned()], &[json!(1), Value::Null])
    );
    // R11.60, S7.13: masked by the key of the variable, in the details as well.
    for shown in [&act.changed["temp.email"][1], &action["variables_changed"]["temp.email"]["new"]]
    {
        assert!(shown.as_str().unwrap().starts_with("[MASKED:"), "{shown}");
    }
    assert!(!played.text().contains("bo@x.io"));
    assert_eq!(played.session.state()["temp"]["email"], "bo@x.io");
}

#[test]
fn an_answer_that_is_refused_is_a_step() {
    // R11.50, R11.56: valid, validation_code, attempt.
    let played =
        traced(quiz(), &json!({"user": {"name": "Ada"}}), &[json!("x"), json!("200"), json!("9")]);
    let steps = played.at("ask");
    let told: Vec<_> = steps[1..]
        .iter()
        .map(|step| {
            let of = |key: &str| step.execution_details.get(key).cloned().unwrap_or_default();
            (of("valid"), of("validation_code"), of("attempt"))
        })
        .collect();
    assert_eq!(told.len(), 3);
    assert_eq!((&told[0].0, &told[1].0, &told[2].0), (&json!(false), &json!(false), &json!(true)));
    assert!(told[0].1.is_string() && told[1].1.is_string() && told[2].1.is_null());
    assert_eq!((&told[0].2, &told[1].2, &told[2].2), (&json!(1), &json!(2), &json!(3)));
}

#[test]
fn levels_tell_less() {
    // R11.52, S7.2.
    let long = "a".repeat(300);
    let graph = json!({
        "nodes": [
            {"id": "say", "type": "message", "content": {"text": long}},
            {"id": "ask", "type": "question", "content": {"question": "?", "input_type": "choice",
                "options": (0..20).map(|n| n.to_string()).collect::<Vec<_>>(), "variable": "temp.x"}},
        ],
        "connections": [{"source": "say", "target": "ask"}]
    });
    let library = library(&[("main", graph)]);
    let play = |level| play(&library, level, &json!({"temp": {"y": 1}}), &[json!("3")]);
    assert!(play(TraceLevel::Off).steps.is_empty());

    let minimal = play(TraceLevel::Minimal);
    assert_eq!(minimal.steps.len(), 3);
    for step in &minimal.steps {
        assert_eq!(json!(step.execution_details), json!({"type": step.node_type}));
        assert!(step.changed.is_empty() && step.given.is_empty());
    }
    assert_eq!(minimal.steps[0].next_node_id.as_ref().unwrap().as_str(), "ask");

    let standard = play(TraceLevel::Standard);
    let text = standard.details("say")["rendered_message"].as_str().unwrap().to_owned();
    assert_eq!(text, format!("{}…", "a".repeat(200)));
    assert_eq!(standard.details("ask")["options"].as_array().unwrap().len(), 10);
    assert_eq!(json!(standard.steps[0].given), json!({"temp.y": [null, 1]}));

    let verbose = play(TraceLevel::Verbose);
    assert_eq!(verbose.details("say")["rendered_message"], long);
    assert_eq!(verbose.details("ask")["options"].as_array().unwrap().len(), 20);
}

#[test]
fn a_webhook_tells_what_was_sent_and_what_came() {
    // R11.56, S7.11, S7.17, S7.18, S7.2.
    let graph = json!({
        "nodes": [{"id": "call", "type": "webhook", "content": {
            "url": "https://api.example.org/{{temp.id}}?api_key=abc", "method": "POST",
            "headers": {"Authorization": "Bearer abc", "Accept": "text/html"},
            "response_mapping": {"n": "temp.n"}
        }}],
        "connections": []
    });
    let mut world = library(&[("main", graph)]);
    let body = json!({"n": 7, "email": "bo@x.io", "long": "x".repeat(2000)});
    world.handlers = Handlers::read(&json!({
        "https://api.example.org/5?api_key=abc": {"answer": body}
    }))
    .unwrap();
    let played = play(&world, TraceLevel::Verbose, &json!({"temp": {"id": 5}}), &[]);
    let details = played.details("call");
    assert_eq!(details["url"], "https://api.example.org/{{temp.id}}?api_key=[REDACTED]");
    assert_eq!(details["method"], "POST");
    assert_eq!(
        details["request_headers"],
        json!({"Authorization": "[REDACTED]", "Accept": "text/html", "Content-Type": "application/json"})
    );
    assert_eq!((&details["response_status"], &details["duration_ms"]), (&json!(200), &json!(40)));
    assert_eq!((&details["error"], &details["fallback_used"]), (&Value::Null, &json!(false)));
    let shown = &details["response_body"];
    assert_eq!(
        (&shown["_truncated"], shown["_preview"].as_str().unwrap().len()),
        (&json!(true), 500)
    );
    assert!(shown["_size_bytes"].as_u64().unwrap() > 2000);
    assert!(!played.text().contains("bo@x.io"));
    let step = played.at("call")[0];
    assert_eq!((step.duration_ms, step.completed_at.as_millis()), (40, START + 40));
    // S7.2: no bodies at the standard level.
    let standard = play(&world, TraceLevel::Standard, &json!({"temp": {"id": 5}}), &[]);
    assert_eq!(standard.details("call").get("response_body"), None);

    let failed = play(&world, TraceLevel::Verbose, &json!({"temp": {"id": 6}}), &[]);
    let step = failed.at("call")[0];
    assert!(step.error_message.is_some() && step.error_details.is_some());
    assert_eq!(json!(step.error_message), step.execution_details["error"]);
}

#[test]
fn a_sub_flow_is_traced_with_the_session_that_entered_it() {
    // S7.1, S7.12, R11.56.
    let main = json!({
        "nodes": [
            {"id": "sub", "type": "composite", "content": {"composite_flow_seed_key": "sub",
                "inputs": {"x": "temp.x"}, "outputs": {"o": "temp.got"}}},
            {"id": "end", "type": "message", "content": {"text": "{{temp.got}}"}}
        ],
        "connections": [{"source": "sub", "target": "end"}]
    });
    let sub = json!({
        "trace_enabled": false,
        "nodes": [{"id": "set", "type": "action", "content": {"actions": [
            {"type": "set_variable", "variable": "output.o", "value": "{{input.x}}"}
        ]}}],
        "connections": []
    });
    let world = library(&[("main", main), ("sub", sub)]);
    let played = play(&world, TraceLevel::Verbose, &json!({"temp": {"x": 5}}), &[]);
    let told: Vec<_> = played
        .steps
        .iter()
        .map(|step| (step.node_id.as_str(), step.depth, json!(step.changed)))
        .collect();
    assert_eq!(
        told,
        [
            ("sub", 1, json!({})),
            ("set", 2, json!({"output.o": [null, 5]})),
            ("sub", 1, json!({"temp.got": [null, 5]})),
            ("end", 1, json!({})),
        ]
    );
    let [entered, returned] = &*played.at("sub") else { panic!("two steps") };
    let target = json!(world.find("sub"));
    assert_eq!(
        json!(entered.execution_details),
        json!({
        "type": "composite", "composite_flow_id": target, "version": "1.2.0", "depth": 1})
    );
    assert_eq!(
        json!(returned.execution_details),
        json!({"type": "composite",
        "composite_flow_id": target, "depth": 1, "success": true, "outputs_mapped": ["temp.got"]})
    );
    assert_eq!(returned.next_node_id.as_ref().unwrap().as_str(), "end");
}

#[test]
fn failures_and_warnings_belong_to_their_step() {
    // R11.50: error_message, error_details, warnings; R11.60: masked.
    let graph = json!({
        "nodes": [
            {"id": "say", "type": "message", "content": {"text": "{{temp.gone}}"}},
            {"id": "act", "type": "action", "content": {"actions": [
                {"type": "append", "variable": "temp.text", "value": 1}]}}
        ],
        "connections": [{"source": "say", "target": "act"}]
    });
    let played = traced(graph, &json!({"temp": {"text": "x"}}), &[]);
    let warning = &played.at("say")[0].warnings[0];
    assert_eq!((&*warning.code, &*warning.about), ("unresolved_reference", "temp.gone"));
    assert!(played.at("say")[0].error_message.is_none());
    let act = played.at("act")[0];
    assert_eq!(act.error_details, Some(json!({"code": "not_a_list"})));
    assert_eq!(act.error_message.as_deref(), Some("temp.text is not a list"));
}

#[test]
fn a_patch_is_a_step_of_its_own() {
    let library = library(&[(
        "main",
        json!({"nodes": [
        {"id": "ask", "type": "question", "content": {"question": "?", "variable": "temp.x"}}],
        "connections": []}),
    )]);
    let mut played =
        play(&library, TraceLevel::Verbose, &json!({"temp": {"a": 1, "b": {"c": 2}}}), &[]);
    let updates = json!({"temp": {"a": 2, "b": {"d": 3}, "e.f": 4}, "new": {"x": 1}});
    let input = InputKind::Patch { updates: updates.as_object().cloned().unwrap() };
    let mut host = Host { library: &library, now: START + 9 };
    let input = Input::new(host.now(), input);
    let mut catalog = library.catalog();
    let driven = drive(&Engine::default(), &mut catalog, &mut played.session, input, &mut host);
    let turn = driven.unwrap().turn;
    let steps = turn.trace(&played.session, Some(&Masker::new(b"test")));
    let [step] = &*steps else { panic!("{steps:?}") };
    assert_eq!(
        json!(step.execution_details),
        json!({"type": "state_patch", "keys": ["new", "temp"]})
    );
    assert_eq!(
        json!(step.changed),
        json!({
            "new.x": [null, 1], "temp.a": [1, 2], "temp.b": [{"c": 2}, {"c": 2, "d": 3}],
            "temp.e\\.f": [null, 4],
        })
    );
    played.steps.extend(steps);
    let states = trace_states(&Map::new(), &played.steps);
    assert_eq!(&states.last().unwrap().after, played.session.state());
}

#[test]
fn a_preview_is_traced_whole_and_unmasked() {
    // R11.53.
    let library = library(&[("main", quiz())]);
    let id = library.find("main").unwrap();
    let state = json!({"user": {"name": "Ada", "email": "bo@x.io"}});
    let state = state.as_object().cloned().unwrap();
    let at = Timestamp::from_millis(START);
    let (preview, turn) = Preview::start(&library, id, "0", at, state).unwrap();
    assert_eq!(preview.session().trace_level(), TraceLevel::Verbose);
    let steps = turn.trace(preview.session(), None);
    assert_eq!(steps[0].given["user.email"], [Value::Null, json!("bo@x.io")]);
}

#[test]
fn steps_survive_their_json() {
    let played =
        traced(quiz(), &json!({"user": {"name": "Ada"}, "temp": {"old": 1}}), &[json!("9")]);
    let again: Vec<TraceStep> = serde_json::from_str(&played.text()).unwrap();
    assert_eq!(again, played.steps);
    let keys: BTreeMap<String, Value> = serde_json::from_value(json!(played.steps[0])).unwrap();
    for key in [
        "flow_id",
        "turn",
        "node_id",
        "node_type",
        "execution_details",
        "connection_type",
        "next_node_id",
        "started_at",
        "completed_at",
        "duration_ms",
        "error_message",
        "error_details",
    ] {
        assert!(keys.contains_key(key), "{key}");
    }
}

#[test]
fn a_script_tells_what_it_was_given_and_what_it_left() {
    // R11.56, S7.7.
    let graph = json!({
        "nodes": [{"id": "run", "type": "script", "content": {"code": "x".repeat(600),
            "language": "javascript", "inputs": {"a": "temp.a"}, "outputs": ["temp.b"]}}],
        "connections": []
    });
    let library = library(&[("main", graph)]);
    let mut played = play(&library, TraceLevel::Verbose, &json!({"temp": {"a": 1}}), &[]);
    let told = played.details("run");
    assert_eq!(told["code_preview"].as_str().unwrap().len(), 500);
    assert_eq!((&told["language"], &told["inputs"]), (&json!("javascript"), &json!({"a": 1})));
    let result = json!({"outputs": {"temp.b": 2}, "console_logs": ["hi"], "execution_time_ms": 7});
    let mut host = Host { library: &library, now: START };
    let input = Input::new(host.now(), InputKind::ScriptResult { result });
    let mut catalog = library.catalog();
    let driven = drive(&Engine::default(), &mut catalog, &mut played.session, input, &mut host);
    let steps = driven.unwrap().turn.trace(&played.session, Some(&Masker::new(b"test")));
    let told = json!(steps[0].execution_details);
    assert_eq!(
        told,
        json!({"type": "script", "error": null, "execution_time_ms": 7,
        "console_logs": ["hi"], "outputs": {"temp.b": 2}})
    );
}
