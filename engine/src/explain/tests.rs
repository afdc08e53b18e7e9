//! Why conditions hold or do not (README ruling 9).

use serde_json::{Value, json};

use super::{Explanation, Part, PartOutcome, explain, explain_calculation};
use crate::trace::TraceStep;

fn context() -> Value {
    json!({
        "temp": {"drink": {"value": "tea", "label": "Tea"}, "cups": 3, "list": [1, 5, 9], "n": 7,
            "shelf": [{"name": "a"}]},
        "user": {"age": 8},
    })
}

fn told(condition: &Value) -> Explanation {
    explain(condition, &context(), &[]).unwrap()
}

/// All parts below a part as `source = outcome`, `!` for an error, `-` for what was skipped.
fn lines(part: &Part) -> Vec<String> {
    let line = |part: &Part| match &part.outcome {
        PartOutcome::Value(value) => format!("{} = {value}", part.source),
        PartOutcome::Error(_) => format!("{} !", part.source),
        PartOutcome::Skipped => format!("{} -", part.source),
    };
    std::iter::once(line(part)).chain(part.parts.iter().flat_map(lines)).collect()
}

#[track_caller]
fn check(text: &str, want: &[&str]) {
    assert_eq!(lines(&told(&json!(text)).whole), want);
}

#[test]
fn what_is_passed_by_is_skipped() {
    check(
        "temp.cups > 5 && temp.n > 1",
        &[
            "temp.cups > 5 && temp.n > 1 = false",
            "temp.cups > 5 = false",
            "temp.cups = 3",
            "temp.n > 1 -",
            "temp.n -",
        ],
    );
    check(
        "temp.cups > 1 || temp.n > 1",
        &[
            "temp.cups > 1 || temp.n > 1 = true",
            "temp.cups > 1 = true",
            "temp.cups = 3",
            "temp.n > 1 -",
            "temp.n -",
        ],
    );
    check(
        "temp.n == 7 ? temp.cups : user.age",
        &[
            "temp.n == 7 ? temp.cups : user.age = 3",
            "temp.n == 7 = true",
            "temp.n = 7",
            "temp.cups = 3",
            "user.age -",
        ],
    );
}

#[test]
fn errors_are_told_where_they_are_and_where_they_go() {
    // `&&` and `||` absorb an error of one side when the other decides (R6.20).
    check(
        "temp.gone > 1 || temp.n == 7",
        &[
            "temp.gone > 1 || temp.n == 7 = true",
            "temp.gone > 1 !",
            "temp.gone !",
            "temp.n == 7 = true",
            "temp.n = 7",
        ],
    );
    check(
        "temp.gone > 1 && temp.n == 7",
        &[
            "temp.gone > 1 && temp.n == 7 !",
            "temp.gone > 1 !",
            "temp.gone !",
            "temp.n == 7 = true",
            "temp.n = 7",
        ],
    );
    // What follows an operand without a value is not evaluated; neither branch of `?:` is.
    check(
        "(temp.gone ? 1 : temp.n) + temp.cups",
        &[
            "(temp.gone ? 1 : temp.n) + temp.cups !",
            "temp.gone ? 1 : temp.n !",
            "temp.gone !",
            "temp.n -",
            "temp.cups -",
        ],
    );
    assert!(!told(&json!("temp.gone > 1")).holds);
}

#[test]
fn macros_tell_their_range_and_result() {
    check(
        "temp.list.filter(i, i > temp.cups).size() == 2",
        &[
            "temp.list.filter(i, i > temp.cups).size() == 2 = true",
            "temp.list.filter(i, i > temp.cups).size() = 2",
            "temp.list.filter(i, i > temp.cups) = [5,9]",
            "temp.list = [1,5,9]",
        ],
    );
    let explanation = told(&json!("temp.list.exists(i, i == user.age)"));
    let paths: Vec<_> = explanation.variables.iter().map(|read| &*read.path).collect();
    assert_eq!(paths, ["temp.list", "user.age"], "variables of the body, but not the macro's own");
    check(
        "cel.bind(x, temp.n + 1, x * x)",
        &["cel.bind(x, temp.n + 1, x * x) = 64", "temp.n + 1 = 8", "temp.n = 7"],
    );
    check(
        "math.greatest(temp.n, temp.cups)",
        &["math.greatest(temp.n, temp.cups) = 7", "temp.n = 7", "temp.cups = 3"],
    );
}

#[test]
fn option_objects_compare_by_their_value() {
    // R6.12: the part shows the whole object.
    check(
        "temp.drink == 'tea'",
        &["temp.drink == 'tea' = true", "temp.drink = {\"label\":\"Tea\",\"value\":\"tea\"}"],
    );
    check(
        "has(temp.gone) || 'tea' in [temp.drink]",
        &[
            "has(temp.gone) || 'tea' in [temp.drink] = true",
            "has(temp.gone) = false",
            "'tea' in [temp.drink] = true",
            "[temp.drink] = [{\"label\":\"Tea\",\"value\":\"tea\"}]",
            "temp.drink = {\"label\":\"Tea\",\"value\":\"tea\"}",
        ],
    );
}

#[test]
fn json_conditions_are_explained_alike() {
    // R6.30, R2.61.
    let condition = json!({"and": [
        {"var": "user.age", "gte": {"var": "temp.cups"}}, {"not": "temp.n > 9"},
        {"or": [{"var": "temp.n", "eq": 7}, {"var": "temp.gone", "eq": 1}]},
    ]});
    let explanation = told(&condition);
    assert!(explanation.holds);
    assert_eq!(
        lines(&explanation.whole)[1..],
        [
            "{\"gte\":{\"var\":\"temp.cups\"},\"var\":\"user.age\"} = true",
            "{\"not\":\"temp.n > 9\"} = true",
            "temp.n > 9 = false",
            "temp.n = 7",
            "{\"or\":[{\"eq\":7,\"var\":\"temp.n\"},{\"eq\":1,\"var\":\"temp.gone\"}]} = true",
            "{\"eq\":7,\"var\":\"temp.n\"} = true",
            "{\"eq\":1,\"var\":\"temp.gone\"} -",
        ]
    );
    let reads: Vec<_> =
        explanation.variables.iter().map(|read| (&*read.path, read.value.clone())).collect();
    assert_eq!(
        reads,
        [("user.age", Some(json!(8))), ("temp.cups", Some(json!(3))), ("temp.n", Some(json!(7))),]
    );
    for (condition, holds) in [
        (json!(true), true),
        (json!(0), false),
        (json!(null), false),
        (json!(""), false),
        (json!({}), false),
    ] {
        assert_eq!(told(&condition).holds, holds, "{condition}");
    }
    assert!(explain(&json!({"not": "1 +"}), &context(), &[]).is_err());
}

#[test]
fn calculations_divide_and_find_bare_names() {
    // F52, R7.20, R5.4.
    let explanation = explain_calculation("n / 2 + user.age", &context(), &[]).unwrap();
    assert_eq!(
        lines(&explanation.whole),
        ["n / 2 + user.age = 11.5", "n / 2 = 3.5", "n = 7", "user.age = 8",]
    );
    assert_eq!(explanation.variables[0].path, "temp.n");
    assert_eq!(lines(&told(&json!("temp.n / 2")).whole)[0], "temp.n / 2 = 3");
}

fn step(node: &str, changed: &Value, given: &Value) -> TraceStep {
    serde_json::from_value(json!({
        "flow_id": "00000000-0000-4000-8000-000000000001", "turn": 1, "node_id": node,
        "node_type": "action", "depth": 1, "execution_details": {"type": "action"},
        "changed": changed, "given": given, "connection_type": null, "next_node_id": null,
        "started_at": "2026-01-01T00:00:00Z", "completed_at": "2026-01-01T00:00:00Z",
        "duration_ms": 0, "error_message": null, "error_details": null,
    }))
    .unwrap()
}

#[test]
fn the_step_that_last_set_a_variable_is_named() {
    let steps = [
        step("start", &json!({"temp.cups": [null, 1]}), &json!({"user.age": [null, 8]})),
        step("ask", &json!({"temp.drink.value": ["x", "tea"]}), &json!({})),
        step("pour", &json!({"temp.cups": [1, 3]}), &json!({})),
        step("fill", &json!({"temp.shelf": [null, [{"name": "a"}]]}), &json!({})),
    ];
    let text = json!(
        "temp.cups > 1 && temp.drink == 'tea' && user.age > 1 && temp.shelf[0].name == 'a' && temp.n == 7"
    );
    let explanation = explain(&text, &context(), &steps).unwrap();
    assert!(explanation.holds);
    let told: Vec<_> = explanation
        .variables
        .iter()
        .map(|read| {
            let by = read.set_by.as_ref().map(|by| (by.step, by.node_id.as_str(), by.given));
            (&*read.path, by)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("temp.cups", Some((3, "pour", false))),
            // Something in it, and what it is in, count as well.
            ("temp.drink", Some((2, "ask", false))),
            ("user.age", Some((1, "start", true))),
            ("temp.shelf.0.name", Some((4, "fill", false))),
            ("temp.n", None),
        ]
    );
}

#[test]
fn explaining_is_bounded() {
    // R6.8: each of sixty levels would repeat the work of all below it.
    let heavy =
        "temp.list.map(a, temp.list.map(b, temp.list.map(c, temp.list.map(d, a + b + c + d))))";
    let deep = (0..40).fold(heavy.to_owned(), |text, _| format!("[{text}]"));
    let explanation = told(&json!(deep));
    assert!(matches!(explanation.whole.outcome, PartOutcome::Value(_)));
    let last = lines(&explanation.whole).len();
    assert!(last >= 40, "{last}");
    let long = vec!["temp.n"; 60].join(" + ");
    assert_eq!(told(&json!(long)).whole.outcome, PartOutcome::Value(json!(420)));
}
