use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::operator::{Operator, equal};
use super::{ConditionScope, JsonCondition};
use crate::check::{Code, Pointer, Report, Severity};

/// Paths are dotted keys and indexes; the only expression that holds is `true`.
struct State(Value);

impl ConditionScope<String, String> for State {
    fn get(&self, path: &String) -> Option<Cow<'_, Value>> {
        let mut parts = path.split('.');
        parts
            .try_fold(&self.0, |value, key| match value.as_array() {
                Some(items) => items.get(key.parse::<usize>().ok()?),
                None => value.get(key),
            })
            .map(Cow::Borrowed)
    }

    fn cel(&self, program: &String) -> bool {
        program == "true"
    }
}

fn compile(json: &Value) -> (JsonCondition<String, String>, Report) {
    let mut report = Report::default();
    let text = |text: &str, at: &Pointer, report: &mut Report| {
        if text.is_empty() {
            report.add(Code::CelSyntax, at, "empty");
        }
        (!text.is_empty()).then(|| text.to_owned())
    };
    let condition =
        JsonCondition::compile(json, &Pointer::root(), &mut report, &mut { text }, &mut { text });
    (condition, report)
}

fn holds(state: &Value, condition: &Value) -> bool {
    compile(condition).0.holds(&State(state.clone()))
}

#[test]
fn the_worked_example_comes_out_as_specified() {
    // G13, R6.31, R6.33, R6.34.
    let state = json!({"user": {"age": "15", "tags": ["x"]}, "temp": {}});
    for (condition, expected) in [
        (json!({"var": "user.age", "gte": 13, "lt": 18}), true),
        (json!({"var": "temp.z", "ne": 1}), true),
        (json!({"var": "temp.z", "gt": 0}), false),
        (json!({"var": "temp.z", "exists": false}), true),
        (json!({"and": [{"var": "user.tags", "contains": "x"}, "true"]}), true),
        (json!({}), false),
    ] {
        assert_eq!(holds(&state, &condition), expected, "{condition}");
    }
}

#[test]
fn parts_combine() {
    let state = json!({"a": 1});
    for (condition, expected) in [
        (json!({"and": []}), true),
        (json!({"or": []}), false),
        (json!({"and": [true, {"var": "a", "eq": 1}]}), true),
        (json!({"and": [true, false]}), false),
        (json!({"or": [false, "false", {"var": "a", "eq": 1}]}), true),
        (json!({"not": {"var": "a", "eq": 1}}), false),
        (json!({"not": {"or": []}}), true),
        (json!("true"), true),
        (json!(true), true),
        // `and` comes before `or`, `not` and `var` (R6.30).
        (json!({"and": [], "or": [], "not": true, "var": "a", "eq": 2}), true),
        (json!({"or": [], "not": false}), false),
        (json!({"not": false, "var": "a", "eq": 2}), true),
    ] {
        assert_eq!(holds(&state, &condition), expected, "{condition}");
    }
}

/// Rows of operator, value (the text `<absent>` for none), operand, outcome; the operand is tried
/// as a literal and as a variable.
fn check(rows: &Value) {
    for row in rows.as_array().unwrap() {
        let mut state = json!({"v": row[1], "o": row[2]});
        if row[1] == "<absent>" {
            state = json!({"o": row[2]});
        }
        let mut condition = json!({"var": "v"});
        condition[row[0].as_str().unwrap()] = row[2].clone();
        let (compiled, report) = compile(&condition);
        assert!(report.is_empty(), "{row}: {report:?}");
        assert_eq!(json!(compiled.holds(&State(state.clone()))), row[3], "{row}");
        condition[row[0].as_str().unwrap()] = json!({"var": "o"});
        assert_eq!(json!(holds(&state, &condition)), row[3], "by variable: {row}");
    }
}

#[test]
fn equality_is_deep_and_by_value() {
    // R6.32, R6.33, R6.33a, R6.33b.
    let tea = json!({"value": "tea", "label": "Tea"});
    check(&json!([
        ["eq", 1, 1.0, true], ["==", "a", "a", true], ["eq", "1", 1, false],
        ["eq", "<absent>", null, true], ["eq", null, null, true], ["eq", true, 1, false],
        ["eq", {"a": [1]}, {"a": [1.0]}, true], ["eq", [1], [1, 2], false],
        ["eq", {"a": 1}, {"b": 1}, false], ["eq", tea, "tea", true], ["eq", "tea", tea, true],
        ["eq", tea, "Tea", false], ["eq", [tea], ["tea"], true], ["ne", "<absent>", "x", true],
        ["!=", 1, 1.0, false], ["ne", tea, "tea", false]
    ]));
}

#[test]
fn order_is_of_numbers_or_of_texts() {
    // R6.33c, R6.33l.
    let five = json!({"value": 5, "text": "Five"});
    let (even, odd) = (9_007_199_254_740_992_i64, 9_007_199_254_740_993_i64);
    check(&json!([
        ["gt", 2, 1, true],
        ["gt", "10", 9, true],
        ["gt", "10", "9", true],
        ["gt", "b", "a", true],
        ["gt", "b", 1, false],
        ["gt", "<absent>", 0, false],
        ["gt", null, 0, false],
        ["gt", true, 0, false],
        ["gte", 2, 2.0, true],
        ["gte", five, 5, true],
        ["gte", 5, five, true],
        ["gte", [2], 1, false],
        ["lt", 1, 2, true],
        ["lt", " 1.5 ", 2, true],
        ["lt", "<absent>", 1, false],
        ["lt", even, odd, true],
        ["lt", "2026-01-01", "2026-02-01", true],
        ["lte", 2, 2, true],
        ["lte", {}, 2, false]
    ]));
    check(&json!([
        ["between", 5, [1, 5], true],
        ["between", "1", [1, 5], true],
        ["between", five, [five, five], true],
        ["between", 6, [1, 5], false],
        ["between", "b", ["a", "c"], false],
        ["between", "<absent>", [1, 5], false]
    ]));
}

#[test]
fn membership_looks_into_lists_texts_and_objects() {
    // R6.33d, R6.33e, R6.33f.
    let tea = json!({"value": "tea", "label": "Tea"});
    check(&json!([
        ["in", "a", ["a", "b"], true], ["in", 1, [1.0], true], ["in", tea, ["tea"], true],
        ["in", "tea", [tea], true], ["in", "ell", "hello", true], ["in", 1, "1", false],
        ["in", "k", {"k": 1}, true], ["in", "<absent>", ["a"], false], ["in", "a", 5, false],
        ["not_in", "c", ["a"], true], ["not_in", tea, ["tea"], false],
        ["not_in", "<absent>", ["a"], true]
    ]));
    check(&json!([
        ["contains", "hello", "ell", true], ["contains", "room 5", 5, true],
        ["contains", ["a"], "a", true], ["contains", [tea], "tea", true],
        ["contains", ["tea"], tea, true], ["contains", [1], 1.0, true],
        ["contains", {"k": 1}, "k", true], ["contains", "<absent>", "a", false],
        ["contains", "a", null, false], ["contains", [null], null, true],
        ["contains", 5, 5, false], ["contains", tea, "te", true]
    ]));
}

#[test]
fn text_has_a_start_an_end_and_a_pattern() {
    // R6.33i, R6.33j.
    let tea = json!({"value": "tea", "label": "Tea"});
    check(&json!([
        ["startsWith", "tea", "te", true],
        ["starts_with", tea, "te", true],
        ["startsWith", 55, "5", false],
        ["startsWith", "<absent>", "", false],
        ["endsWith", "tea", "ea", true],
        ["ends_with", "tea", 5, false],
        ["matches", "abc", "b", true],
        ["regex", tea, "^t", true],
        ["matches", "abc", "^b", false],
        ["matches", 5, "5", false],
        ["matches", "<absent>", ".*", false]
    ]));
}

#[test]
fn presence_emptiness_and_truth_are_as_the_operand_says() {
    // R6.33g, R6.33h, R6.33k, R6.34.
    check(&json!([
        ["exists", 0, true, true],
        ["exists", null, true, false],
        ["exists", "<absent>", true, false],
        ["exists", "<absent>", false, true],
        ["exists", null, false, true],
        ["exists", "a", false, false],
        ["missing", "<absent>", true, true],
        ["missing", "a", true, false],
        ["missing", "a", false, true]
    ]));
    check(&json!([
        ["empty", "<absent>", true, true],
        ["empty", "", true, true],
        ["empty", [], true, true],
        ["empty", {}, true, true],
        ["empty", null, true, true],
        ["empty", 0, true, false],
        ["empty", "a", false, true],
        ["empty", "", false, false]
    ]));
    check(&json!([
        ["truthy", 1, true, true],
        ["truthy", 0.0, true, false],
        ["truthy", "<absent>", true, false],
        ["truthy", "", true, false],
        ["truthy", [0], true, true],
        ["truthy", false, false, true]
    ]));
}

#[test]
fn a_missing_operand_variable_is_like_null() {
    // R6.32, R6.33j.
    let state = json!({"a": 1, "n": null});
    for (condition, expected) in [
        (json!({"var": "a", "eq": {"var": "z"}}), false),
        (json!({"var": "n", "eq": {"var": "z"}}), true),
        (json!({"var": "a", "gt": {"var": "z"}}), false),
        (json!({"var": "a", "contains": {"var": "z"}}), false),
        (json!({"var": "a", "matches": {"var": "z"}}), false),
        (json!({"var": "a", "between": {"var": "a"}}), false),
        // Only an object with the single key `var` is a reference.
        (json!({"var": "a", "eq": {"var": "a", "b": 1}}), false),
    ] {
        assert_eq!(holds(&state, &condition), expected, "{condition}");
    }
    assert!(!Operator::Matches.holds(Some(&json!("a")), Some(&json!("("))));
    assert!(equal(&json!(0.0), &json!(-0.0)));
}

#[test]
fn list_elements_are_reached_by_index() {
    assert!(holds(&json!({"a": [{"b": 7}]}), &json!({"var": "a.0.b", "eq": 7})));
}

#[test]
fn broken_parts_are_reported_and_false() {
    // R6.34.
    for (condition, at, severity) in [
        (json!({}), "", Severity::Error),
        (json!(null), "", Severity::Error),
        (json!([true]), "", Severity::Error),
        (json!({"eq": 1}), "", Severity::Error),
        (json!({"and": {}}), "/and", Severity::Error),
        (json!({"and": [true, 5]}), "/and/1", Severity::Error),
        (json!({"or": "true"}), "/or", Severity::Error),
        (json!({"var": 5, "eq": 1}), "/var", Severity::Error),
        (json!({"var": "a", "eq": {"var": 5}}), "/eq/var", Severity::Error),
        (json!({"var": "a", "matches": "("}), "/matches", Severity::Error),
        (json!({"var": "a", "regex": 5}), "/regex", Severity::Error),
        (json!({"var": "a", "between": [1]}), "/between", Severity::Error),
        (json!({"var": "a"}), "", Severity::Warning),
        (json!({"and": [], "or": [true]}), "/or", Severity::Warning),
    ] {
        let (compiled, report) = compile(&condition);
        let found: Vec<_> = report.iter().map(|d| (d.code, d.severity, d.at.as_str())).collect();
        assert_eq!(found, [(Code::ConditionJson, severity, at)], "{condition}");
        if severity == Severity::Error {
            assert!(!compiled.holds(&State(json!({"a": 2}))), "{condition}");
        }
    }
}

#[test]
fn unknown_operators_count_for_nothing() {
    // R6.34.
    let (condition, report) = compile(&json!({"var": "a", "like": 1}));
    assert!(!condition.holds(&State(json!({"a": 1}))));
    assert_eq!(report.len(), 2);
    assert!(!report.has_errors());
    let (_, report) = compile(&json!({"var": "a", "eq": 1, "like": 2}));
    let found: Vec<_> = report.iter().map(|d| (d.code, d.severity, d.at.as_str())).collect();
    // R12.23
    assert_eq!(found, [(Code::ConditionOperator, Severity::Warning, "/like")]);
    assert!(holds(&json!({"a": 1}), &json!({"var": "a", "eq": 1, "like": 2})));
}

#[test]
fn what_a_callback_refuses_is_false_and_reported_by_it_alone() {
    for condition in
        [json!(""), json!({"var": "", "eq": 1}), json!({"var": "a", "eq": {"var": ""}})]
    {
        let (compiled, report) = compile(&condition);
        assert!(!compiled.holds(&State(json!({"a": 1, "": 1}))), "{condition}");
        assert_eq!(report.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::CelSyntax]);
    }
}

#[test]
fn nesting_ends_at_64() {
    let nested = |depth| (0..depth).fold(json!(true), |inner, _| json!({"and": [inner]}));
    let (fits, report) = compile(&nested(63));
    assert!(report.is_empty() && fits.holds(&State(json!({}))));
    let (deep, report) = compile(&nested(64));
    assert_eq!(report.errors().map(|d| d.code).collect::<Vec<_>>(), [Code::ConditionJson]);
    assert!(!deep.holds(&State(json!({}))));
}

fn any_condition() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-c.0-9()*+]{0,4}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        "and|or|not|var|value|label",
        "eq|ne|gt|gte|lt|lte|in|not_in|contains|exists|missing|startsWith|ends_with|matches",
        "empty|between|truthy|[a-c]",
    ];
    leaf.prop_recursive(5, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_condition_on_any_state_panics(condition in any_condition(), state in any_condition()) {
        let (compiled, report) = compile(&condition);
        let first = compiled.holds(&State(state.clone()));
        prop_assert_eq!(first, compiled.holds(&State(state)));
        if condition.as_object().is_some_and(serde_json::Map::is_empty) {
            prop_assert!(report.has_errors());
        }
    }

    #[test]
    fn equality_is_symmetric(a in any_condition(), b in any_condition()) {
        prop_assert!(equal(&a, &a));
        prop_assert_eq!(equal(&a, &b), equal(&b, &a));
    }
}
