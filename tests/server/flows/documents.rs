//! Flows as documents, out and in again.

use serde_json::{Value, json};

use super::{Case, actions, create, path, put, quiz};
use crate::real::{Answer, Served, Who};

pub(super) fn cases() -> Vec<(&'static str, Case)> {
    vec![
        ("what goes out comes in again", round_trip),
        ("every shape of document comes in", shapes),
        ("an import changes only what its maker may", rights),
        ("a document brings what it refers to", including),
    ]
}

const IMPORT: &str = "/v1/cms/flows/import";

fn import(managed: &Served, who: Who, query: &str, document: &Value) -> Answer {
    managed.send(who, ("POST", &format!("{IMPORT}{query}")), document)
}

/// The hash under which a flow is published.
fn hash(managed: &Served, flow: &Value) -> Value {
    let published = put(managed, Who::Platform, flow, &json!({"publish": true}));
    assert_eq!(published.status, 200, "{published:?}");
    managed.get(Who::Platform, &path(flow, "/versions")).body["data"][0]["graph_hash"].clone()
}

fn round_trip(managed: &Served) {
    // S11.1, S11.4
    let more = json!({"info": {"seed_key": "sea", "colour": "blue"}, "contract": {"return_state": ["temp.arms"]},
        "description": "About the sea", "version": "3.1.4", "trace_enabled": true});
    let flow = create(managed, Who::Platform, &more);
    let exported = managed.get(Who::Platform, &path(&flow, "/export"));
    assert_eq!(exported.status, 200, "{exported:?}");
    let document = exported.body;
    assert_eq!(document["format"], "chatflow/1");
    let inner = &document["flow"];
    assert_eq!((&inner["seed_key"], &inner["version"]), (&json!("sea"), &json!("3.1.4")));
    let contract = json!({"return_state": ["temp.arms"]});
    assert_eq!((&inner["flow_data"], &inner["contract"]), (&flow["flow_data"], &contract));
    for key in ["id", "school_id", "created_by"] {
        assert!(inner.get(key).is_none(), "{key}");
    }
    let again = import(managed, Who::Platform, "", &document);
    assert_eq!(again.status, 201, "{again:?}");
    let again = again.body;
    assert_eq!(actions(managed, &again), ["flow.import"]);
    for key in [
        "name",
        "description",
        "version",
        "flow_data",
        "info",
        "contract",
        "entry_node_id",
        "trace_enabled",
    ] {
        assert_eq!(again[key], flow[key], "{key}");
    }
    assert_ne!(again["id"], flow["id"]);
    assert_eq!(hash(managed, &again), hash(managed, &flow));
    // The same document again is no change.
    let document = managed.get(Who::Platform, &path(&flow, "/export")).body;
    let query = format!("?mode=update&flow_id={}", flow["id"].as_str().unwrap());
    let same = import(managed, Who::Platform, &query, &document);
    assert_eq!(same.status, 200, "{same:?}");
    let stored = managed.get(Who::Platform, &path(&flow, "")).body;
    assert_eq!(same.body, stored);
    let mut other = document;
    other["flow"]["name"] = json!("Renamed");
    let changed = import(managed, Who::Platform, &query, &other).body;
    assert_eq!((&changed["name"], &changed["id"]), (&json!("Renamed"), &flow["id"]));
    assert_eq!(changed["is_published"], true);
}

fn shapes(managed: &Served) {
    // S11.2
    for document in [
        quiz(),
        json!({"flow_data": quiz()}),
        json!({"name": "Sea", "version": "1.0.0", "flow_data": quiz()}),
        json!({"format": "chatflow/1", "flow": {"name": "Sea", "flow_data": quiz()}}),
    ] {
        let made = import(managed, Who::Educator(1), "", &document);
        assert_eq!(made.status, 201, "{document} {made:?}");
        assert_eq!(made.body["flow_data"]["nodes"], quiz_nodes(&made.body));
        let dry = import(managed, Who::Educator(1), "?dry_run=true", &document);
        assert_eq!((dry.status, &dry.body["is_valid"]), (200, &json!(true)), "{dry:?}");
    }
    let listed = managed.get(Who::Educator(1), "/v1/cms/flows").body;
    assert_eq!(listed["pagination"]["total"], 4);
    for document in [json!({}), json!({"nodes": 1}), json!({"flow_data": []})] {
        let refused = import(managed, Who::Educator(1), "", &document);
        refused.refuses(422, "validation_error", &document.to_string());
        let dry = import(managed, Who::Educator(1), "?dry_run=true", &document);
        assert_eq!((dry.status, &dry.body["is_valid"]), (200, &json!(false)), "{dry:?}");
    }
    let dangling = json!({"nodes": [], "connections": [{"source": "a", "target": "b"}]});
    let refused = import(managed, Who::Educator(1), "", &dangling);
    refused.refuses(422, "dangling_connection", "a connection of nothing");
    import(managed, Who::Educator(1), "?mode=replace", &quiz()).refuses(
        422,
        "validation_error",
        "mode",
    );
}

fn quiz_nodes(flow: &Value) -> Value {
    let nodes = flow["flow_data"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 2);
    json!(nodes)
}

fn rights(managed: &Served) {
    let wide = json!({"name": "Sea", "visibility": "wriveted", "flow_data": quiz(),
        "info": {"seed_key": "sea"}});
    let made = import(managed, Who::Educator(1), "", &wide).body;
    assert_eq!(made["visibility"], "private");
    assert!(
        made["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|text| text.as_str().unwrap().contains("private")),
        "{made}"
    );
    let platform = import(managed, Who::Platform, "", &wide).body;
    assert_eq!(
        (&platform["visibility"], &platform["school_id"]),
        (&json!("wriveted"), &Value::Null)
    );
    import(managed, Who::Reader(1), "", &wide).refuses(403, "forbidden", "a reader");
    // By its key each finds only what is their own.
    let mut renamed = wide.clone();
    renamed["name"] = json!("Renamed");
    let changed = import(managed, Who::Educator(1), "?mode=update", &renamed);
    assert_eq!((changed.status, &changed.body["id"]), (200, &made["id"]), "{changed:?}");
    assert_eq!(changed.body["visibility"], "private");
    import(managed, Who::Educator(2), "?mode=update", &renamed).refuses(
        404,
        "flow_not_found",
        "nobody's",
    );
    let id = |flow: &Value| format!("?mode=UPDATE&flow_id={}", flow["id"].as_str().unwrap());
    import(managed, Who::Educator(2), &id(&made), &renamed).refuses(
        404,
        "flow_not_found",
        "hidden",
    );
    import(managed, Who::Educator(2), &id(&platform), &renamed).refuses(
        403,
        "forbidden",
        "everyone's",
    );
}

fn including(managed: &Served) {
    // S11.1, S11.5
    let child =
        create(managed, Who::Platform, &json!({"name": "Child", "info": {"seed_key": "child"}}));
    put(managed, Who::Platform, &child, &json!({"publish": true}));
    let content = json!({"composite_flow_id": child["id"], "composite_flow_seed_key": "child"});
    let data = json!({"nodes": [{"id": "hello", "type": "composite", "content": content}]});
    let parent = create(managed, Who::Platform, &json!({"name": "Parent", "flow_data": data}));
    let exported =
        managed.get(Who::Platform, &path(&parent, "/export?include=subflows,content,theme")).body;
    let subflows = exported["subflows"].as_array().unwrap();
    assert_eq!(subflows.len(), 1);
    assert_eq!(
        (&subflows[0]["name"], &subflows[0]["seed_key"]),
        (&json!("Child"), &json!("child"))
    );
    assert_eq!((&exported["content"], &exported["themes"]), (&json!([]), &json!([])));
    let bare = managed.get(Who::Platform, &path(&parent, "/export")).body;
    assert!(bare.get("subflows").is_none());
    // Elsewhere the child has another id; its key leads to it.
    let mut moved = exported;
    moved["flow"]["flow_data"]["nodes"][0]["content"]["composite_flow_id"] =
        json!("00000000-0000-4000-8000-000000000009");
    let linked = |answer: &Answer| {
        answer.body["flow_data"]["nodes"][0]["content"]["composite_flow_id"].clone()
    };
    let made = import(managed, Who::Platform, "", &moved);
    assert_eq!((linked(&made), &made.body["warnings"]), (child["id"].clone(), &Value::Null));
    // One without a key is found by the name that it has in the document.
    let nameless = json!({"composite_flow_id": "00000000-0000-4000-8000-000000000009",
                          "composite_name": "Child"});
    moved["flow"]["flow_data"]["nodes"][0]["content"] = nameless;
    assert_eq!(linked(&import(managed, Who::Platform, "", &moved)), child["id"]);
    // What leads nowhere is told, and stands in the way of publishing.
    moved["subflows"] = json!([]);
    let lost = import(managed, Who::Platform, "", &moved);
    assert_eq!(lost.status, 201, "{lost:?}");
    let told = lost.body["warnings"].as_array().expect("a warning");
    assert!(told.iter().any(|text| text.as_str().unwrap().contains("not here")), "{lost:?}");
    let refused = put(managed, Who::Platform, &lost.body, &json!({"publish": true}));
    assert_eq!((refused.status, &refused.body["code"]), (400, &json!("flow_validation_failed")));
}
