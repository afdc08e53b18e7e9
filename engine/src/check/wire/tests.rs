use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FlowReport, NodeReport};
use crate::flow::{Flow, FlowDefinition, validate_node};
use crate::id::NodeId;

fn report(document: &Value) -> FlowReport {
    let (definition, mut report) = FlowDefinition::read(document);
    let definition = definition.unwrap();
    report.append(Flow::compile(&definition, 1).report);
    report.waive(&definition);
    FlowReport::of(&report, &definition)
}

#[expect(clippy::needless_pass_by_value, reason = "every caller has just made them")]
fn flow(nodes: Value, connections: Value) -> Value {
    json!({"name": "Test", "version": "1.0.0", "entry_node_id": "a",
        "flow_data": {"nodes": nodes, "connections": connections}})
}

#[test]
fn a_finding_has_the_members_of_the_wire() {
    // R12.1, R12.2, R12.3.
    let document = flow(
        json!([{"id": "a", "type": "question", "content": {"text": "?", "input_type": "choice",
            "options": ["yes", {}]}}]),
        json!([]),
    );
    let report = report(&document);
    let found = report.nodes[0].results.iter().find(|found| !found.is_valid).unwrap();
    let mut wire = json!(found);
    assert!(wire["message"].take().as_str().is_some_and(|text| text.len() > 10));
    assert!(wire["suggested_fix"].take().as_str().is_some_and(|text| text.len() > 10));
    let rule = json!(found.rule_id);
    assert!(rule.as_str().unwrap().starts_with("question."));
    assert_eq!(
        wire,
        json!({"is_valid": false, "severity": "error", "message": null, "field_path": "options.1",
            "suggested_fix": null, "rule_id": rule, "node_id": "a", "connection_index": null})
    );
    let node = json!(report.nodes[0]);
    assert_eq!(
        (&node["node_id"], &node["node_type"], &node["is_valid"]),
        (&json!("a"), &json!("question"), &json!(false))
    );
}

#[test]
fn a_node_without_findings_says_so() {
    // R12.3.
    let document =
        flow(json!([{"id": "a", "type": "message", "content": {"text": "Hi"}}]), json!([]));
    let report = report(&document);
    let node = json!(report.nodes[0]);
    assert_eq!(node["results"][0]["rule_id"], "schema.ok");
    assert_eq!(node["results"][0]["severity"], "info");
    assert_eq!((report.is_valid, report.summary.infos), (true, 0));
}

#[test]
fn the_graph_comes_first_and_nodes_in_document_order() {
    // R12.4, R12.5, F35.
    let document = flow(
        json!([
            {"id": "a", "type": "message", "content": {"text": "Hi"}},
            {"id": "z", "type": "webhook", "content": {"url": "ftp://x"}},
            {"id": "b", "type": "message", "content": {"messages": [{}], "typing_indicator": 1}},
        ]),
        json!([{"source": "a", "target": "z"}, {"source": "z", "target": "b"}, {"source": "b", "target": "gone"}]),
    );
    let report = report(&document);
    assert_eq!((report.nodes_count, report.connections_count), (3, 3));
    assert_eq!(report.entry_node_id.as_ref().map(NodeId::as_str), Some("a"));
    let dangling =
        report.results.iter().find(|found| found.rule_id == "connection.dangling").unwrap();
    assert_eq!(
        (dangling.connection_index, dangling.field_path.as_deref()),
        (Some(2), Some("target"))
    );
    let ids: Vec<_> = report.nodes.iter().filter_map(|node| node.node_id.clone()).collect();
    assert_eq!(ids.iter().map(NodeId::as_str).collect::<Vec<_>>(), ["a", "z", "b"]);
    let prefixes: Vec<_> = report
        .validation_errors
        .iter()
        .map(|text| text.split_once("': ").filter(|_| text.starts_with("Node ")).map(|(id, _)| id))
        .collect();
    assert!(prefixes.starts_with(&[None]), "{prefixes:?}");
    let named: Vec<_> = prefixes.into_iter().flatten().collect();
    assert!(named.starts_with(&["Node 'z"]), "{named:?}");
    assert!(named.ends_with(&["Node 'b", "Node 'b"]), "{named:?}");
    assert_eq!(report.summary.errors, report.validation_errors.len());
    assert_eq!(report.summary.warnings, report.validation_warnings.len());
    assert!(!report.is_valid);
}

#[test]
fn a_waiver_takes_a_warning_out_of_the_count_and_never_an_error() {
    let mut document = flow(
        json!([
            {"id": "a", "type": "message", "content": {"text": "Hi"}},
            {"id": "b", "type": "message", "content": {"text": "Lonely"}},
            {"id": "c", "type": "message", "content": {"messages": [{}]}},
        ]),
        json!([{"source": "a", "target": "c"}, {"source": "a", "target": "a", "type": "default"}]),
    );
    let (before, hash) =
        (report(&document), FlowDefinition::read(&document).0.unwrap().graph_hash());
    assert_eq!(before.validation_warnings.len(), 2, "{before:?}");
    document["info"] = json!({"waivers": [
        {"code": "node.orphan", "node": "b", "note": "for later"},
        {"code": "connection.multiple_default", "connection": {"source": "a", "target": "a"}, "note": "n"},
        {"code": "message.item", "node": "c", "note": "no"},
        {"code": "message.item_empty", "node": "c", "note": "no"},
        {"code": "node.orphan", "node": "a"}, 7,
    ]});
    let after = report(&document);
    assert_eq!(after.validation_warnings, Vec::<String>::new());
    assert_eq!((after.summary.warnings, after.summary.waived), (0, 2));
    assert_eq!(after.validation_errors, before.validation_errors);
    let orphan = after.results.iter().find(|found| found.rule_id == "node.orphan").unwrap();
    assert_eq!(orphan.waived.as_deref(), Some("for later"));
    // Ruling 9: waivers are not part of what the flow does.
    assert_eq!(FlowDefinition::read(&document).0.unwrap().graph_hash(), hash);
}

#[test]
fn a_waiver_of_another_place_waives_nothing() {
    let mut document = flow(
        json!([
            {"id": "a", "type": "message", "content": {"text": "Hi"}},
            {"id": "b", "type": "message", "content": {"text": "Lonely"}},
        ]),
        json!([]),
    );
    for waiver in [
        json!({"code": "node.orphan", "node": "a"}),
        json!({"code": "node.orphan"}),
        json!({"code": "node.orphan", "node": "b", "connection": {"source": "a", "target": "b"}}),
        json!({"code": "node.unreachable", "node": "b"}),
    ] {
        document["info"] = json!({"waivers": [waiver]});
        assert_eq!(report(&document).summary.waived, 0, "{document}");
    }
}

fn rules(report: &NodeReport) -> Vec<(&str, Option<&str>)> {
    report.results.iter().map(|found| (&*found.rule_id, found.field_path.as_deref())).collect()
}

#[test]
fn one_content_can_be_checked_by_itself() {
    // R12.7.
    assert_eq!(rules(&validate_node("message", &Value::Null)), [("node.content_empty", None)]);
    assert_eq!(rules(&validate_node("composite", &json!({}))), [("node.content_empty", None)]);
    for content in [json!([]), json!("text"), json!(7), json!(true)] {
        assert_eq!(rules(&validate_node("Action", &content)), [("node.content_type", None)]);
    }
    let unknown = validate_node("dance", &json!({"text": "x"}));
    assert_eq!(rules(&unknown), [("node.unknown_type", Some("type"))]);
    let good = validate_node("text", &json!({"text": "Hi"}));
    assert_eq!((rules(&good), &*good.node_type), (vec![("schema.ok", None)], "message"));
    assert!(good.is_valid && good.node_id.is_none() && good.errors().next().is_none());
}

fn anything() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "",
        "text",
        "messages",
        "options",
        "conditions",
        "if",
        "then",
        "actions",
        "type",
        "choice",
        "{{",
        "{{temp.x}}",
        "temp.x ==",
        "url",
        "http://x",
        "validation",
        "nodes",
        "question",
        "params",
        "endpoint",
        "api_call",
        "\u{0}",
        "e\u{301}",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        let word = word.clone().prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word, inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    /// R12.7: no content of any type makes the check panic, and an error is told as such.
    #[test]
    fn any_content_of_any_type_is_reported(content in anything(), kind in 0_usize..9) {
        let kinds = ["message", "question", "condition", "action", "webhook", "composite", "script", "", "x"];
        let report = validate_node(kinds[kind], &content);
        prop_assert_eq!(report.is_valid, report.errors().next().is_none());
        prop_assert!(!report.results.is_empty());
        prop_assert_eq!(report, validate_node(kinds[kind], &content));
    }
}

#[test]
fn content_nested_too_deeply_is_refused_before_it_is_read() {
    // R12.7.
    let content = (0..70).fold(json!("leaf"), |inner, _| json!([inner]));
    assert_eq!(rules(&validate_node("message", &content)), [("flow.too_large", None)]);
}
