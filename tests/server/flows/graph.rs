//! Nodes, connections, and changes of several at once.

use serde_json::{Value, json};

use super::{Case, actions, create, events, kinds, path, put, read};
use crate::real::{Answer, Served, Who};

pub(super) fn cases() -> Vec<(&'static str, Case)> {
    vec![
        ("nodes are added, read, changed and removed", nodes),
        ("keys of nodes that mean nothing are named", unknown_keys),
        ("nodes that are odd are kept or refused", odd_nodes),
        ("a node is found by either name", references),
        ("a renamed node keeps what leads to it", renamed),
        ("moving nodes is no change of the flow", positions),
        ("connections are added, changed and removed", connections),
        ("several changes are made at once", batches),
        ("of several changes all are made or none", failing_batches),
    ]
}

pub(super) fn send(
    managed: &Served,
    method: &str,
    flow: &Value,
    rest: &str,
    body: &Value,
) -> Answer {
    managed.send(Who::Platform, (method, &path(flow, rest)), body)
}

pub(super) fn get(managed: &Served, flow: &Value, rest: &str) -> Value {
    let answer = managed.get(Who::Platform, &path(flow, rest));
    assert_eq!(answer.status, 200, "{rest}: {answer:?}");
    answer.body
}

fn nodes(managed: &Served) {
    // S3.101 to S3.114
    let flow = create(managed, Who::Platform, &json!({}));
    let new = json!({"node_id": "again", "node_type": "message", "content": {},
        "info": {"colour": "blue"}, "position": {"x": 1.5, "y": -2, "locked": true}});
    let made = send(managed, "POST", &flow, "/nodes", &new);
    assert_eq!(made.status, 201, "{made:?}");
    let node = &made.body;
    let id = node["id"].as_str().unwrap();
    assert_eq!(made.header("location"), path(&flow, &format!("/nodes/{id}")));
    assert_eq!((&node["flow_id"], &node["node_id"]), (&flow["id"], &json!("again")));
    assert_eq!((&node["template"], &node["execution_context"]), (&Value::Null, &json!("backend")));
    assert_eq!(node["position"], json!({"x": 1.5, "y": -2, "locked": true}));
    assert_eq!(node["info"], json!({"colour": "blue"}));
    let script = json!({"node_id": "code", "node_type": "Script", "content": {"code": "1"}});
    let script = send(managed, "POST", &flow, "/nodes", &script).body;
    assert_eq!(
        (&script["node_type"], &script["execution_context"]),
        (&json!("script"), &json!("frontend"))
    );
    let listed = get(managed, &flow, "/nodes");
    let ids: Vec<_> =
        listed["data"].as_array().unwrap().iter().map(|node| node["node_id"].clone()).collect();
    assert_eq!(ids, ["hello", "arms", "again", "code"]);
    let total = |query: &str| {
        get(managed, &flow, &format!("/nodes?{query}"))["pagination"]["total"].clone()
    };
    assert_eq!(
        (total("node_type=MESSAGE"), total("search=a"), total("limit=0")),
        (json!(2), json!(2), json!(4))
    );
    let changed =
        send(managed, "PUT", &flow, "/nodes/again", &json!({"content": {"text": "Again!"}}));
    assert_eq!((changed.status, &changed.body["content"]), (200, &json!({"text": "Again!"})));
    assert_eq!(
        (&changed.body["id"], &changed.body["created_at"]),
        (&node["id"], &node["created_at"])
    );
    assert_eq!(changed.body["position"], node["position"]);
    let null = send(managed, "PUT", &flow, "/nodes/again", &json!({"content": null}));
    null.refuses(422, "validation_error", "null");
    assert_eq!(send(managed, "DELETE", &flow, "/nodes/again", &Value::Null).status, 204);
    send(managed, "DELETE", &flow, "/nodes/again", &Value::Null).refuses(
        404,
        "node_not_found",
        "gone",
    );
    // S3.112: the entry keeps its value.
    assert_eq!(send(managed, "DELETE", &flow, "/nodes/hello", &Value::Null).status, 204);
    let left = read(managed, &flow);
    assert_eq!(
        (&left["entry_node_id"], &left["flow_data"]["connections"]),
        (&json!("hello"), &json!([]))
    );
}

fn unknown_keys(managed: &Served) {
    let flow = create(managed, Who::Platform, &json!({}));
    // F37
    let odd =
        json!({"node_id": "odd", "node_type": "message", "content": {"text": "x"}, "colour": 1});
    let odd = send(managed, "POST", &flow, "/nodes", &odd).body;
    let of = |node: &Value| node["warnings"].as_array().cloned().unwrap_or_default();
    assert_eq!(of(&odd).len(), 1, "{odd}");
    assert_eq!(odd["warnings"][0]["rule_id"], "unknown_field");
    assert_eq!(odd["warnings"][0]["message"], "unknown key `colour` was ignored");
    let changed = send(managed, "PUT", &flow, "/nodes/odd", &json!({"text": "y"})).body;
    assert_eq!(changed["warnings"][0]["message"], "unknown key `text` was ignored");
    assert_eq!(send(managed, "DELETE", &flow, "/nodes/odd", &Value::Null).status, 204);
}

fn odd_nodes(managed: &Served) {
    // S1.44, S3.109, S3.110, F34
    let flow = create(managed, Who::Platform, &json!({}));
    let new = json!({"node_id": "again", "node_type": "message", "content": {}});
    assert_eq!(send(managed, "POST", &flow, "/nodes", &new).status, 201);
    send(managed, "POST", &flow, "/nodes", &new).refuses(409, "node_exists", "a taken id");
    for id in ["", "a/b", "positions", " a", "a ", "a\u{7}b", &"x".repeat(256)] {
        let mut bad = new.clone();
        bad["node_id"] = json!(id);
        send(managed, "POST", &flow, "/nodes", &bad).refuses(422, "invalid_node_id", id);
    }
    let mut odd = new.clone();
    (odd["node_id"], odd["node_type"]) = (json!("odd"), json!("telepathy"));
    // F34: it is kept, with what is wrong with it.
    let odd = send(managed, "POST", &flow, "/nodes", &odd);
    assert_eq!(
        (odd.status, &odd.body["warnings"][0]["rule_id"]),
        (201, &json!("node.unknown_type")),
        "{odd:?}"
    );
    let mut large = new.clone();
    (large["node_id"], large["content"]) =
        (json!("large"), json!({"text": "x".repeat(257 * 1024)}));
    send(managed, "POST", &flow, "/nodes", &large).refuses(422, "validation_error", "large");
    for body in [
        json!({"node_id": "x", "node_type": "message"}),
        json!({"node_id": "x", "content": {}}),
        json!({"node_id": "x", "node_type": "message", "content": null}),
    ] {
        send(managed, "POST", &flow, "/nodes", &body).refuses(
            422,
            "validation_error",
            &body.to_string(),
        );
    }
}

fn references(managed: &Served) {
    // S3.107
    let flow = create(managed, Who::Platform, &json!({}));
    let arms = get(managed, &flow, "/nodes/arms");
    let by_row = format!("/nodes/{}", arms["id"].as_str().unwrap());
    assert_eq!(get(managed, &flow, &by_row), arms);
    assert_eq!(get(managed, &flow, &by_row.to_uppercase().replace("/NODES", "/nodes")), arms);
    // A node whose name looks like another's row goes before it.
    let new = json!({"node_id": arms["id"], "node_type": "message", "content": {}});
    assert_eq!(send(managed, "POST", &flow, "/nodes", &new).status, 201);
    assert_eq!(get(managed, &flow, &by_row)["node_type"], "message");
    let new = json!({"node_id": "ā ?%", "node_type": "message", "content": {}});
    assert_eq!(send(managed, "POST", &flow, "/nodes", &new).status, 201);
    assert_eq!(get(managed, &flow, "/nodes/%C4%81%20%3F%25")["node_id"], "ā ?%");
    let other = create(managed, Who::Platform, &json!({}));
    for reference in
        [by_row.as_str(), "/nodes/ghost", "/nodes/00000000-0000-4000-8000-000000000000"]
    {
        for (method, body) in [("GET", Value::Null), ("PUT", json!({})), ("DELETE", Value::Null)] {
            let answer = send(managed, method, &other, reference, &body);
            answer.refuses(404, "node_not_found", reference);
        }
    }
}

fn renamed(managed: &Served) {
    // S3.111
    let flow = create(managed, Who::Platform, &json!({}));
    let renamed = send(managed, "PUT", &flow, "/nodes/hello", &json!({"node_id": "welcome"}));
    assert_eq!((renamed.status, &renamed.body["node_id"]), (200, &json!("welcome")), "{renamed:?}");
    let stored = read(managed, &flow);
    assert_eq!(stored["entry_node_id"], "welcome");
    assert_eq!(stored["flow_data"]["connections"][0]["source"], "welcome");
    assert_eq!(stored["flow_data"]["nodes"][0]["id"], "welcome");
    let taken = send(managed, "PUT", &flow, "/nodes/welcome", &json!({"node_id": "arms"}));
    taken.refuses(409, "node_exists", "a taken id");
    assert_eq!(send(managed, "PUT", &flow, "/nodes/arms", &json!({"node_id": "arms"})).status, 200);
    assert_eq!(put(managed, Who::Platform, &flow, &json!({"publish": true})).status, 200);
}

fn positions(managed: &Served) {
    // S3.113
    let flow = create(managed, Who::Platform, &json!({"is_published": true}));
    let hash = || get(managed, &flow, "/versions")["data"][0]["graph_hash"].clone();
    let before = hash();
    let body = json!({"positions": {"hello": {"x": 10, "y": 40, "z": 3}, "arms": {"x": 260.5, "y": 40}, "ghost": {"x": 0, "y": 0}}});
    let moved = send(managed, "PUT", &flow, "/nodes/positions", &body);
    assert_eq!(
        (moved.status, moved.body),
        (200, json!({"message": "Node positions updated", "updated": 2, "unknown": ["ghost"]}))
    );
    let stored = read(managed, &flow);
    assert_eq!((&stored["has_unpublished_changes"], hash()), (&json!(false), before));
    assert_eq!(stored["flow_data"]["nodes"][0]["position"], json!({"x": 10, "y": 40, "z": 3}));
    assert_eq!(stored["row_version"], 2);
    let told = events(managed, &flow);
    assert_eq!(
        told[2],
        (
            "flow_node_positions_updated".to_owned(),
            json!({"flow_name": "Quiz", "positions_count": 2})
        )
    );
    // Extra keys stay where only x and y come.
    let body = json!({"positions": {"hello": {"x": 0, "y": 0}}});
    send(managed, "PUT", &flow, "/nodes/positions", &body);
    assert_eq!(get(managed, &flow, "/nodes/hello")["position"], json!({"x": 0, "y": 0, "z": 3}));
    let many: serde_json::Map<_, _> =
        (0..2001).map(|n| (format!("n{n}"), json!({"x": 0, "y": 0}))).collect();
    for body in [
        json!({"positions": {}}),
        json!({"positions": many}),
        json!({"positions": {"hello": {"x": 1_000_001, "y": 0}}}),
        json!({"positions": {"hello": {"x": 0}}}),
        json!({"positions": {"hello": {"x": "0", "y": 0}}}),
        json!({"positions": []}),
        json!({}),
    ] {
        let refused = send(managed, "PUT", &flow, "/nodes/positions", &body);
        refused.refuses(422, "validation_error", "positions");
    }
    let unknown = json!({"positions": {"ghost": {"x": 0, "y": 0}}});
    assert_eq!(send(managed, "PUT", &flow, "/nodes/positions", &unknown).body["updated"], 0);
    assert_eq!(kinds(managed, &flow).len(), 4);
}

fn connections(managed: &Served) {
    // S3.115 to S3.121, F1
    let flow = create(managed, Who::Platform, &json!({}));
    let new = json!({"source_node_id": "arms", "target_node_id": "hello", "connection_type": "OPTION_0",
        "conditions": {"if": "temp.arms == 5"}, "info": {"priority": 2}});
    let made = send(managed, "POST", &flow, "/connections", &new);
    assert_eq!((made.status, &made.body["connection_type"]), (201, &json!("$0")), "{made:?}");
    assert_eq!(
        (&made.body["conditions"], &made.body["info"]),
        (&json!({"if": "temp.arms == 5"}), &json!({"priority": 2}))
    );
    send(managed, "POST", &flow, "/connections", &new).refuses(409, "connection_exists", "again");
    // F37
    let id = made.body["id"].as_str().unwrap();
    let line = format!("/connections/{id}");
    let changed = send(managed, "PUT", &flow, &line, &json!({"priority": 1}));
    assert_eq!(changed.body["warnings"], json!(["unknown key `priority` was ignored"]));
    assert_eq!(made.body["warnings"], Value::Null);
    for (body, status, code) in [
        (
            json!({"source_node_id": "arms", "target_node_id": "ghost", "connection_type": "default"}),
            400,
            "node_not_in_flow",
        ),
        (
            json!({"source_node_id": "arms", "target_node_id": "hello", "connection_type": "no type"}),
            422,
            "validation_error",
        ),
        (json!({"source_node_id": "arms", "target_node_id": "hello"}), 422, "validation_error"),
    ] {
        send(managed, "POST", &flow, "/connections", &body).refuses(
            status,
            code,
            &body.to_string(),
        );
    }
    let own =
        json!({"source_node_id": "arms", "target_node_id": "arms", "connection_type": "retry"});
    assert_eq!(send(managed, "POST", &flow, "/connections", &own).status, 201);
    let listed = get(managed, &flow, "/connections");
    let kinds: Vec<_> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["connection_type"].clone())
        .collect();
    assert_eq!(kinds, ["default", "$0", "retry"]);
    let line = format!("/connections/{}", made.body["id"].as_str().unwrap());
    let changed = send(managed, "PUT", &flow, &line, &json!({"conditions": {}}));
    assert_eq!((changed.status, &changed.body["conditions"]), (200, &json!({})), "{changed:?}");
    assert_eq!(changed.body["id"], made.body["id"]);
    assert_eq!(changed.body["info"], json!({"priority": 2}));
    let retyped = send(managed, "PUT", &flow, &line, &json!({"connection_type": "default"}));
    assert_eq!((retyped.status, &retyped.body["connection_type"]), (200, &json!("default")));
    let line = format!("/connections/{}", retyped.body["id"].as_str().unwrap());
    gone(managed, &flow, &line);
}

fn gone(managed: &Served, flow: &Value, line: &str) {
    // S3.12, S3.121
    let other = create(managed, Who::Platform, &json!({}));
    send(managed, "DELETE", &other, line, &Value::Null).refuses(
        404,
        "connection_not_found",
        "another flow's",
    );
    assert_eq!(send(managed, "DELETE", flow, line, &Value::Null).status, 204);
    send(managed, "DELETE", flow, line, &Value::Null).refuses(404, "connection_not_found", "gone");
    send(managed, "PUT", flow, "/connections/x", &json!({})).refuses(422, "invalid_uuid", "x");
}

fn batches(managed: &Served) {
    // S3.122, S3.123
    let flow = create(managed, Who::Platform, &json!({}));
    let operations = json!([
        {"op": "add_node", "node": {"node_id": "bye", "node_type": "message", "content": {"text": "Bye!"}}},
        {"op": "add_connection", "connection": {"source_node_id": "arms", "target_node_id": "bye", "connection_type": "default"}},
        {"op": "update_node", "node_id": "hello", "patch": {"node_id": "hi", "template": "t"}},
        {"op": "remove_connection", "connection": {"source_node_id": "hi", "target_node_id": "arms", "connection_type": "default"}},
        {"op": "set_entry", "node_id": "arms"},
        {"op": "move", "positions": {"bye": {"x": 5, "y": 6}}},
        {"op": "remove_node", "node_id": "hi"},
    ]);
    let body = json!({"operations": operations, "base_row_version": 1});
    let changed = send(managed, "POST", &flow, "/graph", &body);
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(
        (&changed.body["row_version"], &changed.body["entry_node_id"]),
        (&json!(2), &json!("arms"))
    );
    let nodes = changed.body["flow_data"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.iter().map(|node| &node["id"]).collect::<Vec<_>>(), ["arms", "bye"]);
    assert_eq!(nodes[1]["position"], json!({"x": 5, "y": 6}));
    let told = events(managed, &flow);
    assert_eq!(told.len(), 2);
    assert_eq!(told[1].1["changes"], json!(["flow_data", "entry_node_id"]));
    assert_eq!(actions(managed, &flow), ["flow.create", "flow.update"]);
    let stale = send(managed, "POST", &flow, "/graph", &body);
    stale.refuses(409, "flow_changed", "an old version");
    assert_eq!(stale.body["row_version"], 2);
}

fn failing_batches(managed: &Served) {
    // The last one fails, so none is made.
    let flow = create(managed, Who::Platform, &json!({}));
    let bye = json!({"node_id": "bye", "node_type": "message", "content": {}});
    send(managed, "POST", &flow, "/nodes", &bye);
    let before = read(managed, &flow);
    let good = json!({"op": "add_node", "node": {"node_id": "new", "node_type": "message", "content": {}}});
    for (bad, status, code) in [
        (json!({"op": "remove_node", "node_id": "ghost"}), 404, "node_not_found"),
        (
            json!({"op": "add_node", "node": {"node_id": "bye", "node_type": "message", "content": {}}}),
            409,
            "node_exists",
        ),
        (
            json!({"op": "update_node", "node_id": "bye", "patch": {"node_id": "arms"}}),
            409,
            "node_exists",
        ),
        (
            json!({"op": "add_connection", "connection": {"source_node_id": "bye", "target_node_id": "x", "connection_type": "default"}}),
            400,
            "node_not_in_flow",
        ),
        (
            json!({"op": "remove_connection", "connection_id": "00000000-0000-4000-8000-000000000000"}),
            404,
            "connection_not_found",
        ),
        (json!({"op": "remove_connection"}), 422, "validation_error"),
        (json!({"op": "explode"}), 422, "validation_error"),
        (
            json!({"op": "add_node", "node": {"node_id": "a/b", "node_type": "message", "content": {}}}),
            422,
            "invalid_node_id",
        ),
    ] {
        let body = json!({"operations": [good, bad]});
        let refused = send(managed, "POST", &flow, "/graph", &body);
        refused.refuses(status, code, &bad.to_string());
        assert_eq!(read(managed, &flow), before, "{bad}");
    }
    assert_eq!(kinds(managed, &flow).len(), 2);
}
