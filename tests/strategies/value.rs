//! Any JSON, any text.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Number, Value};

/// Texts that mean something to some part of the engine, and texts that mean nothing.
pub fn text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "",
        " ",
        "a",
        "b",
        "yes",
        "no",
        "0",
        "-1",
        "5",
        "5.5",
        "1e400",
        "true",
        "null",
        "$0",
        "default",
        "temp.x",
        "user.name",
        "{{temp.x}}",
        "{{",
        "{{temp.x | default: \"y\"}}",
        "temp.x == 1",
        "1 +",
        "((((",
        "size(temp.list) > 1",
        "has(temp.x)",
        "2026-02-30",
        "a@example.org",
        "https://example.org/hook",
        "/n",
        "\u{0}",
        "\u{202e}",
        "e\u{301}",
        "👩‍🚀",
        "[1,2]",
        "{\"a\":1}",
        "00000000-0000-4000-8000-000000000001",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

/// Any JSON value, small and not deep.
pub fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-9_i64..9).prop_map(Value::from),
        any::<f64>().prop_map(|n| Number::from_f64(n).map_or(Value::Null, Value::Number)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((text(), inner), 0..4).prop_map(|fields| Value::from(Map::from_iter(fields))),
        ]
    })
}
