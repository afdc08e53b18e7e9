//! What each type of action does to variables.

use serde_json::{Value, json};

use super::{World, message};

/// `temp` after these actions, and the errors that they told.
fn after(temp: &Value, actions: &Value) -> (Value, Vec<String>) {
    let nodes = json!([{"id": "a", "type": "action", "content": {"actions": actions}}]);
    let played = World::of(&nodes, &json!([])).play(json!({"temp": temp}), &[]);
    let errors = played.rows[0]["errors"].as_array().unwrap();
    let text = |error: &Value| error.as_str().unwrap().to_owned();
    (played.state["temp"].clone(), errors.iter().map(text).collect())
}

/// Rows of an action on `temp.x`, what `temp` was and is then; `"!"` where it fails and changes nothing.
fn check(rows: Value) {
    let Value::Array(rows) = rows else { panic!("rows") };
    for row in rows {
        let mut action = row[0].clone();
        if action.get("variable").is_none() {
            action["variable"] = "temp.x".into();
        }
        let (temp, errors) = after(&row[1], &json!([action]));
        let expected = if row[2] == "!" { &row[1] } else { &row[2] };
        assert_eq!(
            (&temp, errors.len()),
            (expected, usize::from(row[2] == "!")),
            "{row} {errors:?}"
        );
    }
}

#[test]
fn variables_are_set_cleared_and_deleted() {
    // R7.3, R7.4, R7.10, R7.15, R7.16.
    check(json!([
        [{"type": "set_variable", "value": {"a": ["{{temp.n}}"]}}, {"n": 3}, {"n": 3, "x": {"a": [3]}}],
        [{"type": "set_variable", "value": null}, {"x": 1}, {"x": null}],
        [{"type": "set_variable", "value": "{{temp.gone}}"}, {"x": 1}, {"x": null}],
        [{"type": "set_variable", "variable": "temp.x.y", "value": 1}, {"x": 1}, {"x": {"y": 1}}],
        [{"type": "set_variable", "variable": "x", "value": 1}, {}, {"x": 1}],
        [{"type": "clear"}, {"x": [1]}, {"x": null}],
        [{"type": "delete_variable"}, {"x": [1], "y": 1}, {"y": 1}],
        [{"type": "delete_variable"}, {"y": 1}, {"y": 1}]
    ]));
}

#[test]
fn numbers_go_up_and_down() {
    // R7.7, R7.11, R7.12.
    check(json!([
        [{"type": "increment"}, {}, {"x": 1}],
        [{"type": "increment"}, {"x": null}, {"x": 1}],
        [{"type": "increment", "by": 2}, {"x": "5"}, {"x": 7}],
        [{"type": "increment", "increment": "{{temp.n}}"}, {"x": 1, "n": 4}, {"x": 5, "n": 4}],
        [{"type": "increment", "value": 0.5}, {"x": 1}, {"x": 1.5}],
        [{"type": "increment", "amount": 0.5}, {"x": 1.5}, {"x": 2}],
        [{"type": "increment"}, {"x": "many"}, "!"],
        [{"type": "increment"}, {"x": true}, "!"],
        [{"type": "increment"}, {"x": i64::MAX}, "!"],
        [{"type": "decrement", "amount": 3}, {"x": 1}, {"x": -2}],
        [{"type": "decrement"}, {}, {"x": -1}]
    ]));
}

#[test]
fn lists_grow_and_shrink() {
    // R7.13, R7.14.
    let tea = json!({"value": "tea", "label": "Tea"});
    check(json!([
        [{"type": "append", "value": 1}, {}, {"x": [1]}],
        [{"type": "append", "value": 1}, {"x": null}, {"x": [1]}],
        [{"type": "append", "value": [2, 3]}, {"x": [1]}, {"x": [1, [2, 3]]}],
        [{"type": "append", "value": [2, 3], "spread": true}, {"x": [1]}, {"x": [1, 2, 3]}],
        [{"type": "append", "value": 1, "unique": true}, {"x": [1]}, {"x": [1]}],
        [{"type": "append", "value": 3, "max_length": 2}, {"x": [1, 2]}, {"x": [2, 3]}],
        [{"type": "append", "value": 1}, {"x": "text"}, "!"],
        [{"type": "remove", "value": 1}, {"x": [1, 2, 1]}, {"x": [2, 1]}],
        [{"type": "remove", "value": 1, "all": true}, {"x": [1, 2, 1]}, {"x": [2]}],
        [{"type": "remove", "value": "tea"}, {"x": [tea, 1]}, {"x": [1]}],
        [{"type": "remove", "value": 7}, {"x": [1]}, {"x": [1]}],
        [{"type": "remove", "value": 7}, {}, {}],
        [{"type": "remove", "value": 7}, {"x": "text"}, "!"]
    ]));
}

#[test]
fn expressions_give_variables_their_values() {
    // R7.17, R7.18, R7.20, R7.21, R6.63.
    check(json!([
        [{"type": "calculate", "expression": "temp.n / 2", "result_variable": "temp.r"}, {"n": 7}, {"n": 7, "r": 3.5}],
        [{"type": "calculate", "expression": "n + 1", "target": "temp.r"}, {"n": 7}, {"n": 7, "r": 8}],
        [{"type": "calculate", "expression": "temp.n > 6"}, {"n": 7}, {"n": 7, "x": true}],
        [{"type": "calculate", "expression": "temp.gone + 1"}, {"n": 7}, "!"],
        [{"type": "aggregate", "expression": "sum(temp.l)", "target": "temp.s"}, {"l": [1, 2]}, {"l": [1, 2], "s": 3}],
        [{"type": "aggregate", "source": "temp.l", "operation": "max", "target": "temp.s"}, {"l": [1, 2]}, {"l": [1, 2], "s": 2}],
        [{"type": "aggregate", "source": "temp.l", "operation": "max", "expression": "min(temp.l)", "target": "temp.s"},
            {"l": [1, 2]}, {"l": [1, 2], "s": 1}],
        [{"type": "aggregate", "expression": "max(temp.l)", "target": "temp.s"}, {"l": [], "s": 5}, {"l": [], "s": 5}],
        [{"type": "aggregate", "expression": "sum(temp.gone)", "target": "temp.s"}, {"s": 5}, "!"]
    ]));
}

#[test]
fn parameters_may_stand_in_params_or_beside_the_type() {
    // R7.1.
    let (temp, _) = after(
        &json!({}),
        &json!([
            {"type": "set_variable", "params": {"variable": "temp.a", "value": 1}},
            {"type": "set_variable", "params": {"value": 2}, "variable": "temp.b", "value": 3}
        ]),
    );
    assert_eq!(temp, json!({"a": 1, "b": 2}));
}

#[test]
fn later_actions_see_what_earlier_ones_did() {
    // R2.71, R2.73: the example of section 7.2.
    let actions = json!([
        {"type": "increment", "variable": "temp.n"},
        {"type": "increment", "variable": "temp.n", "amount": 2},
        {"type": "set_variable", "variable": "temp.t", "value": "n={{temp.n}}"}
    ]);
    let nodes = json!([{"id": "a", "type": "action", "content": {"actions": actions}}]);
    let played = World::of(&nodes, &json!([])).play(json!({"temp": {"n": 1}}), &[]);
    assert_eq!(played.state["temp"], json!({"n": 4, "t": "n=4"}));
    assert_eq!(
        played.rows,
        [json!({
            "type": "action_execution", "actions_count": 3, "variables_updated": ["temp.n", "temp.t"],
            "success": true, "errors": [], "processed_async": false
        })]
    );
}

#[test]
fn a_guard_skips_an_action_and_an_error_may_be_tolerated() {
    // R7.5, R7.6, R2.70.
    let set = |name: &str| json!({"type": "set_variable", "variable": format!("temp.{name}"), "value": 1});
    let wrong = json!({"type": "append", "variable": "temp.text", "value": 1});
    let with = |mut action: Value, key: &str, value: Value| {
        action[key] = value;
        action
    };
    for (actions, go_on, temp, said) in [
        (
            json!([with(set("a"), "if", json!("temp.text == 'no'")), set("b")]),
            true,
            json!({"b": 1}),
            "well",
        ),
        (
            json!([with(set("a"), "if", json!({"var": "temp.text", "eq": "t"}))]),
            true,
            json!({"a": 1}),
            "well",
        ),
        (
            json!([with(wrong.clone(), "on_error", json!("continue")), set("b")]),
            true,
            json!({"b": 1}),
            "well",
        ),
        (json!([wrong.clone(), set("b")]), true, json!({"b": 1}), "badly"),
        (json!([wrong, set("b")]), false, json!({}), "badly"),
    ] {
        let content = json!({"actions": actions, "continue_on_error": go_on, "error_variable": "user.errors"});
        let nodes = json!([
            {"id": "a", "type": "action", "content": content}, message("w", "well"), message("b", "badly")
        ]);
        let edges = json!([
            {"source": "a", "target": "w", "type": "success"}, {"source": "a", "target": "b", "type": "failure"}
        ]);
        let played = World::of(&nodes, &edges).play(json!({"temp": {"text": "t"}}), &[]);
        let mut expected = temp;
        expected["text"] = "t".into();
        assert_eq!(
            (&played.state["temp"], &played.said),
            (&expected, &vec![said.to_owned()]),
            "{actions}"
        );
        assert_eq!(played.state["user"]["errors"], played.rows[0]["errors"], "{actions}");
    }
}

#[test]
fn there_are_ten_types_of_action() {
    // R7.2.
    for kind in [
        "set_variable",
        "increment",
        "decrement",
        "append",
        "remove",
        "clear",
        "calculate",
        "delete_variable",
        "aggregate",
        "api_call",
    ] {
        let action = json!({
            "type": kind, "variable": "temp.x", "target": "temp.x", "value": 1, "expression": "1", "endpoint": "/x"
        });
        let codes = super::codes("action", &json!({"actions": [action]}));
        let of_field = codes
            .iter()
            .filter(|code| super::fields::is_of_field(code) && **code != "action.no_failure_path");
        assert_eq!(of_field.count(), 0, "{kind}: {codes:?}");
    }
    for kind in ["external_service", "heavy_computation", "dance"] {
        assert_eq!(
            super::codes("action", &json!({"actions": [{"type": kind}]})),
            ["action.type_unknown"],
            "{kind}"
        );
    }
}
