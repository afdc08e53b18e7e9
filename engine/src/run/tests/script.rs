//! Scripts: what is handed out, and what their results do.

use serde_json::{Value, json};

use super::routing::edge;
use super::{World, codes, message, object};
use crate::answer::InputType;
use crate::protocol::{Input, InputKind};
use crate::time::Timestamp;

fn world(content: &Value) -> World {
    let nodes = json!([
        {"id": "calc", "type": "script", "content": content},
        message("ok", "{{temp.total}} {{output.total}}"), message("late", "late"), message("bad", "bad")
    ]);
    let edges = json!([
        edge("calc", "ok", "success"),
        edge("calc", "late", "timeout"),
        edge("calc", "bad", "failure")
    ]);
    World::of(&nodes, &edges)
}

fn script(outputs: &Value) -> Value {
    json!({"code": "return {total: inputs.a + 1}", "language": "javascript",
        "inputs": {"a": "temp.n", "who": "user", "gone": "temp.gone"}, "outputs": outputs,
        "timeout": 1000})
}

/// R10.10, R0.7, R10.3: the request is whole, its inputs resolved, null where nothing is.
#[test]
fn a_script_is_handed_out_and_waited_for() {
    let state = json!({"temp": {"n": 4}, "user": {"name": "Bo", "_token": "hush"}});
    let played = world(&script(&json!(["total"]))).play(state, &[]);
    assert_eq!(
        played.last["script_request"],
        json!({"node_id": "calc", "execution_context": "frontend", "script_config": {
            "code": "return {total: inputs.a + 1}", "language": "javascript", "sandbox": "strict",
            "inputs": {"a": 4, "who": {"name": "Bo"}, "gone": null}, "outputs": ["total"],
            "dependencies": [], "timeout": 1000, "description": ""}})
    );
    assert_eq!(played.last["input_request"], Value::Null);
    assert_eq!(played.last["current_node_id"], "calc");
    assert_eq!(played.warnings, ["unresolved_reference"]);
    let row = json!({"type": "script_request", "language": "javascript", "sandbox": "strict",
        "outputs": ["total"], "timeout": 1000});
    assert_eq!(played.rows, [row]);
}

/// R10.20, R10.21, F5: declared outputs are written, also nested ones; others are dropped.
#[test]
fn declared_outputs_are_stored() {
    let world = world(&script(&json!(["total", "temp.deep.x", "user.mood", "temp.absent"])));
    let result = json!({"outputs": {
        "total": 3.0, "temp": {"deep": {"x": [1]}}, "user.mood": "fine", "evil": 1, "type": "html"},
        "execution_time_ms": 12, "console_logs": ["hi", 7]});
    for sent in [result.clone(), json!(result.to_string())] {
        let played = world.play(json!({}), &[sent]);
        assert_eq!(played.said, ["3 3"]);
        assert_eq!(
            played.state,
            json!({"temp": {"total": 3, "deep": {"x": [1]}}, "user": {"mood": "fine"}})
        );
        assert_eq!(
            played.warnings,
            ["unresolved_reference", "unresolved_reference", "script_output_undeclared"],
        );
        assert_eq!(
            played.rows[1],
            json!({"input_type": "script_result", "error": null, "execution_time_ms": 12,
                "outputs": ["output.total", "temp.total", "temp.deep.x", "user.mood"]})
        );
    }
}

/// R10.22, R10.24, R2.8: timeouts and errors have paths of their own.
#[test]
fn what_fails_takes_its_path() {
    let world = world(&script(&json!(["total"])));
    for (result, said) in [
        (json!({"timed_out": true, "error": "gave up"}), "late"),
        (json!({"error": "unsupported"}), "bad"),
        (json!({"error": {"name": "TypeError"}}), "bad"),
        (json!({"outputs": [1]}), "bad"),
        (json!({"outputs": {"total": "x".repeat(64 * 1024)}}), "bad"),
        (json!({"timed_out": false, "error": null}), " "),
    ] {
        let played = world.play(json!({}), std::slice::from_ref(&result));
        assert_eq!(played.said, [said], "{result}");
        assert_eq!(played.state.get("temp"), None, "nothing of a failed script is kept");
    }
    // Without a `timeout` connection it is a failure like any other.
    let nodes = json!([{"id": "s", "type": "script", "content": script(&json!(["x"]))}, message("bad", "bad")]);
    let world = World::of(&nodes, &json!([edge("s", "bad", "error")]));
    assert_eq!(world.play(json!({}), &[json!({"timed_out": true})]).said, ["bad"]);
    // Nor is what cannot be written kept in part.
    let nodes = json!([
        {"id": "s", "type": "script", "content": script(&json!(["temp.a", "temp.list.7"]))},
        message("bad", "bad")
    ]);
    let world = World::of(&nodes, &json!([edge("s", "bad", "failure")]));
    let result = json!({"outputs": {"temp.a": 1, "temp.list.7": 2}});
    let played = world.play(json!({"temp": {"list": []}}), &[result]);
    assert_eq!((played.said, played.state), (vec!["bad".into()], json!({"temp": {"list": []}})));
}

/// R10.23: what is no result is answered with the same request, and changes nothing.
#[test]
fn anything_else_gets_the_same_request_again() {
    let world = world(&script(&json!(["total"])));
    let (engine, catalog) = (crate::Engine::default(), world.library.catalog());
    let flow = world.library.find("main").unwrap();
    let mut session = crate::Session::new(crate::NewSession {
        id: crate::SessionId::derived("s"),
        flow: crate::FlowRef { id: flow, seq: 0 },
        pins: std::collections::BTreeMap::new(),
        seed: crate::Seed(0),
        user_id: None,
        tenant: None,
        trace: crate::trace::TraceLevel::Off,
    });
    let mut feed = |kind| {
        let step = engine.step(&catalog, &mut session, Input::new(Timestamp::default(), kind));
        (step, json!(session))
    };
    let state = object(json!({"temp": {"n": 1}})).into();
    let (started, waiting) = feed(InputKind::Start { state });
    let started = started.unwrap();
    let reply = |hint, value| InputKind::Reply { value, hint };
    for kind in [
        reply(InputType::Text, json!("hello?")),
        reply(InputType::Continue, json!(null)),
        InputKind::ScriptResult { result: json!("no json") },
        InputKind::ScriptResult { result: json!("[1]") },
        InputKind::ScriptResult { result: json!(7) },
    ] {
        let (step, after) = feed(kind.clone());
        let step = step.unwrap();
        assert_eq!((&step.events[..], &step.next), (&[][..], &started.next), "{kind:?}");
        assert_eq!(after, waiting, "{kind:?}");
    }
    // R11.13: what a host patches meanwhile is committed, and the script is the same.
    let (patched, _) = feed(InputKind::Patch { updates: object(json!({"temp": {"n": 9}})) });
    let patched = patched.unwrap();
    assert_eq!((patched.events.len(), &patched.next), (1, &started.next));
    let (done, after) = feed(InputKind::ScriptResult { result: json!({"outputs": {"total": 2}}) });
    assert!(matches!(done.unwrap().next, crate::Next::Ended(_)));
    assert_eq!(after["engine"]["revision"], 3);
}

/// A result is only for a script.
#[test]
fn a_result_without_a_script_is_refused() {
    let world = World::of(
        &json!([{"id": "q", "type": "question", "content": {"question": "?"}}]),
        &json!([]),
    );
    let flow = world.library.find("main").unwrap();
    let started =
        crate::Preview::start(&world.library, flow, "0", Timestamp::default(), object(json!({})));
    let (preview, _) = started.unwrap();
    let mut session = preview.session().clone();
    let kind = InputKind::ScriptResult { result: json!({}) };
    let catalog = world.library.catalog();
    let step = crate::Engine::default().step(
        &catalog,
        &mut session,
        Input::new(Timestamp::default(), kind),
    );
    assert!(matches!(step, Err(crate::StepError::UnexpectedInput { .. })));
}

/// F6: what a script shows is an item of the turn, and kept nowhere.
#[test]
fn html_is_shown_and_not_kept() {
    let world = world(&script(&json!(["total"])));
    for result in [
        json!({"html": "<b>7</b>", "outputs": {"total": 7}}),
        json!({"outputs": {"total": 7, "html": "<b>7</b>", "type": "html"}}),
    ] {
        let played = world.play(json!({"temp": {"n": 1}}), &[result]);
        assert_eq!(
            played.last["messages"][0],
            json!({"type": "html", "content": {"html": "<b>7</b>"}, "node_id": "calc"})
        );
        assert!(!json!(played.rows).to_string().contains("<b>"));
        assert_eq!(played.state["temp"], json!({"n": 1, "total": 7}));
        assert!(!played.warnings.contains(&"script_output_undeclared".to_owned()));
    }
    let large = json!({"html": "x".repeat(64 * 1024 + 1)});
    let played = world.play(json!({}), &[large]);
    assert!(played.warnings.contains(&"script_html_too_large".to_owned()));
    assert_eq!(played.last["messages"].as_array().unwrap().len(), 1);
}

/// R12.27, R10.2, R10.5: what is wrong with a script is told where it is written.
#[test]
fn scripts_are_checked() {
    let with = |key: &str, value: Value| {
        let mut content = script(&json!(["total"]));
        content[key] = value;
        content
    };
    let cdn = "https://cdn.jsdelivr.net/npm/d3@7.9.0";
    let rows = [
        (with("code", json!(" ")), "script.code_missing"),
        (with("code", json!("x".repeat(100_001))), "script.code_missing"),
        (with("language", json!("python")), "script.language"),
        (with("language", json!(null)), "script.language"),
        (with("sandbox", json!("none")), "script.sandbox"),
        (with("inputs", json!({"a b": "temp.a"})), "script.inputs_key"),
        (with("inputs", json!({"a": "temp.a b"})), "script.inputs_path"),
        (with("inputs", json!({"a": "secret.key"})), "script.inputs_path"),
        (with("inputs", json!({"a": 5})), "script.inputs_path"),
        (with("outputs", json!(["9x"])), "script.outputs"),
        (with("outputs", json!(["input.x"])), "script.outputs"),
        (with("outputs", json!([])), "script.no_outputs"),
        (with("dependencies", json!([7])), "script.dependency_type"),
        (with("dependencies", json!(vec![cdn; 11])), "script.dependency_type"),
        (with("dependencies", json!(["http://unpkg.com/a@1"])), "script.dependency_https"),
        (
            with("dependencies", json!(["https://evil.example/?x=unpkg.com"])),
            "script.dependency_host",
        ),
        (with("dependencies", json!(["https://u@unpkg.com/a@1"])), "script.dependency_host"),
        (with("dependencies", json!(["https://unpkg.com:8443/a@1"])), "script.dependency_host"),
        (
            with("dependencies", json!(["https://unpkg.com\\@evil.example/a@1"])),
            "script.dependency_host",
        ),
        (with("dependencies", json!(["https://unpkg.com/d3"])), "script.dependency_unpinned"),
        (with("timeout", json!(999)), "script.timeout"),
        (with("timeout", json!("5s")), "script.timeout"),
        (with("execution_context", json!("backend")), "script.backend_unsupported"),
    ];
    for (content, code) in rows {
        assert!(codes("script", &content).contains(&code), "{code}: {content}");
    }
    for content in [
        with("language", json!("TS")),
        with("sandbox", json!(false)),
        with(
            "dependencies",
            json!([cdn, {"url": "https://UNPKG.com:443/x@1/y.js", "integrity": "sha384-x"},
            "https://cdnjs.cloudflare.com/ajax/libs/lodash.js/4.17.21/lodash.min.js"]),
        ),
        with("inputs", json!({"all": "user"})),
    ] {
        let mut told = codes("script", &content);
        // The flow has nothing that sets its inputs.
        told.retain(|code| *code != "variable.used_before_set");
        assert_eq!(told, [""; 0], "{content}");
    }
}

/// R5.43: code is never substituted; R10.1: the engine hands it out and goes on with its results.
#[test]
fn code_is_handed_out_as_it_is_written() {
    let code = "return {total: `{{temp.n}}` + '{user.n}'}";
    let content = json!({"code": code, "language": "javascript", "outputs": ["total"]});
    let state = json!({"temp": {"n": "1); steal("}, "user": {"n": "x"}});
    let world = world(&content);
    let played = world.play(state.clone(), &[]);
    assert_eq!(played.last["script_request"]["script_config"]["code"], code);
    assert_eq!(world.play(state, &[json!({"outputs": {"total": 4}})]).said, ["4 4"]);
}
