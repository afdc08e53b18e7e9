//! The legacy aggregate action (section 6.3).

use serde_json::{Value as Json, json};

use crate::expr::aggregate::{Aggregate, AggregateError, AggregateProblem, AggregateProblemKind};

fn parse(action: &Json) -> Result<Aggregate, AggregateProblem> {
    Aggregate::parse(action.as_object().unwrap())
}

fn run(action: &Json, source: &Json) -> Option<Json> {
    parse(action).unwrap().run(Some(source)).unwrap()
}

#[test]
fn operations_are_those_of_expressions() {
    // R6.60, R6.62
    let scores = json!([3, 1, "x", 1.0, null, 4.5]);
    for (operation, want) in [
        ("sum", json!(9.5)),
        ("avg", json!(2.375)),
        ("average", json!(2.375)),
        ("max", json!(4.5)),
        ("min", json!(1)),
        ("count", json!(6)),
        ("first", json!(3)),
        ("last", json!(4.5)),
        ("unique", json!([3, 1, "x", null, 4.5])),
        ("collect", json!([3, 1, "x", 1, null, 4.5])),
    ] {
        assert_eq!(run(&json!({ "operation": operation }), &scores), Some(want), "{operation}");
    }
    assert_eq!(run(&json!({}), &json!([1, 2])), Some(json!(3)));
    let maps = json!([{ "a": 1, "b": "x" }, { "a": 4 }, { "a": 2, "b": "y" }]);
    for (strategy, want) in [
        ("sum", json!({ "a": 7, "b": "x" })),
        ("max", json!({ "a": 4, "b": "x" })),
        ("last", json!({ "a": 2, "b": "y" })),
    ] {
        let action = json!({ "operation": "merge", "merge_strategy": strategy });
        assert_eq!(run(&action, &maps), Some(want), "{strategy}");
    }
}

#[test]
fn elements_without_the_field_are_skipped() {
    // R6.61
    let source = json!([{ "a": { "b": 1 } }, { "a": 2 }, 3, { "a": { "b": null } }, { "a.b": 5 }]);
    let action = |operation| json!({ "operation": operation, "field": "a.b" });
    assert_eq!(run(&action("sum"), &source), Some(json!(6)));
    assert_eq!(run(&action("count"), &source), Some(json!(3)));
    assert_eq!(run(&json!({ "field": "0" }), &json!([[1, 9], [2]])), Some(json!(3)));
}

#[test]
fn an_absent_source_is_empty_and_another_kind_an_error() {
    // R6.61
    let sum = parse(&json!({})).unwrap();
    assert_eq!(sum.run(None), Ok(Some(json!(0))));
    assert_eq!(sum.run(Some(&json!(null))), Ok(Some(json!(0))));
    for source in [json!(1), json!("x"), json!({}), json!(true)] {
        assert_eq!(sum.run(Some(&source)), Err(AggregateError::NotAList));
    }
    let overflow = sum.run(Some(&json!([i64::MAX, 1])));
    assert!(matches!(overflow, Err(AggregateError::Failed(_))));
}

#[test]
fn a_null_result_is_not_written() {
    // R6.63
    for operation in ["max", "min", "first", "last"] {
        assert_eq!(run(&json!({ "operation": operation }), &json!([])), None, "{operation}");
    }
    assert_eq!(run(&json!({ "operation": "last" }), &json!([1, null])), None);
}

#[test]
fn weighted_averages_take_the_form_of_the_first_weight() {
    // R6.64
    let by = |source: &Json, extra: &Json| {
        let mut action = json!({ "operation": "weighted_average", "weight_field": "m" });
        action.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        run(&action, source)
    };
    let plain = json!({});
    let maps = json!([
        { "m": null },
        { "m": { "calm": 1.0, "bold": 0.2, "note": "x" } },
        { "m": { "bold": 0.6 } },
        { "m": 7 },
    ]);
    assert_eq!(by(&maps, &plain), Some(json!({ "calm": 0.5, "bold": 0.4 })));
    let weighted = json!([
        { "m": { "a": 1 }, "item_weight": 3, "q": 1 },
        { "m": { "a": 2 }, "q": 1 },
    ]);
    assert_eq!(by(&weighted, &plain), Some(json!({ "a": 1.25 })));
    assert_eq!(by(&weighted, &json!({ "item_weight_field": "q" })), Some(json!({ "a": 1.5 })));
    let numbers = json!([{ "m": 1, "value": 1 }, { "m": 2, "value": 4 }, { "m": { "a": 1 } }]);
    assert_eq!(by(&numbers, &plain), Some(json!(3)));
    let fields = json!([{ "m": 1, "s": { "v": 2 } }]);
    assert_eq!(by(&fields, &json!({ "field": "s.v" })), Some(json!(2)));
    assert_eq!(by(&json!([{ "m": 0, "value": 1 }]), &plain), Some(json!(0)));
    assert_eq!(by(&json!([]), &plain), Some(json!({})));
}

#[test]
fn what_is_wrong_with_an_action_names_its_field() {
    // R6.60, R6.64.
    for (action, field, kind) in [
        (json!({ "operation": "median" }), "operation", AggregateProblemKind::Unknown),
        (
            json!({ "operation": "merge", "merge_strategy": "min" }),
            "merge_strategy",
            AggregateProblemKind::Unknown,
        ),
        (json!({ "operation": 7 }), "operation", AggregateProblemKind::NotText),
        (json!({ "field": [] }), "field", AggregateProblemKind::NotText),
        (json!({ "operation": "weighted_average" }), "weight_field", AggregateProblemKind::Missing),
    ] {
        let problem = parse(&action).unwrap_err();
        assert_eq!((problem.field, problem.kind), (field, kind), "{action}");
        assert!(problem.message.contains(field), "{problem:?}");
    }
}
