//! How questions are presented and what becomes of their answers.

use serde_json::{Value, json};

use super::{ID, World, message};

/// A question `q` that leads to `end`, and by failure to `failed`.
fn world(content: &Value) -> World {
    let nodes = json!([
        {"id": "q", "type": "question", "content": content}, message("end", "end"), message("failed", "failed")
    ]);
    let edges = json!([
        {"source": "q", "target": "end"}, {"source": "q", "target": "failed", "type": "failure"}
    ]);
    World::of(&nodes, &edges)
}

fn asked(world: &World, state: Value) -> Value {
    world.play(state, &[]).last["input_request"].clone()
}

#[test]
fn a_request_tells_clients_all_they_need() {
    // R2.42, R2.43, R3.1, R3.44, R11.31.
    let world = world(&json!({
        "question": "Hi {{user.n}}?", "input_type": "carousel", "variable": "temp.x",
        "options": [{"value": 1, "label": "One"}], "carousel_config": {"items_per_view": 2, "k": 1},
        "placeholder": "p {{user.n}}", "help_text": "h", "validation": {"max_retries": 2}
    }));
    let played = world.play(json!({"user": {"n": "Ana"}}), &[]);
    assert_eq!(
        played.last["input_request"],
        json!({
            "input_type": "carousel", "variable": "temp.x", "node_id": "q",
            "question": {"text": "Hi Ana?"}, "options": [{"value": 1, "label": "One"}],
            "carousel_config": {"items_per_view": 2, "k": 1}, "placeholder": "p Ana", "help_text": "h",
            "validation": {"required": true, "max_retries": 2}
        })
    );
    assert_eq!(
        played.rows,
        [json!({
            "question": {"text": "Hi Ana?"}, "content_id": null, "input_type": "carousel",
            "options": [{"value": 1, "label": "One"}]
        })]
    );
    let flow = world.library.find("main").unwrap();
    let row = &played.turns[0].history(flow)[0];
    assert_eq!(
        (&row.content["timestamp"], &row.content["turn"]),
        (&json!("2026-01-01T00:00:00.000Z"), &json!(1))
    );
}

#[test]
fn the_nodes_variable_goes_before_its_alias_and_that_of_the_content() {
    // R2.44.
    for (own, variable) in [
        (json!({"variable": "temp.a", "result_variable": "temp.b"}), "temp.a"),
        (json!({"result_variable": "temp.b"}), "temp.b"),
        (json!({}), "temp.c"),
    ] {
        let mut content = own;
        content["question"] = json!({"content_id": ID});
        let item =
            json!({"id": ID, "type": "question", "content": {"text": "?", "variable": "temp.c"}});
        let world = world(&content).with_item(&item, &[]);
        assert_eq!(asked(&world, json!({}))["variable"], variable);
        let stored = world.play(json!({}), &[json!("yes")]).state;
        assert_eq!(stored["temp"], json!({variable.trim_start_matches("temp."): "yes"}));
    }
}

#[test]
fn options_come_from_the_node_then_from_the_content() {
    // R3.6, R4.11.
    let body = json!({"text": "?", "answers": ["a", "b"], "options": ["c", "d"]});
    let values = |own: Value, body: &Value| {
        let content =
            json!({"question": {"content_id": ID}, "input_type": "choice", "options": own});
        let item = json!({"id": ID, "type": "question", "content": body});
        let request = asked(&world(&content).with_item(&item, &[]), json!({}));
        let options = request["options"].as_array().unwrap().clone();
        options.iter().map(|option| option["value"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(values(json!(["x", "y"]), &body), ["x", "y"]);
    assert_eq!(values(json!([]), &body), ["a", "b"]);
    assert_eq!(values(json!([]), &json!({"text": "?", "options": ["c", "d"]})), ["c", "d"]);
}

#[test]
fn options_are_filled_when_they_are_presented() {
    // R3.7, R3.9, F4.
    let option = json!({"value": "{{user.v}}", "label": "{{user.n}}!", "_key": "{{user.v}}"});
    let world = world(&json!({
        "question": "?", "input_type": "choice", "variable": "temp.x", "options": [option, "other"]
    }));
    let state = json!({"user": {"v": 7, "n": "Ana"}});
    assert_eq!(asked(&world, state.clone())["options"][0], json!({"value": 7, "label": "Ana!"}));
    let stored = world.play(state, &[json!("7")]).state;
    assert_eq!(stored["temp"]["x"], json!({"value": 7, "label": "Ana!", "_key": 7}));
}

#[test]
fn options_may_be_the_elements_of_a_list() {
    // R3.8.
    let content = |more: Value| {
        let mut content =
            json!({"question": "?", "input_type": "choice", "options_source": "temp.hits"});
        content.as_object_mut().unwrap().extend(super::object(more));
        content
    };
    let hits = json!({"temp": {"hits": [{"isbn": "1", "title": "One", "k": 1}, {"isbn": "2", "title": "Two"}]}});
    let options = asked(&world(&content(json!({}))), hits.clone())["options"].clone();
    assert_eq!(
        (&options[0]["value"], &options[0]["label"], &options[0]["k"]),
        (&json!("1"), &json!("One"), &json!(1))
    );
    let named = json!({"option_value": "title", "option_label": "isbn", "options_limit": 1});
    let options = asked(&world(&content(named)), hits)["options"].clone();
    assert_eq!(options.as_array().unwrap().len(), 1);
    assert_eq!((&options[0]["value"], &options[0]["label"]), (&json!("One"), &json!("1")));
}

#[test]
fn a_choice_without_options_fails() {
    // R3.33.
    let content = json!({"question": "?", "input_type": "choice", "options_source": "temp.none", "variable": "temp.x"});
    assert_eq!(world(&content).play(json!({}), &[]).said, ["failed"]);
}

#[test]
fn an_answer_left_empty_is_null_or_the_default() {
    // R3.14.
    let content = |more: Value| {
        let mut content = json!({"question": "?", "input_type": "text", "variable": "temp.x"});
        content.as_object_mut().unwrap().extend(super::object(more));
        content
    };
    for (more, stored) in
        [(json!({"required": false}), Value::Null), (json!({"default_value": "d"}), json!("d"))]
    {
        let played = world(&content(more)).play(json!({"temp": {"x": "old"}}), &[json!("  ")]);
        assert_eq!(
            (&played.state["temp"]["x"], played.said.as_slice()),
            (&stored, &["end".to_owned()][..])
        );
    }
    let played = world(&content(json!({}))).play(json!({}), &[json!("  ")]);
    assert_eq!(played.last["validation_error"]["code"], "required");
}

#[test]
fn messages_of_a_refusal_go_from_the_general_to_the_particular() {
    // R3.11, R3.13, R3.15.
    let said = |rules: Value| {
        let content = json!({"question": "?", "input_type": "number", "variable": "temp.x", "validation": rules});
        world(&content).play(json!({}), &[json!("a"), json!("b")]).said
    };
    let error = "No {{validation.max}}: {{input}}";
    assert_eq!(
        said(json!({"error_message": error, "retry_message": "Again", "max": 5})),
        ["No 5: a", "Again"]
    );
    assert_eq!(said(json!({"error_message": error, "max": 5})), ["No 5: a", "No 5: b"]);
    assert_eq!(said(json!({"retry_message": "Again"})), ["Again", "Again"]);
    let content = json!({"question": "?", "input_type": "number", "sensitive": true});
    let row = world(&content).play(json!({}), &[json!("secret")]).rows.pop().unwrap();
    assert_eq!(
        (&row["valid"], &row["code"], &row["input"]),
        (&json!(false), &json!("not_a_number"), &json!("[REDACTED]"))
    );
}

#[test]
fn content_that_is_not_there_is_replaced_by_the_nodes_own_text() {
    // R4.15, R2.22.
    let ask = world(&json!({"question": {"content_id": ID}, "text": "Mine?"}));
    let played = ask.play(json!({}), &[]);
    assert_eq!(played.last["input_request"]["question"]["text"], "Mine?");
    let tell = json!([{"id": "m", "type": "message", "content": {"messages": [{"content_id": ID, "text": "Mine."}]}}]);
    let played = World::of(&tell, &json!([])).play(json!({}), &[]);
    assert_eq!(played.said, ["Mine."]);
    assert!(played.warnings.contains(&"content_unavailable".to_owned()), "{:?}", played.warnings);
}

#[test]
fn options_without_anything_to_choose_them_by_are_left_out_and_told() {
    // R3.5: from a list of the state, from references, and from content.
    let content = |more: Value| {
        let mut content = json!({"question": "?", "input_type": "choice"});
        content.as_object_mut().unwrap().extend(super::object(more));
        content
    };
    let state = json!({"temp": {"hits": [{"points": 1}, "a", null], "none": {"points": 1}}});
    for more in [json!({"options_source": "temp.hits"}), json!({"options": ["a", "{{temp.none}}"]})]
    {
        let played = world(&content(more)).play(state.clone(), &[]);
        let only = json!([{"value": "a", "label": "a"}]);
        assert_eq!(
            (&played.last["input_request"]["options"], played.warnings),
            (&only, vec!["option_dropped".into()])
        );
    }
    let body = json!({"text": "?", "answers": ["a", {"points": 1}]});
    let item = json!({"id": ID, "type": "question", "content": body});
    let drawn = json!({"question": {"content_id": ID}, "input_type": "choice"});
    let played = world(&drawn).with_item(&item, &[]).play(state, &[]);
    assert_eq!(played.warnings, ["option_dropped"]);
    assert_eq!(played.last["input_request"]["options"].as_array().unwrap().len(), 1);
}
