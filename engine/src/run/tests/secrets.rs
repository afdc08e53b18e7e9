//! Secrets, credentials and policies as hosts get them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::requests::request;
use crate::draw::Seed;
use crate::drive::{Resolver, drive};
use crate::flow::{Catalog, Flow};
use crate::id::SessionId;
use crate::protocol::{Effect, EffectKind, HandlerRequest, Input, InputKind, Outcome};
use crate::request::{read_response, redact_outcome};
use crate::run::Engine;
use crate::session::{NewSession, Session};
use crate::time::Timestamp;

/// The first request of an action, to a handler.
fn handler_request(call: &Value, state: Value) -> (String, HandlerRequest) {
    let content = json!({"actions": [call]});
    let nodes = json!([{"id": "h", "type": "action", "content": content}]);
    let next = super::requests::first_step(&nodes, state);
    let EffectKind::CallHandler { endpoint, request } = next else { panic!("{next:?}") };
    (endpoint, *request)
}

#[test]
fn placeholders_are_told_from_what_visitors_type() {
    // R5.20, R5.26, R5.27, R8.33, F12: the typed ones are data, wherever they stand.
    let typed = "{{secret:k}}";
    let content = json!({
        "url": "https://a.example/{{temp.t}}/{{secret:k}}?u={{temp.t}}",
        "query_params": {"q": ["{{temp.gone}}", "{{temp.t}} {secret:k}"], "z": "{{temp.t}}"},
        "headers": {"X-A": "{{temp.t}} {secret:k} {{ secret:k }}", "X-Gone": "{{secret:k}} {{temp.gone}}"},
        "body": {"a": [{"b": "{{temp.t}}{{secret:j}}{{secret:k}}"}], "c": "{{temp.t}}", "gone": "{{secret:k}}{{temp.gone}}"},
    });
    let sent = request("webhook", &content, json!({"temp": {"t": typed}}));
    let encoded = "%7B%7Bsecret%3Ak%7D%7D";
    let url = format!(
        "https://a.example/{encoded}/{typed}?u={encoded}&q={encoded}%20{typed}&z={encoded}"
    );
    assert_eq!(sent.url, url);
    assert_eq!(sent.request.query, serde_json::Map::new());
    assert_eq!(sent.request.headers["X-A"], format!("{typed} {typed} {typed}"));
    assert!(!sent.request.headers.contains_key("X-Gone"));
    assert_eq!(sent.request.body["gone"], Value::Null);
    let mut listed: Vec<_> = sent
        .request
        .secrets
        .iter()
        .map(|placeholder| serde_json::to_string(placeholder).unwrap())
        .collect();
    listed.sort();
    let want = [
        r#"{"key":"j","at":"/body/a/0/b","context":"body"}"#,
        r#"{"key":"k","at":"/body/a/0/b","nth":1,"context":"body"}"#,
        r#"{"key":"k","at":"/headers/X-A","nth":1,"context":"header"}"#,
        r#"{"key":"k","at":"/headers/X-A","nth":2,"context":"header"}"#,
        r#"{"key":"k","at":"/url","context":"url"}"#,
        r#"{"key":"k","at":"/url","nth":1,"context":"url"}"#,
    ];
    assert_eq!(listed, want);
}

#[test]
fn a_line_break_between_braces_makes_no_placeholder() {
    // R5.42, F12: headers lose line breaks before placeholders are counted.
    let content = json!({"url": "https://a.example", "headers": {"X": "{{temp.t}}{{secret:k}}"}});
    let sent = request("webhook", &content, json!({"temp": {"t": "{{secr\net:k}}"}}));
    assert_eq!(sent.request.headers["X"], "{{secret:k}}{{secret:k}}");
    assert_eq!(sent.request.secrets[0].nth, 1);
}

#[test]
fn what_follows_a_number_sign_is_not_sent() {
    // R8.30.
    // R7.43: lists repeat their key, null is left out.
    let content = json!({"url": "https://A.example/x#{{secret:k}}", "query_params": {"a": [1, null, true], "b": null}});
    let sent = request("webhook", &content, json!({}));
    assert_eq!(sent.url, "https://a.example/x?a=1&a=true");
    assert_eq!(sent.request.secrets, []);
}

#[test]
fn credentials_are_headers_or_data_for_the_host() {
    // R7.40, R8.1, R8.18.
    let sent = |auth: Value, headers: Value| {
        let content = json!({"url": "https://a.example", "auth": auth, "headers": headers});
        request("webhook", &content, json!({"temp": {"tok": "abc"}})).request
    };
    let bearer = sent(json!({"type": "bearer", "token": "{temp.tok}"}), json!({}));
    assert_eq!(bearer.headers["Authorization"], "Bearer abc");
    let secret = sent(json!({"type": "bearer", "token": "{{secret:k}}"}), json!({}));
    assert_eq!(secret.headers["Authorization"], "Bearer {{secret:k}}");
    assert_eq!(secret.secrets[0].at, "/headers/Authorization");
    let key =
        sent(json!({"type": "api_key", "key": "{{secret:k}}"}), json!({"accept": "text/csv"}));
    assert_eq!(key.headers["X-API-Key"], "{{secret:k}}");
    assert_eq!(
        (key.headers.get("Accept"), &key.headers["Content-Type"]),
        (None, &json!("application/json"))
    );
    let basic =
        sent(json!({"type": "basic", "username": "ana", "password": "{{secret:k}}"}), json!({}));
    assert_eq!(
        json!(basic.auth),
        json!({"type": "basic", "username": "ana", "password": "{{secret:k}}"})
    );
    assert_eq!(basic.secrets[0].at, "/auth/password");
    let own = sent(json!({"type": "bearer", "token": "x"}), json!({"authorization": "mine"}));
    assert_eq!(own.headers["authorization"], "mine");
    assert!(!own.headers.contains_key("Authorization"));
    let call = |with: Value| {
        let mut call = json!({"type": "api_call", "endpoint": "/v1/x/?q=a%20b"});
        call.as_object_mut().unwrap().append(&mut with.as_object().unwrap().clone());
        handler_request(&call, json!({}))
    };
    let (endpoint, request) = call(json!({}));
    assert_eq!((endpoint.as_str(), json!(request.auth)), ("/v1/x", json!({"type": "internal"})));
    assert_eq!(json!(request.query), json!({"q": "a b"}));
    assert_eq!(call(json!({"auth_type": "none"})).1.auth, None);
}

#[test]
fn policies_are_numbers_with_their_defaults() {
    // R8.13, R8.15 to R8.17, R8.40, R8.41, F25, F29.
    let content = json!({
        "url": "https://a.example/{{temp.x}}?k=1", "method": "put", "timeout": 60, "follow_redirects": true,
        "retry": {"max_retries": 2, "delay": 10, "backoff": "linear", "jitter": false},
    });
    let sent = request("webhook", &content, json!({"temp": {"x": 1}})).request;
    assert_eq!(sent.timeout_ms, 45_000);
    let want = json!({
        "total_ms": 45_000, "response_bytes": 1_048_576, "follow_redirects": true,
        "retry": {"attempts": 3, "delay_ms": 10, "backoff": "linear", "max_delay_ms": 30_000, "jitter": false},
        "breaker": {"key": "PUT https://a.example/{{temp.x}}",
            "failure_threshold": 5, "success_threshold": 3, "timeout_s": 60},
    });
    assert_eq!(json!(sent.policy), want);
    let call = json!({"type": "api_call", "config": {"endpoint": "/v1/{{temp.x}}?a=1", "timeout": "1500ms",
        "circuit_breaker": {"failure_threshold": 2, "timeout": 5}}});
    let (_, asked) = handler_request(&call, json!({"temp": {"x": 1}}));
    assert_eq!((asked.timeout_ms, asked.policy.retry), (1500, None));
    let breaker = json!({"key": "api:/v1/{{temp.x}}",
        "failure_threshold": 2, "success_threshold": 3, "timeout_s": 5});
    assert_eq!(json!(asked.policy.breaker), breaker);
}

/// A host with a secret; the server that it calls sends the request's headers back.
struct Host {
    sent: Vec<String>,
}

impl Resolver for Host {
    fn now(&mut self) -> Timestamp {
        Timestamp::from_millis(0)
    }

    fn resolve(&mut self, effect: &Effect) -> Outcome {
        let EffectKind::CallWebhook { request } = &effect.kind else { panic!("{effect:?}") };
        let values = BTreeMap::from([("k".to_owned(), "s3cr3t-value".to_owned())]);
        let sent = match request.resolve(&values) {
            Ok(sent) => sent,
            Err(failure) => return Outcome::Failed(failure),
        };
        let authorization = sent.headers["Authorization"].clone();
        let body = json!({"echo": authorization, "said": request.request.body});
        self.sent.push(authorization);
        let mut outcome = read_response(200, &[], body.to_string().as_bytes());
        redact_outcome(&mut outcome, &values);
        outcome
    }
}

#[test]
fn a_secret_that_a_server_sends_back_is_stored_nowhere() {
    // Example G7; R8.34, R8.35, F12.
    let (definition, _) = super::read(&json!({"seed_key": "g7", "entry_node_id": "q", "nodes": [
        {"id": "q", "type": "question", "content": {"question": "?", "input_type": "text", "variable": "temp.q"}},
        {"id": "h", "type": "webhook", "content": {
            "url": "https://a.example/", "headers": {"Authorization": "Bearer {{secret:k}}"},
            "body": {"said": "{{temp.q}}"},
            "store_response": true,
            "response_mapping": {"temp.echo": "$.echo", "temp.said": "$.said.said"}}},
        super::message("m", "{{temp.q}} {{temp.said}} {{temp.echo}}"),
    ], "connections": [{"source": "q", "target": "h"}, {"source": "h", "target": "m", "type": "success"}]}));
    let flow = Flow::compile(&definition, 1).flow.unwrap();
    let mut session = Session::new(NewSession {
        id: SessionId::derived("g7"),
        flow: flow.version(),
        pins: BTreeMap::new(),
        seed: Seed::from_text("0"),
        user_id: None,
        tenant: None,
        trace: crate::trace::TraceLevel::Off,
    });
    let mut catalog: Catalog = [flow].into_iter().collect();
    let (engine, mut host) = (Engine::default(), Host { sent: Vec::new() });
    let mut feed = |session: &mut Session, kind| {
        let input = Input::new(Timestamp::from_millis(0), kind);
        drive(&engine, &mut catalog, session, input, &mut host).unwrap()
    };
    let start = InputKind::Start { state: serde_json::Map::new().into() };
    let _ = feed(&mut session, start);
    let hint = crate::answer::InputType::Text;
    let driven = feed(&mut session, InputKind::Reply { value: json!("{{secret:k}}"), hint });
    let messages = driven.turn.messages();
    let said = messages[0].as_text();
    assert_eq!(said, Some("{{secret:k}} {{secret:k}} Bearer [SECRET]"));
    assert_eq!(session.state()["temp"]["echo"], "Bearer [SECRET]");
    let kept = [
        json!(session).to_string(),
        json!(driven.inputs).to_string(),
        json!(driven.turn.events).to_string(),
        json!(session.state()).to_string(),
    ];
    assert_eq!(host.sent, ["Bearer s3cr3t-value"]);
    for text in kept {
        assert!(!text.contains("s3cr3t-value"), "{text}");
    }
}
