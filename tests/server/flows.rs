//! Managing flows over HTTP, on every store.

mod adopted;
mod documents;
mod graph;
mod limits;
mod publish;
mod rights;
mod rows;

use std::sync::atomic::{AtomicUsize, Ordering};

use chatflow_sqlite::SqliteStore;
use chatflow_storage::{AnyStore, Blocking};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::real::{Answer, Served, Who, run_cases};

/// One case: what must hold of a service on an empty store.
pub(crate) type Case = fn(&Served);

fn cases() -> Vec<(&'static str, Case)> {
    let of = [
        adopted::cases,
        publish::cases,
        rights::cases,
        graph::cases,
        rows::cases,
        documents::cases,
        limits::cases,
    ];
    of.into_iter().flat_map(|cases| cases()).collect()
}

/// Runs every case.
pub(crate) fn run_all(make: impl Fn() -> Served) {
    run_cases(cases(), make);
}

#[test]
fn flows_are_managed_on_a_file() {
    let folder = TempDir::new().unwrap();
    let number = AtomicUsize::new(0);
    run_all(|| {
        let name = format!("flows-{}.db", number.fetch_add(1, Ordering::Relaxed));
        let store = SqliteStore::open(folder.path().join(name)).unwrap();
        Served::on(AnyStore::new(Blocking(store)))
    });
}

/// A quiz of two nodes.
pub(crate) fn quiz() -> Value {
    json!({
        "variables": {"temp": {"score": 0}},
        "nodes": [
            {"id": "hello", "type": "message", "content": {"messages": [{"type": "text", "text": "Ready to dive?"}]},
             "position": {"x": 0, "y": 0}},
            {"id": "arms", "type": "question", "content": {"question": {"text": "How many arms has a starfish?"},
             "input_type": "number", "variable": "temp.arms"}, "position": {"x": 240, "y": 0}}
        ],
        "connections": [{"source": "hello", "target": "arms", "type": "default"}]
    })
}

/// Creates a flow of that body laid over a plain one.
fn create(managed: &Served, who: Who, more: &Value) -> Value {
    let mut body =
        json!({"name": "Quiz", "version": "1.0.0", "entry_node_id": "hello", "flow_data": quiz()});
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    let created = managed.send(who, ("POST", "/v1/cms/flows"), &body);
    assert_eq!(created.status, 201, "{created:?}");
    let id = created.body["id"].as_str().unwrap();
    assert_eq!(created.header("location"), format!("/v1/cms/flows/{id}"));
    created.body
}

fn path(flow: &Value, rest: &str) -> String {
    format!("/v1/cms/flows/{}{rest}", flow["id"].as_str().unwrap())
}

fn put(managed: &Served, who: Who, flow: &Value, body: &Value) -> Answer {
    managed.send(who, ("PUT", &path(flow, "")), body)
}

/// The flow as it is stored.
fn read(managed: &Served, flow: &Value) -> Value {
    let found = managed.get(Who::Platform, &path(flow, "?include_inactive=true"));
    assert_eq!(found.status, 200, "{found:?}");
    found.body
}

/// The types of the events that were written for a flow, the oldest first, with their data.
fn events(managed: &Served, flow: &Value) -> Vec<(String, Value)> {
    use chatflow_storage::prelude::*;
    use chatflow_storage::{AccessScope, EventQuery};
    let query = EventQuery { limit: 1000, ..EventQuery::default() };
    let scope = AccessScope::system();
    let found = crate::real::runtime().block_on(managed.store.events(&scope, &query)).unwrap();
    let mut events: Vec<_> = found
        .into_iter()
        .map(|stored| serde_json::from_str::<Value>(&stored.event.payload).unwrap())
        .filter(|payload| payload["flow_id"] == flow["id"])
        .map(|payload| {
            (payload["event_type"].as_str().unwrap().to_owned(), payload["data"].clone())
        })
        .collect();
    events.reverse();
    events
}

fn kinds(managed: &Served, flow: &Value) -> Vec<String> {
    events(managed, flow).into_iter().map(|(kind, _)| kind).collect()
}

/// The actions of the audit log, the oldest first.
fn actions(managed: &Served, flow: &Value) -> Vec<String> {
    use chatflow_storage::prelude::*;
    use chatflow_storage::{AccessScope, AuditQuery};
    let query = AuditQuery {
        resource_id: flow["id"].as_str().map(str::to_owned),
        limit: 1000,
        ..AuditQuery::default()
    };
    let scope = AccessScope::system();
    let log = managed.store.audit_log(&scope, &query);
    let mut log = crate::real::runtime().block_on(log).unwrap();
    log.reverse();
    log.into_iter().map(|entry| entry.action).collect()
}
