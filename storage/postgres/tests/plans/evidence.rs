//! The calls of those who look later: at what was shown, at traces, at counters, at changes.

use chatflow::{ContentId, FlowId, Revision, Timestamp};
use chatflow_postgres::PostgresStore;
use chatflow_storage::{
    AccessScope, AsyncAuditStore, AsyncEngagementStore, AsyncEvidenceStore, AsyncPerformanceStore,
    AsyncTraceStore, AuditEntry, AuditQuery, ContentEventQuery, ContentTotalQuery, ContentWindow,
    Counters, Day, FlowSessionQuery, ImpressionQuery, PerformanceData, TraceQuery,
};
use uuid::Uuid;

use super::Sent;
use crate::proxy::Proxy;
use crate::session::SESSION;

pub(super) async fn call_evidence(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let scope = AccessScope::system();
    let (content, flow) = (ContentId(Uuid::from_u128(3)), FlowId(Uuid::from_u128(2)));
    let events = ContentEventQuery { content, kind: None, from: None, to: None, skip: 0, limit: 9 };
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    store.content_events(&scope, &events).await.unwrap();
    sends("content_events");
    store.sweep_requests(Timestamp::default(), 1).await.unwrap();
    sends("sweep_requests");
    let trace = TraceQuery { session: SESSION, from: Revision(0), limit: 9 };
    store.session_trace(&scope, trace).await.unwrap();
    sends("session_trace");
    store.flow_sessions(&scope, &FlowSessionQuery::of(flow)).await.unwrap();
    sends("flow_sessions");
    store.trace_stats(&scope, flow).await.unwrap();
    sends("trace_stats");
    sent
}

pub(super) async fn call_performance(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let scope = AccessScope::system();
    // In the seed; the other is not.
    let (known, unknown) = (ContentId(Uuid::from_u128(7)), ContentId(Uuid::from_u128(8)));
    let one = Counters { impressions: 1, ..Counters::default() };
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    store.performance(&scope, unknown).await.unwrap();
    sends("performance or add_performance, who may");
    assert_eq!(store.performance(&scope, known).await.unwrap().len(), 2);
    sends("performance");
    store.add_performance(&scope, known, "a", one).await.unwrap().unwrap();
    sends("add_performance");
    let data = PerformanceData { content: known, variant_key: "a", expected: None, data: "{}" };
    assert!(store.write_performance_data(&scope, data).await.unwrap());
    sends("write_performance_data");
    store.count_content_events(1).await.unwrap();
    sends("count_content_events");
    store.delete_content_events(Timestamp::default(), 1).await.unwrap();
    sends("delete_content_events");
    sent
}

pub(super) async fn call_engagement(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let scope = AccessScope::system();
    let content = ContentId(Uuid::from_u128(7));
    let window = ContentWindow { content, from: Day(0), to: Day(9) };
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    store.content_days(&scope, window).await.unwrap();
    sends("content_days");
    store.content_arms(&scope, window).await.unwrap();
    sends("content_arms");
    store.content_audience(&scope, window).await.unwrap();
    sends("content_audience");
    let query = ImpressionQuery { window, before: None, limit: 9 };
    store.content_impressions(&scope, &query).await.unwrap();
    sends("content_impressions");
    store.content_answers(&scope, window, 9).await.unwrap();
    sends("content_answers");
    let all = ContentTotalQuery { kind: None, tags: Vec::new(), from: window.from, to: window.to };
    store.content_kinds(&scope, &all).await.unwrap();
    sends("content_kinds");
    store.content_totals(&scope, &all).await.unwrap();
    sends("content_totals");
    sent
}

pub(super) async fn call_audit(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let scope = AccessScope::system();
    let entry = AuditEntry {
        id: Uuid::from_u128(1),
        at: Timestamp::default(),
        actor_type: "user".into(),
        actor_id: None,
        action: "flow.publish".into(),
        resource_type: "flow".into(),
        resource_id: "1".into(),
        school_id: None,
        changes: "{}".into(),
        request_id: None,
        ip: None,
    };
    let all = AuditQuery { limit: 10, ..AuditQuery::default() };
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    store.append_audit(&[entry]).await.unwrap();
    sends("append_audit");
    store.audit_log(&scope, &all).await.unwrap();
    sends("audit_log");
    let resource_type = Some("flow".to_owned());
    let resource_id = Some("1".to_owned());
    store.audit_log(&scope, &AuditQuery { resource_type, resource_id, ..all }).await.unwrap();
    sends("audit_log of a resource");
    store.delete_old_audit(Timestamp::default(), 10).await.unwrap();
    sends("delete_old_audit");
    sent
}
