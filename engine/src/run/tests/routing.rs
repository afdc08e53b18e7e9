//! Which way a conversation goes, and what is told of it.

use serde_json::{Value, json};

use super::{World, failing, message};

pub(super) fn edge(source: &str, target: &str, kind: &str) -> Value {
    json!({"source": source, "target": target, "type": kind})
}

/// R2.10 to R2.13, R2.9: the only way out serves a failure unless it is for success.
#[test]
fn a_failure_never_goes_on_as_a_success() {
    // R0.13.
    for (kind, want) in [
        ("success", vec!["Sorry, something went wrong."]),
        ("fallback", vec!["Sorry, something went wrong."]),
        ("default", vec!["next"]),
        ("failure", vec!["next"]),
        ("error", vec!["next"]),
        ("onward", vec!["next"]),
    ] {
        let nodes = json!([failing("a"), message("b", "next")]);
        let played = World::of(&nodes, &json!([edge("a", "b", kind)]))
            .play(json!({"temp": {"text": "x"}}), &[]);
        assert_eq!(played.said, want, "{kind}");
        assert_eq!(played.ended == Some("error"), want != ["next"], "{kind}");
    }
}

/// R2.9, F40: only what chooses among options is bound by their numbers.
#[test]
fn the_only_way_out_of_a_text_question_is_taken_whatever_its_number() {
    for (input_type, ended) in [("text", "completed"), ("choice", "dead_end")] {
        let ask = json!({"id": "a", "type": "question", "content": {
            "question": "?", "input_type": input_type, "options": ["x", "y"]}});
        let world = World::of(&json!([ask, message("b", "next")]), &json!([edge("a", "b", "$0")]));
        let played = world.play(json!({}), &[json!("y")]);
        assert_eq!(played.ended, Some(ended), "{input_type}");
    }
}

/// R3.13: `skip` goes by `default`, conditional ones included (R2.7); `default` by the unconditional.
#[test]
fn a_question_that_is_passed_over_goes_on_by_its_default() {
    for (way, want) in [("skip", "conditional"), ("default", "plain")] {
        let ask = json!({"id": "a", "type": "question", "content": {
            "question": "?", "input_type": "number", "variable": "temp.n", "default_value": 7,
            "validation": {"max_retries": 0, "on_max_retries": way}}});
        let world = World::of(
            &json!([ask, message("b", "plain"), message("c", "conditional")]),
            &json!([edge("a", "b", "default"), {"source": "a", "target": "c", "condition": "true"}]),
        );
        let played = world.play(json!({"temp": {"n": 1}}), &[json!("many")]);
        assert_eq!(played.said, [want], "{way}");
        let stored = if way == "skip" { Value::Null } else { json!(7) };
        assert_eq!(played.state["temp"]["n"], stored, "{way}");
    }
}

/// R2.45: the answer is in the history even if there was no room for it.
#[test]
fn an_answer_that_cannot_be_stored_is_not_lost() {
    let ask = json!({"id": "a", "type": "question", "content": {"question": "?", "variable": "temp.list.7"}});
    let world =
        World::of(&json!([ask, message("b", "failed")]), &json!([edge("a", "b", "failure")]));
    let played = world.play(json!({"temp": {"list": []}}), &[json!("forty-two")]);
    assert_eq!(played.said, ["failed"]);
    assert!(played.rows.iter().any(|row| row["input"] == "forty-two"), "{:?}", played.rows);
}

#[test]
fn error_messages_do_not_repeat_what_is_sensitive() {
    // R2.40, R3.11.
    let ask = json!({"id": "a", "type": "question", "content": {
        "question": "?", "input_type": "number", "sensitive": true,
        "validation": {"error_message": "{{input}} is no number"}}});
    let played = World::of(&json!([ask]), &json!([])).play(json!({}), &[json!("hunter2")]);
    assert_eq!(played.said, ["[REDACTED] is no number"]);
}

/// F45: the connection belongs to the composite, in whichever turn the sub-flow returns.
#[test]
fn the_path_tells_which_node_was_left() {
    // R9.20.
    let enter =
        json!({"id": "c", "type": "composite", "content": {"composite_flow_seed_key": "sub"}});
    let main = json!([enter, message("end", ".")]);
    let edges = json!([edge("c", "end", "success")]);
    let path = |world: &World, answers: &[Value]| -> Vec<String> {
        let played = world.play(json!({}), answers);
        let entry = |entry: &Value| format!("{}:{}", entry[1].as_str().unwrap(), entry[2]);
        let last = played.turns.last().unwrap().path();
        last.as_array().unwrap().iter().map(entry).collect()
    };
    let world = World::of(&main.clone(), &edges.clone()).with(
        "sub",
        &json!([message("s", ".")]),
        &json!([]),
    );
    assert_eq!(path(&world, &[]), ["c:\"success\"", "s:null", "end:null"]);
    let ask = json!({"id": "q", "type": "question", "content": {"question": "?"}});
    let world = World::of(&main, &edges).with("sub", &json!([ask]), &json!([]));
    assert_eq!(path(&world, &[json!("x")]), ["q:null", "c:\"success\"", "end:null"]);
}

/// R2.62, R1.15: numbers name nodes; what names nothing is told.
#[test]
fn a_path_of_a_condition_may_be_a_number() {
    let nodes = json!([
        {"id": "a", "type": "condition", "content": {
            "conditions": [{"if": "true", "then": 7}], "default_path": "default"}},
        message("7", "seven"), message("b", "other")
    ]);
    let edges = json!([edge("a", "b", "default"), edge("a", "7", "lucky")]);
    assert_eq!(World::of(&nodes, &edges).play(json!({}), &[]).said, ["seven"]);
    let wrong = json!({"conditions": [{"if": "true", "then": ["x"]}]});
    assert!(super::codes("condition", &wrong).contains(&"node.field"));
}

/// R5.3, R5.4: a scope is never hidden by a variable of its name, and is there when empty.
#[test]
fn scopes_and_names_without_a_scope_are_told_apart() {
    let show = "{{user.n}}|{{name}}|{{score}}|{{temp.whole.n}}";
    let nodes = json!([
        {"id": "a", "type": "action", "content": {"actions": [
            {"type": "set_variable", "variable": "temp.whole", "value": "{{user}}"},
            {"type": "set_variable", "variable": "temp.none", "value": "{{context}}"}]}},
        message("b", show),
        {"id": "c", "type": "composite", "content": {
            "composite_flow_seed_key": "sub", "inputs": {"name": {"value": "inner"}}}},
        message("d", show)
    ]);
    let edges =
        json!([edge("a", "b", "default"), edge("b", "c", "default"), edge("c", "d", "default")]);
    let world = World::of(&nodes, &edges).with("sub", &json!([message("s", show)]), &json!([]));
    let state = json!({"user": {"n": 1}, "temp": {"user": {"n": 2}, "name": "outer"}, "score": 3});
    let played = world.play(state, &[]);
    assert_eq!(played.said, ["1|outer|3|1", "1|inner|3|1", "1|outer|3|1"]);
    assert_eq!(played.state["temp"]["none"], json!({}));
}

#[test]
fn what_is_not_built_or_not_known_is_told() {
    for (kind, content, code) in [
        ("composite", json!({"composite_flow_seed_key": "x", "isolate": true}), "node.not_built"),
        ("composite", json!({"flow_ref": {"key": "x", "version": "^1.0.0"}}), "node.not_built"),
        (
            "action",
            json!({"type": "clear", "variable": "temp.a", "on_error": "ignore"}),
            "node.field",
        ),
        ("message", json!({"messages": [{"type": "image", "text": "a fox"}]}), "message.media_url"),
        (
            "message",
            json!({"messages": [{"type": "image", "content": "https://a.example/x.png"}]}),
            "message.media_url",
        ),
        (
            "condition",
            json!({"conditions": [{"if": ["true"], "then": "x"}]}),
            "condition.cel_syntax",
        ),
        ("webhook", json!({"url": "https://a.example/{secret:K}"}), "webhook.secret_in_url"),
        ("webhook", json!({"url": "https://a.example", "query_params": "x=1"}), "node.field"),
        (
            "webhook",
            json!({"url": "https://a.example", "store_response": true, "response_key": "a.b"}),
            "webhook.response_key",
        ),
    ] {
        assert!(super::codes(kind, &content).contains(&code), "{content}");
    }
}

/// F42: a visitor who is not signed in has no `user_id`, rather than an empty one.
#[test]
fn what_is_not_known_of_a_session_is_absent() {
    // R5.2.
    let nodes = json!([
        {"id": "a", "type": "condition", "content": {"conditions": [
            {"if": "has(session.user_id) || has(session.locale)", "then": "$0"},
            {"if": "has(session.now) && session.turn == 0", "then": "$1"}]}},
        message("known", "known"), message("unknown", "unknown")
    ]);
    let edges = json!([edge("a", "known", "$0"), edge("a", "unknown", "$1")]);
    assert_eq!(World::of(&nodes, &edges).play(json!({}), &[]).said, ["unknown"]);
}

/// R2.40: an answer joins a list or starts one; it never takes the place of something else.
#[test]
fn an_answer_is_appended_to_a_list_only() {
    for (before, after) in [
        (json!(null), json!(["x"])),
        (json!(["w"]), json!(["w", "x"])),
        (json!("kept"), json!("kept")),
    ] {
        let ask = json!({"id": "a", "type": "question", "content": {
            "question": "?", "variable": "temp.one", "append_to": "temp.all"}});
        let world = World::of(&json!([ask]), &json!([]));
        let played = world.play(json!({"temp": {"all": before}}), &[json!("x")]);
        assert_eq!(played.state["temp"]["one"], "x", "{before}");
        assert_eq!(played.state["temp"]["all"], after, "{before}");
    }
}
