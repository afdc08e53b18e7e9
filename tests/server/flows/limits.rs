//! What is refused: ids and bodies that cannot be, and expressions that go too far.

use serde_json::{Value, json};

use super::{Case, create, path, put};
use crate::real::{Served, Who};

pub(super) fn cases() -> Vec<(&'static str, Case)> {
    vec![
        ("ids that are none", ids),
        ("bodies that cannot be", bodies),
        ("documents that cannot be kept", documents),
        ("expressions", expressions),
    ]
}

fn ids(managed: &Served) {
    // S3.3
    let unknown = "00000000-0000-4000-8000-000000000000";
    for (method, rest, body) in [
        ("GET", "", Value::Null),
        ("PUT", "", json!({})),
        ("DELETE", "", Value::Null),
        ("POST", "/clone", json!({})),
        ("GET", "/validate", Value::Null),
        ("GET", "/versions", Value::Null),
        ("GET", "/versions/1", Value::Null),
        ("POST", "/versions/1/restore", json!({})),
        ("POST", "/restore", json!({})),
        ("GET", "/export", Value::Null),
        ("GET", "/nodes", Value::Null),
        ("POST", "/nodes", json!({"node_id": "a", "node_type": "message", "content": {}})),
        ("PUT", "/nodes/positions", json!({"positions": {"a": {"x": 0, "y": 0}}})),
        ("GET", "/nodes/a", Value::Null),
        ("PUT", "/nodes/a", json!({})),
        ("DELETE", "/nodes/a", Value::Null),
        ("GET", "/connections", Value::Null),
        (
            "POST",
            "/connections",
            json!({"source_node_id": "a", "target_node_id": "a", "connection_type": "default"}),
        ),
        ("PUT", &format!("/connections/{unknown}"), json!({})),
        ("DELETE", &format!("/connections/{unknown}"), Value::Null),
        ("POST", "/graph", json!({"operations": []})),
    ] {
        let send = |id: &str| {
            managed.send(Who::Platform, (method, &format!("/v1/cms/flows/{id}{rest}")), &body)
        };
        send(unknown).refuses(404, "flow_not_found", &format!("{method} {rest}"));
        for bad in ["x", "1", "00000000-0000-4000-8000-00000000000", "%F0%9F%98%80"] {
            send(bad).refuses(422, "invalid_uuid", &format!("{method} {bad}{rest}"));
        }
    }
    let flow = create(managed, Who::Platform, &json!({}));
    let simple = flow["id"].as_str().unwrap().replace('-', "").to_uppercase();
    assert_eq!(managed.get(Who::Platform, &format!("/v1/cms/flows/{simple}")).status, 200);
}

fn bodies(managed: &Served) {
    // S3.5, S3.82, S3.83
    let long = "x".repeat(256);
    let base = json!({"name": "Quiz", "flow_data": {}});
    for (key, value) in [
        ("name", json!("")),
        ("name", json!("  ")),
        ("name", json!(long)),
        ("name", json!(null)),
        ("version", json!("x".repeat(51))),
        ("version", json!("")),
        ("flow_data", json!([])),
        ("flow_data", json!(null)),
        ("entry_node_id", json!(long)),
        ("info", json!([])),
        ("contract", json!({"return_state": "x"})),
        ("contract", json!({"entry_requirements": {"variables": ["1x"]}})),
        ("contract", json!({"entry_requirements": {"variables": ["a b"]}})),
        ("visibility", json!("secret")),
        ("school_id", json!("x")),
        ("retention_days", json!(0)),
        ("retention_days", json!(3651)),
        ("trace_sample_rate", json!(101)),
        ("trace_level", json!("loud")),
        ("is_active", json!("yes")),
        ("is_published", json!(1)),
        ("publish_note", json!("x".repeat(501))),
    ] {
        let mut body = base.clone();
        body[key] = value.clone();
        let refused = managed.send(Who::Platform, ("POST", "/v1/cms/flows"), &body);
        refused.refuses(422, "validation_error", &format!("{key}: {value}"));
        assert_eq!(refused.body["detail"][0]["loc"][1], key, "{refused:?}");
    }
    let flow = create(managed, Who::Platform, &json!({}));
    for (key, value) in [
        ("name", json!(null)),
        ("version", json!(null)),
        ("flow_data", json!(null)),
        ("info", json!(null)),
        ("visibility", json!(null)),
        ("is_active", json!(null)),
        ("publish", json!("x")),
        ("version_type", json!("huge")),
        ("retention_days", json!(null)),
    ] {
        let refused = put(managed, Who::Platform, &flow, &json!({key: value}));
        refused.refuses(422, "validation_error", &format!("{key}: {value}"));
    }
    // All of them are told at once.
    let refused = put(managed, Who::Platform, &flow, &json!({"name": 1, "info": 2, "publish": 3}));
    assert_eq!(refused.body["detail"].as_array().unwrap().len(), 3, "{refused:?}");
    let meta = put(managed, Who::Platform, &flow, &json!({"metadata": {}}));
    meta.refuses(422, "unknown_field", "metadata");
    let large = json!({"info": {"text": "x".repeat(9 * 1024 * 1024)}});
    put(managed, Who::Platform, &flow, &large).refuses(413, "body_too_large", "nine megabytes");
}

fn documents(managed: &Served) {
    // F34, S1.44, S1.49
    let flow = create(managed, Who::Platform, &json!({}));
    let node = |id: &str| json!({"id": id, "type": "message", "content": {}});
    for (data, code) in [
        (json!({"nodes": [node("a"), node("a")]}), "duplicate_node_id"),
        (json!({"nodes": [{"type": "message"}]}), "invalid_node_id"),
        (json!({"nodes": [node("a/b")]}), "invalid_node_id"),
        (json!({"nodes": [node("positions")]}), "invalid_node_id"),
        (
            json!({"nodes": [node("a")], "connections": [{"source": "a", "target": "b"}]}),
            "dangling_connection",
        ),
        (json!({"nodes": [node("a")], "connections": [{"source": "a"}]}), "validation_error"),
        (json!({"nodes": {}, "connections": 7}), "validation_error"),
    ] {
        let refused = put(managed, Who::Platform, &flow, &json!({"flow_data": data}));
        refused.refuses(422, code, &data.to_string());
    }
    assert_eq!(managed.get(Who::Platform, &path(&flow, "")).body, flow);
    // Content that is wrong is kept, and told.
    let odd = json!({"nodes": [{"id": "a", "type": "telepathy", "content": "none"}],
        "connections": [{"source": "a", "target": "a", "type": "no type"}]});
    let kept = put(managed, Who::Platform, &flow, &json!({"flow_data": odd}));
    assert_eq!(kept.status, 200, "{kept:?}");
    assert!(kept.body["warnings"].as_array().unwrap().len() >= 2, "{kept:?}");
    assert_eq!(kept.body["flow_data"]["nodes"][0]["type"], "telepathy");
}

fn expressions(managed: &Served) {
    // S3.98
    let line = ("POST", "/v1/cms/flows/evaluate-cel");
    let context = json!({"temp": {"arms": 5}, "user": {"badges": ["shell"]}});
    for (expression, result) in [
        ("temp.arms == 5 && size(user.badges) > 0", Some(json!(true))),
        ("temp.arms + 1", Some(json!(6))),
        ("[1, 2.5, 'x']", Some(json!([1, 2.5, "x"]))),
        ("temp.arms ==", None),
        ("nothing.there", None),
        ("1 / 0", None),
    ] {
        let body = json!({"expression": expression, "context": context});
        let answer = managed.send(Who::Educator(1), line, &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["expression"], expression);
        assert_eq!(answer.body["success"], result.is_some(), "{expression}: {answer:?}");
        assert_eq!(answer.body["result"], result.clone().unwrap_or_default(), "{expression}");
        assert_eq!(answer.body["error"].is_string(), result.is_none(), "{expression}");
    }
    let digits: Vec<u32> = (0..500).collect();
    let nested = "digits.all(a, digits.all(b, digits.all(c, digits.all(d, a + b + c + d >= 0))))";
    let body = json!({"expression": nested, "context": {"digits": digits}});
    let answer = managed.send(Who::Educator(1), line, &body);
    assert_eq!((answer.status, &answer.body["error"]), (200, &json!("evaluation budget exceeded")));
    for body in [
        json!({"expression": "", "context": {}}),
        json!({"expression": "x".repeat(4097), "context": {}}),
        json!({"expression": "1"}),
        json!({"expression": "1", "context": {"text": "x".repeat(65 * 1024)}}),
    ] {
        managed.send(Who::Educator(1), line, &body).refuses(422, "validation_error", "a trial");
    }
    managed.send(Who::Student(1), line, &json!({"expression": "1", "context": {}})).refuses(
        403,
        "forbidden",
        "a learner",
    );
}
