use serde_json::{Value, json};

use super::super::connection_type::ConnectionType;
use super::super::definition::{ExecutionContext, FlowDefinition, NodeType, Visibility};
use super::{MAX_BYTES, MAX_CONNECTIONS, MAX_NODES};
use crate::check::{Code, Report};

/// The flow in `document`, and what was said about it.
fn read(document: &Value) -> (FlowDefinition, Vec<(Code, String)>) {
    let (definition, report) = FlowDefinition::read(document);
    (definition.expect("a flow"), told(&report))
}

fn told(report: &Report) -> Vec<(Code, String)> {
    report.iter().map(|d| (d.code, d.at.as_str().to_owned())).collect()
}

/// An envelope with nothing to complain about around `graph`.
fn envelope(graph: &Value) -> Value {
    json!({"name": "Test", "version": "1.0.0", "entry_node_id": "a", "flow_data": graph})
}

fn node(id: &str) -> Value {
    json!({"id": id, "type": "message"})
}

#[test]
fn the_published_example_becomes_canonical() {
    // R1.6, R1.9, R1.10, R1.11, R1.16, R1.18.
    let document = json!({
        "nodes": [
            {"node_id": "A", "node_type": "MESSAGE", "content": {"text": "Yo"}},
            {"id": "B", "type": "custom",
             "data": {"nodeType": "question", "content": {"text": "Age?", "variable": "age"}}}
        ],
        "edges": [{"source": "A", "target": "B", "type": "smoothstep"}]
    });
    let (definition, told) = read(&document);
    let written = definition.to_value();
    assert_eq!(
        written["flow_data"],
        json!({
            "nodes": [
                {"id": "A", "type": "message", "template": null, "content": {"text": "Yo"},
                 "position": {"x": 0, "y": 0}, "info": {}},
                {"id": "B", "type": "question", "template": null,
                 "content": {"text": "Age?", "variable": "age"},
                 "position": {"x": 0, "y": 0}, "info": {}}
            ],
            "connections": [{"source": "A", "target": "B", "type": "default", "conditions": {},
                             "info": {"edge_style": "smoothstep"}}]
        })
    );
    assert_eq!(written["entry_node_id"], "A");
    assert_eq!(
        told,
        [
            (Code::FlowField, "/name".into()),
            (Code::FlowVersionMissing, "/version".into()),
            (Code::FlowEntryInferred, "/entry_node_id".into())
        ]
    );
}

#[test]
fn three_container_shapes_give_the_same_graph() {
    // R1.2, R1.3, R1.12.
    let graph = json!({"nodes": [{"id": "a", "type": "nope"}], "theme_id": "t"});
    let mut bare = graph.clone();
    bare["name"] = "Test".into();
    bare["version"] = "1.0.0".into();
    bare["entry_node_id"] = "a".into();
    let enveloped = envelope(&graph);
    let wrapped = json!({"flow": enveloped, "exported_at": "then"});
    for (document, prefix) in
        [(&bare, ""), (&enveloped, "/flow_data"), (&wrapped, "/flow/flow_data")]
    {
        let (definition, told) = read(document);
        assert_eq!(definition.data_keys["theme_id"], "t", "(R1.3)");
        assert_eq!(told, [(Code::NodeUnknownType, format!("{prefix}/nodes/0/type"))]);
        assert_eq!(definition.nodes[0].at.as_str(), format!("{prefix}/nodes/0"));
        assert_eq!(definition.data_at.as_str(), prefix);
    }
}

#[test]
fn what_is_no_flow_is_refused_with_its_place() {
    // R1.3.
    for (document, at) in [
        (json!(null), ""),
        (json!([]), ""),
        (json!({}), ""),
        (json!({"name": "x"}), ""),
        (json!({"nodes": {"a": {}}}), "/nodes"),
        (json!({"flow": {"nodes": 1}}), "/flow/nodes"),
        (json!({"flow": {"flow": {"nodes": []}}}), "/flow"),
    ] {
        let (definition, report) = FlowDefinition::read(&document);
        assert_eq!(definition, None, "{document}");
        assert_eq!(told(&report), [(Code::FlowShape, at.to_owned())], "{document}");
    }
    let (definition, told) = read(&envelope(&json!({})));
    assert!(definition.nodes.is_empty(), "an envelope without nodes is an empty draft");
    assert_eq!(told, []);
}

#[test]
fn text_is_checked_before_it_is_parsed() {
    // R1.5.
    let (flow, report) = FlowDefinition::read_json("{\"nodes\": [\n  {\"id\": \"a\",}]}");
    assert_eq!(flow, None);
    let diagnostic = report.iter().next().unwrap();
    assert_eq!(diagnostic.code, Code::FlowShape);
    assert!(diagnostic.message.contains("line 2 column 14"), "{}", diagnostic.message);
    assert!(diagnostic.help.is_some());

    let (flow, report) = FlowDefinition::read_json(&" ".repeat(MAX_BYTES + 1));
    assert_eq!((flow, told(&report)), (None, vec![(Code::FlowTooLarge, String::new())]));

    let (flow, report) = FlowDefinition::read_json(r#"{"nodes": [], "name": "x", "version": "1"}"#);
    assert!(flow.is_some() && report.is_empty());
}

#[test]
fn nesting_beyond_64_is_refused_from_text_and_from_values() {
    // R1.5, R12.89.
    // Two levels are the document and its nodes.
    let with_depth = |depth: usize| {
        format!(r#"{{"nodes":[],"x":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1))
    };
    assert!(FlowDefinition::read_json(&with_depth(64)).0.is_some());
    for depth in [65, 127, 200, 100_000] {
        let (flow, report) = FlowDefinition::read_json(&with_depth(depth));
        assert_eq!(flow, None);
        assert_eq!(told(&report), [(Code::FlowTooLarge, String::new())], "{depth}");
    }
    let value: Value = serde_json::from_str(&with_depth(65)).unwrap();
    assert_eq!(told(&FlowDefinition::read(&value).1), [(Code::FlowTooLarge, String::new())]);
}

#[test]
fn more_nodes_and_connections_than_allowed_are_reported() {
    // R1.5, R12.89.
    let nodes: Vec<_> = (0..=MAX_NODES).map(|n| node(&n.to_string())).collect();
    let edge = json!({"source": "0", "target": "1"});
    let edges = vec![edge; MAX_CONNECTIONS + 1];
    let (definition, first) = read(&envelope(&json!({"nodes": nodes, "edges": edges})));
    assert_eq!(definition.nodes.len(), MAX_NODES);
    assert_eq!(
        first,
        [
            (Code::FlowTooLarge, "/flow_data/nodes".into()),
            (Code::FlowTooLarge, "/flow_data/edges".into())
        ]
    );

    let mut source = node("a");
    source["connections"] = json!({"default": "a", "success": "a"});
    let edges: Vec<_> =
        (1..MAX_CONNECTIONS).map(|n| json!({"from": "a", "to": "a", "if": n})).collect();
    let graph = json!({"nodes": [source], "connections": edges});
    let (_, told) = read(&envelope(&graph));
    assert_eq!(told, [(Code::FlowTooLarge, "/flow_data/nodes/0/connections".into())]);
}

#[test]
fn the_entry_is_the_envelopes_before_the_graphs() {
    // R1.6, R1.15.
    let (definition, told) =
        read(&envelope(&json!({"nodes": [node("a"), node("b")], "entry_node_id": "b"})));
    assert_eq!(definition.entry, Some("a".into()), "(R1.6)");
    assert_eq!(definition.entry_at.as_str(), "/entry_node_id");
    assert_eq!(told, [(Code::FlowEntryConflict, "/flow_data/entry_node_id".into())]);

    let (definition, told) = read(&json!({
        "name": "x", "version": "1",
        "flow_data": {"nodes": [node("7"), node("b")], "entry_node_id": 7}
    }));
    assert_eq!(definition.entry, Some("7".into()), "(R1.15)");
    assert_eq!(definition.entry_at.as_str(), "/flow_data/entry_node_id");
    assert_eq!(told, []);
}

#[test]
fn an_entry_is_inferred_only_when_one_node_is_never_entered() {
    // R1.6.
    let graph = |edges: Value| {
        json!({"name": "x", "version": "1", "nodes": [node("a"), node("b"), node("c")],
               "connections": edges})
    };
    let (definition, told) =
        read(&graph(json!([{"from": "b", "to": "a"}, {"from": "a", "to": "c"}])));
    assert_eq!(definition.entry, Some("b".into()));
    assert_eq!(told, [(Code::FlowEntryInferred, "/entry_node_id".into())]);

    let (definition, told) = read(&graph(json!([{"from": "b", "to": "a"}])));
    assert_eq!((definition.entry, told), (None, vec![]));
    let ring =
        json!([{"from": "b", "to": "a"}, {"from": "a", "to": "c"}, {"from": "c", "to": "b"}]);
    assert_eq!(read(&graph(ring)).0.entry, None);
}

#[test]
fn fields_of_the_wrong_kind_fall_back_and_are_named() {
    // R1.1.
    let document = json!({
        "id": "welcome", "name": 5, "description": [], "version": {}, "info": "x", "contract": 1,
        "visibility": "everyone", "school_id": 3, "trace_enabled": "yes", "entry_node_id": true,
        "flow_data": {"nodes": []}
    });
    let (definition, told) = read(&document);
    let at = |key: &str| (Code::FlowField, key.to_owned());
    assert_eq!(
        told,
        [
            at("/info"),
            at("/contract"),
            at("/id"),
            at("/name"),
            at("/name"),
            at("/description"),
            at("/version"),
            (Code::FlowVersionMissing, "/version".into()),
            at("/entry_node_id"),
            at("/visibility"),
            at("/school_id"),
            at("/trace_enabled"),
        ]
    );
    assert_eq!(definition.visibility, Visibility::Private, "never wider than was meant");
    assert_eq!((definition.id, definition.school_id, definition.entry), (None, None, None));
    assert_eq!(definition.version, "1.0.0");
}

#[test]
fn envelope_aliases_are_understood() {
    // R1.1.
    let (definition, told) = read(&json!({
        "name": "n".repeat(300), "version": 2, "visibility": "GLOBAL", "is_published": true,
        "info": {"seed_key": "hub", "return_state": ["temp.done"], "contract": {"notes": "x"}},
        "flow_data": {"nodes": []}
    }));
    assert_eq!(definition.visibility, Visibility::Wriveted, "(F58)");
    assert_eq!(definition.seed_key.as_deref(), Some("hub"));
    assert_eq!(
        definition.contract.map(Value::from),
        Some(json!({"notes": "x", "return_state": ["temp.done"]})),
        "(F53)"
    );
    assert_eq!(definition.version, "2");
    assert_eq!(definition.name.len(), 255);
    assert_eq!(definition.extra["is_published"], true);
    assert_eq!(told, [(Code::FlowField, "/name".into())]);

    let (definition, _) = read(&json!({
        "contract": {"return_state": []}, "seed_key": "own",
        "info": {"seed_key": "hub", "return_state": ["x"], "contract": {"notes": "x"}},
        "flow_data": {"nodes": []}
    }));
    assert_eq!(definition.contract.map(Value::from), Some(json!({"return_state": []})));
    assert_eq!(definition.seed_key.as_deref(), Some("own"));
}

#[test]
fn the_first_spelling_that_is_not_empty_wins() {
    // R1.10, R1.11, R1.15, R1.30.
    let (definition, told) = read(&envelope(&json!({"nodes": [
        {"id": "", "node_id": null, "node_key": 1.0, "type": "Custom", "content": {},
         "template": "", "position": {}, "position_absolute": {"x": 3, "y": "4", "z": 5},
         "data": {"id": "no", "node_type": " Branch ", "content": {"default_path": "x"},
                  "template": "t", "meta_data": {"k": 1}, "label": "kept"},
         "name": "First", "selected": true},
        {"data": {"id": "b", "nodeType": "buttons"}},
        {"id": "c", "type": "text", "content": null, "positionAbsolute": {"x": 1.5, "y": 2.0}},
        {"id": "d", "type": "script", "content": {"execution_context": "MIXED"}},
        {"id": "e", "type": "script", "info": {"execution_context": "backend"}},
        {"id": "f", "type": "script", "execution_context": "moon"}
    ]})));
    let [first, buttons, text, mixed, backend, moon] = definition.nodes.as_slice() else {
        panic!("six nodes");
    };
    assert_eq!(first.id, "1".into());
    assert_eq!(first.kind, NodeType::Condition);
    assert_eq!(first.content, json!({"default_path": "x"}));
    assert_eq!(first.template.as_deref(), Some("t"));
    assert_eq!(Value::from(first.position.clone()), json!({"x": 3, "y": 0, "z": 5}), "(F34)");
    assert_eq!(first.info["k"], 1);
    assert_eq!(
        Value::from(first.extra.clone()),
        json!({"name": "First", "selected": true, "data": {"label": "kept"}}),
        "(R1.30)"
    );
    assert_eq!(buttons.kind, NodeType::Question);
    assert_eq!(buttons.content, json!({"input_type": "choice"}), "(R1.11)");
    assert_eq!((&text.kind, &text.content), (&NodeType::Message, &json!({})));
    assert_eq!(Value::from(text.position.clone()), json!({"x": 1.5, "y": 2}));
    assert_eq!(mixed.execution_context, ExecutionContext::Mixed);
    assert_eq!(backend.execution_context, ExecutionContext::Backend);
    assert_eq!(moon.execution_context, ExecutionContext::Frontend, "the default of scripts");
    assert_eq!(told, [(Code::NodeField, "/flow_data/nodes/5/execution_context".into())]);
}

#[test]
fn faulty_nodes_are_kept_unless_they_have_no_id() {
    // R1.12, R1.13, R1.14, R12.63.
    let long = "x".repeat(256);
    let (definition, told) = read(&envelope(&json!({"nodes": [
        {"type": "message"},
        "text",
        {"id": true, "type": "message"},
        {"node_key": "a/b", "type": "message"},
        {"id": long, "type": "message"},
        {"id": "tab\t", "type": "message"},
        {"id": "x"},
        {"id": "x", "node_type": "Dance"},
        {"id": "y", "type": "message", "info": [1], "template": 1, "position": "here", "content": 5}
    ]})));
    let at = |index: usize, rest: &str| format!("/flow_data/nodes/{index}{rest}");
    assert_eq!(
        told,
        [
            (Code::NodeIdMissing, at(0, "")),
            (Code::NodeIdMissing, at(1, "")),
            (Code::NodeIdInvalid, at(2, "/id")),
            (Code::NodeIdInvalid, at(3, "/node_key")),
            (Code::NodeIdInvalid, at(4, "/id")),
            (Code::NodeIdInvalid, at(5, "/id")),
            (Code::NodeUnknownType, at(6, "")),
            (Code::NodeUnknownType, at(7, "/node_type")),
            (Code::NodeDuplicateId, at(7, "")),
            (Code::NodeField, at(8, "/template")),
            (Code::NodeField, at(8, "/position")),
            (Code::NodeField, at(8, "/info")),
        ]
    );
    let kept: Vec<_> = definition.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(kept, ["a/b", &"x".repeat(255), "tab\t", "x", "x", "y"]);
    assert_eq!(definition.nodes[3].kind, NodeType::Unknown(String::new()));
    assert_eq!(definition.nodes[4].kind, NodeType::Unknown("Dance".into()), "(R1.12)");
    assert_eq!(definition.nodes[5].content, json!(5), "for the checker to complain about");
}

/// The types, predicates and metadata of connections from the condition `a` to the message `b`.
fn connect(connections: &Value) -> (Vec<Value>, Vec<(Code, String)>) {
    let (definition, told) = read(&envelope(&json!({
        "nodes": [{"id": "a", "type": "condition"}, node("b"), {"id": "k", "type": "composite"}],
        "connections": connections
    })));
    let written = definition.to_value()["flow_data"]["connections"].as_array().unwrap().clone();
    (written, told)
}

#[test]
fn connection_types_come_from_the_first_source_that_has_one() {
    // R1.17, R1.18, R12.66.
    for (given, kind, info) in [
        (json!({}), "default", json!({})),
        (json!({"connection_type": "", "data": {"connection_type": "OPTION_3"}}), "$3", json!({})),
        (
            json!({"type": "SmoothStep", "data": {"type": "fail"}}),
            "failure",
            json!({"edge_style": "SmoothStep"}),
        ),
        (json!({"type": "bezier", "sourceHandle": "$2"}), "$2", json!({"edge_style": "bezier"})),
        (
            json!({"type": "step", "source_handle": "right"}),
            "default",
            json!({"edge_style": "step"}),
        ),
        (json!({"connection_type": "step"}), "step", json!({})),
        (json!({"type": "complete"}), "complete", json!({})),
        (json!({"type": "conditional"}), "default", json!({})),
        (json!({"type": "Later"}), "later", json!({})),
    ] {
        let mut connection = json!({"source": "a", "target": "b"});
        connection.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        let (written, told) = connect(&json!([connection]));
        assert_eq!((&written[0]["type"], &written[0]["info"]), (&json!(kind), &info), "{given}");
        assert_eq!(told, [], "{given}");
    }
    let (written, _) = connect(&json!([{"from": "k", "to": "b", "type": " Complete "}]));
    assert_eq!(written[0]["type"], "success", "of a composite (R1.18)");

    let (written, told) = connect(&json!([{"from": "a", "to": "b", "connection_type": "9 lives"}]));
    assert_eq!(written[0]["info"], json!({"original_type": "9 lives"}));
    assert_eq!(
        told,
        [(Code::ConnectionUnknownType, "/flow_data/connections/0/connection_type".into())]
    );
}

#[test]
fn predicates_are_normalised() {
    // R1.17, R1.19.
    let legacy = json!({"var": "temp.drink", "eq": "tea"});
    for (given, predicate) in [
        (json!({"conditions": {"if": "x"}}), json!({"if": "x"})),
        (json!({"conditions": {}, "data": {"condition": "x"}}), json!({"if": "x"})),
        (json!({"condition": {"expression": "x"}}), json!({"if": "x"})),
        (json!({"conditions": {"cel": "x", "expression": ""}}), json!({"if": "x"})),
        (json!({"conditions": legacy}), json!({"if": legacy})),
        (json!({"conditions": {"if": legacy}}), json!({"if": legacy})),
        (json!({"conditions": {"if": "x", "note": "why"}}), json!({"if": "x", "note": "why"})),
        (json!({"conditions": {"if": " ", "note": "why"}}), json!({"if": null, "note": "why"})),
        (json!({"conditions": false}), json!({"if": false})),
        (json!({"conditions": {"if": {}}}), json!({})),
        (json!({"conditions": null}), json!({})),
        (json!({"conditions": ""}), json!({})),
    ] {
        let mut connection = json!({"source": "a", "target": "b"});
        connection.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        let (written, told) = connect(&json!([connection]));
        assert_eq!(written[0]["conditions"], predicate, "{given} (R1.19)");
        assert_eq!(told, []);
        assert_eq!(connect(&json!([written[0]])).0, written, "{given}");
    }
}

#[test]
fn connections_without_ends_are_told_from_dangling_ones() {
    // R1.23, R12.64.
    let (written, told) = connect(&json!([
        5,
        {"source": "a"},
        {"source": {}, "to": ["b"]},
        {"source_node_id": "a", "target_node_id": "ghost"},
        {"from": "spirit", "to": "b"}
    ]));
    assert_eq!(written.len(), 2, "dangling connections are kept (R1.23)");
    let at = |rest: &str| format!("/flow_data/connections/{rest}");
    assert_eq!(
        told,
        [
            (Code::ConnectionShape, at("0")),
            (Code::ConnectionShape, at("1")),
            (Code::ConnectionShape, at("2")),
            (Code::ConnectionShape, at("2/to")),
            (Code::ConnectionDangling, at("3/target_node_id")),
            (Code::ConnectionDangling, at("4/from")),
        ]
    );
}

#[test]
fn duplicate_connections_collapse_or_are_reported() {
    // R1.20, R12.65.
    let (written, told) = connect(&json!([
        {"from": "a", "to": "b"},
        {"source": "a", "target": "b", "type": "next", "conditions": {}},
        {"from": "a", "to": "b", "condition": "x"},
        {"from": "a", "to": "b", "conditions": {"cel": "x"}},
        {"from": "a", "to": "b", "type": "$0"}
    ]));
    assert_eq!(written.len(), 3, "(R1.20)");
    assert_eq!(told, [(Code::ConnectionDuplicate, "/flow_data/connections/2".into())]);
}

#[test]
fn connections_win_over_edges() {
    // R1.3.
    let graph = |connections: Value| {
        envelope(&json!({"nodes": [node("a"), node("b")], "connections": connections,
                        "edges": [{"from": "b", "to": "a"}]}))
    };
    let (definition, told) = read(&graph(json!([{"from": "a", "to": "b"}])));
    assert_eq!(definition.connections.len(), 1);
    assert_eq!(definition.connections[0].source, "a".into());
    assert_eq!(told, [(Code::FlowEdgesIgnored, "/flow_data/edges".into())]);

    let (definition, told) = read(&graph(json!([])));
    assert_eq!(definition.connections[0].at.as_str(), "/flow_data/edges/0");
    assert_eq!(told, []);
    let (definition, told) = read(&graph(json!({"a": "b"})));
    assert_eq!(definition.connections.len(), 1);
    assert_eq!(told, [(Code::ConnectionShape, "/flow_data/connections".into())]);
}

#[test]
fn a_node_may_carry_its_connections() {
    // R1.21.
    let (definition, told) = read(&envelope(&json!({
        "nodes": [
            {"id": "a", "type": "question",
             "connections": {"zoo": "b", "success": 7, "$10": "b", "option_2": "7", "default": "b",
                             "no/ne": "b", "none": null}},
            node("b"), node("7")
        ],
        "connections": [{"from": "b", "to": "7"}]
    })));
    let order: Vec<_> = definition.connections.iter().map(|c| c.kind.to_string()).collect();
    assert_eq!(order, ["default", "default", "$2", "$10", "success", "zoo"], "(R1.21)");
    assert_eq!(definition.connections[2].at.as_str(), "/flow_data/nodes/0/connections/option_2");
    assert!(!definition.nodes[0].extra.contains_key("connections"));
    let at = |key: &str| format!("/flow_data/nodes/0/connections/{key}");
    assert_eq!(
        told,
        [(Code::ConnectionUnknownType, at("no~1ne")), (Code::ConnectionShape, at("none")),]
    );
    let unknown = json!({"nodes": [{"id": "a", "type": "message", "connections": ["b"]}]});
    assert_eq!(
        read(&envelope(&unknown)).1,
        [(Code::ConnectionShape, "/flow_data/nodes/0/connections".into())]
    );
}

#[test]
fn connection_extras_and_handles_are_kept() {
    // R1.17, R1.30.
    let (written, _) = connect(&json!([
        {"id": "e1", "source": "a", "target": "b", "sourceHandle": "$1", "animated": true,
         "data": {"label": "yes", "info": {"k": 1}}}
    ]));
    let expected = json!([{
        "id": "e1", "source": "a", "target": "b", "type": "$1", "sourceHandle": "$1",
        "animated": true, "conditions": {}, "info": {"k": 1}, "data": {"label": "yes"}
    }]);
    assert_eq!(Value::from(written), expected);
}

#[test]
fn nul_is_removed_and_numbers_are_settled() {
    let (definition, told) = read(&envelope(
        &json!({"nodes": [{"id": "a", "type": "message", "content": {"n\0": ["\0", 1.0]}}]}),
    ));
    assert_eq!(definition.nodes[0].content, json!({"n": ["", 1]}), "(F22)");
    assert_eq!(told, [(Code::FlowField, String::new())]);
}

#[test]
fn children_of_a_composite_get_ids() {
    // R9.11.
    let content = json!({"nodes": [{"type": "action"}, {"id": "x", "type": "branch"}],
                         "edges": [{"from": "child_0", "to": "x"}]});
    let at = crate::check::Pointer::root().push("content");
    let mut report = Report::default();
    let (nodes, connections) = super::read_children(content.as_object().unwrap(), &at, &mut report);
    assert_eq!(nodes[0].id, "child_0".into(), "(R9.11)");
    assert_eq!(nodes[1].at.as_str(), "/content/nodes/1");
    assert_eq!(connections[0].kind, ConnectionType::Default);
    assert!(report.is_empty());
}

#[test]
fn hostile_documents_are_read_in_peace() {
    // R1.29.
    let megabyte = "x\u{0}é\u{1f600}\u{202e}".repeat(100_000);
    let wide: Vec<_> = (0..100_000).map(|n| json!([n])).collect();
    let self_loops: Vec<_> = (0..20_000).map(|_| json!({"from": "a", "to": "a"})).collect();
    let keys: serde_json::Map<_, _> =
        (0..50_000).map(|n| (format!("{n}\u{0}/~"), Value::Null)).collect();
    for document in [
        json!({"nodes": [{"id": megabyte, "type": megabyte, "content": megabyte}]}),
        json!({"nodes": [{"id": "a", "type": "message", "content": {megabyte.as_str(): [megabyte]}}]}),
        json!({"name": megabyte, "version": megabyte, "visibility": megabyte, "nodes": []}),
        json!({"nodes": wide, "connections": wide, "edges": wide}),
        json!({"nodes": [node("a")], "edges": self_loops}),
        json!({"nodes": [{"id": "a", "connections": keys, "data": keys}], "info": keys}),
        json!({"nodes": [null, [], {}, "", 0, {"id": {}}, {"id": []}, {"id": -0.0}, {"id": 1e300}]}),
        json!({"entry_node_id": [], "flow_data": {"nodes": 0, "connections": "", "edges": {"a": 1}}}),
    ] {
        let (definition, report) = FlowDefinition::read(&document);
        let definition = definition.expect("a flow");
        assert!(report.len() <= 65_000, "{}", report.len());
        let written = definition.to_value();
        assert_eq!(read(&written).0.to_value(), written);
        assert_eq!(definition.graph_hash().len(), 64);
    }
}

#[test]
fn the_theme_of_the_graph_goes_before_that_of_the_info() {
    // R1.4.
    let theme = |graph: Value, info: Value| {
        let mut document = envelope(&graph);
        document["info"] = info;
        read(&document).0.theme_id().map(str::to_owned)
    };
    let (nodes, themed) = (json!({"nodes": []}), json!({"nodes": [], "theme_id": "g"}));
    assert_eq!(theme(themed.clone(), json!({"theme_id": "i"})).as_deref(), Some("g"));
    assert_eq!(theme(nodes.clone(), json!({"theme_id": "i"})).as_deref(), Some("i"));
    assert_eq!(theme(nodes, json!({})), None);
}
