//! What is told of changes: events, and the audit log.

use std::collections::BTreeSet;

use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AuditQuery, Change, EventQuery, SubscriptionId, SubscriptionMethod,
    SubscriptionRecord, SubscriptionStatus,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{CONTENT, made, place};
use crate::real::{Managed, account, school};

/// All events, the oldest first: type, destination and payload.
fn events(managed: &Managed) -> Vec<(String, String, Value)> {
    let query = EventQuery { limit: 1000, ..EventQuery::default() };
    let found = managed.wait(managed.store.events(&AccessScope::system(), &query)).unwrap();
    let told = found.into_iter().rev().map(|stored| {
        let event = stored.event;
        let payload = serde_json::from_str(&event.payload).unwrap();
        (event.event_type, event.destination.as_str().to_owned(), payload)
    });
    told.collect()
}

/// S1.68, S6.15 to S6.19, S6.22, S6.24, S6.30.
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
pub(super) fn changes_are_told_and_written_down(managed: &Managed) {
    let record = SubscriptionRecord {
        id: SubscriptionId(Uuid::from_u128(7)),
        name: "Hook".into(),
        url: "https://hooks.example/chat".into(),
        secret: None,
        method: SubscriptionMethod::Post,
        headers: "{}".into(),
        timeout_seconds: 30,
        max_retries: 3,
        event_types: vec!["content_created".into()],
        flow_id: None,
        school_id: Some(school(1)),
        status: SubscriptionStatus::Active,
        created_by: None,
    };
    let change = Change { expected: None, record };
    let at = chatflow::Timestamp::from_millis(0);
    let scope = AccessScope::system();
    managed.wait(managed.store.write_subscription(&scope, &change, at)).unwrap();

    let item = made(managed, "admin", &json!({}));
    let path = place(&item);
    let put = |body: &Value| managed.send("admin", ("PUT", &path), body);
    assert_eq!(put(&json!({"tags": ["x"], "info": {"a": 1}})).status, 200);
    assert_eq!(put(&json!({})).status, 200);
    assert_eq!(put(&json!({"tags": ["x"]})).status, 200);
    let status = json!({"status": "published", "comment": "good"});
    let id = [("x-request-id", "my-request")];
    managed.send_with("admin", ("POST", &format!("{path}/status")), &id, &status);
    let body = json!({"variant_key": "a", "variant_data": {}});
    let variant = managed.send("admin", ("POST", &format!("{path}/variants")), &body).body;
    let one = format!("{path}/variants/{}", variant["id"].as_str().unwrap());
    managed.send("admin", ("PATCH", &one), &json!({"weight": 5}));
    for _ in 0..3 {
        let count = json!({"impressions": 1});
        managed.send("admin", ("POST", &format!("{one}/performance")), &count);
    }
    managed.send("admin", ("DELETE", &one), &Value::Null);
    managed.send("admin", ("DELETE", &path), &Value::Null);
    // What is refused is told to nobody.
    managed.send("admin", ("POST", CONTENT), &json!({"type": "poem"}));

    let mut told = events(managed);
    // A minute may begin in between.
    told.dedup_by(|one, other| one.0 == other.0 && one.0.ends_with("performance_updated"));
    let types: Vec<_> = told.iter().map(|(kind, to, _)| format!("{kind} {to}")).collect();
    assert_eq!(
        types,
        [
            "content_created stream",
            "content_created webhook",
            "content_updated stream",
            "content_status_updated stream",
            "content_variant_created stream",
            "content_variant_updated stream",
            "content_variant_performance_updated stream",
            "content_variant_deleted stream",
            "content_deleted stream",
        ]
    );
    let payload = |n: usize| &told[n].2;
    assert_eq!(
        payload(0)["data"],
        json!({
            "content_id": item["id"], "content_type": "fact", "created_by": account("admin"),
        })
    );
    // The copies of one event bear one id, by which a receiver knows it again; other events have others.
    assert_eq!(payload(0)["event_id"], payload(1)["event_id"]);
    let ids: BTreeSet<_> =
        told.iter().map(|(_, _, payload)| payload["event_id"].to_string()).collect();
    assert_eq!(ids.len(), told.len() - 1);
    assert_eq!(payload(2)["data"]["changes"], json!(["info", "tags"]));
    assert_eq!(
        payload(3)["data"],
        json!({
            "content_id": item["id"], "content_type": "fact", "old_status": "draft",
            "new_status": "published", "comment": "good", "updated_by": account("admin"),
        })
    );
    assert_eq!(payload(4)["data"], json!({"content_id": item["id"], "variant_id": variant["id"]}));
    for (_, _, payload) in &told {
        assert_eq!(
            (
                &payload["content_id"],
                &payload["aggregate_id"],
                &payload["school_id"],
                &payload["actor_id"]
            ),
            (&item["id"], &item["id"], &json!(school(1)), &json!(account("admin")))
        );
        assert!(payload["timestamp"].is_f64(), "{payload}");
    }
    let query = AuditQuery { limit: 100, ..AuditQuery::default() };
    let log = managed.wait(managed.store.audit_log(&AccessScope::system(), &query)).unwrap();
    let mut actions: Vec<_> = log.iter().map(|entry| entry.action.as_str()).collect();
    actions.sort_unstable();
    assert_eq!(
        actions,
        [
            "content.create",
            "content.delete",
            "content.status",
            "content.update",
            "content.variant_create",
            "content.variant_delete",
            "content.variant_update",
        ]
    );
    for entry in &log {
        assert_eq!(entry.resource_id, item["id"].as_str().unwrap());
        assert_eq!((entry.actor_id, entry.school_id), (Some(account("admin")), Some(school(1))));
        assert!(entry.request_id.is_some(), "{entry:?}");
    }
    let moved = log.iter().find(|entry| entry.action == "content.status").unwrap();
    assert_eq!(moved.request_id.as_deref(), Some("my-request"));
    let changes: Value = serde_json::from_str(&moved.changes).unwrap();
    let expected = json!({
        "changed": ["status"], "comment": "good",
        "before": {"status": "draft", "version": 1}, "after": {"status": "published", "version": 2},
    });
    assert_eq!(changes, expected);
}
