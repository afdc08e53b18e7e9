//! Scripts over HTTP: handed out, repeated, answered.

use serde_json::{Value, json};

use crate::real::{Place, Visitor};

fn result(visitor: &Visitor, input: &Value) -> Value {
    let body = json!({
        "input": input, "input_type": "script_result", "expected_revision": visitor.revision(),
    });
    let answer = visitor.interact(&body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// R10.10, R10.20, R10.21, R11.30: the result goes on with the flow, and history has no code.
#[test]
fn a_script_is_run_by_the_client() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    for sent in [json!({"outputs": {"total": 5}}), json!("{\"outputs\": {\"total\": 5}}")] {
        let visitor = Visitor::start(&server.client(), "scripted", &json!({"temp": {"a": 4}}));
        let request = &visitor.turn["script_request"];
        assert_eq!(request["script_config"]["inputs"], json!({"a": 4}));
        assert_eq!(visitor.session()["script_request"], *request, "a page that was loaded anew");
        let turn = result(&visitor, &sent);
        assert_eq!(turn["messages"][0]["text"], "It is 5.");
        assert_eq!(turn["session_updated"]["revision"], 2);
        let rows = visitor.history();
        let kinds: Vec<_> = rows.iter().map(|row| row["interaction_type"].clone()).collect();
        assert_eq!(kinds, ["action", "input", "message"]);
        assert_eq!(rows[0]["content"]["type"], "script_request");
        assert!(!json!(rows).to_string().contains("return {total"));
        assert_eq!(rows[1]["content"]["outputs"], json!(["output.total", "temp.total"]));
    }
}

/// R10.23: whatever else is sent gets the same request; no revision, no history.
#[test]
fn a_waiting_script_is_handed_out_again() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let visitor = Visitor::start(&server.client(), "scripted", &json!({}));
    let (session, history) = (visitor.session(), visitor.history());
    for (input, kind) in [
        (json!("hello"), "text"),
        (json!(""), "continue"),
        (json!(3), "number"),
        (json!("no json"), "script_result"),
        (json!([1]), "script_result"),
    ] {
        let answer = visitor.interact(&json!({"input": input, "input_type": kind}));
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["script_request"], visitor.turn["script_request"]);
        assert_eq!(answer.body["session_updated"]["revision"], 1);
        assert_eq!(visitor.session(), session, "{input}");
        assert_eq!(visitor.history(), history, "{input}");
    }
    // R10.24, R10.22.
    let turn = result(&visitor, &json!({"error": "unsupported"}));
    assert_eq!(turn["messages"][0]["text"], "It did not run.");
    assert_eq!(turn["ended_reason"], "completed");
}
