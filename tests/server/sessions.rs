//! A session: reading it, its history, changing its variables, ending it.

use serde_json::{Value, json};

use crate::real::{Answer, Place, Visitor};

#[test]
fn a_session_shows_the_question_that_waits() {
    // R11.21.
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    for word in ["one", "zwei", "三", "🐌", "\u{202e}right", "e\u{301}"] {
        visitor.say(word);
        let session = visitor.session();
        assert_eq!(session["pending"], *visitor.pending());
        assert_eq!(session["state"], *visitor.state());
        assert_eq!(session["state"]["temp"]["last"], word);
        assert_eq!(session["revision"], visitor.revision());
        assert_eq!(session["current_node_id"], "ask");
        let state = session["state"].as_object().unwrap();
        assert_eq!(session["state_hash"], chatflow::state_hash(state));
    }
}

#[test]
fn variables_are_merged_and_every_change_is_a_revision() {
    // R5.14, R11.13.
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    let steps = [
        (
            json!({"user": {"pet": {"kind": "owl"}, "likes": [1, 2]}}),
            json!({"pet": {"kind": "owl"}, "likes": [1, 2]}),
        ),
        (
            json!({"user": {"pet": {"age": 3}, "likes": [3]}}),
            json!({"pet": {"kind": "owl", "age": 3}, "likes": [3]}),
        ),
        (json!({"user": {"pet": null}}), json!({"pet": null, "likes": [3]})),
        (json!({}), json!({"pet": null, "likes": [3]})),
        (json!({"user": {"pet": 2.0}}), json!({"pet": 2, "likes": [3]})),
    ];
    for (revision, (updates, user)) in (2..).zip(&steps) {
        let body = json!({"updates": updates, "expected_revision": revision - 1});
        let answer = visitor.change("PATCH", "/state", &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["message"], "Session state updated");
        assert_eq!(answer.body["state"]["user"], *user, "{updates}");
        assert_eq!(answer.body["revision"], revision);
        let last = visitor.history().pop().unwrap();
        assert_eq!(last["interaction_type"], "action");
        assert_eq!(last["content"]["type"], "state_patch");
    }
    visitor.catch_up();
    visitor.say("go on");
    assert_eq!(visitor.state()["user"]["likes"], json!([3]));
}

#[test]
fn a_change_of_variables_that_may_not_be_is_refused() {
    // R11.13.
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    let deep = (0..20).fold(json!(1), |inner, _| json!({"a": inner}));
    let mut cases = vec![
        ("no updates", json!({}), 422, "validation_error"),
        ("updates as list", json!({"updates": [1]}), 422, "validation_error"),
        ("NUL", json!({"updates": {"user": "\0"}}), 422, "validation_error"),
        ("too deep", json!({"updates": {"user": deep}}), 422, "validation_error"),
        ("metadata", json!({"updates": {}, "metadata": {}}), 422, "unknown_field"),
        ("large", json!({"updates": {"user": "x".repeat(300 * 1024)}}), 413, "body_too_large"),
        ("late", json!({"updates": {}, "expected_revision": 0}), 409, "revision_conflict"),
        ("negative", json!({"updates": {}, "expected_revision": -7}), 409, "revision_conflict"),
        ("early", json!({"updates": {}, "expected_revision": 2}), 409, "revision_conflict"),
        ("text", json!({"updates": {}, "expected_revision": "1"}), 422, "validation_error"),
    ];
    let reserved = [
        "system",
        "session",
        "env",
        "input",
        "output",
        "local",
        "secret",
        "webhook_responses",
        "context",
    ];
    let reserve =
        |key: &'static str| (key, json!({"updates": {"user": {}, key: {}}}), 422, "reserved_key");
    cases.extend(reserved.map(reserve));
    let before = visitor.session();
    for (name, body, status, code) in &cases {
        visitor.change("PATCH", "/state", body).refuses(*status, code, name);
        assert_eq!(visitor.session(), before, "{name}");
    }
    visitor.say("still here");
}

#[test]
fn a_state_that_would_grow_too_large_stays_as_it_was() {
    // R11.25.
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let visitor = Visitor::start(&server.client(), "counter", &json!({}));
    let grow = |key: &str| {
        let updates = json!({"temp": {key: "x".repeat(240 * 1024)}});
        visitor.change("PATCH", "/state", &json!({"updates": updates}))
    };
    for key in ["a", "b", "c", "d"] {
        assert_eq!(grow(key).status, 200, "{key}");
    }
    let before = visitor.session();
    grow("e").refuses(413, "state_too_large", "beyond 1 MiB");
    assert_eq!(visitor.session(), before);
    assert_eq!(before["revision"], 5);
}

#[test]
fn a_history_comes_in_pages_with_its_true_total() {
    // R11.30, R11.32.
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    for round in 0..5 {
        visitor.say(format!("word {round}"));
    }
    let page = |query: &str| visitor.client.get(&visitor.path(&format!("/history{query}")));
    let whole = page("");
    let rows = whole.body["data"].as_array().unwrap();
    let total = rows.len();
    assert_eq!(
        whole.body["pagination"],
        json!({"skip": 0, "limit": 100, "total": total, "page": 1})
    );
    let seqs: Vec<u64> = rows.iter().map(|row| row["seq"].as_u64().unwrap()).collect();
    assert!(seqs.iter().copied().eq(1..=total as u64), "{seqs:?}");
    let words: Vec<&Value> = rows
        .iter()
        .filter(|row| row["interaction_type"] == "input")
        .map(|row| &row["content"]["input"])
        .collect();
    assert_eq!(words, ["word 0", "word 1", "word 2", "word 3", "word 4"]);
    for (query, expected, place) in [
        ("?limit=0", &rows[..0], 1),
        ("?limit=1000", rows, 1),
        ("?skip=3&limit=4", &rows[3..7], 1),
        ("?skip=8&limit=4", &rows[8..12], 3),
        ("?skip=1000", &rows[..0], 11),
        ("?limit=4&limit=2", &rows[..2], 1),
    ] {
        let found = page(query);
        assert_eq!(found.body["data"].as_array().unwrap(), expected, "{query}");
        assert_eq!(found.body["pagination"]["total"], total, "{query}");
        assert_eq!(found.body["pagination"]["page"], place, "{query}");
    }
    let later = page("?after_seq=7&limit=2");
    assert_eq!(later.body["data"].as_array().unwrap(), &rows[7..9]);
    filtered(&page, rows);
    for query in [
        "?interaction_type=word",
        "?limit=-1",
        "?limit=1001",
        "?limit=x",
        "?limit=",
        "?limit=1.5",
        "?skip=-1",
        "?skip=y",
        "?skip=99999999999999999999",
        "?after_seq=-1",
        "?limit=%F0%9F%98%80",
    ] {
        page(query).refuses(422, "validation_error", query);
    }
}

/// S4.24: only rows of the kinds that are asked for, and their number.
fn filtered(page: &dyn Fn(&str) -> Answer, rows: &[Value]) {
    for (query, kinds) in [
        ("?interaction_type=input", vec!["input"]),
        ("?interaction_type=input,action&limit=1000", vec!["input", "action"]),
        ("?interaction_type=message&interaction_type=action", vec!["message", "action"]),
    ] {
        let found = page(query);
        let is_meant = |row: &&Value| kinds.contains(&row["interaction_type"].as_str().unwrap());
        let expected: Vec<Value> = rows.iter().filter(is_meant).cloned().collect();
        assert_eq!(found.body["data"], json!(expected), "{query}");
        assert_eq!(found.body["pagination"]["total"], expected.len(), "{query}");
    }
}

#[test]
fn an_ended_session_can_be_read_and_nothing_else() {
    // R11.10, R11.14.
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    visitor.say("goodbye");
    let late = visitor.change("POST", "/end", &json!({"expected_revision": 1}));
    late.refuses(409, "revision_conflict", "an end at an old revision");
    let ended = visitor.change("POST", "/end", &json!({}));
    assert_eq!(ended.status, 200, "{ended:?}");
    assert_eq!(ended.body, json!({"message": "Session ended successfully"}));
    let (session, history) = (visitor.session(), visitor.history());
    for (method, rest, body) in [
        ("POST", "/end", json!({})),
        ("POST", "/interact", json!({"input": "x", "input_type": "text"})),
        ("PATCH", "/state", json!({"updates": {}})),
    ] {
        visitor.change(method, rest, &body).refuses(400, "session_not_active", rest);
    }
    assert_eq!(visitor.session(), session);
    assert_eq!(visitor.history(), history);
    assert_eq!(session["status"], "completed");
    assert_eq!(session["info"]["ended_reason"], "terminated");
    assert_eq!(session["revision"], 3);
    assert_eq!(session["pending"], Value::Null);
    assert!(session["ended_at"].is_string());
}

/// S4.27
#[test]
fn a_visitor_who_goes_away_has_abandoned_the_session() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let visitor = Visitor::start(&server.client(), "counter", &json!({}));
    let odd = visitor.change("POST", "/end", &json!({"reason": "bored"}));
    odd.refuses(422, "validation_error", "an unknown reason");
    assert_eq!(visitor.session()["status"], "active");
    let ended = visitor.change("POST", "/end", &json!({"reason": "abandoned"}));
    assert_eq!(ended.status, 200, "{ended:?}");
    assert_eq!(visitor.session()["status"], "abandoned");
}
