//! One item: made, read, changed, moved, deleted.

use chatflow::{ExecutionContext, FlowId, Visibility};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, Batch, Change, FlowChange, FlowRecord, FlowReference, NodeRow, ReferenceKind,
    TraceLevel,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{CONTENT, made, place, shown};
use crate::real::{Managed, account, school};

/// S3.10 to S3.12, S3.23 to S3.25, S3.36, S3.37.
pub(super) fn an_item_lives_and_dies(managed: &Managed) {
    let body = json!({
        "type": "FACT", "content": {"text": "Octopuses have three hearts.", "topic": "sea"},
        "tags": ["sea", "animals"], "info": {"min_age": 6}, "visibility": "Public", "odd": 1,
    });
    let answer = managed.send("admin", ("POST", CONTENT), &body);
    assert_eq!(answer.status, 201, "{answer:?}");
    let item = answer.body.clone();
    assert_eq!(answer.header("location"), place(&item));
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!(item["warnings"], json!(["unknown key `odd` was ignored"]));
    let expected = json!({
        "id": item["id"], "type": "fact", "tags": ["sea", "animals"], "is_active": true,
        "status": "draft", "version": 1, "school_id": school(1), "visibility": "public",
        "created_at": item["created_at"], "updated_at": item["created_at"],
        "content": body["content"], "info": {"min_age": 6}, "created_by": account("admin"),
    });
    let read = managed.get("admin", &place(&item));
    assert_eq!((read.status, &read.body), (200, &expected));
    assert_eq!(managed.send("admin", ("HEAD", &place(&item)), &Value::Null).status, 200);
    // Platform rows are everyone's unless they say otherwise.
    let wriveted = made(managed, "platform", &json!({}));
    assert_eq!(
        (&wriveted["visibility"], &wriveted["school_id"]),
        (&json!("wriveted"), &Value::Null)
    );
    let global = made(managed, "platform", &json!({"visibility": "global"}));
    assert_eq!(global["visibility"], "wriveted");
    // S3.9: nothing changes, and nothing is new.
    let same = managed.send("admin", ("PUT", &place(&item)), &json!({}));
    assert_eq!((same.status, &same.body), (200, &expected));
    let changed = json!({"info": {"a": [1]}, "is_active": false, "tags": ["x"], "type": "quote"});
    let answer = managed.send("admin", ("PUT", &place(&item)), &changed);
    assert_eq!((answer.status, answer.header("etag")), (200, "\"2\""), "{answer:?}");
    let mut after = expected;
    after.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
    after["updated_at"] = answer.body["updated_at"].clone();
    assert_eq!(answer.body, after);
    // S3.45: also when it is not active.
    assert_eq!(managed.get("colleague", &place(&item)).body, after);
    let gone = managed.send("admin", ("DELETE", &place(&item)), &Value::Null);
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    for method in ["DELETE", "GET"] {
        let again = managed.send("admin", (method, &place(&item)), &Value::Null);
        again.refuses(404, "content_not_found", method);
    }
}

/// S3.46.
pub(super) fn versions_rise_with_the_body(managed: &Managed) {
    let item = made(managed, "platform", &json!({}));
    let content = json!({"text": "Squids have three hearts, too."});
    for (body, version) in [
        (json!({"content": content}), 2),
        // The same body again is a version of its own.
        (json!({"content": content}), 3),
        (json!({"content": content, "version": 9}), 10),
        (json!({"info": {"a": 1}}), 10),
        (json!({"version": 4}), 4),
        (json!({"tags": ["a"], "expected_version": 4}), 4),
        (json!({"status": "published"}), 5),
        (json!({"status": "archived"}), 5),
        (json!({"status": "approved", "content": content}), 6),
    ] {
        let answer = managed.send("platform", ("PUT", &place(&item)), &body);
        assert_eq!((answer.status, &answer.body["version"]), (200, &json!(version)), "{body}");
        assert_eq!(shown(managed, &item)["version"], version);
    }
    let late = json!({"content": content, "expected_version": 5});
    let late = managed.send("platform", ("PUT", &place(&item)), &late);
    late.refuses(409, "version_conflict", "expected_version");
}

/// S3.48.
pub(super) fn an_item_moves_as_its_editor_may(managed: &Managed) {
    let own = made(managed, "educator", &json!({}));
    let status = |who: &str, item: &Value, to: &str| {
        let body = json!({"status": to, "comment": "because"});
        managed.send(who, ("POST", &format!("{}/status", place(item))), &body)
    };
    for (who, to, expected, version) in [
        ("educator", "pending_review", 200, 1),
        ("educator", "Draft", 200, 1),
        ("educator", "published", 403, 1),
        ("educator", "approved", 403, 1),
        ("admin", "approved", 200, 2),
        ("educator", "draft", 403, 2),
        ("educator", "approved", 200, 2),
        ("admin", "published", 200, 3),
        ("admin", "published", 200, 3),
        ("platform", "archived", 200, 3),
        ("educator", "draft", 200, 3),
    ] {
        let answer = status(who, &own, to);
        assert_eq!(answer.status, expected, "{who} {to}: {answer:?}");
        if expected == 403 {
            answer.refuses(403, "transition_not_allowed", to);
        }
        assert_eq!(shown(managed, &own)["version"], version, "{who} {to}");
    }
    assert_eq!(shown(managed, &own)["is_active"], true);
    // The same by another door.
    let put = managed.send("educator", ("PUT", &place(&own)), &json!({"status": "published"}));
    put.refuses(403, "transition_not_allowed", "PUT");
    let body = json!({"type": "fact", "content": {"text": "x"}, "status": "published"});
    let created = managed.send("educator", ("POST", CONTENT), &body);
    created.refuses(403, "transition_not_allowed", "POST");
    for body in [
        json!({}),
        json!({"status": "gone"}),
        json!({"status": null}),
        json!({"status": "draft", "comment": "x".repeat(2001)}),
        json!({"status": "draft", "comment": 5}),
    ] {
        let refused = managed.send("admin", ("POST", &format!("{}/status", place(&own))), &body);
        refused.refuses(422, "validation_error", &body.to_string());
    }
}

/// S3.39.
pub(super) fn what_is_incomplete_is_not_published(managed: &Managed) {
    for (kind, content) in [
        ("joke", json!({"setup": "Knock"})),
        ("fact", json!({"fact": "x"})),
        ("quote", json!({"author": "x"})),
        ("prompt", json!({"context": "x"})),
        ("message", json!({"messages": []})),
        ("question", json!({"options": ["x"]})),
    ] {
        let mut body = json!({"type": kind, "content": content, "status": "published"});
        let refused = managed.send("platform", ("POST", CONTENT), &body);
        refused.refuses(422, "content_incomplete", kind);
        body["status"] = json!("draft");
        let draft = made(managed, "platform", &body);
        assert_eq!(draft["warnings"].as_array().unwrap().len(), 1, "{draft}");
        let status = format!("{}/status", place(&draft));
        let refused = managed.send("platform", ("POST", &status), &json!({"status": "approved"}));
        refused.refuses(422, "content_incomplete", kind);
        let text = json!({"text": "x", "status": "approved", "content": {"text": "x"}});
        let done = managed.send("platform", ("PUT", &place(&draft)), &text);
        assert_eq!(done.status, 200, "{done:?}");
        let refused =
            managed.send("platform", ("PUT", &place(&draft)), &json!({"content": content}));
        refused.refuses(422, "content_incomplete", kind);
    }
}

/// S3.5, S3.6, S3.9, S3.37, S3.40, S3.41, F7.
#[expect(clippy::too_many_lines, reason = "its cases are data")]
pub(super) fn bodies_are_checked(managed: &Managed) {
    let item = made(managed, "platform", &json!({}));
    let fact = |more: Value| {
        let mut body = json!({"type": "fact", "content": {"text": "x"}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let script = "<p>Hello</p><script>alert(1)</script>";
    for (body, code) in [
        (json!({}), "validation_error"),
        (json!({"type": "fact"}), "validation_error"),
        (json!({"content": {"text": "x"}}), "validation_error"),
        (fact(json!({"type": "poem"})), "validation_error"),
        (fact(json!({"content": {}})), "validation_error"),
        (fact(json!({"content": "x"})), "validation_error"),
        (fact(json!({"info": []})), "validation_error"),
        (fact(json!({"tags": "x"})), "validation_error"),
        (fact(json!({"tags": [1]})), "validation_error"),
        (fact(json!({"status": "live"})), "validation_error"),
        (fact(json!({"visibility": "secret"})), "validation_error"),
        (fact(json!({"visibility": "school"})), "validation_error"),
        (fact(json!({"school_id": "x"})), "validation_error"),
        (fact(json!({"school_id": Uuid::from_u128(7)})), "validation_error"),
        (fact(json!({"is_active": "yes"})), "validation_error"),
        (fact(json!({"metadata": {}})), "unknown_field"),
        (fact(json!({"content": {"text": "x", "rich_text": script}})), "validation_error"),
        (
            fact(
                json!({"content": {"text": "x", "parts": [{"rich_text": "<a href='javascript:x'>y</a>"}]}}),
            ),
            "validation_error",
        ),
        (fact(json!({"content": {"text": "\0"}})), "validation_error"),
        (
            json!({"type": "question", "content": {"question_text": "Pick", "answers": [{"text": "a", "hue_map": {}}]}}),
            "validation_error",
        ),
    ] {
        managed.send("platform", ("POST", CONTENT), &body).refuses(422, code, &body.to_string());
    }
    for body in [
        json!({"content": null}),
        json!({"content": {}}),
        json!({"tags": null}),
        json!({"info": null}),
        json!({"type": null}),
        json!({"is_active": null}),
        json!({"status": null}),
        json!({"visibility": null}),
        json!({"version": 0}),
        json!({"version": 1.5}),
        json!({"expected_version": "1"}),
        json!({"content": {"rich_text": script}}),
    ] {
        let refused = managed.send("platform", ("PUT", &place(&item)), &body);
        refused.refuses(422, "validation_error", &body.to_string());
    }
    // All that is wrong is told at once.
    let body = json!({"type": "poem", "content": 5, "tags": 7});
    let refused = managed.send("platform", ("POST", CONTENT), &body);
    assert_eq!(refused.body["detail"].as_array().unwrap().len(), 3, "{refused:?}");
    let dangerous = fact(json!({"content": {"parts": [{"rich_text": script}]}}));
    let refused = managed.send("platform", ("POST", CONTENT), &dangerous);
    let detail = &refused.body["detail"][0];
    assert!(detail["msg"].as_str().unwrap().contains("dangerous HTML"), "{detail}");
    assert_eq!(detail["loc"], json!(["body", "content", "parts", 0, "rich_text"]));
    // What would not be shown is stored as it is, and told.
    let content =
        json!({"text": "1 < 2 <b>&", "rich_text": "<p data-x='1'>a</p><marquee>b</marquee>"});
    let odd = made(managed, "platform", &json!({"content": content}));
    assert_eq!(odd["content"], content);
    assert!(odd["warnings"].to_string().contains("rich_text"), "{odd}");
    assert_eq!(shown(managed, &item)["version"], 1);
}

/// S3.38.
pub(super) fn tags_are_kept_once(managed: &Managed) {
    let item = made(managed, "platform", &json!({"tags": [" sea ", "", "Sea", "sea"]}));
    assert_eq!(item["tags"], json!(["sea", "Sea"]));
    let many: Vec<String> = (0..51).map(|n| format!("tag {n}")).collect();
    for tags in [json!(["x".repeat(101)]), json!(many)] {
        let refused = managed.send("platform", ("PUT", &place(&item)), &json!({"tags": tags}));
        refused.refuses(422, "validation_error", "tags");
    }
    let fifty = managed.send("platform", ("PUT", &place(&item)), &json!({"tags": many[..50]}));
    assert_eq!(fifty.body["tags"].as_array().unwrap().len(), 50);
}

/// S3.10.
pub(super) fn a_known_state_is_asked_for(managed: &Managed) {
    let item = made(managed, "platform", &json!({}));
    let path = place(&item);
    let send = |line: (&str, &str), header: (&str, &str), body: &Value| {
        managed.send_with("platform", line, &[header], body)
    };
    let known = send(("GET", &path), ("if-none-match", "W/\"1\""), &Value::Null);
    assert_eq!((known.status, known.text.as_str(), known.header("etag")), (304, "", "\"1\""));
    assert_eq!(send(("GET", &path), ("if-none-match", "\"2\""), &Value::Null).status, 200);
    let info = |n: u64| json!({"info": {"n": n}});
    let late = send(("PUT", &path), ("if-match", "\"7\""), &info(1));
    late.refuses(412, "precondition_failed", "PUT");
    assert_eq!(send(("PUT", &path), ("if-match", "\"1\""), &info(1)).header("etag"), "\"2\"");
    assert_eq!(send(("PUT", &path), ("if-match", "*"), &info(2)).status, 200);
    let status = format!("{path}/status");
    let late = send(("POST", &status), ("if-match", "\"1\""), &json!({"status": "archived"}));
    late.refuses(412, "precondition_failed", "status");
    let late = send(("DELETE", &path), ("if-match", "\"1\""), &Value::Null);
    late.refuses(412, "precondition_failed", "DELETE");
    assert_eq!(send(("DELETE", &path), ("if-match", "\"3\""), &Value::Null).status, 204);
}

/// S2.18, S2.19.
pub(super) fn items_are_created_and_moved_as_the_tables_say(managed: &Managed) {
    let (one, two) = (json!(school(1)), json!(school(2)));
    for (who, body, expected) in [
        ("platform", json!({}), Ok(("wriveted", &Value::Null))),
        ("platform", json!({"visibility": "private", "school_id": two}), Ok(("private", &two))),
        ("backend", json!({"visibility": "school", "school_id": one}), Ok(("school", &one))),
        ("admin", json!({}), Ok(("private", &one))),
        ("admin", json!({"visibility": "school", "school_id": null}), Ok(("school", &one))),
        ("admin", json!({"visibility": "public", "school_id": one}), Ok(("public", &one))),
        ("admin", json!({"visibility": "wriveted"}), Err("visibility_not_allowed")),
        ("admin", json!({"school_id": two}), Err("wrong_school")),
        ("educator", json!({}), Ok(("private", &one))),
        ("educator", json!({"visibility": "school"}), Err("visibility_not_allowed")),
        ("educator", json!({"visibility": "public"}), Err("visibility_not_allowed")),
        ("educator", json!({"school_id": two}), Err("wrong_school")),
        ("schools", json!({"school_id": two, "visibility": "public"}), Ok(("public", &two))),
        ("schools", json!({}), Err("school_required")),
        ("reader", json!({}), Err("forbidden")),
        ("learner", json!({}), Err("forbidden")),
        ("kiosk", json!({}), Err("forbidden")),
    ] {
        let mut whole = json!({"type": "fact", "content": {"text": "x"}});
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let answer = managed.send(who, ("POST", CONTENT), &whole);
        match expected {
            Ok((visibility, school)) => {
                assert_eq!(answer.status, 201, "{who} {body}: {answer:?}");
                assert_eq!(
                    (&answer.body["visibility"], &answer.body["school_id"]),
                    (&json!(visibility), school)
                );
            }
            Err(code) => {
                let status = if code == "school_required" { 422 } else { 403 };
                answer.refuses(status, code, &format!("{who} {body}"));
            }
        }
    }
    let own = made(managed, "educator", &json!({}));
    for (who, body, expected) in [
        ("educator", json!({"visibility": "public"}), Err("visibility_not_allowed")),
        ("educator", json!({"school_id": two}), Err("wrong_school")),
        ("educator", json!({"school_id": null}), Err("wrong_school")),
        ("admin", json!({"visibility": "wriveted"}), Err("visibility_not_allowed")),
        ("admin", json!({"school_id": two}), Err("wrong_school")),
        ("admin", json!({"visibility": "public"}), Ok(())),
        ("platform", json!({"school_id": null, "visibility": "wriveted"}), Ok(())),
        ("admin", json!({"visibility": "public"}), Err("forbidden")),
    ] {
        let answer = managed.send(who, ("PUT", &place(&own)), &body);
        match expected {
            Ok(()) => assert_eq!(answer.status, 200, "{who} {body}: {answer:?}"),
            Err(code) => answer.refuses(403, code, &format!("{who} {body}")),
        }
    }
}

/// S3.47.
pub(super) fn what_a_published_flow_shows_stays(managed: &Managed) {
    let item = made(managed, "platform", &json!({}));
    let id = FlowId(Uuid::from_u128(70));
    let node = NodeRow {
        node_id: "hello".into(),
        node_type: "message".into(),
        execution_context: ExecutionContext::Backend,
        template: None,
        content: json!({"messages": [{"content_id": item["id"]}]}).to_string(),
        position: "{}".into(),
        info: "{}".into(),
    };
    let record = FlowRecord {
        id,
        seed_key: None,
        name: "Welcome".into(),
        description: None,
        version: "1.0.0".into(),
        entry_node_id: Some("hello".into()),
        flow_data: "{}".into(),
        info: "{}".into(),
        visibility: Visibility::Wriveted,
        school_id: None,
        created_by: None,
        allow_anonymous: false,
        is_published: true,
        is_active: true,
        theme_id: None,
        retention_days: 30,
        trace_enabled: false,
        trace_level: TraceLevel::Standard,
        trace_sample_rate: 100,
        graph_hash: String::new(),
        nodes: vec![node],
        connections: Vec::new(),
        references: [FlowReference {
            node_id: "hello".into(),
            kind: ReferenceKind::Content,
            ref_id: item["id"].as_str().unwrap().to_owned(),
        }]
        .into(),
    };
    let flow = FlowChange { flow: Change { expected: None, record }, publish: None };
    let batch = Batch { flows: vec![flow], ..Batch::default() };
    managed.wait(managed.store.apply(&AccessScope::system(), &batch)).unwrap();
    let refused = managed.send("platform", ("DELETE", &place(&item)), &Value::Null);
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("content_in_use")));
    let flows = json!([{"flow_id": id, "name": "Welcome", "node_id": "hello"}]);
    assert_eq!(refused.body["detail"]["flows"], flows);
    let many = json!({"content_ids": [item["id"]]});
    let many = managed.send("platform", ("DELETE", &format!("{CONTENT}/bulk")), &many);
    assert_eq!(many.body["errors"][0]["code"], "content_in_use");
    let forced = format!("{}?force=true", place(&item));
    assert_eq!(managed.send("platform", ("DELETE", &forced), &Value::Null).status, 204);
}
