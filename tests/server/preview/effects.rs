//! Requests of previews (F69).

use serde_json::{Value, json};

use super::{create, preview, said, start};
use crate::real::{Answer, Served, Who};

/// A flow that sends `request` and says what came of it.
fn sends(kind: &str, request: &Value) -> Value {
    let message = |text: &str| json!({"messages": [{"type": "text", "text": text}]});
    let mut content = request.clone();
    if kind == "action" {
        content["type"] = json!("api_call");
        content = json!({"actions": [content]});
    }
    json!({
        "nodes": [
            {"id": "look_up", "type": kind, "content": content},
            {"id": "told", "type": "message", "content": message("It is {{temp.word}}.")},
            {"id": "sorry", "type": "message", "content": message("Sorry.")},
        ],
        "connections": [
            {"source": "look_up", "target": "told", "type": "success"},
            {"source": "look_up", "target": "told", "type": "default"},
            {"source": "look_up", "target": "sorry", "type": "failure"},
        ],
    })
}

fn hook() -> Value {
    json!({"url": "https://hooks.example/word?a=1", "method": "POST", "body": {"a": 1},
        "response_mapping": {"temp.word": "$.word"}})
}

fn flow(served: &Served, kind: &str, request: &Value) -> Value {
    create(served, Who::Platform, &sends(kind, request), &json!({"visibility": "wriveted"}))
}

fn tried(served: &Served, flow: &Value, mocks: &Value) -> Answer {
    let started = preview(served, Who::Platform, flow, &json!({"mocks": mocks}));
    assert_eq!(started.status, 201, "{started:?}");
    started
}

pub(super) fn requests_are_answered_by_mocks(served: &Served) {
    let asked = flow(served, "webhook", &hook());
    let exact = format!("{}/look_up", asked["id"].as_str().unwrap());
    let answer = |word: &str| json!({"status": 200, "body": {"word": word}});
    for (mocks, heard) in [
        (json!({"look_up": answer("node")}), "It is node."),
        (json!({"https://hooks.example/word": answer("url")}), "It is url."),
        (
            json!({"look_up": answer("node"), "https://hooks.example/word": answer("url")}),
            "It is node.",
        ),
        (json!({"look_up": answer("node"), exact: answer("exact")}), "It is exact."),
        (json!({"look_up": {"status": 500}}), "Sorry."),
        (json!({"look_up": {"fail": "timeout"}}), "Sorry."),
        (
            json!({"look_up": [{"when": {"a": 2}, "answer": {"word": "two"}}, {"answer": {"word": "one"}}]}),
            "It is one.",
        ),
    ] {
        assert_eq!(said(&tried(served, &asked, &mocks)), [heard], "{mocks}");
    }
    let call = json!({"endpoint": "/v1/words", "method": "GET", "response_variable": "temp.found",
        "response_mapping": {"temp.word": "$.word"}});
    let asked = flow(served, "action", &call);
    for key in ["look_up", "/v1/words", "/v1/:what"] {
        let heard = tried(served, &asked, &json!({key: {"answer": {"word": "handled"}}}));
        assert_eq!(said(&heard), ["It is handled."], "{key} {heard:?}");
    }
}

pub(super) fn what_nothing_answers_fails(served: &Served) {
    let plain = flow(served, "webhook", &hook());
    let mut request = hook();
    request["fallback_response"] = json!({"word": "fallen back"});
    let with_fallback = flow(served, "webhook", &request);
    for mocks in [json!({}), json!({"other": {"answer": 1}})] {
        let failed = tried(served, &plain, &mocks);
        assert_eq!(said(&failed), ["Sorry."]);
        assert!(failed.body["trace"].to_string().contains("not_in_preview"), "{failed:?}");
        assert_eq!(said(&tried(served, &with_fallback, &mocks)), ["It is fallen back."]);
    }
    // What is real is not stopped here; this service sends nothing, and no secret in any case.
    let mut secret = hook();
    secret["headers"] = json!({"Authorization": "Bearer {{secret:crm}}"});
    let secret = flow(served, "webhook", &secret);
    for (flow, code) in [(&plain, "no_handler"), (&secret, "secret_unavailable")] {
        let body = json!({"flow_id": flow["id"], "preview": true});
        let real = start(served, Who::Platform, &body, "?effects=real");
        assert_eq!(said(&real), ["Sorry."]);
        assert!(real.body["trace"].to_string().contains(code), "{code} {real:?}");
        let mocks = json!({"look_up": {"status": 200, "body": {"word": "mocked"}}});
        let body = json!({"flow_id": flow["id"], "preview": {"mocks": mocks}});
        let mocked = start(served, Who::Platform, &body, "?effects=real");
        assert_eq!(said(&mocked), ["It is mocked."]);
    }
}
