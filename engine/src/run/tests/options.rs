//! Contracts, versions of sub-flows, and what a host decides.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::routing::edge;
use super::{World, failing, message, object, read};
use crate::protocol::{Input, InputKind};
use crate::{
    Code, Compiler, Driven, Engine, FlowRef, Limits, NewSession, Options, Outcome, Resolver, Seed,
    Session, SessionId, Timestamp, drive,
};

fn main_with(content: &Value) -> World {
    let nodes = json!([
        {"id": "c", "type": "composite", "content": content}, message("end", "done"), message("bad", "bad")
    ]);
    World::of(&nodes, &json!([edge("c", "end", "success"), edge("c", "bad", "failure")]))
}

fn add(world: &mut World, document: &Value) {
    let report = world.library.add_flow(&read(document).0);
    assert!(!report.has_errors(), "{report:?}");
}

fn contracted(contract: &Value) -> Value {
    json!({"seed_key": "sub", "name": "sub", "version": "1.2.0", "contract": contract,
        "nodes": [message("s", "sub")]})
}

/// R9.33, R9.34, F53: what a contract asks for is checked at entry and at return.
#[test]
fn a_contract_that_is_not_met_is_told() {
    let contract = json!({
        "entry_requirements": {"variables": ["user.name", "input.age"]},
        "return_state": ["temp.quiz.done"]});
    let mut world =
        main_with(&json!({"composite_flow_seed_key": "sub", "inputs": {"age": {"value": 9}}}));
    add(&mut world, &contracted(&contract));
    let played = world.play(json!({"user": {"name": "Bo"}, "temp": {"quiz": {"done": true}}}), &[]);
    assert_eq!((played.warnings.len(), played.said), (0, vec!["sub".into(), "done".into()]));
    let played = world.play(json!({"temp": {"quiz": {"done": null}}}), &[]);
    assert_eq!(played.warnings, ["contract_missing_input", "contract_missing_output"]);
    assert_eq!(played.said, ["sub", "done"]);
}

/// R9.34, R9.30: a strict contract fails the composite; no frame is pushed.
#[test]
fn a_strict_contract_is_enforced() {
    let contract = |strict| {
        json!({
        "entry_requirements": {"variables": ["user.name"]}, "strict": strict})
    };
    let mut world = main_with(&json!({"composite_flow_seed_key": "sub"}));
    add(&mut world, &contracted(&contract(true)));
    let played = world.play(json!({}), &[]);
    assert_eq!(
        (played.said, played.warnings),
        (vec!["bad".into()], vec!["contract_missing_input".into()])
    );
    assert!(played.rows.iter().all(|row| row["type"] != "subflow_enter"));
    // `enforce_contracts` makes every contract strict.
    let mut world = main_with(&json!({"composite_flow_seed_key": "sub"}));
    add(&mut world, &contracted(&contract(false)));
    let options = Options { enforce_contracts: true, ..Options::default() };
    let (_, started) = start(&world, options, json!({}));
    assert_eq!(started.turn.messages()[0].as_text(), Some("bad"));
}

/// R9.34: a flow that is started directly only warns, even if strict.
#[test]
fn a_direct_start_only_warns() {
    let contract = json!({"entry_requirements": {"variables": ["user.name"]}, "strict": true});
    let mut world = World::default();
    let mut document = contracted(&contract);
    document["seed_key"] = json!("main");
    document["is_published"] = json!(false);
    add(&mut world, &document);
    // R11.3: a preview needs no published flow.
    let played = world.play(json!({}), &[]);
    assert_eq!(
        (played.said, played.warnings),
        (vec!["sub".into()], vec!["contract_missing_input".into()])
    );
}

/// R9.35: an exact version has a link and a pin of its own; one that nobody published is a failure.
#[test]
fn a_composite_may_name_a_version() {
    for (version, said) in [("1.2.0", ["sub", "done"].as_slice()), ("1.2.1", &["bad"])] {
        for content in [
            json!({"composite_flow_seed_key": "sub", "version": version}),
            json!({"flow_ref": {"key": "sub", "version": version}}),
            json!({"composite_flow_seed_key": "sub", "version_constraint": version}),
        ] {
            let mut world = main_with(&content);
            add(&mut world, &contracted(&json!({})));
            let main = world.library.find("main").unwrap();
            let flow = world.library.catalog();
            let flow = flow.get(FlowRef { id: main, seq: 0 }).unwrap();
            let link = format!("key@{version}:sub");
            assert_eq!(flow.links().map(|link| &**link).collect::<Vec<_>>(), [link.as_str()]);
            assert_eq!(world.play(json!({}), &[]).said, said);
        }
    }
}

/// R9.35, R9.38: a version that is not here may be published; a flow never embeds itself.
#[test]
fn links_to_other_versions_are_told() {
    let mut world = World::default();
    add(&mut world, &contracted(&json!({})));
    for (content, told) in [
        (json!({"composite_flow_seed_key": "sub", "version": "1.2.0"}), None),
        (
            json!({"composite_flow_seed_key": "sub", "version": "0.9"}),
            Some(crate::Severity::Warning),
        ),
        (
            json!({"composite_flow_seed_key": "gone", "version": "0.9"}),
            Some(crate::Severity::Error),
        ),
        (
            json!({"composite_flow_seed_key": "main", "version": "0.9"}),
            Some(crate::Severity::Error),
        ),
    ] {
        let document = json!({"seed_key": "main", "name": "main", "version": "1.0.0",
            "nodes": [{"id": "c", "type": "composite", "content": content}]});
        let (definition, _) = read(&document);
        let _ = world.library.add_flow(&definition);
        let report = definition.check_links(&world.library, crate::Stage::Publish);
        let mut found = report.iter().filter(|found| !found.id().contains("contract"));
        assert_eq!(found.next().map(|found| found.severity), told, "{content}");
    }
}

/// F36: without a failure connection, a flow that is gone ends the session instead of passing by.
#[test]
fn a_reference_to_nothing_never_goes_on() {
    let nodes = json!([
        {"id": "c", "type": "composite", "content": {"composite_flow_seed_key": "gone"}},
        message("end", "done")
    ]);
    let played = World::of(&nodes, &json!([edge("c", "end", "default")])).play(json!({}), &[]);
    assert_eq!(played.said, ["Sorry, something went wrong."]);
    assert_eq!(played.ended, Some("error"));
}

struct Nobody;
impl Resolver for Nobody {
    fn now(&mut self) -> Timestamp {
        Timestamp::default()
    }
    fn resolve(&mut self, effect: &crate::Effect) -> Outcome {
        panic!("{effect:?}")
    }
}

fn start(world: &World, options: Options, state: Value) -> (Session, Driven) {
    let engine = Engine::with_options(Limits::default(), options);
    let id = world.library.find("main").unwrap();
    let mut session = Session::new(NewSession {
        id: SessionId::derived("o"),
        flow: FlowRef { id, seq: 0 },
        pins: world.library.pins(id),
        seed: Seed(0),
        user_id: None,
        tenant: None,
        trace: crate::trace::TraceLevel::Off,
    });
    let kind = InputKind::Start { state: object(state).into() };
    let input = Input::new(Timestamp::default(), kind);
    let mut catalog = world.library.catalog();
    let driven = drive(&engine, &mut catalog, &mut session, input, &mut Nobody).unwrap();
    (session, driven)
}

/// R2.15: the host's words are told when a session ends with an error.
#[test]
fn the_error_message_is_the_hosts() {
    let world =
        World::of(&json!([failing("a"), message("b", "b")]), &json!([edge("a", "b", "success")]));
    let state = json!({"temp": {"text": "no list"}});
    for (words, told) in [(None, "Sorry, something went wrong."), (Some("Oh dear."), "Oh dear.")] {
        let options = Options { error_message: words.map(Arc::from), ..Options::default() };
        let (_, driven) = start(&world, options, state.clone());
        let messages = driven.turn.messages();
        assert_eq!(messages.last().unwrap().as_text(), Some(told));
        assert_eq!(messages.last().unwrap().level, Some("error"));
    }
}

/// R11.16: `temp` and `system` go with the session, when the host says so.
#[test]
fn what_is_temporary_may_go_at_the_end() {
    let world = World::of(&json!([message("a", "{{temp.x}}")]), &json!([]));
    let state = json!({"temp": {"x": 1}, "user": {"y": 2}});
    let options = Options { purge_temp_on_end: true, ..Options::default() };
    let (session, driven) = start(&world, options, state.clone());
    assert_eq!(driven.turn.messages()[0].as_text(), Some("1"));
    assert_eq!(session.state_json(), "{\"user\":{\"y\":2}}");
    assert!(session.engine_json().contains("\"bytes\":16"), "{}", session.engine_json());
    let (session, _) = start(&world, Options::default(), state);
    assert_eq!(session.state()["temp"], json!({"x": 1}));
}

/// R0.9: where the state is not exposed, only the revision is told.
#[test]
fn the_state_may_be_hidden() {
    let world = World::of(&json!([message("a", "hi")]), &json!([]));
    let options = Options { expose_state: false, ..Options::default() };
    let (session, driven) = start(&world, options.clone(), json!({"user": {"y": 2}}));
    let updated = |options| driven.turn.to_value_with(&session, options)["session_updated"].clone();
    assert_eq!(updated(&options), json!({"revision": 1}));
    assert_eq!(updated(&Options::default()), json!({"revision": 1, "state": {"user": {"y": 2}}}));
}

/// R11.18: a session is ended to be begun anew, and its journal has what it began with.
#[test]
fn a_session_may_be_restarted() {
    let ask = json!([{"id": "q", "type": "question", "content": {"question": "?"}}]);
    let world = World::of(&ask, &json!([]));
    let (mut session, started) = start(&world, Options::default(), json!({"user": {"name": "Bo"}}));
    let mut catalog = world.library.catalog();
    let input = Input::new(Timestamp::default(), InputKind::Restart);
    let ended = drive(&Engine::default(), &mut catalog, &mut session, input, &mut Nobody).unwrap();
    assert_eq!(ended.turn.to_value(&session)["ended_reason"], "restarted");
    assert_eq!((ended.turn.commits(), session.revision().0), (true, 2));
    let journal = crate::StoredTurn::of(&started, "");
    let state = crate::StoredTurn::initial_state(&journal.input).unwrap();
    assert_eq!(Value::Object(state), json!({"user": {"name": "Bo"}}));
    assert_eq!(
        crate::StoredTurn::initial_state(&crate::StoredTurn::of(&ended, "").input),
        None::<Map<_, _>>
    );
}

/// R10.5: a host may name the hosts that scripts load code from.
#[test]
fn the_hosts_of_scripts_are_configuration() {
    let script = json!({"id": "s", "type": "script", "content": {"code": "1", "language": "js",
        "outputs": ["x"], "dependencies": ["https://code.example/a@1.js"]}});
    let (definition, _) = read(&json!({"nodes": [script]}));
    let compiler =
        Compiler { script_cdns: Some(vec!["code.example".into()]), ..Compiler::default() };
    assert!(compiler.compile(&definition, 1).flow.is_some());
    let report = Compiler::default().compile(&definition, 1).report;
    assert_eq!(
        report.errors().map(|found| found.code).collect::<Vec<_>>(),
        [Code::ScriptDependencyHost]
    );
}

/// R9.22: a flow that is returned to must still have the composite; nothing is committed.
#[test]
fn a_session_whose_composite_is_gone_cannot_go_on() {
    let ask = json!({"id": "q", "type": "question", "content": {"question": "?"}});
    let inner = json!({"id": "d", "type": "composite", "content": {"nodes": [ask]}});
    let composite = json!({"id": "c", "type": "composite", "content": {"nodes": [inner]}});
    let world = World::of(&json!([composite]), &json!([]));
    let (mut session, _) = start(&world, Options::default(), json!({}));
    assert_eq!(session.depth(), 3);
    let before = session.clone();
    let kind = InputKind::Reply { value: json!("x"), hint: crate::InputType::Text };
    let other = World::of(&json!([message("m", "m")]), &json!([]));
    let step = Engine::default().step(
        &other.library.catalog(),
        &mut session,
        Input::new(Timestamp::default(), kind),
    );
    assert!(matches!(step, Err(crate::StepError::NodeGone { node, .. }) if node.as_str() == "c"));
    assert_eq!(session, before);
}

/// R11.5, R9.37: a session goes on with the versions it has, whatever is published meanwhile.
#[test]
fn a_running_session_keeps_its_versions() {
    let document = |key: &str, nodes: Value, edges: Value| {
        read(&json!({"seed_key": key, "name": key, "version": "1", "nodes": nodes, "connections": edges})).0
    };
    let flows = |mark: &str| {
        let ask = json!({"id": "q", "type": "question", "content": {"question": "?"}});
        let said = message("s", &format!("sub {mark}"));
        let sub =
            json!({"id": "c", "type": "composite", "content": {"composite_flow_seed_key": "sub"}});
        [
            document("sub", json!([ask, said]), json!([edge("q", "s", "default")])),
            document(
                "main",
                json!([sub, message("m", &format!("main {mark}"))]),
                json!([edge("c", "m", "default")]),
            ),
        ]
    };
    let mut world = World::default();
    for definition in flows("old") {
        assert!(!world.library.add_flow(&definition).has_errors());
    }
    let (mut session, _) = start(&world, Options::default(), json!({}));
    let mut catalog = world.library.catalog();
    for definition in flows("new") {
        catalog.insert(Compiler::default().compile(&definition, 9).flow.unwrap());
    }
    let kind = InputKind::Reply { value: json!("x"), hint: crate::InputType::Text };
    let input = Input::new(Timestamp::default(), kind);
    let driven = drive(&Engine::default(), &mut catalog, &mut session, input, &mut Nobody).unwrap();
    let said: Vec<_> = driven
        .turn
        .messages()
        .iter()
        .map(|item| item.as_text().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(said, ["sub old", "main old"]);
}
