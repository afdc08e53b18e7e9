//! Texts that want to break the module: it must answer each like the engine elsewhere, and live on.
//!
//! A module's stack is 1 MiB, and overflowing it is a trap after which the instance is unusable.

use chatflow::{Dialect, ExpressionError, FlowDefinition, Masker};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{played, record, refusal};

/// Records all of them.
pub(crate) fn record_all() {
    expressions();
    documents();
    cases();
}

fn expressions() {
    let deep = (0..120).fold(json!(1), |inner, _| json!([inner]));
    let items: Vec<i64> = (0..1000).collect();
    let context = json!({"user": {"a": 1, "deep": deep, "half": 2.5}, "items": items});
    let mut sources = nested();
    sources.extend(grown());
    sources.extend(SINGLE.map(str::to_owned));
    for (i, source) in sources.iter().enumerate() {
        let start: String = source.chars().take(24).collect();
        let outcome = chatflow::evaluate(source, &context);
        let refused = |error: ExpressionError| refusal(error.code(), &error);
        let outcome = outcome.map(|value| value.to_string()).map_err(refused);
        let name = format!("expression {i} `{start}`");
        let text = context.to_string();
        record(&name, "evaluate", &[source, &text], outcome, &json!([]));
        let found = chatflow::check_expression(source, Dialect::Condition);
        record(&name, "checkExpression", &[source, ""], Ok(json(&found)), &json!([]));
        // An explanation has the value of each part, and some of these double.
        if source.len() < 60 && !source.contains("items") && !source.contains("].map(v") {
            let condition = Value::from(source.as_str());
            let explained = chatflow::explain(&condition, &context, &[]);
            let explained = explained.map(|explained| json(&explained)).map_err(refused);
            let arguments = [&condition.to_string(), &text, "[]", ""];
            record(&name, "explain", &arguments, explained, &json!([]));
        }
    }
    let torn = serde_json::from_str::<Value>("{\"a\":").expect_err("it is torn");
    let torn = json!({
        "code": "argument", "message": "cannot read an argument", "causes": [torn.to_string()]
    });
    record("a torn context", "evaluate", &["1", "{\"a\":"], Err(torn.to_string()), &json!([]));
    let functions: Vec<_> = chatflow::expression_functions().collect();
    record("functions", "expressionFunctions", &[], Ok(json(&functions)), &json!(["math.abs"]));
}

/// By way of a value, whose keys are sorted.
fn json(value: &impl Serialize) -> String {
    json!(value).to_string()
}

/// The same thing inside or behind itself, from just allowed to hopeless.
fn nested() -> Vec<String> {
    let around = |open: &str, close: &str, n| format!("{}1{}", open.repeat(n), close.repeat(n));
    let all = |s: String, i| format!("items.all(x{i}, {s})");
    let mut sources = Vec::new();
    for n in [10, 23, 47, 60, 95, 200, 1300, 10_000] {
        for (open, close) in [("(", ")"), ("[", "]"), ("size(", ")"), ("{1:", "}"), ("!(", ")")] {
            sources.push(around(open, close, n));
        }
        for (part, by) in [("1", "+"), ("1", "<"), ("true", "&&"), ("false", "||"), ("1.5", "*")] {
            sources.push(vec![part; n].join(by));
        }
        for part in ["true?true:", "false?1:", "!-", "-", "((", "[[", "'", "@ é "] {
            sources.push(format!("{}1", part.repeat(n)));
        }
        for part in [".a", ".?a", "[0]"] {
            sources.push(format!("user{}", part.repeat(n)));
        }
        sources.push(format!("'a'{}", ".size()".repeat(n)));
        sources.push(format!("user.deep{}", "[0]".repeat(n)));
    }
    for n in [1, 2, 3, 7, 12] {
        sources.push((0..n).fold("true".to_owned(), all));
    }
    sources
}

/// Short texts whose values double.
fn grown() -> Vec<String> {
    let mut sources = Vec::new();
    for n in [4, 10, 14, 20, 30] {
        for (start, step) in [
            ("'aaaaaaaaaa'", "v + v"),
            ("[1, 2, 3]", "v + v"),
            ("[1]", "[v, v]"),
            ("{1: 2}", "{1: v, 2: v}"),
        ] {
            sources.push((0..n).fold(start.to_owned(), |s, _| format!("[{s}].map(v, {step})[0]")));
        }
    }
    sources
}

const SINGLE: [&str; 44] = [
    "lists.range(1000000000)",
    "lists.range(30000).all(x, true)",
    "items.exists(x, items.all(y, items.all(z, true))) || true",
    "items.map(x, items) == items.map(x, items)",
    "items.map(x, string(x)).join('-').size()",
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('(a+)+$')",
    "'a'.matches('(a{1000}){1000}')",
    "'a'.matches('((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))')",
    "'Ünïcödé 🏮'.matches('^[\\\\w ]+ .$')",
    "items.map(x, 'a'.matches('a' + string(x)))",
    "'%.1000000000f'.format([1.0])",
    "'%.17f'.format([user.half])",
    "'a'.replace('', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb')",
    "9223372036854775807 + 1",
    "-9223372036854775808 / -1",
    "-9223372036854775808 % -1",
    "1 / 0",
    "0u - 1u",
    "-(-9223372036854775808)",
    "1.0 / 0.0",
    "0.1 + 0.2",
    "1e300 * 1e300",
    "2.0 / 3.0 * 1e-310",
    "123456789012345680.0 * 10.0",
    "int(1e300)",
    "uint(-1.0)",
    "double('1.7976931348623157e308')",
    "double('4.9e-324')",
    "string(5e-324)",
    "items[-1]",
    "items[18446744073709551615u]",
    "duration('99999999999999999999999s')",
    "timestamp('2020-13-45T99:99:99Z')",
    "timestamp('2020-01-01T00:00:00Z').getHours('+é:00')",
    "'éé'.substring(1) + 'é'.charAt(0)",
    "'ab'.substring(9223372036854775807)",
    "user.deep == user.deep",
    "[user.deep].flatten(255)",
    "'%s'.format([user.deep])",
    "cel.bind(x, 1)",
    "1e999",
    "b'\\777'",
    "\u{feff}1\u{0}",
    "",
];

/// Flow documents for `check`.
fn documents() {
    let chain = |n: usize| {
        let node = |i| json!({"id": format!("n{i}"), "type": "message", "content": {"text": "x"}});
        let edge = |i| json!({"source": format!("n{i}"), "target": format!("n{}", i + 1)});
        let (nodes, edges): (Vec<_>, Vec<_>) = (0..n).map(|i| (node(i), edge(i))).unzip();
        json!({"nodes": nodes, "connections": edges}).to_string()
    };
    // R12.8: an editor gets what the server gets, fixes and waivers included.
    let faulty = json!({
        "nodes": [
            {"id": "a", "type": "massage", "content": {"text": "Hi"}},
            {"id": "b", "type": "question", "content": {"text": "?", "input_type": "nmuber"}},
            {"id": "c", "type": "condition", "content": {"conditions": [{"if": "{{temp.x}} > 1"}]}},
        ],
        "connections": [{"source": "a", "target": "gone"}, {"source": "a", "target": "b"}],
        "info": {"waivers": [{"code": "node.orphan", "node": "c", "note": "for later"}]},
    });
    for (name, document) in [
        ("what has fixes and a waiver", faulty.to_string()),
        ("not JSON", "{".to_owned()),
        ("no object", "[]".to_owned()),
        ("a chain of 2000 nodes", chain(2000)),
        ("a chain of 2500 nodes", chain(2500)),
        ("100 levels", "[".repeat(100) + &"]".repeat(100)),
        ("100000 levels", "[".repeat(100_000)),
        ("100000 levels of objects", "{\"a\":".repeat(100_000)),
        ("6 MiB", format!("\"{}\"", "x".repeat(6 * 1024 * 1024))),
    ] {
        let (name, report) = (format!("document: {name}"), chatflow::check(&document));
        let told = serde_json::to_string(&report).expect("a report is JSON");
        record(&name, "check", &[&document], Ok(told), &json!([]));
        let (definition, _) = FlowDefinition::read_json(&document);
        let variables = definition.map(|flow| flow.variables()).unwrap_or_default();
        record(&name, "flowVariables", &[&document], Ok(json(&variables)), &json!([]));
        // Each record holds the document twice.
        let fixes = report.iter().filter_map(|found| found.fix.as_ref());
        for fix in fixes.filter(|_| document.len() < 10_000) {
            let mended = fix.apply(&serde_json::from_str(&document).expect("it has nodes"));
            let mended = mended.map(|mended| mended.to_string());
            let mended = mended.map_err(|error| refusal(error.code(), &error));
            record(&name, "applyPatch", &[&document, &json(fix)], mended, &json!([]));
        }
        if let Ok(document) = serde_json::from_str::<Value>(&document) {
            let masked = Masker::new(b"k").mask(&document).to_string();
            let arguments = [&document.to_string(), r#"{"key":"k"}"#];
            record(&name, "mask", &arguments, Ok(masked), &json!([]));
        }
    }
}

/// Conversations that would not end, and texts that are none.
fn cases() {
    let flow = |nodes: Value, connections: Value| {
        let entry = nodes.pointer("/0/id");
        json!({"documents": [{"seed_key": "f", "entry_node_id": entry, "nodes": nodes, "connections": connections}],
               "flow": "f", "answers": ["x", "y"]})
    };
    let message = |id: &str| json!({"id": id, "type": "message", "content": {"text": id}});
    let edge = |from: &str, to: &str| json!({"source": from, "target": to});
    let itself =
        json!([{"id": "again", "type": "composite", "content": {"composite_flow_seed_key": "f"}}]);
    let question = json!([{"id": "q", "type": "question", "content": {
        "question": "?", "input_type": "text", "variable": "temp.x",
        "validation": {"pattern": "^(a|aa)+$", "max_length": 100_000}}}]);
    let mut long = flow(question, json!([]));
    long["answers"] = json!(["a".repeat(50_000), "a".repeat(5000) + "!", {"a": [[[[["b"]]]]]}, "a".repeat(100_000)]);
    let mut deep = String::from("{\"documents\": [], \"answers\": [");
    deep.push_str(&"[".repeat(100_000));
    for (name, case) in [
        (
            "a circle",
            flow(json!([message("a"), message("b")]), json!([edge("a", "b"), edge("b", "a")]))
                .to_string(),
        ),
        ("a flow inside itself", flow(itself, json!([])).to_string()),
        ("long answers", long.to_string()),
        ("deep answers", deep),
        ("no documents", "{}".to_owned()),
        ("no JSON", "\u{0}".to_owned()),
    ] {
        record(&format!("case: {name}"), "play", &[&case], played(&case), &json!([]));
    }
}
