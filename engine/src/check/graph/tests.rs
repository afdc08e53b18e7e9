use serde_json::{Value, json};

use super::check_graph;
use crate::check::{Report, Severity};
use crate::flow::FlowDefinition;

fn report(document: &Value) -> Report {
    let (definition, _) = FlowDefinition::read(document);
    let mut report = Report::default();
    check_graph(&definition.expect("a flow"), &mut report);
    report
}

/// What is told about a flow, as `severity code pointer`.
fn told(document: &Value) -> Vec<String> {
    let line = |d: &crate::check::Diagnostic| {
        let severity = match d.severity {
            Severity::Error => "E",
            Severity::Warning => "W",
            Severity::Info => "I",
        };
        format!("{severity} {} {}", d.code, d.at.as_str())
    };
    report(document).iter().map(line).collect()
}

fn check(document: &Value, expected: &[&str]) {
    assert_eq!(told(document), expected, "{document}");
}

/// A flow that starts at its first node; `a>b`, `a>b:$0`, `a>b?` (under a condition).
fn flow(nodes: &[(&str, &str)], connections: &[&str]) -> Value {
    // A webhook that has an answer of its own for failures.
    let content = json!({"fallback_response": {"ok": true}});
    let node = |(id, kind): &(&str, &str)| match *kind {
        "webhook" => json!({"id": id, "type": kind, "content": content}),
        _ => json!({"id": id, "type": kind}),
    };
    let nodes: Vec<_> = nodes.iter().map(node).collect();
    let connections: Vec<_> = connections
        .iter()
        .map(|text| {
            let (ends, kind) = text.split_once(':').unwrap_or((text, "default"));
            let (source, target) = ends.split_once('>').unwrap();
            let condition = target.ends_with('?').then_some("temp.x");
            let target = target.trim_end_matches('?');
            json!({"source": source, "target": target, "type": kind, "condition": condition})
        })
        .collect();
    json!({"entry_node_id": nodes[0]["id"], "nodes": nodes, "connections": connections})
}

#[test]
fn a_flow_without_nodes_has_only_that_fault() {
    // R12.60.
    check(&json!({"flow": {"flow_data": {}}}), &["E flow.no_nodes /flow/flow_data/nodes"]);
}

#[test]
fn the_entry_must_be_a_node() {
    // R12.61, R12.62.
    let mut document = flow(&[("a", "message"), ("b", "message")], &["a>b", "b>a"]);
    document["nodes"][0]["content"] = json!({"wait_for_ack": true});
    check(&document, &[]);
    document["entry_node_id"] = "ghost".into();
    check(&document, &["E flow.entry_not_found /entry_node_id"]);
    document["entry_node_id"] = Value::Null;
    check(&document, &["E flow.entry_missing /entry_node_id"]);
    let wrapped = json!({"flow": {"flow_data": {
        "nodes": document["nodes"], "edges": document["connections"], "entry_node_id": "ghost"
    }}});
    check(&wrapped, &["E flow.entry_not_found /flow/flow_data/entry_node_id"]);
}

#[test]
fn lost_nodes_and_dead_ends_are_told_apart() {
    // R12.68, R12.69, R12.70, R12.72.
    let nodes = [
        ("a", "message"),
        ("b", "action"),
        ("c", "question"),
        ("d", "condition"),
        ("e", "composite"),
        ("f", "script"),
        ("g", "question"),
        ("h", "message"),
    ];
    check(
        &flow(&nodes, &["a>b", "a>d?", "c>a", "a>e:failure", "h>ghost"]),
        &[
            "I node.dead_end /nodes/1",
            "W node.unreachable /nodes/2",
            "W node.dead_end /nodes/3",
            "W node.orphan /nodes/5",
            "W node.orphan /nodes/6",
            "W node.unreachable /nodes/7",
            "W condition.no_default /nodes/3",
        ],
    );
    check(&flow(&[("a", "question")], &[]), &["I node.dead_end /nodes/0"]);
}

#[test]
fn of_nodes_with_one_id_only_the_first_counts() {
    check(&flow(&[("a", "message"), ("b", "message"), ("b", "condition")], &["a>b"]), &[]);
}

#[test]
fn a_loop_that_nothing_ends_is_an_error() {
    // R12.71.
    for kind in ["message", "action", "webhook", "composite"] {
        check(
            &flow(&[("s", "question"), ("a", kind), ("b", "message")], &["s>a", "a>b", "b>a"]),
            &["E flow.loop_without_input /nodes/1"],
        );
        check(&flow(&[("a", kind)], &["a>a"]), &["E flow.loop_without_input /nodes/0"]);
    }
    // Failing or succeeding is no decision of the author's.
    check(
        &flow(&[("a", "webhook"), ("b", "message")], &["a>a:failure", "a>b:success"]),
        &["E flow.loop_without_input /nodes/0"],
    );
}

#[test]
fn a_loop_that_a_condition_may_end_is_a_warning() {
    // R12.71.
    let warning = ["W flow.loop_without_input /nodes/0"];
    check(&flow(&[("a", "action"), ("b", "message")], &["a>b", "b>a?"]), &warning);
    check(&flow(&[("a", "action"), ("b", "message")], &["a>a", "a>b?"]), &warning);
    let mut document =
        flow(&[("a", "action"), ("b", "condition"), ("c", "message")], &["a>b", "b>a:$0", "b>c"]);
    document["nodes"][1]["content"] = json!({"conditions": [{"if": "true", "then": "$0"}]});
    check(&document, &warning);
    check(&flow(&[("a", "action"), ("b", "dance")], &["a>b", "b>a"]), &warning);
}

#[test]
fn a_loop_that_cannot_be_left_inside_one_that_can_is_an_error() {
    // R12.71.
    let nodes = [("a", "action"), ("b", "message"), ("c", "condition")];
    check(&flow(&nodes, &["a>b", "b>a", "b>c?", "c>a"]), &["E flow.loop_without_input /nodes/0"]);
}

#[test]
fn a_loop_that_may_ask_the_visitor_is_none() {
    // R12.71.
    for waiting in [
        json!({"id": "w", "type": "question"}),
        json!({"id": "w", "type": "script"}),
        json!({"id": "w", "type": "message", "content": {"wait_for_ack": true}}),
        json!({"id": "w", "type": "message", "content": {"wait_for_acknowledgment": true}}),
        json!({"id": "w", "type": "message", "content": {"wait_for_acknowledgement": true}}),
        json!({"id": "w", "type": "message", "content": {"quick_replies": ["ok"]}}),
        json!({"id": "w", "type": "composite", "content": {"composite_flow_seed_key": "k"}}),
        json!({"id": "w", "type": "composite", "content": {"flow_ref": {"key": "k"}}}),
        json!({"id": "w", "type": "composite", "content": {"nodes": [
            {"type": "action"}, {"type": "composite", "content": {"nodes": [{"type": "buttons"}]}}
        ]}}),
    ] {
        let mut document = flow(&[("a", "action"), ("w", "message")], &["a>w", "w>a"]);
        document["nodes"][1] = waiting;
        check(&document, &[]);
    }
    let mut document = flow(&[("a", "action"), ("w", "composite")], &["a>w", "w>a"]);
    document["nodes"][1]["content"] =
        json!({"flow_id": "", "composite_flow_id": null, "nodes": [{"type": "message"}]});
    check(&document, &["E flow.loop_without_input /nodes/0"]);
}

#[test]
fn the_message_lists_the_loop_in_order() {
    // R12.71.
    let nodes = [("z", "message"), ("c", "message"), ("a", "message"), ("b", "message")];
    let report = report(&flow(&nodes, &["z>c", "c>a", "a>b", "b>c"]));
    let message = &report.iter().next().unwrap().message;
    assert!(message.starts_with("`c` → `a` → `b` → `c` goes round"), "{message}");
}

/// A condition `a` with connections to `b` (`$0`), `c` (`mid`) and, if so, `c` (`default`).
fn condition(content: Value, has_default: bool) -> Value {
    let mut connections = vec!["a>b:$0", "a>c:mid"];
    connections.extend(has_default.then_some("a>c"));
    let mut document =
        flow(&[("a", "condition"), ("b", "message"), ("c", "message")], &connections);
    document["nodes"][0]["content"] = content;
    document
}

#[test]
fn paths_of_a_condition_lead_to_connections() {
    // R12.72, R12.73.
    let content = json!({"conditions": [
        {"if": "x", "then": "OPTION_0"}, {"if": "x", "then": "MID"}, {"if": "x", "then": "b"},
        {"if": "x"}, {"if": "x", "then": []}, 5
    ], "default_path": "$0"});
    check(&condition(content.clone(), true), &[]);
    check(&condition(content, false), &[]);

    let content = json!({"conditions": [{"then": "$1"}, {"then": "success"}], "else": "a"});
    let unused = [0, 1].map(|i| format!("W condition.connection_unused /connections/{i}"));
    let at = |severity: &str| {
        let keys = ["conditions/0/then", "conditions/1/then", "else"].map(|key| {
            format!("{severity} condition.path_without_connection /nodes/0/content/{key}")
        });
        keys.to_vec()
    };
    assert_eq!(told(&condition(content.clone(), true)), [at("W"), unused.to_vec()].concat());
    let mut errors = at("E");
    errors.push("W condition.no_default /nodes/0".into());
    errors.extend(unused);
    assert_eq!(told(&condition(content, false)), errors);

    let unused = |i: usize| match i {
        0 => "W condition.connection_unused /connections/0",
        _ => "W condition.connection_unused /connections/1",
    };
    check(&condition(json!({}), false), &["W condition.no_default /nodes/0", unused(0), unused(1)]);
    check(&condition(json!({"default_path": "mid"}), false), &[unused(0)]);
    let to_default = json!({"conditions": [{"then": ""}], "default_path": ""});
    check(&condition(to_default.clone(), true), &[unused(0), unused(1)]);
    check(
        &condition(to_default, false),
        &[
            "E condition.path_without_connection /nodes/0/content/conditions/0/then",
            "W condition.no_default /nodes/0",
            unused(0),
            unused(1),
        ],
    );
}

#[test]
fn complete_is_a_name_like_any_other_for_a_condition() {
    let mut document = flow(&[("a", "condition"), ("b", "message")], &["a>b:complete", "a>b"]);
    document["nodes"][0]["content"] = json!({"conditions": [{"if": "x", "then": "complete"}]});
    check(&document, &[]);
}

#[test]
fn every_option_needs_a_way_out() {
    // R12.75.
    let question = |content: Value, connections: &[&str]| {
        let mut document = flow(&[("a", "question"), ("b", "message")], connections);
        document["nodes"][0]["content"] = content;
        document
    };
    let options = json!(["x", {}, {"label": "y"}, 3]);
    let choice = json!({"input_type": "choice", "options": options});
    check(
        &question(choice.clone(), &["a>b:$0"]),
        &[
            "W question.option_without_path /nodes/0/content/options/2",
            "W question.option_without_path /nodes/0/content/options/3",
        ],
    );
    check(&question(choice.clone(), &["a>b:$0", "a>b:$1", "a>b:$2"]), &[]);
    check(&question(choice.clone(), &["a>b:$0", "a>b"]), &[]);
    check(&question(choice, &["a>b:success"]), &["W connection.type_mismatch /connections/0"]);
    check(
        &question(json!({"input_type": "multiple_choice", "options": options}), &["a>b:$0"]),
        &[],
    );
    check(
        &question(json!({"input_type": "boolean"}), &["a>b:$0"]),
        &["W question.option_without_path /nodes/0/content/input_type"],
    );
}

#[test]
fn a_second_unconditional_default_is_never_taken() {
    // R1.22, R12.80.
    let nodes = [("a", "message"), ("b", "message"), ("c", "message")];
    check(
        &flow(&nodes, &["a>b?", "a>b", "a>c"]),
        &["W connection.multiple_default /connections/2"],
    );
    check(&flow(&nodes, &["a>b?", "a>c"]), &[]);
    let mut document = flow(&nodes, &["a>b", "a>c"]);
    document["connections"][1]["info"] = json!({"priority": -1});
    check(&document, &["W connection.multiple_default /connections/0"]);
}

#[test]
fn the_largest_graph_is_checked_without_recursion() {
    let ids: Vec<_> = (0..2_000).map(|n| n.to_string()).collect();
    let nodes: Vec<_> = ids.iter().map(|id| (id.as_str(), "message")).collect();
    let ring: Vec<_> = (0..2_000).map(|n| format!("{n}>{}", (n + 1) % 2_000)).collect();
    let chords = (0..8_000).map(|n| format!("{}>{}:failure", n % 2_000, n * 7 % 1_999));
    let connections: Vec<_> = ring.iter().cloned().chain(chords).collect();
    let connections: Vec<_> = connections.iter().map(String::as_str).collect();
    check(&flow(&nodes, &connections), &["E flow.loop_without_input /nodes/0"]);

    let ring: Vec<_> = ring.iter().map(String::as_str).collect();
    let report = report(&flow(&nodes, &ring));
    let message = &report.iter().next().unwrap().message;
    assert!(message.contains("`19` → 1980 more → `0`"), "{message}");
}
