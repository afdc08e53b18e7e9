//! `POST /v1/chat/start`: what is refused, and what an opening turn may be.

use chatflow::FlowId;
use serde_json::{Map, Value, json};

use crate::real::{Client, Place, Visitor};

/// `depth` objects around a number.
fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!({"a": inner}))
}

fn with_keys(count: usize) -> Value {
    Value::Object((0..count).map(|i| (format!("k{i}"), json!(i))).collect::<Map<_, _>>())
}

#[test]
fn a_start_that_may_not_be_is_refused() {
    // R5.5, R11.3, R11.9.
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let client = server.client();
    let counter = client.flow("counter");
    let flow = |key: &str| json!({"flow_id": FlowId::derived(key).to_string()});
    let with = |key: &str, value: Value| json!({"flow_id": counter, key: value});
    let state = |state: Value| with("initial_state", state);
    let mut cases = vec![
        ("no flow_id", json!({}), 422, "validation_error"),
        ("flow_id null", json!({"flow_id": null}), 422, "validation_error"),
        ("flow_id number", json!({"flow_id": 7}), 422, "validation_error"),
        ("flow_id no UUID", json!({"flow_id": "counter"}), 422, "validation_error"),
        ("unknown flow", flow("nobody's"), 404, "flow_not_found"),
        ("draft", flow("draft"), 404, "flow_not_found"),
        ("a school's flow", flow("hillside-only"), 404, "flow_not_found"),
        ("user_id", with("user_id", json!(counter)), 403, "user_not_allowed"),
        ("preview", with("preview", json!(true)), 403, "forbidden"),
        ("preview as text", with("preview", json!("yes")), 422, "validation_error"),
        ("locale as number", with("locale", json!(7)), 422, "validation_error"),
        ("client as list", with("client", json!([])), 422, "validation_error"),
        ("large client", with("client", json!({"a": "x".repeat(2048)})), 422, "validation_error"),
        ("metadata", with("metadata", json!({})), 422, "unknown_field"),
        ("state as list", state(json!([])), 422, "validation_error"),
        ("NUL in state", state(json!({"user": {"name": "a\0b"}})), 422, "validation_error"),
        ("large state", state(json!({"a": "x".repeat(64 * 1024)})), 422, "validation_error"),
        ("deep state", state(nested(21)), 422, "validation_error"),
        ("state of many keys", state(with_keys(2001)), 422, "validation_error"),
        ("large body", state(json!({"a": "x".repeat(1024 * 1024)})), 413, "body_too_large"),
    ];
    let reserved =
        ["system", "session", "env", "input", "output", "local", "secret", "webhook_responses"];
    cases.extend(reserved.map(|key| (key, state(json!({key: {}})), 422, "reserved_key")));
    for (name, body, status, code) in &cases {
        client.start(body).refuses(*status, code, name);
    }
    for (name, body) in [
        ("plain", json!({"flow_id": counter})),
        ("upper case", json!({"flow_id": counter.to_uppercase()})),
        ("without hyphens", json!({"flow_id": counter.replace('-', "")})),
        ("nulls", json!({"flow_id": counter, "user_id": null, "initial_state": null})),
        ("just deep enough", state(nested(20))),
        ("just enough keys", state(with_keys(2000))),
    ] {
        let started = client.start(&body);
        assert_eq!(started.status, 201, "{name}: {started:?}");
    }
}

#[test]
fn a_start_gives_tokens_cookies_and_the_whole_opening_turn() {
    // R11.1.
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let client = server.client();
    let body = json!({
        "flow_id": client.flow("counter"), "locale": "mi-NZ", "client": {"app": "tests"},
        "initial_state": {"user": {"name": "Zoë 🦉"}, "temp": {"hat": "red"}},
    });
    let started = client.start(&body);
    let visitor = Visitor::of(&client, &started);
    assert_eq!((visitor.token.len(), visitor.csrf.len()), (64, 43));
    assert_eq!(started.header("location"), visitor.path(""));
    let cookies: Vec<&str> =
        started.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).collect();
    let expected = [
        format!("csrf_token={}; Path=/; Max-Age=86400; Secure; SameSite=None", visitor.csrf),
        format!(
            "chat_session={}; Path=/; Max-Age=28800; HttpOnly; Secure; SameSite=None",
            visitor.token
        ),
    ];
    assert_eq!(cookies, expected);
    assert_eq!(started.body["revision"], 1);
    assert_eq!(started.body["flow_name"], "Counter");
    assert_eq!(started.body["next_node"]["type"], "question");
    assert_eq!(started.body["current_node_id"], "ask");
    assert_eq!(visitor.state()["user"], json!({"name": "Zoë 🦉"}));
    assert_eq!(visitor.state()["temp"]["hat"], "red");
    let session = visitor.session();
    assert_eq!(session["state"]["context"]["locale"], "mi-NZ");
    assert_eq!(session["info"]["client"], json!({"app": "tests"}));
    assert_eq!(session["status"], "active");
    assert_eq!(session["pending"], started.body["input_request"]);
    for (header, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(started.header(header), value);
    }
}

/// F15: a repeated start is another session, whatever it is labelled with.
#[test]
fn a_repeated_start_is_another_session() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let client = server.client();
    let body = json!({"flow_id": client.flow("counter")}).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "the same")];
    let start = || {
        Visitor::of(&client, &client.send(("POST", "/v1/chat/start"), &headers, body.as_bytes()))
    };
    let (mut one, other) = (start(), start());
    assert_ne!(one.id, other.id);
    assert_ne!(one.token, other.token);
    assert_ne!(one.csrf, other.csrf);
    one.say("alone");
    assert_eq!(other.session()["revision"], 1);
}

/// F21: the limit on steps ends the conversation as data, committed like any other turn.
#[test]
fn a_flow_that_never_asks_ends_at_its_start_with_its_history_kept() {
    // R11.8, R11.26.
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let client = server.client();
    let visitor = Visitor::start(&client, "endless", &json!({}));
    assert_eq!(visitor.turn["session_ended"], true);
    assert_eq!(visitor.turn["ended_reason"], "error");
    assert_eq!(visitor.pending(), &Value::Null);
    let session = visitor.session();
    assert_eq!(session["status"], "completed");
    assert_eq!(session["info"]["ended_reason"], "error");
    assert_eq!(session["revision"], 1);
    let history = visitor.history();
    assert_eq!(history[0]["content"]["messages"][0]["text"], "Round and round.");
    assert!(history.len() > 10, "{history:?}");
    let refused = visitor.interact(&json!({"input": "x", "input_type": "text"}));
    refused.refuses(400, "session_not_active", "an answer after the end");
}

/// S4.16, F14: the id of a school fills in its name and opens nothing.
#[test]
fn a_schools_id_fills_in_its_name_and_nothing_else() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let client = server.client();
    let id = "0b6f2c52-94f3-4f2e-8f0e-3a1f0f5b7c11";
    let start = |context: &Value| {
        Visitor::start(&client, "counter", &json!({"context": context})).state()["context"].clone()
    };
    let filled = start(&json!({"school_wriveted_id": id}));
    assert_eq!(filled, json!({"school_wriveted_id": id, "school_name": "Hillside School"}));
    let named = json!({"school_wriveted_id": id, "school_name": "The Hill"});
    assert_eq!(start(&named), named);
    let unknown = json!({"school_wriveted_id": "0b6f2c52-94f3-4f2e-8f0e-3a1f0f5b7c12"});
    assert_eq!(start(&unknown), unknown);
    let odd = json!({"school_wriveted_id": ["x"]});
    assert_eq!(start(&odd), odd);
    school_flow_stays_closed(&client, id);
}

fn school_flow_stays_closed(client: &Client, school: &str) {
    let flow = FlowId::derived("hillside-only").to_string();
    let state = json!({"context": {"school_wriveted_id": school}});
    let answer = client.start(&json!({"flow_id": flow, "initial_state": state}));
    answer.refuses(404, "flow_not_found", "the flow of a school that was only named");
}
