//! Filters on the `info` of content items (R4.6).

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::ContentQuery;
use crate::json_condition::operator::{Operator, equal};
use crate::number;
use crate::value::option::reduced;

impl ContentQuery {
    /// Whether an item with this `info` passes every filter.
    ///
    /// - `min_age: v` and `max_age: v` ask whether the age `v` is within the item's range, bounds
    ///   included; a bound that the item lacks is open, an age that is not a number is no filter.
    /// - A scalar equals the item's value or is in its list.
    /// - All of a list are in the item's list, or the item's scalar is one of them.
    /// - An object of operators such as `{"gte": 3}` tests the item's value; of any other object,
    ///   all keys and values are in the item's.
    ///
    /// Keys with dots descend; an option object stands for its `value`; null is no filter.
    ///
    /// ```
    /// # use chatflow::ContentQuery;
    /// # use serde_json::json;
    /// let query: ContentQuery = serde_json::from_value(json!({
    ///     "type": "joke",
    ///     "info_filters": {"min_age": 7, "max_age": 7, "topic": "sea"}
    /// }))?;
    /// let info = json!({"min_age": 5, "topic": ["sea", "sky"]});
    /// assert!(info.as_object().is_some_and(|info| query.admits(info)));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn admits(&self, info: &Map<String, Value>) -> bool {
        self.info_filters.iter().all(|(key, wanted)| admits(info, key, reduced(wanted)))
    }
}

fn admits(info: &Map<String, Value>, key: &str, wanted: &Value) -> bool {
    let held = look_up(info, key);
    if let Some(tests) = operators(wanted) {
        return tests.iter().all(|(operator, operand)| operator.holds(held, Some(operand)));
    }
    match key {
        "min_age" => is_bound(held, Ordering::is_le, wanted),
        "max_age" => is_bound(held, Ordering::is_ge, wanted),
        _ => wanted.is_null() || held.is_some_and(|held| passes(reduced(held), wanted)),
    }
}

/// The value at a key or a dotted path; the rest of the path as a literal key comes first.
fn look_up<'a>(info: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let (mut level, mut rest) = (info, path);
    loop {
        if let Some(value) = level.get(rest) {
            return Some(value);
        }
        let (key, tail) = rest.split_once('.')?;
        level = level.get(key)?.as_object()?;
        rest = tail;
    }
}

/// The tests of an object whose keys are all operators.
fn operators(wanted: &Value) -> Option<Vec<(Operator, &Value)>> {
    let object = wanted.as_object().filter(|object| !object.is_empty())?;
    object.iter().map(|(key, operand)| Some((Operator::parse(key)?, operand))).collect()
}

/// Whether a bound is open or on the right side of an age.
fn is_bound(bound: Option<&Value>, side: fn(Ordering) -> bool, age: &Value) -> bool {
    let (Some(age), Some(bound)) = (number::of(age), bound.map(reduced)) else { return true };
    let order = number::of(bound).and_then(|bound| number::compare(&bound, &age));
    bound.is_null() || order.is_some_and(side)
}

fn passes(held: &Value, wanted: &Value) -> bool {
    match (held, wanted) {
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), _) | (_, Value::Object(_)) => {
            contains(held, wanted)
        }
        (Value::Array(items), _) => items.iter().any(|item| is_same(item, wanted)),
        (_, Value::Array(items)) => items.iter().any(|item| is_same(held, item)),
        _ => is_same(held, wanted),
    }
}

/// Equal, also as a number and the text of that number (R4.4).
fn is_same(a: &Value, b: &Value) -> bool {
    let (a, b) = (reduced(a), reduced(b));
    let (a_number, b_number) = (number::of(a), number::of(b));
    let by_value = a.is_number() != b.is_number() && a_number.is_some() && a_number == b_number;
    by_value || equal(a, b)
}

/// Containment: every key, and every element in any order, is there.
fn contains(held: &Value, wanted: &Value) -> bool {
    match (reduced(held), reduced(wanted)) {
        (Value::Object(held), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| held.get(key).is_some_and(|held| contains(held, wanted))),
        (Value::Array(held), Value::Array(wanted)) => {
            wanted.iter().all(|wanted| held.iter().any(|held| contains(held, wanted)))
        }
        (held, wanted) => is_same(held, wanted),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::ContentQuery;

    fn admits(filters: &Value, info: &Value) -> bool {
        let info_filters = filters.as_object().unwrap().clone();
        let query = ContentQuery { info_filters, ..ContentQuery::default() };
        query.admits(info.as_object().unwrap())
    }

    fn check(rows: &Value) {
        for row in rows.as_array().unwrap() {
            assert_eq!(json!(admits(&row[0], &row[1])), row[2], "{row}");
        }
    }

    #[test]
    fn an_age_is_within_the_items_range() {
        // R4.6.
        check(&json!([
            [{"min_age": 7, "max_age": 7}, {"min_age": 7, "max_age": 7}, true],
            [{"min_age": 7, "max_age": 7}, {"min_age": 8}, false],
            [{"min_age": 7, "max_age": 7}, {"max_age": 6}, false],
            [{"min_age": 7, "max_age": 7}, {"max_age": null}, true],
            [{"min_age": 7, "max_age": 7}, {}, true],
            [{"min_age": "7.5"}, {"min_age": 7.4}, true],
            [{"min_age": "7"}, {"min_age": "8"}, false],
            [{"min_age": "seven"}, {"min_age": 100}, true],
            [{"min_age": [7]}, {"min_age": 100}, true],
            [{"min_age": 7}, {"min_age": "teens"}, false],
            [{"min_age": "7"}, {"min_age": "0-teens"}, false],
            [{"min_age": {"value": 7, "label": "Seven"}}, {"min_age": 8}, false],
            [{"min_age": {"eq": 5}}, {"min_age": 5}, true],
            [{"min_age": {"eq": 5}}, {"min_age": 4}, false]
        ]));
    }

    #[test]
    fn scalars_are_equal_or_contained() {
        // R4.6.
        check(&json!([
            [{}, {"a": 1}, true],
            [{"topic": "sea"}, {"topic": "sea"}, true],
            [{"topic": "sea"}, {"topic": "Sea"}, false],
            [{"topic": "sea"}, {"topic": ["sky", "sea"]}, true],
            [{"topic": "sea"}, {}, false],
            [{"topic": null}, {}, true],
            [{"grade": 5}, {"grade": 5.0}, true],
            [{"grade": "5"}, {"grade": 5}, true],
            [{"grade": "05"}, {"grade": "5"}, false],
            [{"grade": true}, {"grade": 1}, false],
            [{"topic": {"value": "sea", "label": "The sea"}}, {"topic": "sea"}, true],
            [{"topic": "sea", "grade": 5}, {"topic": "sea", "grade": 4}, false]
        ]));
    }

    #[test]
    fn lists_and_objects_are_contained() {
        // R4.6.
        check(&json!([
            [{"t": ["a", "b"]}, {"t": ["b", "c", "a"]}, true],
            [{"t": ["a", "b"]}, {"t": ["a"]}, false],
            [{"t": ["a", "b"]}, {"t": "b"}, true],
            [{"t": ["a", "b"]}, {"t": "c"}, false],
            [{"t": ["a"]}, {"t": {"a": 1}}, false],
            [{"t": []}, {"t": ["a"]}, true],
            [{"t": [{"value": "a", "label": "A"}]}, {"t": ["a"]}, true],
            [{"t": {"x": {"y": 1}}}, {"t": {"x": {"y": 1.0, "z": 2}}}, true],
            [{"t": {"x": 1}}, {"t": {"x": 2}}, false],
            [{"t": {"x": 1}}, {"t": "x"}, false],
            [{"t": {"x": [1]}}, {"t": {"x": [1, 2]}}, true]
        ]));
    }

    #[test]
    fn operators_test_the_items_value() {
        // R4.6.
        check(&json!([
            [{"n": {"gte": 3, "lt": 5}}, {"n": 4}, true],
            [{"n": {"gte": 3, "lt": 5}}, {"n": 5}, false],
            [{"n": {"gte": 3}}, {}, false],
            [{"n": {"exists": false}}, {}, true],
            [{"n": {"in": [1, 2]}}, {"n": 2}, true],
            [{"n": {"gte": 3, "colour": "red"}}, {"n": 4}, false]
        ]));
    }

    #[test]
    fn keys_with_dots_descend() {
        // R4.6.
        check(&json!([
            [{"a.b": 1}, {"a": {"b": 1}}, true],
            [{"a.b": 1}, {"a.b": 1, "a": {"b": 2}}, true],
            [{"a.b.c": 1}, {"a": {"b.c": 1}}, true],
            [{"a.b": 1}, {"a": [1]}, false],
            [{".": 1}, {"": {"": 1}}, true]
        ]));
    }

    fn any_info() -> impl Strategy<Value = Map<String, Value>> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-c0-9]{0,2}".prop_map(Value::from),
        ];
        let key = "[ab.]{0,3}|min_age|max_age|value|label|gte|in|matches|between";
        let value = leaf.prop_recursive(3, 16, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..3)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        });
        prop::collection::btree_map(key, value, 0..4).prop_map(|info| info.into_iter().collect())
    }

    proptest! {
        #[test]
        fn no_filter_on_any_info_panics(info_filters in any_info(), info in any_info()) {
            let query = ContentQuery { info_filters, ..ContentQuery::default() };
            prop_assert_eq!(query.admits(&info), query.clone().admits(&info));
            prop_assert!(ContentQuery::default().admits(&info));
        }
    }
}
