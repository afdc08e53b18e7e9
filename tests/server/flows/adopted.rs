//! Flows that are marked as published without a version: data from elsewhere (S3.91).

use chatflow::FlowId;
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, Batch, Change, FlowChange};
use serde_json::{Value, json};

use super::{Case, create, events, path, quiz};
use crate::real::{Answer, Served, Who, runtime};

pub(super) fn cases() -> Vec<(&'static str, Case)> {
    vec![
        ("the first start makes the missing version", the_first_start_makes_the_missing_version),
        ("what is embedded gets its version, too", what_is_embedded_gets_its_version_too),
        ("starts at once make one version", starts_at_once_make_one_version),
    ]
}

/// Marks a flow as published, as whoever writes tables may; what else its row says is `hash`.
fn mark(served: &Served, flow: &Value, hash: &str) {
    let id = FlowId(flow["id"].as_str().unwrap().parse().unwrap());
    let scope = AccessScope::system();
    let found = runtime().block_on(served.store.flow_draft(&scope, id)).unwrap().unwrap();
    let mut record = found.stored.record;
    record.is_published = true;
    hash.clone_into(&mut record.graph_hash);
    record.references.clear();
    let flow = Change { expected: None, record };
    let batch = Batch { flows: vec![FlowChange { flow, publish: None }], ..Batch::default() };
    runtime().block_on(served.store.apply(&scope, &batch)).unwrap();
}

fn versions(served: &Served, flow: &Value) -> Value {
    served.get(Who::Platform, &path(flow, "/versions")).body
}

fn start(served: &Served, flow: &Value) -> Answer {
    served.send(Who::Nobody, ("POST", "/v1/chat/start"), &json!({"flow_id": flow["id"]}))
}

fn open() -> Value {
    json!({"visibility": "wriveted"})
}

fn the_first_start_makes_the_missing_version(served: &Served) {
    let flow = create(served, Who::Platform, &open());
    let hash = flow["graph_hash"].clone();
    start(served, &flow).refuses(404, "flow_not_found", "a draft");
    mark(served, &flow, "of another program");
    assert_eq!(versions(served, &flow)["pagination"]["total"], 0);
    for _ in 0..2 {
        let started = start(served, &flow);
        assert_eq!(
            (started.status, &started.body["flow_name"]),
            (201, &json!("Quiz")),
            "{started:?}"
        );
    }
    let made = versions(served, &flow);
    assert_eq!(made["pagination"]["total"], 1);
    assert_eq!(made["data"][0]["version"], "1.0.0");
    if hash.is_string() {
        assert_eq!(made["data"][0]["graph_hash"], hash);
    }
    // It is nobody's change.
    let told = events(served, &flow);
    assert!(told.iter().all(|(kind, _)| kind != "flow_published"), "{told:?}");
    // A flow that is deleted or withdrawn stays so.
    let withdrawn =
        served.send(Who::Platform, ("PUT", &path(&flow, "")), &json!({"publish": false}));
    assert_eq!(withdrawn.status, 200);
    start(served, &flow).refuses(404, "flow_not_found", "withdrawn");
}

fn what_is_embedded_gets_its_version_too(served: &Served) {
    let embeds = |child: &Value| {
        let content = json!({"composite_flow_id": child["id"]});
        json!({"visibility": "wriveted", "flow_data": {"nodes": [{"id": "hello", "type": "composite", "content": content}]}})
    };
    let child = create(served, Who::Platform, &open());
    let parent = create(served, Who::Platform, &embeds(&child));
    let grandparent = create(served, Who::Platform, &embeds(&parent));
    for flow in [&child, &parent, &grandparent] {
        mark(served, flow, "");
    }
    let started = start(served, &grandparent);
    assert_eq!(started.body["messages"][0]["text"], "Ready to dive?", "{started:?}");
    for flow in [&child, &parent, &grandparent] {
        assert_eq!(versions(served, flow)["pagination"]["total"], 1);
    }
    // Who may not see it does not run it, whatever is marked.
    let hidden = json!({"visibility": "private", "flow_data": quiz()});
    let hidden = create(served, Who::Platform, &hidden);
    mark(served, &hidden, "");
    start(served, &hidden).refuses(404, "flow_not_found", "private");
}

fn starts_at_once_make_one_version(served: &Served) {
    let flow = create(served, Who::Platform, &open());
    mark(served, &flow, "");
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| assert_eq!(start(served, &flow).status, 201));
        }
    });
    assert_eq!(versions(served, &flow)["pagination"]["total"], 1);
}
