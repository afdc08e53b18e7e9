//! Publishing: labels, versions, what stands in the way, and what is told of it.

use serde_json::{Map, Value, json};

use super::{Case, actions, create, events, kinds, path, put, quiz, read};
use crate::real::{Served, Who};

pub(super) fn cases() -> Vec<(&'static str, Case)> {
    vec![
        ("labels are raised as the rules say", labels_are_raised),
        ("what is unchanged is not published anew", unchanged_is_not_published_anew),
        ("a creation publishes at once or not at all", creation_publishes),
        ("errors stand in the way", errors_stand_in_the_way),
        ("versions stay and can be restored", versions_stay),
        ("a flow is deleted and restored", deleted_and_restored),
        ("what is embedded is published first", cascade),
        ("a flow in use is not deleted", in_use),
        ("fields change alone", fields_change_alone),
        ("references are checked", references_are_checked),
    ]
}

/// A change of the graph that makes another version of it.
fn change(managed: &Served, flow: &Value, n: usize) {
    let text = format!("Question {n}?");
    let body = json!({"content": {"question": {"text": text}, "input_type": "number", "variable": "temp.arms"}});
    let changed = managed.send(Who::Platform, ("PUT", &path(flow, "/nodes/arms")), &body);
    assert_eq!(changed.status, 200, "{changed:?}");
}

/// S3.88, S3.89: the label of the draft, what the request says, and the label of the version.
fn labels_are_raised(managed: &Served) {
    for (label, body, expected) in [
        ("1.0.0", json!({}), "1.1.0"),
        ("1.2.3", json!({}), "1.3.3"),
        ("1.2.3", json!({"version_type": "minor"}), "1.3.0"),
        ("1.2.3", json!({"version_type": "major"}), "2.0.0"),
        ("1.2.3", json!({"version_type": "patch"}), "1.2.4"),
        ("1.2", json!({}), "1.3.0"),
        ("7", json!({}), "7.1.0"),
        ("beta", json!({}), "beta+1"),
        ("beta+1", json!({}), "beta+2"),
        ("1.0.0", json!({"version": "9.9.9"}), "9.9.9"),
        ("1.0.0", json!({"version": "spring", "version_type": "major"}), "spring"),
    ] {
        for alias in ["publish", "is_published"] {
            let flow = create(managed, Who::Platform, &json!({"version": label}));
            let mut body = body.clone();
            body[alias] = json!(true);
            let published = put(managed, Who::Platform, &flow, &body);
            assert_eq!(published.status, 200, "{body} {published:?}");
            assert_eq!(published.body["version"], expected, "{label} {body}");
            assert_eq!(published.body["published_version"], expected);
            assert_eq!(published.body["has_unpublished_changes"], false);
            assert_eq!(published.body["published_by"], json!(Who::Platform.id()));
        }
    }
    // What is taken is passed over.
    let flow = create(managed, Who::Platform, &json!({}));
    let publish = |n: usize, body: Value| {
        change(managed, &flow, n);
        put(managed, Who::Platform, &flow, &body).body["version"].clone()
    };
    assert_eq!(publish(1, json!({"publish": true, "version": "1.1.0"})), "1.1.0");
    assert_eq!(publish(2, json!({"publish": true, "version": "1.0.0"})), "1.0.0");
    assert_eq!(publish(3, json!({"publish": true})), "1.2.0");
    let long = "x".repeat(49);
    let flow = create(managed, Who::Platform, &json!({"version": long}));
    let refused = put(managed, Who::Platform, &flow, &json!({"publish": true}));
    refused.refuses(422, "validation_error", "a label that grows too long");
    assert_eq!(read(managed, &flow)["is_published"], false);
}

fn unchanged_is_not_published_anew(managed: &Served) {
    // S3.88(b), S3.90
    let flow = create(managed, Who::Platform, &json!({}));
    let publish = json!({"publish": true});
    let first = put(managed, Who::Platform, &flow, &publish).body;
    let again = put(managed, Who::Platform, &flow, &publish).body;
    assert_eq!(first, again);
    assert_eq!(kinds(managed, &flow), ["flow_created", "flow_published"]);
    let withdraw = json!({"publish": false});
    let withdrawn = put(managed, Who::Platform, &flow, &withdraw).body;
    assert_eq!(withdrawn["is_published"], false);
    assert_eq!(
        (&withdrawn["published_at"], &withdrawn["published_by"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(put(managed, Who::Platform, &flow, &withdraw).body, withdrawn);
    let back = put(managed, Who::Platform, &flow, &publish).body;
    assert_eq!((&back["version"], &back["is_published"]), (&json!("1.1.0"), &json!(true)));
    let told = events(managed, &flow);
    let told: Vec<_> = told.iter().map(|(kind, data)| (kind.as_str(), data)).collect();
    let published = |republished: bool| {
        json!({"flow_name": "Quiz", "version": "1.1.0", "seq": 1, "republished": republished,
            "published_by": Who::Platform.id()})
    };
    assert_eq!(told[1], ("flow_published", &published(false)));
    assert_eq!(told[2], ("flow_unpublished", &json!({"flow_name": "Quiz"})));
    assert_eq!(told[3], ("flow_published", &published(true)));
    assert_eq!(told.len(), 4);
    assert_eq!(
        actions(managed, &flow),
        ["flow.create", "flow.publish", "flow.unpublish", "flow.publish"]
    );
    // Moving nodes is no change; a contract is, and so is who may start it.
    let moved = json!({"positions": {"hello": {"x": 7, "y": 7}}});
    let answer = managed.send(Who::Platform, ("PUT", &path(&flow, "/nodes/positions")), &moved);
    assert_eq!(answer.status, 200, "{answer:?}");
    let same = put(managed, Who::Platform, &flow, &publish).body;
    assert_eq!(
        (&same["version"], &same["has_unpublished_changes"]),
        (&json!("1.1.0"), &json!(false))
    );
    for (body, version) in [
        (json!({"publish": true, "contract": {"return_state": ["temp.arms"]}}), "1.2.0"),
        (json!({"publish": true, "visibility": "public"}), "1.3.0"),
        (json!({"publish": true, "info": {"allow_anonymous": true}}), "1.4.0"),
        (json!({"publish": true, "description": "Only words"}), "1.4.0"),
    ] {
        assert_eq!(put(managed, Who::Platform, &flow, &body).body["version"], version, "{body}");
    }
    let versions = managed.get(Who::Platform, &path(&flow, "/versions")).body;
    assert_eq!(versions["pagination"]["total"], 4);
}

fn creation_publishes(managed: &Served) {
    // S3.84
    let flow = create(managed, Who::Platform, &json!({"version": "0.1.0", "is_published": true}));
    assert_eq!((&flow["version"], &flow["published_version"]), (&json!("0.1.0"), &json!("0.1.0")));
    assert_eq!(kinds(managed, &flow), ["flow_created", "flow_published"]);
    let body = json!({"name": "Broken", "flow_data": {"nodes": []}, "publish": true});
    let refused = managed.send(Who::Platform, ("POST", "/v1/cms/flows"), &body);
    assert_eq!((refused.status, &refused.body["code"]), (400, &json!("flow_validation_failed")));
    let listed = managed.get(Who::Platform, "/v1/cms/flows?search=broken").body;
    assert_eq!(listed["pagination"]["total"], 0);
    let plain = create(managed, Who::Platform, &json!({"flow_data": {}, "entry_node_id": null}));
    assert_eq!(plain["flow_data"], json!({"nodes": [], "connections": []}));
    assert_eq!((&plain["version"], &plain["is_published"]), (&json!("1.0.0"), &json!(false)));
}

fn errors_stand_in_the_way(managed: &Served) {
    // S3.85, S3.87, S3.95, F35
    let flow = create(managed, Who::Platform, &json!({"entry_node_id": "gone"}));
    assert!(flow["warnings"][0].as_str().unwrap().contains("gone"), "{flow}");
    let refused = put(managed, Who::Platform, &flow, &json!({"publish": true, "name": "Other"}));
    assert_eq!((refused.status, &refused.body["code"]), (400, &json!("flow_validation_failed")));
    let detail = &refused.body["detail"];
    assert_eq!(detail["message"], "Flow validation failed");
    assert_eq!(detail["issues"][0]["rule_id"], "flow.entry_not_found", "{detail}");
    assert_eq!(detail["issues"][0]["severity"], "error");
    assert!(detail["validation_errors"][0].is_string());
    // All of it is rolled back (S3.86).
    assert_eq!(read(managed, &flow)["name"], "Quiz");
    let report = managed.get(Who::Platform, &path(&flow, "/validate"));
    assert_eq!((report.status, &report.body["is_valid"]), (200, &json!(false)));
    assert_eq!(report.body["nodes_count"], 2);
    let unsaved = json!({"flow_data": quiz(), "entry_node_id": "hello", "flow_id": flow["id"]});
    let report = managed.send(Who::Platform, ("POST", "/v1/cms/flows/validate"), &unsaved);
    assert_eq!((report.status, &report.body["is_valid"]), (200, &json!(true)), "{report:?}");
    let duplicate = json!({"flow_data": {"nodes": [{"id": "a", "type": "message"}, {"id": "a", "type": "message"}]}});
    let report = managed.send(Who::Platform, ("POST", "/v1/cms/flows/validate"), &duplicate);
    assert_eq!((report.status, &report.body["is_valid"]), (200, &json!(false)), "{report:?}");
    let off = json!({"is_active": false, "entry_node_id": "hello", "publish": true});
    put(managed, Who::Platform, &flow, &off).refuses(409, "flow_inactive", "an inactive flow");
}

fn versions_stay(managed: &Served) {
    // S3.72 to S3.74, S3.99
    let contract = json!({"return_state": ["temp.arms"]});
    let flow = create(managed, Who::Admin(1), &json!({"contract": contract}));
    let publish = json!({"publish": true, "publish_note": "The first one."});
    let first = put(managed, Who::Admin(1), &flow, &publish).body;
    let smaller = json!({
        "flow_data": {"nodes": [quiz()["nodes"][0]]}, "contract": null, "publish": true,
    });
    let second = put(managed, Who::Admin(1), &flow, &smaller);
    assert_eq!(second.status, 200, "{second:?}");
    let listed = managed.get(Who::Admin(1), &path(&flow, "/versions")).body;
    let versions = listed["data"].as_array().unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!((&versions[0]["seq"], &versions[1]["seq"]), (&json!(2), &json!(1)));
    assert_eq!(versions[1]["note"], "The first one.");
    assert_eq!(versions[1]["published_by"], json!(Who::Admin(1).id()));
    assert_eq!(
        (&versions[1]["nodes_count"], &versions[1]["connections_count"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(versions[0]["nodes_count"], 1);
    let one = managed.get(Who::Admin(1), &path(&flow, "/versions/1")).body;
    assert_eq!(one["snapshot"], first["flow_data"]);
    assert_eq!((&one["contract"], &one["version"]), (&contract, &json!("1.1.0")));
    for (seq, status) in [("3", 404), ("0", 422), ("x", 422), ("-1", 422), ("99999999999", 422)] {
        let answer = managed.get(Who::Admin(1), &path(&flow, &format!("/versions/{seq}")));
        assert_eq!(answer.status, status, "{seq}: {answer:?}");
        let line = path(&flow, &format!("/versions/{seq}/restore"));
        assert_eq!(managed.send(Who::Admin(1), ("POST", &line), &json!({})).status, status);
    }
    let restore = path(&flow, "/versions/1/restore");
    let restored = managed.send(Who::Admin(1), ("POST", &restore), &json!({}));
    assert_eq!(restored.status, 200, "{restored:?}");
    assert_eq!(restored.body["flow_data"], first["flow_data"]);
    assert_eq!(restored.body["contract"], whole(contract.as_object().unwrap()));
    assert_eq!(restored.body["has_unpublished_changes"], true);
    assert_eq!(restored.body["published_version"], "1.2.0");
}

fn deleted_and_restored(managed: &Served) {
    // S3.67, S3.75, S3.81, S3.92, S3.12
    let flow = create(managed, Who::Educator(1), &json!({}));
    put(managed, Who::Educator(1), &flow, &json!({"publish": true}));
    let delete = || managed.send(Who::Educator(1), ("DELETE", &path(&flow, "")), &Value::Null);
    let deleted = delete();
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    let gone = read(managed, &flow);
    assert_eq!((&gone["is_active"], &gone["is_published"]), (&json!(false), &json!(false)));
    assert_eq!(delete().status, 204);
    assert_eq!(read(managed, &flow), gone);
    managed.get(Who::Educator(1), &path(&flow, "")).refuses(404, "flow_not_found", "deleted");
    let shown = managed.get(Who::Educator(1), &path(&flow, "?include_inactive=true"));
    assert_eq!(shown.status, 200);
    for (query, expected) in [("", 0), ("?active=false", 1), ("?active=ALL", 1), ("?active=no", 1)]
    {
        let listed = managed.get(Who::Educator(1), &format!("/v1/cms/flows{query}")).body;
        assert_eq!(listed["pagination"]["total"], expected, "{query}");
    }
    // Others, who saw it while it was public, do not find it any more.
    put(managed, Who::Platform, &flow, &json!({"visibility": "public"}));
    for rest in ["?include_inactive=true", "/versions", "/nodes", "/export", "/validate"] {
        let answer = managed.get(Who::Educator(2), &path(&flow, rest));
        answer.refuses(404, "flow_not_found", rest);
        assert_eq!(managed.get(Who::Admin(1), &path(&flow, rest)).status, 200, "{rest}");
    }
    put(managed, Who::Platform, &flow, &json!({"visibility": "private"}));
    let restored = managed.send(Who::Educator(1), ("POST", &path(&flow, "/restore")), &json!({}));
    assert_eq!((restored.status, &restored.body["is_active"]), (200, &json!(true)));
    assert_eq!(restored.body["is_published"], false);
    let expected = [
        "flow_created",
        "flow_published",
        "flow_soft_deleted",
        "flow_updated",
        "flow_updated",
        "flow_restored",
    ];
    assert_eq!(kinds(managed, &flow), expected);
    let expected = [
        "flow.create",
        "flow.publish",
        "flow.delete",
        "flow.update",
        "flow.update",
        "flow.restore",
    ];
    assert_eq!(actions(managed, &flow), expected);
}

/// A flow that embeds another.
fn embedding(child: &Value) -> Value {
    json!({"nodes": [{"id": "hello", "type": "composite", "content": {"composite_flow_id": child["id"]}}]})
}

fn cascade(managed: &Served) {
    // F36
    let grandchild = create(managed, Who::Admin(1), &json!({"name": "Grandchild"}));
    let more = json!({"name": "Child", "flow_data": embedding(&grandchild)});
    let child = create(managed, Who::Admin(1), &more);
    let parent = create(managed, Who::Admin(1), &json!({"name": "Parent"}));
    // What is embedded by this very request counts, too.
    let body = json!({"flow_data": embedding(&child), "publish": true, "cascade": true});
    let tag = [("if-match", "\"1\"")];
    let published = managed.send_with(Who::Admin(1), ("PUT", &path(&parent, "")), &tag, &body);
    assert_eq!(published.status, 200, "{published:?}");
    for flow in [&grandchild, &child, &parent] {
        assert_eq!(read(managed, flow)["published_version"], "1.1.0");
    }
    // All or nothing: what could have been published is not when something else cannot be.
    let broken = create(managed, Who::Admin(1), &json!({"flow_data": {"nodes": []}}));
    let sound = create(managed, Who::Admin(1), &json!({"name": "Sound"}));
    let both = json!({"nodes": [
        {"id": "hello", "type": "composite", "content": {"composite_flow_id": sound["id"]}},
        {"id": "other", "type": "composite", "content": {"composite_flow_id": broken["id"]}},
    ], "connections": [{"source": "hello", "target": "other", "type": "default"}]});
    let body = json!({"flow_data": both, "publish": true, "cascade": true});
    let before = read(managed, &parent);
    let refused = put(managed, Who::Admin(1), &parent, &body);
    assert_eq!((refused.status, &refused.body["code"]), (400, &json!("flow_validation_failed")));
    for flow in [&sound, &broken] {
        assert_eq!(read(managed, flow)["is_published"], false, "{flow}");
    }
    assert_eq!(read(managed, &parent), before);
    // S3.84: a flow that is created so, too.
    let body =
        json!({"name": "New", "flow_data": embedding(&sound), "publish": true, "cascade": true});
    let made = create(managed, Who::Admin(1), &body);
    assert_eq!(made["published_version"], "1.0.0", "{made}");
    assert_eq!(read(managed, &sound)["published_version"], "1.1.0");
    let count = |flow: &Value| actions(managed, flow).len();
    assert_eq!((count(&sound), count(&broken), count(&made)), (2, 1, 1));
}

fn in_use(managed: &Served) {
    // S3.92, F36
    let child = create(managed, Who::Platform, &json!({"info": {"embeddable": true}}));
    let more = json!({"name": "Parent", "flow_data": embedding(&child)});
    let parent = create(managed, Who::Platform, &more);
    let publish = json!({"publish": true});
    let refused = put(managed, Who::Platform, &parent, &publish);
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_eq!(refused.body["detail"]["issues"][0]["rule_id"], "composite.not_published");
    put(managed, Who::Platform, &child, &publish);
    let published = put(managed, Who::Platform, &parent, &publish);
    assert_eq!(published.status, 200, "{published:?}");
    let delete =
        |query: &str| managed.send(Who::Platform, ("DELETE", &path(&child, query)), &Value::Null);
    let refused = delete("");
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("flow_in_use")));
    assert_eq!(refused.body["detail"]["parents"], json!([{"id": parent["id"], "name": "Parent"}]));
    assert_eq!(delete("?force=true").status, 204);
}

fn fields_change_alone(managed: &Served) {
    // S3.9, S3.79, S3.83, S3.86
    let flow = create(
        managed,
        Who::Platform,
        &json!({
            "description": "About the sea", "info": {"colour": "blue"}, "contract": {"notes": "n"},
            "trace_enabled": true, "trace_level": "VERBOSE", "trace_sample_rate": 10, "retention_days": 5,
        }),
    );
    assert_eq!(flow["trace_level"], "verbose");
    assert_eq!(put(managed, Who::Platform, &flow, &json!({})).body, flow);
    for (body, key, expected) in [
        (json!({"name": "New name"}), "name", json!("New name")),
        (json!({"description": null}), "description", Value::Null),
        (json!({"info": {"colour": "red"}}), "contract", json!({"notes": "n"})),
        (json!({"info": {"contract": {"notes": "inner"}}}), "contract", json!({"notes": "inner"})),
        (
            json!({"info": {"contract": {"notes": "i"}}, "contract": {"notes": "o"}}),
            "contract",
            json!({"notes": "o"}),
        ),
        (json!({"contract": null}), "contract", Value::Null),
        (json!({"visibility": "GLOBAL"}), "visibility", json!("wriveted")),
        (json!({"retention_days": 3650}), "retention_days", json!(3650)),
        (json!({"trace_sample_rate": 0}), "trace_sample_rate", json!(0)),
        (json!({"trace_level": "minimal"}), "trace_level", json!("minimal")),
        (json!({"entry_node_id": "arms"}), "entry_node_id", json!("arms")),
        (
            json!({"flow_data": {"viewport": 1}}),
            "flow_data",
            json!({
                "viewport": 1, "nodes": flow["flow_data"]["nodes"], "connections": flow["flow_data"]["connections"],
            }),
        ),
        (json!({"flow_data": {"nodes": []}}), "flow_data", json!({"nodes": [], "connections": []})),
    ] {
        let before = read(managed, &flow);
        let changed = put(managed, Who::Platform, &flow, &body);
        assert_eq!(changed.status, 200, "{body} {changed:?}");
        let shown = match (key, expected.as_object()) {
            ("contract", Some(given)) => whole(given),
            _ => expected.clone(),
        };
        assert_eq!(changed.body[key], shown, "{body}");
        let raised = before["row_version"].as_u64().unwrap() + u64::from(before[key] != expected);
        if key != "contract" && key != "visibility" {
            assert_eq!(changed.body["row_version"], raised, "{body}");
        }
    }
    let odd = put(managed, Who::Platform, &flow, &json!({"nmae": "x"})).body;
    assert!(odd["warnings"][0].as_str().unwrap().contains("nmae"), "{odd}");
    let told = events(managed, &flow);
    assert_eq!(told[1].1["changes"], json!(["name"]));
    assert_eq!(told[1].1["row_version"], 2);
}

fn references_are_checked(managed: &Served) {
    // S2.27, F36: by the owner's eyes, not by those of whoever asks.
    let secret = create(managed, Who::Educator(2), &json!({}));
    put(managed, Who::Educator(2), &secret, &json!({"publish": true}));
    let content = |id: &Value| json!({"nodes": [{"id": "hello", "type": "composite", "content": {"composite_flow_id": id}}]});
    for (child, expected) in [
        (secret["id"].clone(), "composite.forbidden"),
        (json!("00000000-0000-4000-8000-000000000009"), "composite.not_found"),
    ] {
        let flow = create(managed, Who::Educator(1), &json!({"flow_data": content(&child)}));
        let refused = put(managed, Who::Educator(1), &flow, &json!({"publish": true}));
        let codes: Vec<_> = refused.body["detail"]["issues"]
            .as_array()
            .unwrap()
            .iter()
            .map(|issue| &issue["rule_id"])
            .collect();
        assert_eq!(codes, [expected]);
    }
    let message = json!({"nodes": [{"id": "hello", "type": "message", "content":
        {"messages": [{"type": "text", "content_id": "00000000-0000-4000-8000-000000000009"}]}}]});
    let flow = create(managed, Who::Educator(1), &json!({"flow_data": message}));
    let refused = put(managed, Who::Educator(1), &flow, &json!({"publish": true}));
    assert_eq!(refused.body["detail"]["issues"][0]["rule_id"], "content.missing", "{refused:?}");
}

/// A contract as a flow shows it: what was not given is null, or empty (S3.83).
fn whole(given: &Map<String, Value>) -> Value {
    let mut whole = json!({"entry_requirements": null, "return_state": [], "notes": null});
    whole.as_object_mut().unwrap().extend(given.clone());
    whole
}
