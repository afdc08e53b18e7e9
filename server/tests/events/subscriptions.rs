//! Who may do what with subscriptions, and what they may say (S3.173 to S3.180, S6.40).

use chatflow_storage::AccessScope;
use chatflow_storage::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{ADMIN, HEAD, LEARNER, OTHER_HEAD, TEACHER, World, code, school};

#[tokio::test]
async fn who_may_do_what_with_subscriptions() {
    // S3.173 to S3.180, S2.18 to S2.20
    let world = World::without_worker().await;
    let platform = world.subscribe(ADMIN, json!({})).await;
    let own = world.subscribe(HEAD, json!({"name": "Of school 1"})).await;
    assert_eq!((&platform["school_id"], &own["school_id"]), (&json!(null), &json!(school(1))));
    let nobody = Uuid::from_u128(99).to_string();
    let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let change = || Some(json!({"name": "Another"}));
    for (method, below, body) in [
        ("GET", "", None),
        ("PUT", "", change()),
        ("POST", "/rotate-secret", None),
        ("POST", "/test", None),
        ("GET", "/deliveries", None),
        ("DELETE", "", None),
    ] {
        let path = |id: &str| format!("/v1/cms/webhooks/{id}{below}");
        for (who, id, status, want) in [
            (0, text(&own), 401, "authentication_required"),
            (LEARNER, text(&own), 403, "forbidden"),
            (TEACHER, text(&own), 403, "forbidden"),
            (OTHER_HEAD, text(&own), 404, "webhook_not_found"),
            (HEAD, text(&platform), 404, "webhook_not_found"),
            (ADMIN, nobody.clone(), 404, "webhook_not_found"),
            (ADMIN, "xyz".to_owned(), 422, "invalid_uuid"),
        ] {
            let (got, answer) = world.ask(who, method, &path(&id), body.clone()).await;
            assert_eq!((got, code(&answer)), (status, want), "{method} {below} {who} {id}");
        }
        let (got, answer) = world.ask(HEAD, method, &path(&text(&own)), body).await;
        assert_eq!(got, if method == "DELETE" { 204 } else { 200 }, "{method} {below}: {answer}");
    }
    let (_, list) = world.ask(HEAD, "GET", "/v1/cms/webhooks", None).await;
    assert_eq!(list["data"], json!([]), "{list}");
    let (_, list) = world.ask(ADMIN, "GET", "/v1/cms/webhooks?limit=1", None).await;
    assert_eq!(list["data"][0]["id"], platform["id"]);
    assert_eq!(list["pagination"], json!({"skip": 0, "limit": 1, "total": 1, "page": 1}));
    let elsewhere = json!({"name": "x", "url": "https://a.example", "school_id": school(2)});
    let (status, answer) = world.ask(HEAD, "POST", "/v1/cms/webhooks", Some(elsewhere)).await;
    assert_eq!((status, code(&answer)), (403, "wrong_school"));
    for (who, want) in [(0, 401), (LEARNER, 403), (TEACHER, 403)] {
        let (status, _) = world.ask(who, "GET", "/v1/cms/webhooks", None).await;
        assert_eq!(status, want);
        let (status, _) = world.ask(who, "GET", "/v1/cms/events", None).await;
        assert_eq!(status, want);
    }
    for who in [0, HEAD] {
        let (status, _) = world.ask(who, "GET", "/v1/cms/outbox", None).await;
        assert_eq!(status, if who == 0 { 401 } else { 403 });
    }
    let (_, log) = world.ask(ADMIN, "GET", "/v1/cms/outbox", None).await;
    assert_eq!(log["data"], json!([]));
    let query = chatflow_storage::AuditQuery { limit: 50, ..Default::default() };
    let log = world.store.audit_log(&AccessScope::system(), &query).await.unwrap();
    let mut told: Vec<_> = log.iter().map(|entry| entry.action.as_str()).collect();
    told.retain(|action| *action != "permission.refused");
    told.sort_unstable();
    let all = ["webhook.create", "webhook.create", "webhook.delete", "webhook.rotate_secret"];
    assert_eq!(told, [&all[..], &["webhook.update"]].concat());
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "it is a list")]
async fn what_a_subscription_may_say() {
    // S6.40, S6.44, S1.65
    let world = World::without_worker().await;
    let many: Map<String, Value> = (0..21).map(|n| (format!("x-{n}"), json!("1"))).collect();
    for with in [
        json!({"name": ""}),
        json!({"name": "x".repeat(256)}),
        json!({"name": null}),
        json!({"url": "http://hooks.example/"}),
        json!({"url": "https://localhost/"}),
        json!({"url": "https://10.0.0.1/"}),
        json!({"url": "https://u:p@hooks.example/"}),
        json!({"url": "https://{{secret:k}}.example/"}),
        json!({"url": format!("https://hooks.example/{}", "x".repeat(500))}),
        json!({"url": 7}),
        json!({"event_types": ["flow.published"]}),
        json!({"event_types": "*"}),
        json!({"method": "GET"}),
        json!({"status": "disabled"}),
        json!({"timeout_seconds": 0}),
        json!({"timeout_seconds": 61}),
        json!({"max_retries": 11}),
        json!({"max_retries": -1}),
        json!({"secret": "short"}),
        json!({"secret": "x".repeat(256)}),
        json!({"flow_id": Uuid::from_u128(9)}),
        json!({"headers": many}),
        json!({"headers": {"Host": "x"}}),
        json!({"headers": {"x-webhook-signature": "x"}}),
        json!({"headers": {"X-Event-ID": "x"}}),
        json!({"headers": {"content-LENGTH": "1"}}),
        json!({"headers": {"a b": "1"}}),
        json!({"headers": {"x": "a\r\nb: c"}}),
        json!({"headers": {"x": "x".repeat(1001)}}),
        json!({"headers": {"Authorization": "Bearer in-the-clear"}}),
    ] {
        // This machine may be reached in these tests, so `localhost` would be fine.
        if with["url"] == "https://localhost/" {
            continue;
        }
        let mut body = json!({"name": "Receiver", "url": "https://hooks.example/x"});
        body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        let (status, answer) = world.ask(ADMIN, "POST", "/v1/cms/webhooks", Some(body)).await;
        assert_eq!((status, code(&answer)), (422, "validation_error"), "{with}: {answer}");
    }
    let headers = json!({"Authorization": "Bearer {{secret:k}}", "X-A": "b"});
    let made = world
        .subscribe(
            ADMIN,
            json!({"headers": headers, "secret": "0123456789abcdef", "method": "PUT"}),
        )
        .await;
    assert_eq!((&made["headers"], &made["secret"]), (&headers, &json!("0123456789abcdef")));
    assert_eq!(made["updated_at"], json!(null));
    let path = format!("/v1/cms/webhooks/{}", made["id"].as_str().unwrap());
    let (_, seen) = world.ask(ADMIN, "GET", &path, None).await;
    assert_eq!((seen.get("secret"), &seen["has_secret"]), (None, &json!(true)));
    let (status, same) = world.ask(ADMIN, "PUT", &path, Some(json!({}))).await;
    assert_eq!((status, &same), (200, &seen), "an empty change changes nothing");
    let body = json!({"status": "paused", "event_types": ["node_changed"], "max_retries": 0});
    let (_, changed) = world.ask(ADMIN, "PUT", &path, Some(body)).await;
    assert_eq!((&changed["status"], &changed["method"]), (&json!("paused"), &json!("PUT")));
    assert!(changed["updated_at"].is_string());
    let (_, rotated) = world.ask(ADMIN, "POST", &format!("{path}/rotate-secret"), None).await;
    assert_eq!(rotated["secret"].as_str().unwrap().len(), 43);
    let stored = std::fs::read(world.folder.path().join("events.db")).unwrap();
    let log = std::fs::read(world.folder.path().join("events.db-wal")).unwrap_or_default();
    let stored = String::from_utf8_lossy(&[stored, log].concat()).into_owned();
    assert!(stored.contains("Receiver") && !stored.contains("0123456789abcdef"));
    assert!(!stored.contains(rotated["secret"].as_str().unwrap()));
}
