//! Flows at random: every node type, every kind of connection, sub-flows that embed each other.
//!
//! Connections lead forward, or back under a predicate or from a question, so that nearly every
//! document compiles; loops that only a predicate leaves are wanted.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::value;

/// The one address that answers.
pub const HOST_URL: &str = "https://example.org/hook";

const ITEMS: [&str; 4] = [
    "00000000-0000-4000-8000-000000000001",
    "00000000-0000-4000-8000-000000000002",
    "00000000-0000-4000-8000-000000000003",
    // No such item.
    "00000000-0000-4000-8000-00000000000f",
];

/// The items that generated flows refer to.
pub fn content() -> Vec<Value> {
    let question = |id: &str, text: &str| {
        json!({"id": id, "type": "question", "tags": ["t"], "info": {"min_age": 3},
            "content": {"text": text, "answers": ["a", {"label": "B", "value": "b", "w": {"k": 1.5}}]}})
    };
    vec![
        question(ITEMS[0], "First {{temp.x}}?"),
        question(ITEMS[1], "Second?"),
        json!({"id": ITEMS[2], "type": "joke", "info": {}, "tags": [],
            "content": {"setup": "Why, {{user.name}}?", "punchline": "Because."}}),
    ]
}

/// The handlers that generated flows ask.
pub fn handlers() -> Value {
    json!({
        "/n": [
            {"when": {"x": "b"}, "fail": "timeout"},
            {"answer": {"n": 3, "list": [1, {"a": 2.5}], "text": "answer"}},
        ],
        HOST_URL: {"answer": {"n": -1, "map": {"a": 1, "b": 0.5}}},
    })
}

/// Three documents: `main`, `sub0`, `sub1`.
pub fn documents() -> impl Strategy<Value = Vec<Value>> {
    (document("main"), document("sub0"), document("sub1")).prop_map(|(a, b, c)| vec![a, b, c])
}

/// One document of up to nine nodes.
pub fn document(key: &'static str) -> impl Strategy<Value = Value> {
    vec((node(), vec(edge(), 0..4)), 1..9).prop_map(move |planned| {
        let count = planned.len();
        let (mut nodes, mut connections) = (Vec::new(), Vec::new());
        for (at, ((kind, content), edges)) in planned.into_iter().enumerate() {
            for (number, edge) in edges.iter().enumerate() {
                let first = number == 0 && kind == "condition";
                connections.extend(edge.connection(at, count, kind == "question", first));
            }
            if kind == "condition" {
                // A `then` needs a connection (R12.73).
                let target = (at + 1).min(count - 1);
                if target > at {
                    connections.push(json!({"source": id(at), "target": id(target)}));
                }
            }
            nodes.push(json!({"id": id(at), "type": kind, "content": content}));
        }
        json!({
            "seed_key": key, "name": key, "version": "1.0.0", "entry_node_id": "n0",
            "nodes": nodes, "connections": connections,
        })
    })
}

fn id(at: usize) -> String {
    format!("n{at}")
}

#[derive(Clone, Debug)]
struct Edge {
    kind: &'static str,
    condition: Option<&'static str>,
    ahead: usize,
    back: bool,
}

impl Edge {
    fn connection(
        &self,
        at: usize,
        count: usize,
        from_question: bool,
        needs_default: bool,
    ) -> Option<Value> {
        let back = self.back && (from_question || self.condition.is_some());
        let target = if back { at.saturating_sub(self.ahead - 1) } else { at + self.ahead };
        if target >= count {
            return None;
        }
        let kind = if needs_default { "default" } else { self.kind };
        let mut connection = json!({"source": id(at), "target": id(target), "type": kind});
        if let Some(condition) = self.condition {
            connection["conditions"] = json!({"if": condition});
        }
        Some(connection)
    }
}

fn edge() -> impl Strategy<Value = Edge> {
    let kind = prop::sample::select(vec![
        "default", "default", "$0", "$1", "$2", "success", "failure", "error", "fallback", "named",
    ]);
    let condition = prop::option::weighted(0.4, condition());
    (kind, condition, 1_usize..4, any::<bool>()).prop_map(|(kind, condition, ahead, back)| Edge {
        kind,
        condition,
        ahead,
        back,
    })
}

fn condition() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "true",
        "false",
        "temp.n > 2",
        "temp.n < 4",
        "temp.x == 'a'",
        "has(temp.list) && size(temp.list) > 1",
        "temp.missing.deep == 1",
        "user.age >= 8 || temp.x == null",
        "1 / (temp.n - 1) > 0",
        "temp.list.exists(i, i == 'a')",
    ])
}

fn variable() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "temp.x",
        "temp.n",
        "temp.list",
        "temp.map.a",
        "user.name",
        "user.age",
        "x",
        "output.o",
        "local.l",
        "game.score",
        "temp.list.0",
    ])
}

fn template() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "{{temp.x}}",
        "{{temp.n}}",
        "{{temp.list}}",
        "Hello {{user.name | default: \"you\"}}, {{temp.missing}}!",
        "{{output.o}}{{local.l}}{{input.i}}",
        "plain",
        "",
        "{{session.revision}} {{session.now}}",
    ])
}

/// A type and its content.
fn node() -> impl Strategy<Value = (&'static str, Value)> {
    prop_oneof![
        6 => message().prop_map(|content| ("message", content)),
        6 => question().prop_map(|content| ("question", content)),
        4 => condition_node().prop_map(|content| ("condition", content)),
        6 => vec(action(), 1..4).prop_map(|actions| ("action", json!({"actions": actions}))),
        2 => webhook().prop_map(|content| ("webhook", content)),
        4 => composite().prop_map(|content| ("composite", content)),
        2 => script().prop_map(|content| ("script", content)),
        2 => inline().prop_map(|content| ("composite", content)),
    ]
}

fn script() -> impl Strategy<Value = Value> {
    vec(variable(), 0..3).prop_map(|outputs| {
        json!({
            "code": "return {x: inputs.x}", "language": "js", "outputs": outputs,
            "inputs": {"x": "temp.x", "all": "temp", "frame": "input.i"},
        })
    })
}

/// A composite with nodes of its own, in sequence; some of them are composites too.
fn inline() -> impl Strategy<Value = Value> {
    let child = || {
        prop_oneof![
            message().prop_map(|content| json!({"type": "message", "content": content})),
            question().prop_map(|content| json!({"type": "question", "content": content})),
            jump().prop_map(|content| json!({"type": "condition", "content": content})),
            vec(action(), 1..3)
                .prop_map(|actions| json!({"type": "action", "content": {"actions": actions}})),
            script().prop_map(|content| json!({"type": "script", "content": content})),
            composite().prop_map(|content| json!({"type": "composite", "content": content})),
        ]
    };
    let inner = vec(child(), 0..3).prop_map(|nodes| {
        json!({"type": "composite", "content": {"nodes": nodes, "outputs": {"o": "output.o"}}})
    });
    let nodes = vec(prop_oneof![4 => child(), 1 => inner], 0..4);
    nodes.prop_map(|nodes| {
        json!({"nodes": nodes, "inputs": {"i": "temp.x"}, "outputs": {"o": "temp.x", "x": "x"}})
    })
}

/// A condition inside a composite: it names a child that may be there, or the end.
fn jump() -> impl Strategy<Value = Value> {
    let then = prop::sample::select(vec!["child_2", "child_0", "end", "default"]);
    (condition(), then).prop_map(|(test, then)| json!({"conditions": [{"if": test, "then": then}]}))
}

fn message() -> impl Strategy<Value = Value> {
    let item = prop_oneof![
        template().prop_map(|text| json!({"type": "text", "text": text})),
        prop::sample::select(ITEMS.to_vec()).prop_map(|id| json!({"content_id": id})),
        variable().prop_map(|path| json!({"type": "item_list", "source": path})),
    ];
    (vec(item, 1..3), prop::bool::weighted(0.3))
        .prop_map(|(messages, wait)| json!({"messages": messages, "wait_for_ack": wait}))
}

fn question() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec![
        "text",
        "number",
        "choice",
        "multiple_choice",
        "boolean",
        "date",
        "email",
        "slider",
    ]);
    let validation = prop::option::of((0_u32..3, any::<bool>()).prop_map(|(retries, required)| {
        json!({"max_retries": retries, "required": required, "min": 1, "max": 9})
    }));
    (kind, template(), variable(), validation, 0..4_u8).prop_map(
        |(kind, text, variable, validation, source)| {
            let mut content = json!({
                "question": {"text": text}, "input_type": kind, "variable": variable,
            });
            match source {
                0 => {
                    content["source"] = json!("random");
                    content["source_config"] = json!({
                        "type": "question", "tags": ["t"], "exclude_from": "temp.shown",
                        "info_filters": {"min_age": "${user.age}"},
                    });
                    content["track_shown_in"] = json!("temp.shown");
                    content["input_type"] = json!("choice");
                }
                1 => content["content_id"] = json!(ITEMS[1]),
                _ => {}
            }
            if matches!(kind, "choice" | "multiple_choice") {
                content["options"] =
                    json!(["a", {"label": "{{temp.n}}", "value": "b", "_secret": 1}, {"text": "c"}]);
            }
            if let Some(mut validation) = validation {
                // The bounds of a date are dates.
                if kind == "date" {
                    validation = json!({"max_retries": validation["max_retries"], "required": validation["required"]});
                }
                content["validation"] = validation;
            }
            content
        },
    )
}

fn condition_node() -> impl Strategy<Value = Value> {
    let then = prop::sample::select(vec!["$0", "$1", "default", "success"]);
    vec((condition(), then), 1..3).prop_map(|entries| {
        let entry = |(test, then): &(_, _)| json!({"if": test, "then": then});
        json!({"conditions": entries.iter().map(entry).collect::<Vec<_>>(), "default_path": "default"})
    })
}

/// One action; the ones with odd arguments fail when they run.
pub fn action() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        template().prop_map(Value::from),
        value::json(),
        (-3_i64..9).prop_map(Value::from),
    ];
    let kind = prop::sample::select(vec![
        "set_variable",
        "set_variable",
        "increment",
        "decrement",
        "append",
        "remove",
        "clear",
        "delete_variable",
        "calculate",
        "aggregate",
        "api_call",
    ]);
    (kind, variable(), value, prop::option::weighted(0.2, condition()), any::<bool>()).prop_map(
        |(kind, variable, value, guard, flag)| {
            let mut action = match kind {
                "increment" | "decrement" => {
                    json!({"amount": if flag { json!(2.5) } else { json!(3) }})
                }
                "append" => json!({"value": value, "unique": flag, "max_length": 3}),
                "remove" => json!({"value": value, "all": flag}),
                "clear" | "delete_variable" => json!({}),
                "calculate" => {
                    json!({"expression": if flag { "temp.n * 2 + 1" } else { "temp.n / temp.x" }})
                }
                "aggregate" => json!({
                    "expression": "merge([temp.map, temp.map, {'k': 0.5}])", "target": variable,
                }),
                "api_call" => json!({"config": {
                    "endpoint": if flag { "/n" } else { "/nobody" }, "method": "POST",
                    "body": {"x": "{{temp.x}}", "list": "{{temp.list}}"},
                    "response_mapping": {"n": "temp.n", "list": variable},
                }}),
                _ => json!({"value": value}),
            };
            action["type"] = json!(kind);
            if !matches!(kind, "api_call" | "aggregate") {
                action["variable"] = json!(variable);
            }
            if let Some(guard) = guard {
                action["if"] = json!(guard);
            }
            action
        },
    )
}

fn webhook() -> impl Strategy<Value = Value> {
    (any::<bool>(), prop::option::of(Just(json!({"temp.n": 7})))).prop_map(|(answers, fallback)| {
        let mut content = Map::new();
        let url = if answers { HOST_URL } else { "https://example.org/{{temp.missing}}" };
        content.insert("url".to_owned(), json!(url));
        content
            .insert("response_mapping".to_owned(), json!({"temp.map": "$.map", "temp.n": "$.n"}));
        content.extend(fallback.map(|fallback| ("fallback_response".to_owned(), fallback)));
        Value::Object(content)
    })
}

fn composite() -> impl Strategy<Value = Value> {
    // What nobody answers to ends a conversation (F36), so it is rare.
    let key =
        prop_oneof![9 => Just("sub0"), 9 => Just("sub1"), 1 => Just("main"), 1 => Just("nobody")];
    key.prop_map(|key| {
        json!({
            "composite_flow_seed_key": key,
            "inputs": {"i": "temp.x", "t": "{{temp.n}}!"}, "outputs": {"o": "temp.x"},
        })
    })
}

/// What visitors say: sense, nonsense, and anything at all.
pub fn replies() -> impl Strategy<Value = Vec<Value>> {
    let sense = prop::sample::select(vec![
        json!("a"),
        json!("b"),
        json!("c"),
        json!("yes"),
        json!(3),
        json!("5"),
        json!(["a", "c"]),
        json!("2026-01-31"),
        json!("a@example.org"),
        json!(true),
        json!(null),
        json!(""),
        json!({"outputs": {"temp.x": "s", "x": 2.0, "output": {"o": [1]}, "other": 1}}),
        json!({"timed_out": true}),
        json!({"error": "unsupported", "html": "<p>no</p>"}),
        json!("{\"outputs\": {\"temp\": {\"n\": 4}}}"),
    ]);
    vec(prop_oneof![3 => sense, 1 => value::json()], 0..12)
}
