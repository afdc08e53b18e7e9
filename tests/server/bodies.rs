//! Bodies of `interact` that nobody should send: each is refused and changes nothing.

use serde_json::{Value, json};

use crate::real::{Place, Visitor};

/// A body, and how it is refused.
struct Case {
    name: &'static str,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
}

fn case(name: &'static str, body: impl Into<Vec<u8>>, status: u16, code: &'static str) -> Case {
    Case { name, body: body.into(), status, code }
}

/// `{"input": …, "input_type": "text"}` with this text for the input.
fn input(text: &str) -> String {
    format!("{{\"input\": {text}, \"input_type\": \"text\"}}")
}

fn nested(depth: usize) -> String {
    input(&format!("{}1{}", "[".repeat(depth), "]".repeat(depth)))
}

fn cases() -> Vec<Case> {
    let long = |bytes: usize| input(&format!("\"{}\"", "a".repeat(bytes)));
    let with = |key: &str, value: &str| {
        format!("{{\"input\": \"x\", \"input_type\": \"text\", \"{key}\": {value}}}")
    };
    vec![
        case("broken JSON", "{\"input\": ", 422, "validation_error"),
        case("trailing text", format!("{} x", input("\"x\"")), 422, "validation_error"),
        case(
            "not UTF-8",
            b"{\"input\": \"\xff\", \"input_type\": \"text\"}",
            422,
            "validation_error",
        ),
        case("null", "null", 422, "validation_error"),
        case("array", "[]", 422, "validation_error"),
        case("text", "\"hello\"", 422, "validation_error"),
        case("number", "7", 422, "validation_error"),
        case("nothing", "", 422, "validation_error"),
        case("empty object", "{}", 422, "validation_error"),
        case("no input", "{\"input_type\": \"text\"}", 422, "validation_error"),
        case("no input_type", "{\"input\": \"x\"}", 422, "validation_error"),
        case(
            "input_type null",
            "{\"input\": \"x\", \"input_type\": null}",
            422,
            "validation_error",
        ),
        case("input_type number", "{\"input\": \"x\", \"input_type\": 3}", 422, "validation_error"),
        case(
            "unknown input_type",
            "{\"input\": \"x\", \"input_type\": \"telepathy\"}",
            422,
            "invalid_input_shape",
        ),
        case(
            "a script's result that nobody waits for",
            "{\"input\": {}, \"input_type\": \"script_result\"}",
            422,
            "invalid_input_shape",
        ),
        case("NUL in the input", input("\"a\\u0000b\""), 422, "validation_error"),
        case("NUL deep inside", input("[[\"\\u0000\"]]"), 422, "validation_error"),
        case("NUL in a key", with("a\\u0000", "1"), 422, "validation_error"),
        case("lone high surrogate", input("\"\\ud800\""), 422, "validation_error"),
        case("lone low surrogate", input("\"\\udc00x\""), 422, "validation_error"),
        case("too large an input", long(64 * 1024), 413, "input_too_large"),
        case("too large a body", long(1024 * 1024), 413, "body_too_large"),
        case("nested beyond the body's limit", nested(100), 422, "validation_error"),
        case("nested beyond the parser's limit", nested(50_000), 422, "validation_error"),
        case("metadata", with("metadata", "{}"), 422, "unknown_field"),
        case("meta_data", with("meta_data", "1"), 422, "unknown_field"),
        case("revision as text", with("expected_revision", "\"1\""), 422, "validation_error"),
        case("broken revision", with("expected_revision", "1.5"), 422, "validation_error"),
        case("negative revision", with("expected_revision", "-1"), 409, "revision_conflict"),
        case("future revision", with("expected_revision", "2"), 409, "revision_conflict"),
    ]
}

#[test]
fn a_body_that_makes_no_sense_is_refused_and_changes_nothing() {
    // R0.12, R3.16, R3.50, R11.10.
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    let (before, history) = (visitor.session(), visitor.history());
    for case in cases() {
        let headers =
            [("x-csrf-token", visitor.csrf.as_str()), ("content-type", "application/json")];
        let answer =
            visitor.client.send(("POST", &visitor.path("/interact")), &headers, &case.body);
        answer.refuses(case.status, case.code, case.name);
        if case.code == "revision_conflict" {
            assert_eq!(answer.body["current_revision"], 1, "{}", case.name);
        }
        assert_eq!(visitor.session(), before, "{}", case.name);
    }
    assert_eq!(visitor.history(), history);
    assert_eq!(visitor.say("still here")["messages"][0]["text"], "still here is word 1.");
}

/// R3.12, R3.15: what is well-formed but no answer to the question is a turn, and asked again.
#[test]
fn a_value_that_does_not_answer_the_question_is_asked_again() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let visitor = Visitor::start(&server.client(), "counter", &json!({}));
    for (asked, value) in (1..).zip([json!({"a": 1}), json!(["x", "y"]), json!([]), json!(" ")]) {
        let answer = visitor.interact(&json!({"input": value, "input_type": "text"}));
        assert_eq!(answer.status, 200, "{value}: {answer:?}");
        assert_eq!(answer.body["validation_error"]["attempt"], asked, "{value}: {answer:?}");
        assert_eq!(answer.body["current_node_id"], "ask");
        let row = visitor.history().into_iter().rfind(|row| row["interaction_type"] == "input");
        assert_eq!(row.unwrap()["content"]["valid"], false, "{value}");
    }
    assert_eq!(visitor.session()["state"]["temp"]["count"], 0);
}

#[test]
fn a_body_must_say_that_it_is_json() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let visitor = Visitor::start(&server.client(), "counter", &json!({}));
    let body = input("\"x\"");
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("json")]
    {
        let mut headers = vec![("x-csrf-token", visitor.csrf.as_str())];
        headers.extend(kind.map(|kind| ("content-type", kind)));
        let line = ("POST", visitor.path("/interact"));
        let answer = visitor.client.send((line.0, &line.1), &headers, body.as_bytes());
        answer.refuses(415, "unsupported_media_type", &format!("{kind:?}"));
    }
    let kind = [
        ("x-csrf-token", visitor.csrf.as_str()),
        ("content-type", "Application/JSON; charset=utf-8"),
    ];
    let answer = visitor.client.send(("POST", &visitor.path("/interact")), &kind, body.as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn unknown_keys_are_ignored_and_named() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let client = server.client();
    let visitor = Visitor::start(&client, "counter", &json!({}));
    let body =
        json!({"input": "x", "input_type": "text", "colour": "red", "client_message_id": "1"});
    let answer = visitor.interact(&body);
    assert_eq!(answer.status, 200, "{answer:?}");
    names_only(&answer.body, "colour");
    let body = json!({"flow_id": client.flow("counter"), "preveiw": true});
    let started = client.start(&body);
    assert_eq!(started.status, 201, "{started:?}");
    names_only(&started.body, "preveiw");
    let plain = visitor.interact(&json!({"input": "x", "input_type": "text"}));
    assert_eq!(plain.body.get("warnings"), None);
}

fn names_only(answer: &Value, key: &str) {
    let warnings = answer["warnings"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].as_str().unwrap().contains(key), "{warnings:?}");
}

#[test]
fn a_request_id_that_was_given_is_used() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let client = server.client();
    let given = client.send(("GET", "/v1/nowhere"), &[("x-request-id", "abc-1.2_3")], b"");
    given.refuses(404, "not_found", "a given id");
    assert_eq!(given.body["request_id"], "abc-1.2_3");
    for id in ["a b", "a/b", &"a".repeat(65)] {
        let answer = client.send(("GET", "/v1/nowhere"), &[("x-request-id", id)], b"");
        answer.refuses(404, "not_found", id);
        assert_ne!(answer.body["request_id"], id);
    }
}

/// To JSON Schema, and to JavaScript, `3.0` is a whole number.
#[test]
fn a_whole_number_may_be_written_with_a_point() {
    let place = Place::with_flows();
    let server = place.serve_signed();
    let account = place.user("wriveted", &[]);
    let send = |days: &str| {
        let body = format!(r#"{{"name": "Whole", "flow_data": {{}}, "retention_days": {days}}}"#);
        let headers = [account.header(), ("content-type", "application/json")];
        server.client().send(("POST", "/v1/cms/flows"), &headers, body.as_bytes())
    };
    let made = send("40.0");
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.body["retention_days"], 40);
    send("40.5").refuses(422, "validation_error", "a part of a day");
}
