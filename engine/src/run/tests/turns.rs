//! What a turn tells, and how messages and conditions make it.

use serde_json::{Value, json};

use super::{World, message};

fn tell(content: &Value) -> Value {
    let nodes = json!([{"id": "m", "type": "message", "content": content}]);
    World::of(&nodes, &json!([]))
        .play(json!({"user": {"n": "Ana"}, "temp": {"l": [1, 2, 3]}}), &[])
        .last
}

#[test]
fn a_turn_has_messages_in_order_and_one_request() {
    // R0.5 to R0.8, R0.10, R2.43, R11.7.
    let nodes = json!([
        {"id": "a", "type": "message", "content": {"text": "one", "typing_indicator": false}},
        message("b", "two"),
        {"id": "q", "type": "question", "content": {"question": "Who?", "variable": "temp.x"}},
        message("end", "three")
    ]);
    let edges = json!([{"source": "a", "target": "b"}, {"source": "b", "target": "q"}, {"source": "q", "target": "end"}]);
    let world = World::of(&nodes, &edges);
    let told = world.play(json!({}), &[]).last;
    assert_eq!(told["messages"].as_array().unwrap().len(), 2, "the question is none of them");
    assert_eq!(
        (&told["messages"][0]["text"], &told["messages"][1]["text"]),
        (&json!("one"), &json!("two"))
    );
    assert_eq!(
        (&told["input_request"]["node_id"], &told["script_request"]),
        (&json!("q"), &Value::Null)
    );
    assert_eq!((&told["current_node_id"], &told["typing_indicator"]), (&json!("q"), &json!(false)));
    assert_eq!(told["session_updated"]["revision"], 1);
    let told = world.play(json!({}), &[json!("me")]).last;
    assert_eq!((&told["input_request"], &told["session_ended"]), (&Value::Null, &json!(true)));
    assert_eq!(
        (&told["current_node_id"], &told["typing_indicator"]),
        (&json!("end"), &json!(true))
    );
}

#[test]
fn clients_see_no_private_keys_of_the_state() {
    // R0.9.
    let state = json!({"temp": {"a": [{"_k": 1, "k": 2}], "_b": 1}, "_c": 1, "user": {}});
    let nodes = json!([message("m", ".")]);
    let played = World::of(&nodes, &json!([])).play(state, &[]);
    assert_eq!(
        played.last["session_updated"]["state"],
        json!({"temp": {"a": [{"k": 2}]}, "user": {}})
    );
    assert_eq!(played.state["temp"]["_b"], 1, "it is kept");
}

#[test]
fn messages_have_one_shape_whatever_they_are_written_as() {
    // R2.16, R2.17, R2.21, R2.22: the example of section 2.2, and a bare text.
    let told = tell(&json!({"messages": [
        {"text": "Hi {{user.n}}", "delay": 0.5},
        {"type": "image", "url": "https://img.example/a.png", "alt": "fox"},
        "bye",
        {"content": "{{user.n}}"},
        {"content": {"text": "deep {{user.n}}", "k": ["{{user.n}}"]}}
    ]}));
    assert_eq!(
        told["messages"],
        json!([
            {"type": "text", "content": {"text": "Hi Ana"}, "text": "Hi Ana", "delay": 0.5, "delay_ms": 500, "node_id": "m"},
            {"type": "image", "content": {"url": "https://img.example/a.png", "alt": "fox"}, "node_id": "m"},
            {"type": "text", "content": {"text": "bye"}, "text": "bye", "node_id": "m"},
            {"type": "text", "content": {"text": "Ana"}, "text": "Ana", "node_id": "m"},
            {"type": "text", "content": {"text": "deep Ana", "k": ["Ana"]}, "text": "deep Ana", "node_id": "m"}
        ])
    );
}

#[test]
fn the_nodes_own_text_is_said_only_where_nothing_else_was() {
    // R2.20, R2.27, R2.28.
    let texts = |content: Value| {
        let told = tell(&content);
        let items = told["messages"].as_array().unwrap();
        items.iter().map(|item| item["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts(json!({"text": "own", "messages": ["listed"]})), ["listed"]);
    assert_eq!(
        texts(json!({"text": "own", "messages": [{"type": "item_list", "source": "temp.none"}]})),
        ["own"]
    );
    assert_eq!(texts(json!({"text": "own"})), ["own"]);
}

#[test]
fn a_list_is_shown_up_to_its_limit_with_its_title() {
    // R2.26.
    let told = tell(&json!({"messages": [
        {"type": "item_list", "source": "temp.l", "limit": 2, "title": "For {{user.n}}"},
        {"type": "book_list", "source": "temp.l"},
        {"type": "book_list", "source": "user.n"}
    ]}));
    let items = told["messages"].as_array().unwrap();
    assert_eq!(items[0]["content"], json!({"items": [1, 2], "title": "For Ana"}));
    assert_eq!(items[1]["content"], json!({"books": [1, 2, 3]}));
    assert_eq!(items.len(), 2, "what is no list shows nothing");
}

#[test]
fn the_history_of_a_message_is_what_was_said() {
    // R2.32, R2.30.
    let nodes = json!([{"id": "m", "type": "message", "content": {"text": "one", "wait_for_acknowledgement": true}}, message("n", "two")]);
    let world = World::of(&nodes, &json!([{"source": "m", "target": "n"}]));
    let played = world.play(json!({}), &[json!("ok")]);
    assert_eq!(
        played.rows[0],
        json!({"messages": [{"type": "text", "content": {"text": "one"}, "text": "one", "node_id": "m"}]})
    );
    assert_eq!(played.rows[1], json!({"input": null, "input_type": "continue", "variable": null}));
    assert_eq!(played.said, ["one", "two"], "it is not said again");
}

/// Where a condition leads over a state.
fn leads(content: &Value, state: Value) -> String {
    let nodes = json!([
        {"id": "c", "type": "condition", "content": content},
        message("zero", "zero"), message("mid", "mid"), message("else", "else")
    ]);
    let edges = json!([
        {"source": "c", "target": "zero", "type": "$0"}, {"source": "c", "target": "mid", "type": "middle"},
        {"source": "c", "target": "else"}
    ]);
    let played = World::of(&nodes, &edges).play(state, &[]);
    assert!(played.rows.iter().all(|row| row["messages"].is_array()), "conditions leave no row");
    played.said.concat()
}

#[test]
fn the_first_entry_that_holds_decides() {
    // R2.60, R2.61, R2.62, R2.63.
    let content = json!({
        "conditions": [{"if": "temp.n > 10", "then": "OPTION_0"}, {"if": {"var": "temp.n", "gt": 5}, "then": "middle"},
            {"if": "temp.n > 5", "then": "$0"}],
        "default_path": "default"
    });
    for (n, place) in [(11, "zero"), (7, "mid"), (1, "else")] {
        assert_eq!(leads(&content, json!({"temp": {"n": n}})), place, "{n}");
    }
    for (holds, place) in [
        (json!(true), "zero"),
        (json!(false), "else"),
        (json!(2), "zero"),
        (json!(0), "else"),
        (json!("temp.gone.x == 1"), "else"),
    ] {
        let content =
            json!({"conditions": [{"expression": holds, "then": "$0"}], "else": "default"});
        assert_eq!(leads(&content, json!({})), place, "{holds}");
    }
    let by_node = json!({"conditions": [{"condition": "true", "then": "mid"}]});
    assert_eq!(leads(&by_node, json!({})), "mid");
}

#[test]
fn json_conditions_look_into_the_session() {
    // G13, R6.30, R6.31, R6.32.
    let state = json!({"user": {"age": "15", "tags": ["x"]}, "temp": {}});
    for (condition, holds) in [
        (json!({"var": "user.age", "gte": 13, "lt": 18}), true),
        (json!({"var": "temp.z", "ne": 1}), true),
        (json!({"var": "temp.z", "gt": 0}), false),
        (json!({"var": "temp.z", "exists": false}), true),
        (json!({"and": [{"var": "user.tags", "contains": "x"}, "size(user.tags) == 1"]}), true),
        (json!({"var": "user.tags.0", "eq": "x"}), true),
        (json!({"var": "user.age", "eq": {"var": "user.age"}}), true),
    ] {
        let content = json!({"conditions": [{"if": condition, "then": "$0"}]});
        let place = leads(&content, state.clone());
        assert_eq!(place == "zero", holds, "{condition}");
    }
}

#[test]
fn a_node_that_nothing_leaves_is_an_end_and_one_that_nothing_fits_a_dead_end() {
    // R2.14, R2.6.
    let nodes = json!([message("a", "one"), message("b", "two")]);
    for (edge, ended) in [
        (json!([]), "completed"),
        (json!([{"source": "a", "target": "b", "condition": "false"}]), "dead_end"),
        (json!([{"source": "a", "target": "b", "condition": "temp.gone > 1"}]), "dead_end"),
    ] {
        let played = World::of(&nodes, &edge).play(json!({}), &[]);
        assert_eq!(played.ended, Some(ended), "{edge}");
        let warned = played.warnings.contains(&"no_matching_connection".to_owned());
        assert_eq!(warned, ended == "dead_end", "{edge}");
    }
}

#[test]
fn declared_defaults_fill_what_the_start_leaves_open() {
    // R1.7, R1.8, R11.4.
    let variables = json!({"user": {"nick": {"type": "string", "default": "friend"}}, "temp": {"score": 0, "kept": 1}});
    let (definition, _) = super::read(&json!({
        "seed_key": "main", "name": "main", "version": "1.0.0", "entry_node_id": "m",
        "nodes": [message("m", "{{user.nick}} {{temp.score}} {{temp.kept}}")], "connections": [], "variables": variables
    }));
    let mut world = World::default();
    assert!(!world.library.add_flow(&definition).has_errors());
    let played = world.play(json!({"temp": {"kept": 2}}), &[]);
    assert_eq!(played.said, ["friend 0 2"]);
    assert_eq!(played.state, json!({"user": {"nick": "friend"}, "temp": {"score": 0, "kept": 2}}));
}

#[test]
fn a_subflow_shares_variables_and_has_scopes_of_its_own() {
    // R9.1, R9.3, R9.4, R9.5, R9.6, R9.8, R9.9, R9.20, R2.85.
    for key in ["composite_flow_seed_key", "composite_flow_key"] {
        let enter = json!({"id": "c", "type": "composite", "content": {
            key: "sub", "outputs": {"tag": "temp.badge", "gone": "temp.old"},
            "inputs": {"n": "user.name", "t": "{{user.name}}!", "v": {"value": "user.name"}, "whole": "user", "gone": "temp.none"}}});
        let sub = json!([
            {"id": "a", "type": "action", "content": {"actions": [
                {"type": "set_variable", "variable": "output.tag", "value": "★ {{input.n}} {{input.t}} {{input.v}} {{input.whole.name}}"},
                {"type": "increment", "variable": "temp.shared"}]}},
            message("s", "{{input.n}}{{output.tag}}")
        ]);
        let main = json!([enter, message("m", "{{temp.badge}}|{{input.n}}{{output.tag}}")]);
        let world = World::of(&main, &json!([{"source": "c", "target": "m", "type": "success"}]))
            .with("sub", &sub, &json!([{"source": "a", "target": "s"}]));
        let played =
            world.play(json!({"user": {"name": "Bo"}, "temp": {"shared": 1, "old": 1}}), &[]);
        let badge = "★ Bo Bo! user.name Bo";
        assert_eq!(played.said, [format!("Bo{badge}"), format!("{badge}|")], "{key}");
        assert_eq!(played.state["temp"], json!({"badge": badge, "shared": 2, "old": 1}), "{key}");
        let kinds: Vec<_> = played.rows.iter().filter_map(|row| row["type"].as_str()).collect();
        assert_eq!(kinds, ["subflow_enter", "action_execution", "subflow_return"], "{key}");
    }
}

#[test]
fn plain_text_is_not_escaped() {
    // R5.40, R3.17.
    let ask = json!({"id": "q", "type": "question", "content": {"question": "{{user.n}}?", "variable": "temp.x"}});
    let world = World::of(
        &json!([ask, message("m", "{{temp.x}}")]),
        &json!([{"source": "q", "target": "m"}]),
    );
    let state = json!({"user": {"n": "<b>O'Neil & Co</b>"}});
    let asked = world.play(state.clone(), &[]).last;
    assert_eq!(asked["input_request"]["question"]["text"], "<b>O'Neil & Co</b>?");
    assert_eq!(world.play(state, &[json!("<i>'\"&")]).said, ["<i>'\"&"]);
}

#[test]
fn an_end_inside_a_subflow_ends_the_session() {
    // R9.23, R3.13.
    let ask = json!({"id": "q", "type": "question", "content": {
        "question": "?", "input_type": "number", "validation": {"max_retries": 0, "on_max_retries": "end"}}});
    let enter =
        json!({"id": "c", "type": "composite", "content": {"composite_flow_seed_key": "sub"}});
    let world = World::of(
        &json!([enter, message("m", "not said")]),
        &json!([{"source": "c", "target": "m"}]),
    )
    .with(
        "sub",
        &json!([ask, message("s", "nor this")]),
        &json!([{"source": "q", "target": "s"}]),
    );
    let played = world.play(json!({}), &[json!("many")]);
    assert_eq!(played.ended, Some("error"));
    assert_eq!(played.said, ["Sorry, something went wrong."]);
}

#[test]
fn a_reply_goes_to_the_node_that_waits() {
    // R11.11: a question takes an answer, a message goes on, a script takes its result.
    let nodes = json!([
        {"id": "m", "type": "message", "content": {"text": "hi", "wait_for_ack": true}},
        {"id": "q", "type": "question", "content": {"question": "?", "variable": "temp.q"}},
        {"id": "s", "type": "script", "content": {"code": "1", "language": "javascript", "outputs": ["n"]}},
        message("end", "{{temp.q}} {{temp.n}}"),
    ]);
    let edges = json!([{"source": "m", "target": "q"}, {"source": "q", "target": "s"}, {"source": "s", "target": "end"}]);
    let result = json!({"outputs": {"n": 2}});
    let played = World::of(&nodes, &edges).play(json!({}), &[json!("one"), json!("two"), result]);
    assert_eq!(played.said, ["hi", "two 2"]);
    // R2.5: each visit leaves the rows of its type, in order.
    let is = |row: &Value, key: &str| row.get(key).is_some();
    let kinds = ["messages", "input", "question", "input", "type", "outputs", "messages"];
    assert_eq!(played.rows.len(), kinds.len());
    assert!(played.rows.iter().zip(kinds).all(|(row, key)| is(row, key)), "{:#?}", played.rows);
}
