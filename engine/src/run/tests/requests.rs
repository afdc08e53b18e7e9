//! Requests and what becomes of their answers.

use serde_json::{Value, json};

use super::{World, message};
use crate::answer::InputType;
use crate::draw::Seed;
use crate::flow::{Catalog, Flow};
use crate::id::SessionId;
use crate::protocol::{Effect, EffectKind, HttpRequest, Input, InputKind, Next};
use crate::run::Engine;
use crate::session::{NewSession, Session};
use crate::time::Timestamp;

/// The first request of a flow that begins with one.
pub(super) fn request(kind: &str, content: &Value, state: Value) -> Box<HttpRequest> {
    let effect = first_step(&json!([{"id": "h", "type": kind, "content": content}]), state);
    let EffectKind::CallWebhook { request } = effect else { panic!("{effect:?}") };
    request
}

/// A session that has not started.
fn session_of(flow: &Flow) -> Session {
    Session::new(NewSession {
        id: SessionId::derived("x"),
        flow: flow.version(),
        pins: std::collections::BTreeMap::new(),
        seed: Seed::from_text("0"),
        user_id: None,
        tenant: None,
        trace: crate::trace::TraceLevel::Off,
    })
}

/// The effect that a flow begins with.
pub(super) fn first_step(nodes: &Value, state: Value) -> EffectKind {
    let world = World::of(nodes, &json!([]));
    let flow = world.library.flows().next().unwrap();
    let catalog: Catalog = [flow.clone()].into_iter().collect();
    let mut session = session_of(flow);
    let start = InputKind::Start { state: super::object(state).into() };
    let step = Engine::default()
        .step(&catalog, &mut session, Input::new(Timestamp::from_millis(0), start))
        .unwrap();
    // A session that waits for its host takes no reply, and stays as it was.
    let before = session.clone();
    let reply = InputKind::Reply { value: json!(1), hint: InputType::Text };
    let refused = Engine::default().step(
        &catalog,
        &mut session,
        Input::new(Timestamp::from_millis(9), reply),
    );
    assert!(refused.is_err() && session == before);
    let Next::Resolve(Effect { kind, .. }) = step.next else { panic!("{:?}", step.next) };
    kind
}

/// R5.27, R5.42, R8.1.
#[test]
fn a_request_is_sent_as_the_author_meant_it() {
    // R5.23, R7.44.
    let content = json!({
        "url": "{temp.base}", "headers": {"X-Name": "{user.n}", "X-Age": 7, "X-Gone": "{{temp.gone}}"},
        "body": {"name": "{user.n}", "smile": "{no.scope}", "pick": ["{{temp.pick}}"], "gone": "x {{temp.gone}}"},
    });
    let state = json!({"user": {"n": "Ana\r\nX-Evil: 1"}, "temp": {
        "base": "https://a.example/x", "pick": {"value": "r", "label": "Red"}}});
    let sent = request("webhook", &content, state);
    assert_eq!(sent.url, "https://a.example/x");
    assert_eq!(
        json!(sent.request.headers),
        json!({"X-Name": "AnaX-Evil: 1", "X-Age": "7", "Accept": "application/json", "Content-Type": "application/json"})
    );
    assert_eq!(
        sent.request.body,
        json!({"name": "Ana\r\nX-Evil: 1", "smile": "{no.scope}", "pick": ["r"], "gone": null})
    );
    let bare = request("webhook", &json!({"url": "https://a.example"}), json!({}));
    assert_eq!(bare.request.body, json!({}));
}

/// R8.1, R8.25.
#[test]
fn a_body_that_is_too_large_is_not_sent() {
    let content =
        json!({"url": "https://a.example", "body": "{{user.big}}", "error_variable": "temp.e"});
    let nodes = json!([{"id": "h", "type": "webhook", "content": content}, message("f", "{{system.last_error.code}}")]);
    let world = World::of(&nodes, &json!([{"source": "h", "target": "f", "type": "failure"}]));
    let played = world.play(json!({"user": {"big": "x".repeat(300_000)}}), &[]);
    assert_eq!(played.said, ["payload_too_large"]);
    assert_eq!(played.state["temp"]["e"]["fallback_used"], false);
}

/// R7.7, R7.47: an answer is mapped as a whole or not at all, and the failure is told.
#[test]
fn an_answer_that_cannot_be_stored_leaves_nothing_behind() {
    let failed = |content: Value, kind: &str, url: &str| {
        let nodes = json!([{"id": "h", "type": kind, "content": content}, message("f", "{{system.last_error.code}}")]);
        let world = World::of(&nodes, &json!([{"source": "h", "target": "f", "type": "failure"}]))
            .with_handlers(&json!({url: {"answer": {"a": 1, "b": 2}}}));
        let played = world.play(json!({"temp": {"list": []}}), &[]);
        assert_eq!(played.said, ["bad_index"], "{kind}");
        assert_eq!(played.state["temp"]["one"], Value::Null, "{kind}");
        assert!(played.state["temp"]["e"]["error"].is_string(), "{kind}: {}", played.state);
        let row = played.rows.iter().find(|row| row["success"] == false).unwrap();
        assert_eq!(row["variables_updated"], json!([]), "{kind}");
    };
    let url = "https://a.example";
    failed(
        json!({"url": url, "error_variable": "temp.e", "response_mapping": {"temp.a_one": "a", "temp.list.9": "b"}}),
        "webhook",
        url,
    );
    failed(
        json!({"type": "api_call", "endpoint": "/x", "error_variable": "temp.e",
            "response_mapping": {"a": "temp.one", "b": "temp.list.9"}}),
        "action",
        "/x",
    );
}

/// R7.50: the first request of a node has the plain key, wherever it stands among the actions.
#[test]
fn requests_are_numbered_by_themselves() {
    let call = json!({"type": "api_call", "endpoint": "https://a.example", "method": "POST"});
    let skip = json!({"type": "clear", "variable": "temp.a"});
    let key =
        request("action", &json!({"actions": [skip, call]}), json!({})).request.idempotency_key;
    assert!(key.as_deref().is_some_and(|key| key.ends_with(":h:0")), "{key:?}");
}

/// R2.74: errors do not tell what variables hold. R7.5: an empty guard guards nothing.
#[test]
fn errors_of_actions_hold_no_values() {
    let sources = [
        "int(user.pin)",
        "double(user.pin)",
        "timestamp(user.pin)",
        "duration(user.pin)",
        "bool(user.pin)",
        "user.pin + 1",
        "user[user.pin]",
        "{user.pin: 1, user.pin: 2}",
        "user.pin.matches(user.bad)",
    ];
    let calculate = |source: &&str| json!({"type": "calculate", "expression": source, "result_variable": "temp.x", "if": " "});
    let mut actions: Vec<Value> = sources.iter().map(calculate).collect();
    actions.push(json!({"type": "increment", "variable": "user.pin"}));
    actions.push(json!({"type": "append", "variable": "user.pin", "value": 1}));
    let nodes = json!([{"id": "a", "type": "action", "content": {"actions": actions}}]);
    let played = World::of(&nodes, &json!([]))
        .play(json!({"user": {"pin": "hunter2", "bad": "(hunter2"}}), &[]);
    let errors = played.rows[0]["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 11, "{errors:#?}");
    assert!(!json!(errors).to_string().contains("hunter2"), "{errors:#?}");
}

/// What a webhook with these answers leaves behind.
fn called(content: &Value, rules: &Value) -> super::Played {
    let mut content = content.clone();
    content["url"] = json!("https://a.example");
    let nodes = json!([{"id": "h", "type": "webhook", "content": content},
        message("ok", "ok"), message("spare", "spare"), message("bad", "{{system.last_error.code}}")]);
    let edge = |target: &str, kind: &str| json!({"source": "h", "target": target, "type": kind});
    let edges = json!([edge("ok", "success"), edge("spare", "fallback"), edge("bad", "failure")]);
    World::of(&nodes, &edges)
        .with_handlers(&json!({"https://a.example": rules}))
        .play(json!({}), &[])
}

#[test]
fn an_answer_is_mapped_with_its_status_and_headers() {
    // R8.16, R8.20, R8.21, R8.22, R8.34, R7.46.
    let mapping = json!({"temp.s": "$status", "temp.h": "$headers.x-id", "temp.c": "$headers.set-cookie",
        "temp.k": "$headers.x-api-key", "temp.n": "$.list[0].n", "temp.gone": "$.gone", "temp.none": "$.none", "found": "$.ok"});
    let rule = json!({"status": 201, "headers": {"X-Id": "7", "Set-Cookie": "a", "x-api-key": "b"},
        "body": {"list": [{"n": 1}], "none": null, "ok": true}});
    let played = called(&json!({"response_mapping": mapping, "store_response": true}), &rule);
    assert_eq!(played.said, ["ok"]);
    assert_eq!(played.state["temp"], json!({"s": 201, "h": "7", "n": 1, "found": true}));
    let kept = &played.state["webhook_responses"]["webhook_response"];
    assert_eq!((&kept["status_code"], &kept["response"]["ok"]), (&json!(201), &json!(true)));
    let moved = called(&json!({}), &json!({"status": 302}));
    assert_eq!(moved.said, ["http_status"]);
    let error = &moved.state["temp"]["webhook_error"];
    assert_eq!((&error["status_code"], &error["fallback_used"]), (&json!(302), &json!(false)));
}

#[test]
fn a_fallback_is_mapped_or_written() {
    // R8.23, R8.24, R5.6, R2.8.
    let down = json!({"status": 503});
    let mapped = json!({"fallback_response": {"items": [], "n": null}, "response_mapping": {"temp.i": "$.items"}});
    let played = called(&mapped, &down);
    assert_eq!((played.said[0].as_str(), &played.state["temp"]), ("spare", &json!({"i": []})));
    let written = json!({"fallback_response": {"temp.q": null, "x": 1}, "response_mapping": {"temp.i": "$.items"}});
    let played = called(&written, &down);
    assert_eq!(
        (played.said[0].as_str(), &played.state["temp"]),
        ("spare", &json!({"q": null, "x": 1}))
    );
    let forbidden = called(&json!({"fallback_response": {"temp.a": 1, "system.x": 1}}), &down);
    assert_eq!(forbidden.said, ["read_only_scope"]);
    assert_eq!(forbidden.state["temp"].get("a"), None);
}

#[test]
fn failures_have_their_codes() {
    // R8.25, R7.44, R8.30, R8.31.
    let failed = |url: &str| {
        let nodes = json!([{"id": "h", "type": "webhook", "content": {"url": url}},
            message("f", "{{system.last_error.code}}")]);
        let world = World::of(&nodes, &json!([{"source": "h", "target": "f", "type": "failure"}]));
        world
            .play(
                json!({"temp": {"http": "http://a.example", "me": "https://127.1/", "at": "a@b"}}),
                &[],
            )
            .said
            .remove(0)
    };
    assert_eq!(failed("https://a.example/{{temp.gone}}"), "url_unresolved");
    assert_eq!(failed("{{temp.http}}"), "url_invalid");
    assert_eq!(failed("https://{{temp.at}}/"), "url_invalid");
    assert_eq!(failed("{{temp.me}}"), "url_forbidden");
    let call = |endpoint: &str| {
        let nodes = json!([{"id": "h", "type": "action", "content": {"type": "api_call", "endpoint": endpoint}},
            message("f", "{{system.last_error.code}} {{temp.api_error.status_code}}")]);
        let world = World::of(&nodes, &json!([{"source": "h", "target": "f", "type": "failure"}]));
        world.play(json!({"temp": {"up": "/v1/../x"}}), &[]).said.remove(0)
    };
    assert_eq!(call("/v1/{{temp.gone}}"), "unresolved_reference ");
    assert_eq!(call("{{temp.up}}"), "url_invalid ");
    assert_eq!(call("/v1/x"), "no_handler ");
}

#[test]
fn the_same_node_of_a_subflow_has_a_key_of_its_own_each_time() {
    // R7.50, F11.
    let hook = json!([{"id": "h", "type": "action", "content": {"actions": [
        {"type": "api_call", "endpoint": "/a"},
        {"type": "api_call", "endpoint": "/b", "method": "POST"}]}}]);
    let composite = |id: &str| json!({"id": id, "type": "composite", "content": {"composite_flow_seed_key": "sub"}});
    let nodes = json!([{"id": "h", "type": "action", "content": {"type": "api_call", "endpoint": "/c", "method": "PUT"}},
        composite("one"), composite("two")]);
    let edges = json!([{"source": "h", "target": "one", "type": "success"},
        {"source": "one", "target": "two", "type": "success"}]);
    let world = World::of(&nodes, &edges).with("sub", &hook, &json!([]));
    let main = world.library.find("main").unwrap();
    let sub = world.library.find("sub").unwrap();
    let mut session = Session::new(NewSession {
        id: SessionId::derived("x"),
        flow: crate::id::FlowRef { id: main, seq: 0 },
        pins: world.library.pins(main),
        seed: Seed::from_text("0"),
        user_id: None,
        tenant: None,
        trace: crate::trace::TraceLevel::Off,
    });
    let catalog = world.library.catalog();
    let mut input = InputKind::Start { state: serde_json::Map::new().into() };
    let mut keys = Vec::new();
    let here = Timestamp::from_millis(0);
    while let Next::Resolve(effect) =
        Engine::default().step(&catalog, &mut session, Input::new(here, input)).unwrap().next
    {
        if let EffectKind::CallHandler { request, .. } = &effect.kind {
            keys.extend(request.idempotency_key.clone());
        }
        let outcome = crate::protocol::Outcome::Done { value: Value::Null };
        input = InputKind::Resolved { effect: effect.id, outcome };
    }
    let id = SessionId::derived("x");
    assert_eq!(
        keys,
        [format!("{id}:h:0"), format!("{id}:{sub}/h:0#1"), format!("{id}:{sub}/h:0:1#1")]
    );
}

#[test]
fn what_was_not_there_is_not_told_as_written() {
    // R2.73, R7.14, R7.16.
    let actions = json!([
        {"type": "remove", "variable": "temp.list", "value": 9},
        {"type": "remove", "variable": "temp.gone", "value": 9},
        {"type": "delete_variable", "variable": "temp.gone"},
        {"type": "remove", "variable": "temp.list", "value": 1},
        {"type": "delete_variable", "variable": "temp.x"}]);
    let nodes = json!([{"id": "a", "type": "action", "content": {"actions": actions}}]);
    let state = json!({"temp": {"list": [{"value": 1, "label": "One"}, 2], "x": 1}});
    let played = World::of(&nodes, &json!([])).play(state, &[]);
    assert_eq!(played.rows[0]["variables_updated"], json!(["temp.list", "temp.x"]));
    assert_eq!(played.state, json!({"temp": {"list": [2]}}));
}

#[test]
fn response_paths_reach_into_lists_and_to_the_whole() {
    // R7.48, R7.49, R2.80.
    let mapping = json!({"temp.all": "$", "temp.too": "", "temp.two": "list.1.n", "temp.deep": "$.list[0].n",
        "$.list.0": "temp.turned"});
    let body = json!({"list": [{"n": 1}, {"n": 2}]});
    let played =
        called(&json!({"response_mapping": mapping}), &json!({"status": 200, "body": body}));
    assert_eq!(
        played.state["temp"],
        json!({"all": body, "too": body, "two": 2, "deep": 1, "turned": {"n": 1}})
    );
    let row = json!({"type": "webhook", "success": true, "status": 200, "fallback_used": false, "duration_ms": 0,
        "variables_updated": ["temp.all", "temp.deep", "temp.too", "temp.turned", "temp.two"]});
    assert_eq!(played.rows[0], row);
    // R7.19: an action has the response first, unless a `$` tells otherwise.
    let call = json!({"type": "api_call", "config": {"endpoint": "/x",
        "response_mapping": {"list.1.n": "temp.two", "temp.turned": "$.list.0.n"}}});
    let nodes = json!([{"id": "h", "type": "action", "content": {"actions": [call]}}]);
    let world = World::of(&nodes, &json!([])).with_handlers(&json!({"/x": {"answer": body}}));
    assert_eq!(world.play(json!({}), &[]).state["temp"], json!({"two": 2, "turned": 1}));
}

#[test]
fn a_turn_has_so_much_time_for_its_effects() {
    // R11.27, F25: what is left of the turn bounds a request; with nothing left it is not sent.
    let hook = |id: &str| json!({"id": id, "type": "webhook", "content": {"url": "https://a.example", "timeout": 300}});
    let nodes = json!([
        hook("one"),
        hook("two"),
        hook("three"),
        message("f", "{{system.last_error.code}}")
    ]);
    let edges = json!([{"source": "one", "target": "two"}, {"source": "two", "target": "three"},
        {"source": "three", "target": "f", "type": "failure"}]);
    let world = World::of(&nodes, &edges);
    let flow = world.library.flows().next().unwrap();
    let catalog: Catalog = [flow.clone()].into_iter().collect();
    let mut session = session_of(flow);
    let mut kind = InputKind::Start { state: super::object(json!({})).into() };
    let mut limits = Vec::new();
    for at in [0, 44_000, 45_000] {
        let input = Input::new(Timestamp::from_millis(at), kind);
        let step = Engine::default().step(&catalog, &mut session, input).unwrap();
        let Next::Resolve(Effect { id, kind: EffectKind::CallWebhook { request } }) = step.next
        else {
            assert_eq!(
                (at, &session.engine.last_error.as_ref().unwrap()["code"]),
                (45_000, &json!("timeout"))
            );
            assert!(session.engine.effects == 2 && !limits.is_empty());
            break;
        };
        limits.push(request.request.timeout_ms);
        let outcome = crate::Outcome::Done { value: json!({"status": 200, "body": {}}) };
        kind = InputKind::Resolved { effect: id, outcome };
    }
    assert_eq!(limits, [45_000, 1_000]);
}
