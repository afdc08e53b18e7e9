//! Requests and what becomes of their answers.

use serde_json::{Value, json};

use super::{World, message};
use crate::answer::InputType;
use crate::draw::Seed;
use crate::flow::Catalog;
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

/// The effect that a flow begins with.
pub(super) fn first_step(nodes: &Value, state: Value) -> EffectKind {
    let world = World::of(nodes, &json!([]));
    let flow = world.library.flows().next().unwrap();
    let catalog: Catalog = [flow.clone()].into_iter().collect();
    let mut session = Session::new(NewSession {
        id: SessionId::derived("x"),
        flow: flow.version(),
        pins: std::collections::BTreeMap::new(),
        seed: Seed::from_text("0"),
        user_id: None,
        tenant: None,
    });
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
