//! Versions of rows, and snapshots as the rows say.

use serde_json::{Value, json};

use super::graph::{get, send};
use super::{Case, create, path, put, read};
use crate::real::{Served, Who};

pub(super) fn cases() -> Vec<(&'static str, Case)> {
    vec![
        ("the editor's version is heeded", versions_of_rows),
        ("snapshots are as the rows say", snapshots),
    ]
}

fn versions_of_rows(managed: &Served) {
    // S3.10
    let flow = create(managed, Who::Platform, &json!({}));
    let with = |method: &str, name: &str, tag: &str| {
        let body = if method == "GET" { Value::Null } else { json!({"description": tag}) };
        managed.send_with(Who::Platform, (method, &path(&flow, "")), &[(name, tag)], &body)
    };
    assert_eq!(managed.get(Who::Platform, &path(&flow, "")).header("etag"), "\"1\"");
    assert_eq!(with("GET", "if-none-match", "\"1\"").status, 304);
    assert_eq!(with("GET", "if-none-match", "\"2\"").status, 200);
    assert_eq!(with("PUT", "if-match", "\"1\"").header("etag"), "\"2\"");
    with("PUT", "if-match", "\"1\"").refuses(412, "precondition_failed", "stale");
    with("PUT", "if-match", "nonsense").refuses(412, "precondition_failed", "no tag");
    with("DELETE", "if-match", "\"1\"").refuses(412, "precondition_failed", "stale");
    assert_eq!(with("PUT", "if-match", "*").status, 200);
    // Of many at once, each is kept: none was written over another.
    std::thread::scope(|scope| {
        for n in 0..6 {
            let flow = &flow;
            scope.spawn(move || {
                let new =
                    json!({"node_id": format!("n{n}"), "node_type": "message", "content": {}});
                let made = send(managed, "POST", flow, "/nodes", &new);
                assert_eq!(made.status, 201, "{made:?}");
            });
        }
    });
    assert_eq!(get(managed, &flow, "/nodes")["pagination"]["total"], 8);
}

fn snapshots(managed: &Served) {
    // S1.46, S1.47, S3.100: what is read is what was written, and again.
    let data = json!({
        "variables": {"temp": {"score": 0}}, "viewport": {"zoom": 2},
        "nodes": [
            {"id": "hello", "type": "MESSAGE", "data": {"content": {"text": "Hi"}}, "selected": true,
             "position": {"x": 1, "y": 2, "w": 3}},
            {"node_id": 7, "node_type": "question", "content": {"text": "Well?", "variable": "temp.a"}},
        ],
        "edges": [{"from": "hello", "to": 7, "sourceHandle": "$0", "data": {"note": "n"}}],
    });
    let flow = create(managed, Who::Platform, &json!({"flow_data": data}));
    let snapshot = &flow["flow_data"];
    assert_eq!(snapshot["nodes"][0]["type"], "message");
    assert_eq!(
        (&snapshot["nodes"][1]["id"], &snapshot["connections"][0]["target"]),
        (&json!("7"), &json!("7"))
    );
    assert_eq!(
        (&snapshot["variables"], &snapshot["viewport"]),
        (&data["variables"], &data["viewport"])
    );
    assert_eq!(snapshot["nodes"][0]["position"], json!({"x": 1, "y": 2, "w": 3}));
    let again = put(managed, Who::Platform, &flow, &json!({"flow_data": snapshot})).body;
    assert_eq!(again, flow);
    let line = "/v1/cms/flows/regenerate-snapshots";
    for body in [json!({"flow_ids": null}), json!({"flow_ids": [flow["id"]]}), json!({})] {
        let done = managed.send(Who::Platform, ("POST", line), &body);
        assert_eq!((done.status, &done.body["msg"]), (200, &json!("ok")), "{done:?}");
        assert_eq!(
            (&done.body["stats"]["requested"], &done.body["stats"]["updated"]),
            (&json!(1), &json!(0))
        );
        assert_eq!(done.body["stats"]["errors"], json!([]));
    }
    assert_eq!(read(managed, &flow), flow);
    let unknown = json!({"flow_ids": ["00000000-0000-4000-8000-000000000000"]});
    let done = managed.send(Who::Platform, ("POST", line), &unknown);
    assert_eq!(done.body["stats"]["errors"][0]["error"], "Flow not found");
    managed.send(Who::Admin(1), ("POST", line), &json!({})).refuses(403, "forbidden", "an admin");
    // As many as may be named, most of which are not there, cost a few reads and not one each.
    let id = |n: usize| format!("00000000-0000-4000-8000-{n:012}");
    let mut ids: Vec<_> = (0..9_998).map(|n| json!(id(n))).collect();
    ids.extend([flow["id"].clone(), flow["id"].clone()]);
    let done = managed.send(Who::Platform, ("POST", line), &json!({"flow_ids": ids}));
    let stats = &done.body["stats"];
    assert_eq!((&stats["requested"], &stats["updated"]), (&json!(10_000), &json!(0)));
    let errors = stats["errors"].as_array().unwrap();
    assert_eq!((errors.len(), &errors[7]["flow_id"]), (9_998, &json!(id(7))));
    assert_eq!(stats["per_flow"].as_array().unwrap().len(), 10_000);
    assert!(stats["duration_ms"].as_u64().unwrap() < 5_000, "{}", stats["duration_ms"]);
}
