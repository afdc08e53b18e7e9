use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::connection_type::ConnectionType;
use super::super::definition::{
    ConnectionDefinition, ExecutionContext, FlowDefinition, NodeDefinition, NodeType, Visibility,
};
use crate::check::{Pointer, Report};
use crate::flow::read::read_children;
use crate::id::{FlowId, NodeId, TenantId};
use crate::trace::TraceLevel;
use crate::value::{canonical_value, sha256_hex};

fn read(document: &Value) -> FlowDefinition {
    FlowDefinition::read(document).0.expect("a flow")
}

/// The definition without its places, which depend on the document.
fn placeless(mut definition: FlowDefinition) -> FlowDefinition {
    definition.nodes.iter_mut().for_each(|node| node.at = Pointer::root());
    definition.connections.iter_mut().for_each(|connection| connection.at = Pointer::root());
    definition.entry_at = Pointer::root();
    definition.data_at = Pointer::root();
    definition
}

#[test]
fn a_snapshot_keeps_the_other_keys_of_the_graph() {
    // G15, R1.25, R1.29.
    let mut document = json!({
        "nodes": [{"node_id": "A", "node_type": "MESSAGE", "content": {"text": "Yo"}}],
        "edges": [],
        "variables": {"temp": {"k": 1}}, "x_editor": {"zoom": 2}
    });
    let mut definition = read(&document);
    document["nodes"][0]["node_id"] = "B".into();
    definition.nodes.extend(read(&document).nodes);

    let written = definition.to_value();
    let graph = &written["flow_data"];
    assert_eq!(graph["variables"], json!({"temp": {"k": 1}}), "(G15)");
    assert_eq!(graph["x_editor"], json!({"zoom": 2}));
    assert_eq!(graph["nodes"][1]["id"], "B");
    assert_eq!(graph.get("edges"), None, "(R1.25)");
    assert_eq!(read(&written).to_value(), written);
}

#[test]
fn the_execution_context_is_written_only_when_it_is_needed() {
    // R1.10, R1.26.
    let context = |node: Value| {
        let document = json!({"nodes": [node]});
        let written = read(&document).to_value();
        assert_eq!(read(&written).to_value(), written);
        written["flow_data"]["nodes"][0].get("execution_context").cloned()
    };
    let in_content = json!({"execution_context": "mixed"});
    assert_eq!(
        context(json!({"id": "a", "type": "script", "execution_context": "frontend"})),
        None
    );
    assert_eq!(
        context(json!({"id": "a", "type": "script", "execution_context": "backend"})),
        Some("backend".into())
    );
    assert_eq!(
        context(json!({"id": "a", "type": "message", "content": in_content})),
        Some("mixed".into())
    );
    assert_eq!(
        context(json!({"id": "a", "type": "message", "content": in_content,
                       "execution_context": "backend"})),
        Some("backend".into()),
        "else the content's would come back"
    );
}

#[test]
fn authors_spelling_of_content_survives() {
    // R1.31.
    let content = json!({"wait_for_acknowledgement": true, "messages": ["Hi", {"content_id": "x"}], "n": [1]});
    let document = json!({"nodes": [{"id": "a", "type": "text", "content": content}]});
    assert_eq!(read(&document).to_value()["flow_data"]["nodes"][0]["content"], content);
}

type Change = fn(&mut Value);

#[test]
fn the_hash_ignores_what_only_editors_see() {
    let base = json!({
        "nodes": [
            {"id": "a", "type": "condition",
             "content": {"conditions": [{"if": "temp.x", "then": "$0"}]}},
            {"id": "k", "type": "composite", "content": {"nodes": [{"type": "message"}]}}
        ],
        "connections": [{"from": "a", "to": "k", "type": "$0"}],
        "variables": {}
    });
    let hash = |change: &dyn Fn(&mut Value)| {
        let mut document = base.clone();
        change(&mut document);
        read(&document).graph_hash()
    };
    let plain = hash(&|_| ());
    assert_eq!(plain.len(), 64);
    assert!(plain.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()));

    let unseen: [Change; 9] = [
        |d| d["name"] = "Other".into(),
        |d| d["nodes"][0]["position"] = json!({"x": 7, "y": 8}),
        |d| d["nodes"][0]["name"] = "Which?".into(),
        |d| d["nodes"][0]["info"] = json!({"note": "x"}),
        |d| d["nodes"][0]["template"] = "t".into(),
        |d| d["nodes"][0]["content"]["conditions"][0]["name"] = "if so".into(),
        |d| d["nodes"][1]["content"]["nodes"][0]["position"] = json!({"x": 1}),
        |d| d["connections"][0]["name"] = "yes".into(),
        |d| d["connections"][0]["info"] = json!({"edge_style": "step", "priority": 0}),
    ];
    for (index, change) in unseen.into_iter().enumerate() {
        assert_eq!(hash(&change), plain, "change {index}");
    }
    let seen: [Change; 8] = [
        |d| d["nodes"][0]["content"]["default_path"] = "x".into(),
        |d| d["nodes"][0]["execution_context"] = "mixed".into(),
        |d| d["nodes"][1]["content"]["nodes"][0]["type"] = "action".into(),
        |d| d["nodes"].as_array_mut().unwrap().reverse(),
        |d| d["connections"][0]["condition"] = "x".into(),
        |d| d["connections"][0]["info"] = json!({"priority": 1}),
        |d| d["entry_node_id"] = "k".into(),
        |d| d["variables"] = json!({"temp": {"k": 1}}),
    ];
    for (index, change) in seen.into_iter().enumerate() {
        assert_ne!(hash(&change), plain, "change {index}");
    }
}

#[test]
fn the_hash_does_not_depend_on_spelling() {
    let one = read(&json!({
        "nodes": [{"node_id": "a", "node_type": "TEXT", "data": {"content": {"n": 1.0}}}],
        "edges": [{"from": "a", "to": "a", "condition": "x"}]
    }));
    let other = read(&json!({"entry_node_id": "a", "flow_data": {
        "nodes": [{"id": "a", "type": "message", "content": {"n": 1}}],
        "connections": [{"source": "a", "target": "a", "conditions": {"if": "x"}}]
    }}));
    assert_eq!(one.entry, None, "its only node is entered");
    assert_ne!(one.graph_hash(), other.graph_hash());
    let one = FlowDefinition { entry: other.entry.clone(), ..one };
    assert_eq!(one.graph_hash(), other.graph_hash());
}

/// The flow that a hash is made of, as one value: what is written field by field must be its canonical text.
fn essence(definition: &FlowDefinition) -> Value {
    json!({
        "nodes": definition.nodes.iter().map(node_essence).collect::<Vec<_>>(),
        "connections": definition.connections.iter().map(connection_essence).collect::<Vec<_>>(),
        "entry": definition.entry.as_ref().map(NodeId::as_str),
        "data": definition.data_keys,
    })
}

fn node_essence(node: &NodeDefinition) -> Value {
    let mut content = node.content.clone();
    if node.kind == NodeType::Condition
        && let Some(entries) = content.get_mut("conditions").and_then(Value::as_array_mut)
    {
        for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
            entry.remove("name");
        }
    }
    if let (NodeType::Composite, Some(map)) = (&node.kind, content.as_object_mut())
        && map.get("nodes").is_some_and(Value::is_array)
    {
        let (nodes, connections) = read_children(map, &Pointer::root(), &mut Report::default());
        map.insert("nodes".into(), nodes.iter().map(node_essence).collect());
        if !connections.is_empty() {
            map.remove("edges");
            map.insert("connections".into(), connections.iter().map(connection_essence).collect());
        }
    }
    json!({
        "id": node.id.as_str(),
        "type": node.kind.as_str(),
        "content": content,
        "execution_context": node.execution_context,
    })
}

fn connection_essence(connection: &ConnectionDefinition) -> Value {
    let mut essence = json!({
        "source": connection.source.as_str(),
        "target": connection.target.as_str(),
        "type": connection.kind.to_string(),
    });
    if let Some(predicate) = &connection.predicate {
        essence["if"] = predicate.clone();
    }
    let priority = connection.info.get("priority").and_then(Value::as_i64).unwrap_or(0);
    if priority != 0 {
        essence["priority"] = priority.into();
    }
    essence
}

#[test]
fn the_hash_of_composites_and_conditions_is_that_of_their_essence() {
    for content in [
        json!({"nodes": [{"type": "message", "name": "x"}], "edges": [{"from": "child_0", "to": "child_0"}]}),
        json!({"nodes": [{"type": "message"}], "connections": [], "edges": [{"from": "child_0", "to": "child_0"}], "zeal": 1}),
        json!({"aim": 1, "nodes": [{"type": "message"}], "connections": [{"from": "child_0", "to": "child_0", "info": {"priority": 3}}]}),
        json!({"nodes": [], "edges": []}),
        json!({"nodes": {}, "edges": [{}]}),
        json!({"conditions": [{"name": "n", "if": "true"}, {"name": "n"}, 1, "é"]}),
        json!({"conditions": {"name": "n"}}),
        json!([]),
    ] {
        for kind in ["composite", "condition", "message"] {
            let definition =
                read(&json!({"nodes": [{"id": "a", "type": kind, "content": content.clone()}]}));
            let text = canonical_value(&essence(&definition));
            assert_eq!(definition.graph_hash(), sha256_hex(&text), "{kind} {content}: {text}");
        }
    }
}

fn leaf() -> impl Strategy<Value = Value> + Clone {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1e3..1e3).prop_map(|n: f64| Value::from(n + 0.25)),
        "[ -~é]{0,8}".prop_map(Value::from),
    ]
}

fn free_map() -> impl Strategy<Value = Map<String, Value>> + Clone {
    let value = leaf().prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            btree_map("[a-c]", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    btree_map("x_[a-e]", value, 0..3).prop_map(|map| map.into_iter().collect())
}

fn kind() -> impl Strategy<Value = NodeType> {
    prop_oneof![
        Just(NodeType::Message),
        Just(NodeType::Question),
        Just(NodeType::Condition),
        Just(NodeType::Action),
        Just(NodeType::Webhook),
        Just(NodeType::Composite),
        Just(NodeType::Script),
        Just(NodeType::Unknown(String::new())),
        "X[a-z]{1,4}".prop_map(NodeType::Unknown),
        "x_[a-z]{1,4}".prop_map(NodeType::Custom),
    ]
}

fn connection_kind() -> impl Strategy<Value = ConnectionType> {
    prop_oneof![
        Just(ConnectionType::Default),
        (0..100_u8).prop_map(ConnectionType::Option),
        Just(ConnectionType::Success),
        Just(ConnectionType::Failure),
        Just(ConnectionType::Error),
        Just(ConnectionType::Fallback),
        Just(ConnectionType::Timeout),
        prop_oneof![Just("step"), Just("bezier"), Just("later"), Just("x-1")]
            .prop_map(|name| ConnectionType::Named(name.into())),
    ]
}

fn context() -> impl Strategy<Value = ExecutionContext> {
    prop_oneof![
        Just(ExecutionContext::Frontend),
        Just(ExecutionContext::Backend),
        Just(ExecutionContext::Mixed)
    ]
}

fn node(index: usize) -> impl Strategy<Value = NodeDefinition> {
    let extra = (free_map(), free_map()).prop_map(|(mut extra, data)| {
        if !data.is_empty() {
            extra.insert("data".into(), data.into());
        }
        extra
    });
    let content = (free_map(), option::of(prop_oneof![Just("mixed"), Just("nonsense")])).prop_map(
        |(mut content, context)| {
            content.extend(context.map(|context| ("execution_context".to_owned(), context.into())));
            Value::from(content)
        },
    );
    let position = (any::<i16>(), -9.5..9.5_f64, free_map()).prop_map(|(x, y, mut position)| {
        position.insert("x".into(), x.into());
        position.insert("y".into(), (y.trunc() + 0.5).into());
        position
    });
    (kind(), content, option::of("[a-z]{1,4}"), position, free_map(), context(), extra).prop_map(
        move |(kind, content, template, position, info, execution_context, extra)| NodeDefinition {
            id: format!("n{index}").into(),
            kind,
            content,
            template,
            position,
            info,
            execution_context,
            extra,
            at: Pointer::root(),
        },
    )
}

/// Connections with distinct ends or types, so that none collapse.
fn connections(nodes: usize) -> impl Strategy<Value = Vec<ConnectionDefinition>> {
    let predicate = option::of(prop_oneof![
        Just(json!("temp.x == 1")),
        Just(json!({"var": "temp.x", "eq": 1})),
        Just(json!({"if": "odd"})),
        Just(json!(true)),
    ]);
    let key = (0..=nodes, 0..=nodes, connection_kind());
    btree_map(key, (predicate, free_map(), free_map(), free_map()), 0..8).prop_map(|all| {
        let connection = |((source, target, kind), (predicate, info, mut extra, remarks))| {
            let _: &Map<String, Value> = &remarks;
            if !remarks.is_empty() {
                Map::insert(&mut extra, "conditions".into(), remarks.into());
            }
            ConnectionDefinition {
                source: NodeId::from(format!("n{source}")),
                target: NodeId::from(format!("n{target}")),
                kind,
                predicate,
                info,
                extra,
                at: Pointer::root(),
                copies: Vec::new(),
            }
        };
        all.into_iter().map(connection).collect()
    })
}

fn definition() -> impl Strategy<Value = FlowDefinition> {
    let nodes = (0..5_usize).prop_flat_map(|count| {
        let nodes: Vec<_> = (0..count).map(node).collect();
        (nodes, connections(count))
    });
    let ids = (option::of(any::<u128>()), option::of(any::<u128>()), option::of("[a-z]{1,5}"));
    let texts = ("[ -~]{1,9}", option::of("[ -~]{0,9}"), "[0-9]\\.[0-9]");
    let maps = (free_map(), option::of(free_map()), free_map(), free_map());
    let visibility = prop_oneof![
        Just(Visibility::Private),
        Just(Visibility::School),
        Just(Visibility::Public),
        Just(Visibility::Wriveted)
    ];
    (nodes, ids, texts, maps, visibility, any::<bool>(), "n[0-9]").prop_map(
        |(graph, ids, texts, maps, visibility, trace_enabled, entry)| {
            let ((nodes, connections), (id, school_id, seed_key)) = (graph, ids);
            let ((name, description, version), (info, contract, data_keys, extra)) = (texts, maps);
            FlowDefinition {
                id: id.map(|id| FlowId(Uuid::from_u128(id))),
                seed_key,
                name,
                description,
                version,
                entry: Some(entry.into()),
                visibility,
                school_id: school_id.map(|id| TenantId(Uuid::from_u128(id))),
                info,
                contract,
                trace_enabled,
                trace_level: TraceLevel::Verbose,
                trace_sample_rate: 12.5,
                retention_days: 7,
                nodes,
                connections,
                data_keys,
                extra,
                entry_at: Pointer::root(),
                data_at: Pointer::root(),
            }
        },
    )
}

/// Keys that mean something somewhere in a flow, and some that do not.
fn key() -> impl Strategy<Value = String> {
    let known = [
        "id",
        "node_id",
        "node_key",
        "type",
        "node_type",
        "nodeType",
        "content",
        "template",
        "position",
        "positionAbsolute",
        "info",
        "meta_data",
        "data",
        "execution_context",
        "connections",
        "edges",
        "nodes",
        "flow",
        "flow_data",
        "source",
        "target",
        "from",
        "to",
        "connection_type",
        "sourceHandle",
        "conditions",
        "condition",
        "if",
        "cel",
        "expression",
        "entry_node_id",
        "name",
        "version",
        "visibility",
        "contract",
        "seed_key",
        "return_state",
        "variables",
        "x",
        "y",
        "x_extra",
        "school_id",
    ];
    proptest::sample::select(known.to_vec()).prop_map(Into::into)
}

/// JSON made of the words of flow documents, in no sensible order.
fn messy() -> impl Strategy<Value = Value> {
    let words = [
        "a",
        "b",
        "",
        "custom",
        "message",
        "Question",
        "buttons",
        "composite",
        "complete",
        "$1",
        "option_2",
        "smoothstep",
        "step",
        "default",
        "9?",
        "mixed",
        "global",
        "temp.x",
        "\0",
    ];
    let word = proptest::sample::select(words.to_vec()).prop_map(Value::from);
    prop_oneof![4 => word, 1 => leaf()].prop_recursive(6, 96, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map(key(), inner, 0..7).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A document of one of the three shapes around messy nodes and connections.
fn messy_document() -> impl Strategy<Value = Value> {
    let object =
        || btree_map(key(), messy(), 0..8).prop_map(|map| Value::Object(map.into_iter().collect()));
    (object(), object(), vec(object(), 0..5), vec(object(), 0..6), 0..3_u8).prop_map(
        |(mut envelope, mut graph, nodes, edges, shape)| {
            graph["nodes"] = nodes.into();
            graph["edges"] = edges.into();
            if shape == 0 {
                return graph;
            }
            envelope["flow_data"] = graph;
            if shape == 1 { envelope } else { json!({"flow": envelope}) }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_reads_back_as_it_was(definition in definition()) {
        // R1.29.
        let written = definition.to_value();
        prop_assert_eq!(placeless(read(&written)), definition);
    }

    #[test]
    fn writing_is_a_fixed_point_for_any_input(document in messy_document()) {
        // R1.29.
        let first = read(&document);
        let written = first.to_value();
        let second = read(&written);
        prop_assert_eq!(second.to_value(), written);
        prop_assert_eq!(second.graph_hash(), first.graph_hash());
        prop_assert_eq!(first.graph_hash(), sha256_hex(&canonical_value(&essence(&first))));
        prop_assert_eq!(placeless(second), placeless(first));
    }

    #[test]
    fn arbitrary_json_is_read_without_panic(document in messy()) {
        let (definition, report) = FlowDefinition::read(&document);
        prop_assert!(definition.is_some() || report.has_errors());
        let text = document.to_string();
        prop_assert_eq!(FlowDefinition::read_json(&text), (definition, report));
    }

    #[test]
    fn arbitrary_text_is_read_without_panic(text in any::<String>()) {
        let (definition, report) = FlowDefinition::read_json(&text);
        prop_assert!(definition.is_some() || report.has_errors());
    }

    #[test]
    fn every_place_exists_in_the_document(document in messy_document()) {
        let (definition, report) = FlowDefinition::read(&document);
        let definition = definition.expect("a flow");
        for node in &definition.nodes {
            prop_assert!(document.pointer(node.at.as_str()).is_some());
        }
        for connection in &definition.connections {
            prop_assert!(document.pointer(connection.at.as_str()).is_some());
        }
        for diagnostic in report.errors() {
            prop_assert!(document.pointer(diagnostic.at.as_str()).is_some(), "{diagnostic}");
        }
    }

    #[test]
    fn unknown_keys_survive(extras in free_map()) {
        // R1.2, R1.30.
        let mut document = json!({"name": "x", "version": "1", "flow_data": {
            "nodes": [{"id": "a", "type": "message", "content": {}, "data": {}}],
            "connections": [{"source": "a", "target": "a", "data": {}}]
        }});
        let places = ["", "/flow_data", "/flow_data/nodes/0", "/flow_data/nodes/0/content",
                      "/flow_data/nodes/0/data", "/flow_data/connections/0",
                      "/flow_data/connections/0/data"];
        for place in places {
            let map = document.pointer_mut(place).and_then(Value::as_object_mut);
            map.expect("an object").extend(extras.clone());
        }
        let written = read(&document).to_value();
        for place in places {
            for (key, value) in &extras {
                prop_assert_eq!(written.pointer(place).and_then(|map| map.get(key)), Some(value));
            }
        }
    }
}
