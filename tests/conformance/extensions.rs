//! What a host adds to the language: functions in CEL and node types.

use std::sync::Arc;

use chatflow::{
    Code, Compiler, ConnectionType, ContentProblem, CustomNode, Engine, Event, ExtensionError,
    Extensions, FlowDefinition, Input, InputKind, Journal, Library, NewSession, Next, Performed,
    Preview, Seed, Session, SessionId, Timestamp, Turn, ValueType, replay,
};
use serde_json::{Map, Value, json};

/// Distance, an echo, a failure, a large result and a deep one.
fn functions() -> Extensions {
    let mut extensions = Extensions::default();
    let number = |args: &[Value], at: usize| args[at].as_f64().ok_or("not a number");
    let any = [ValueType::Any];
    extensions
        .add_function(
            "distance",
            &[ValueType::Number, ValueType::Number],
            Arc::new(move |args| Ok(json!((number(args, 0)? - number(args, 1)?).abs()))),
        )
        .unwrap()
        .add_function("echo", &any, Arc::new(|args| Ok(args[0].clone())))
        .unwrap()
        .add_function("fails", &[], Arc::new(|_| Err("the moon is full".into())))
        .unwrap()
        .add_function("large", &[], Arc::new(|_| Ok(json!("x".repeat(300_000)))))
        .unwrap()
        .add_function("text", &[ValueType::Text], Arc::new(|args| Ok(args[0].clone())))
        .unwrap()
        .add_function(
            "deep",
            &[],
            Arc::new(|_| Ok((0..100).fold(json!(1), |inner, _| json!([inner])))),
        )
        .unwrap();
    extensions
}

fn library(extensions: Extensions, document: &Value) -> (Library, chatflow::FlowId) {
    let compiler = Compiler { extensions, ..Compiler::default() };
    let mut library = Library::with_compiler(Arc::new(compiler));
    let report = library.add_flow(&FlowDefinition::read(document).0.unwrap());
    let id = library.find("main").unwrap_or_else(|| panic!("{report:?}"));
    (library, id)
}

fn start(library: &Library, flow: chatflow::FlowId) -> (Preview<'_>, Turn) {
    let at = Timestamp::from_millis(1_767_225_600_000);
    Preview::start(library, flow, "seed", at, Map::new()).unwrap()
}

/// The value of `temp.x` after `calculate`, or the errors of the action.
fn calculated(expression: &str) -> Result<Value, Vec<String>> {
    let (library, flow) = library(
        functions(),
        &json!({"seed_key": "main", "nodes": [{"id": "a", "type": "action", "content": {
            "actions": [{"type": "calculate", "target": "temp.x", "expression": expression}]}}]}),
    );
    let (preview, turn) = start(&library, flow);
    match turn.events.iter().find_map(|event| match event {
        Event::Acted { errors, .. } if !errors.is_empty() => Some(errors.clone()),
        _ => None,
    }) {
        Some(errors) => Err(errors),
        None => Ok(preview.session().state()["temp"]["x"].clone()),
    }
}

#[test]
fn host_functions_are_called_wherever_expressions_stand() {
    // R6.21, R6.11, R6.30, R7.20.
    let document = json!({"seed_key": "main", "nodes": [
        {"id": "calculate", "type": "action", "content": {"actions": [
            {"type": "calculate", "target": "temp.d", "expression": "host.distance(3, 7.5)"},
            {"type": "aggregate", "target": "temp.s",
             "expression": "sum([host.distance(1, 2), host.distance(1, 4)])"},
            {"type": "set_variable", "variable": "temp.guarded", "value": 1,
             "if": "host.distance(temp.d, 4.5) == 0"}]}},
        {"id": "choose", "type": "condition", "content": {"conditions": [
            {"if": "host.distance(1, 1) > 0", "then": "$0"},
            {"if": {"and": ["host.distance(0, temp.s) == 4"]}, "then": "$1"}]}},
        {"id": "said", "type": "message", "content": {"text": "{{temp.d}} {{temp.guarded}}"}},
        {"id": "no", "type": "message", "content": {"text": "no"}},
    ], "connections": [
        {"source": "calculate", "target": "choose"},
        {"source": "choose", "target": "no", "connection_type": "$0"},
        {"source": "choose", "target": "said", "connection_type": "$1",
         "conditions": {"if": "host.text('yes') == 'yes'"}},
        {"source": "choose", "target": "no", "connection_type": "default"},
    ]});
    let (library, flow) = library(functions(), &document);
    let (_, turn) = start(&library, flow);
    assert_eq!(turn.messages()[0].as_text(), Some("4.5 1"), "{:?}", turn.events);
}

#[test]
fn results_of_host_functions_follow_the_number_rule_and_the_limits() {
    // R6.8, F22.
    assert_eq!(calculated("host.distance(3, 8)"), Ok(json!(5)));
    assert_eq!(calculated("host.echo({'a': [1, 2.0, 'x', null]}).a[1] + 1"), Ok(json!(3)));
    assert_eq!(
        calculated("host.echo(timestamp('2026-01-01T00:00:00Z'))"),
        Ok(json!("2026-01-01T00:00:00Z"))
    );
    assert_eq!(calculated("[1, 2].map(n, host.distance(n, 0))"), Ok(json!([1, 2])));
    for (expression, reason) in [
        ("host.fails()", "the moon is full"),
        ("host.large()", "too large"),
        ("host.deep()", "too deep"),
        ("host.text(temp.missing)", "no such key"),
        ("host.text(host.echo(1))", "argument 1 of `host.text` is int, not a text"),
        (
            "[1,2,3,4,5,6,7,8,9,10].map(a, [1,2,3,4,5,6,7,8,9,10].map(b, \
          [1,2,3,4,5,6,7,8,9,10].map(c, [1,2,3,4,5,6,7,8,9,10].map(d, host.echo(d)))))",
            "too many steps",
        ),
    ] {
        let errors = calculated(expression).unwrap_err();
        assert!(errors[0].contains(reason), "{expression}: {errors:?}");
    }
    // An error is as any other: the other side decides.
    assert_eq!(calculated("host.fails() || true"), Ok(json!(true)));
}

fn codes(extensions: Extensions, node: &Value) -> Vec<(Code, String)> {
    let document = json!({"nodes": [node], "entry_node_id": "a", "name": "N", "version": "1.0.0"});
    let (definition, mut report) = FlowDefinition::read(&document);
    let compiler = Compiler { extensions, ..Compiler::default() };
    report.append(compiler.compile(&definition.unwrap(), 1).report);
    report.iter().map(|found| (found.code, found.at.to_string())).collect()
}

#[test]
fn a_call_that_cannot_work_is_told_when_the_flow_is_compiled() {
    // R12.23.
    let node = |expression: &str| json!({"id": "a", "type": "message", "content": {"text": "x"}, "e": expression});
    assert_eq!(codes(functions(), &node("")), []);
    let action = |expression: &str| {
        json!({"id": "a", "type": "action", "content": {"actions": [
            {"type": "calculate", "target": "temp.x", "expression": expression}]}})
    };
    let at = "/nodes/0/content/actions/0/expression".to_owned();
    for expression in ["host.moon()", "host.distance(1)", "host.distance('a', 1)", "distance(1, 2)"]
    {
        let found = codes(functions(), &action(expression));
        assert!(found.contains(&(Code::CelUnknownFunction, at.clone())), "{expression}: {found:?}");
    }
    // Without the extension the function is unknown; a variable may be called `host`.
    let found = codes(Extensions::default(), &action("host.distance(1, 2)"));
    assert!(found.contains(&(Code::CelUnknownFunction, at)));
    let found =
        codes(Extensions::default(), &action("host.name.size() + size(host.contains('x'))"));
    assert!(!found.iter().any(|(code, _)| *code == Code::CelUnknownFunction), "{found:?}");
}

#[test]
fn names_of_extensions_are_checked() {
    // R6.21, R1.12.
    let mut extensions = functions();
    let body: chatflow::HostFunctionBody = Arc::new(|_| Ok(Value::Null));
    for name in ["", "A", "9", "a-b", "a.b", "map", "exists", &"a".repeat(65)] {
        let error = extensions.add_function(name, &[], Arc::clone(&body)).unwrap_err();
        assert_eq!(error, ExtensionError::Name { name: name.to_owned() });
    }
    let error = extensions.add_function("fails", &[], Arc::clone(&body)).unwrap_err();
    assert_eq!(error, ExtensionError::Twice { name: "fails".into() });
    assert!(extensions.add_function("fails", &[ValueType::Any], body).is_ok(), "by number");
    for name in ["x_", "dice", "x_Dice", "X_dice", "x_di-ce"] {
        assert!(extensions.add_node(CustomNode::new(name)).is_err(), "{name}");
    }
    extensions.add_node(CustomNode::new("x_dice")).unwrap();
    let error = extensions.add_node(CustomNode::new("x_dice")).unwrap_err();
    assert_eq!(error, ExtensionError::Twice { name: "x_dice".into() });
}

/// Adds `content.points` to `temp.score`; beyond 10 the game is won, below 0 it fails.
fn score() -> CustomNode {
    CustomNode::new("x_score")
        .check(|content| {
            let problem = ContentProblem {
                at: "/points".into(),
                message: "a score needs `points`".into(),
                help: "write a number".into(),
            };
            if content.contains_key("points") { Vec::new() } else { vec![problem] }
        })
        .run(|content, view| {
            let points = content["points"].as_i64().unwrap_or(0);
            let score = view.get("temp.score").and_then(|n| n.as_i64()).unwrap_or(0) + points;
            if score < 0 {
                return Performed::failure("below_zero", "no score is below zero");
            }
            let picture = Map::from_iter([("url".to_owned(), json!("javascript:alert(1)"))]);
            let performed = if score > 10 {
                Performed::by(ConnectionType::parse("won").unwrap())
            } else {
                Performed::success()
            };
            performed
                .say(format!("{score} points"))
                .item("image", picture)
                .write("temp.score", json!(score))
        })
}

fn game(points: &Value) -> Value {
    json!({"seed_key": "main", "entry_node_id": "add", "nodes": [
        {"id": "add", "type": "x_score", "content": {"points": points}},
        {"id": "more", "type": "question",
         "content": {"question": "?", "input_type": "number", "variable": "temp.points"}},
        {"id": "won", "type": "message", "content": {"text": "won with {{temp.score}}"}},
        {"id": "lost", "type": "message", "content": {"text": "lost: {{system.last_error.code}}"}},
    ], "connections": [
        {"source": "add", "target": "more", "connection_type": "success"},
        {"source": "add", "target": "won", "connection_type": "won"},
        {"source": "add", "target": "lost", "connection_type": "failure"},
        {"source": "more", "target": "add"},
    ]})
}

fn with_score() -> Extensions {
    let mut extensions = Extensions::default();
    extensions.add_node(score()).unwrap();
    extensions
}

fn texts(turn: &Turn) -> Vec<String> {
    turn.messages().iter().map(|item| item.as_text().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_node_of_the_host_says_writes_and_chooses() {
    // R2.6, R2.10, R2.23, R11.30: in a loop, with references in its content.
    let (library, flow) = library(with_score(), &game(&json!("{{temp.points}}")));
    let (mut preview, turn) = start(&library, flow);
    assert_eq!(texts(&turn), ["0 points"]);
    let history = turn.history(flow);
    let row =
        history.iter().find(|row| row.content.get("type") == Some(&json!("x_score"))).unwrap();
    assert_eq!(row.content["success"], true);
    assert_eq!(row.content["variables_updated"], json!(["temp.score"]));
    let blocked = |event: &Event| matches!(event, Event::Warned { code: "media_url", .. });
    assert!(turn.events.iter().any(blocked), "a picture of no allowed address is not shown");
    assert_eq!(texts(&preview.reply(json!(4)).unwrap()), ["4 points"]);
    let turn = preview.reply(json!(7)).unwrap();
    assert_eq!(texts(&turn), ["11 points", "won with 11"]);
    assert!(matches!(turn.next, Next::Ended(_)));
    let (mut preview, _) = start(&library, flow);
    assert_eq!(texts(&preview.reply(json!(-1)).unwrap()), ["lost: below_zero"]);
}

#[test]
fn a_type_that_nobody_registered_is_unknown_and_one_without_a_handler_fails() {
    // R1.12, R12.20, R2.10.
    let node = json!({"id": "a", "type": "x_score", "content": {"points": 1}});
    let unknown = (Code::NodeUnknownType, "/nodes/0".to_owned());
    assert!(codes(Extensions::default(), &node).contains(&unknown));
    let found = codes(with_score(), &json!({"id": "a", "type": "x_score", "content": {}}));
    assert!(found.contains(&(Code::NodeField, "/nodes/0/content/points".to_owned())), "{found:?}");
    let mut extensions = Extensions::default();
    extensions.add_node(CustomNode::new("x_score")).unwrap();
    let (library, flow) = library(extensions, &game(&json!(1)));
    let (_, turn) = start(&library, flow);
    assert_eq!(texts(&turn), ["lost: no_handler"]);
}

#[test]
fn a_node_of_the_host_that_cannot_write_has_failed() {
    // R5.6, R2.10.
    let mut extensions = Extensions::default();
    let rogue = CustomNode::new("x_score").run(|_, _| {
        Performed::success().write("temp.a", json!(1)).write("system.revision", json!(0))
    });
    extensions.add_node(rogue).unwrap();
    let (library, flow) = library(extensions, &game(&json!(1)));
    let (preview, turn) = start(&library, flow);
    assert_eq!(texts(&turn), ["lost: invalid_path"]);
    assert_eq!(preview.session().state()["temp"], json!({"a": 1}));
}

#[test]
fn a_node_of_the_host_runs_in_a_sub_flow_and_again_in_a_replay() {
    // R9.20, R0.3.
    let main = json!({"seed_key": "outer", "nodes": [
        {"id": "in", "type": "composite", "content": {"composite_flow_seed_key": "main"}},
        {"id": "out", "type": "message", "content": {"text": "done"}},
    ], "connections": [{"source": "in", "target": "out"}]});
    let (mut library, _) = library(with_score(), &game(&json!(6)));
    assert!(!library.add_flow(&FlowDefinition::read(&main).0.unwrap()).has_errors());
    let (catalog, engine) = (library.catalog(), Engine::default());
    let outer = library.find("outer").unwrap();
    let mut session = Session::new(NewSession {
        id: SessionId::derived("x"),
        flow: chatflow::FlowRef { id: outer, seq: 0 },
        pins: library.pins(outer),
        seed: Seed(1),
        user_id: None,
        tenant: None,
        trace: chatflow::TraceLevel::Off,
    });
    let mut journal = Journal::new(&session, &catalog);
    let reply = InputKind::Reply { value: json!(1), hint: chatflow::InputType::Number };
    for kind in [InputKind::Start { state: Arc::default() }, reply] {
        let input = Input::new(Timestamp::default(), kind);
        let step = engine.step(&catalog, &mut session, input.clone()).unwrap();
        journal.add_step(input, &step, &session);
    }
    assert_eq!(session.state()["temp"]["score"], 12);
    assert!(matches!(session.phase(), chatflow::Phase::Ended(_)));
    assert_eq!(replay(&engine, &catalog, &journal).divergence, None);
}
