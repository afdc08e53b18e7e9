//! What a preview runs.

use serde_json::{Value, json};

use super::{asks, create, preview, put, question, said, say, session, start};
use crate::real::{Served, Who};

/// F20: a preview goes on with the draft as it was; the next one has the draft as it is.
pub(super) fn a_draft_stays_as_it_was(served: &Served) {
    let flow = create(served, Who::Platform, &asks("One?"), &json!({"visibility": "wriveted"}));
    let first = preview(served, Who::Platform, &flow, &json!(true));
    assert_eq!(question(&first), "One?");
    assert_eq!(session(served, &first)["info"]["preview"], true);
    put(served, &flow, &json!({"flow_data": asks("Two?")}));
    let second = preview(served, Who::Platform, &flow, &json!(true));
    assert_eq!(question(&second), "Two?");
    put(served, &flow, &json!({"publish": true}));
    put(served, &flow, &json!({"flow_data": asks("Three?")}));
    let visitor = start(served, Who::Nobody, &json!({"flow_id": flow["id"]}), "");
    let third = preview(served, Who::Platform, &flow, &json!(true));
    put(served, &flow, &json!({"publish": false}));
    for (started, text) in
        [(&first, "One?"), (&second, "Two?"), (&visitor, "Two?"), (&third, "Three?")]
    {
        for word in ["a", "b"] {
            let answer = say(served, started, word);
            assert_eq!(question(&answer), text);
            assert_eq!(answer.body["session_updated"]["state"]["temp"]["last"], word);
        }
        assert_eq!(session(served, started)["revision"], 3);
    }
    // S3.99: no version came of it.
    let path = format!("/v1/cms/flows/{}/versions", flow["id"].as_str().unwrap());
    assert_eq!(served.get(Who::Platform, &path).body["pagination"]["total"], 1);
}

pub(super) fn a_draft_that_cannot_run_is_refused(served: &Served) {
    let mut broken = asks("Well?");
    broken["nodes"][0]["content"] = json!({});
    let flow = create(served, Who::Platform, &broken, &json!({"visibility": "wriveted"}));
    let refused = preview(served, Who::Platform, &flow, &json!(true));
    refused_with_issues(&refused);
    let empty = json!({"nodes": [], "connections": []});
    let body =
        json!({"name": "Empty", "version": "1.0.0", "entry_node_id": null, "flow_data": empty});
    let created = served.send(Who::Platform, ("POST", "/v1/cms/flows"), &body);
    assert_eq!(created.status, 201, "{created:?}");
    refused_with_issues(&preview(served, Who::Platform, &created.body, &json!(true)));
}

fn refused_with_issues(refused: &crate::real::Answer) {
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_eq!(refused.body["code"], "flow_validation_failed");
    assert!(!refused.body["detail"]["issues"].as_array().unwrap().is_empty(), "{refused:?}");
}

/// S4.17, R9.34: what a flow expects and does not get is told, and stops nobody.
pub(super) fn what_a_flow_expects_is_told(served: &Served) {
    let contract = json!({"entry_requirements": {"variables": ["user.name", "context.class"]}});
    let more = json!({"visibility": "wriveted", "contract": contract});
    let flow = create(served, Who::Platform, &asks("Well?"), &more);
    put(served, &flow, &json!({"publish": true}));
    for (state, missing) in [
        (json!({}), vec!["user.name", "context.class"]),
        (json!({"user": {"name": "Kim"}, "context": {"class": null}}), vec!["context.class"]),
        (json!({"user": {"name": "Kim"}, "context": {"class": 4}}), vec![]),
    ] {
        for preview in [false, true] {
            let body = json!({"flow_id": flow["id"], "initial_state": state, "preview": preview});
            let started = start(served, Who::Platform, &body, "");
            assert_eq!((started.status, question(&started)), (201, "Well?"), "{started:?}");
            let warnings = started.body["warnings"].as_array().cloned().unwrap_or_default();
            assert_eq!(warnings.len(), missing.len(), "{state} {warnings:?}");
            for (warning, missing) in warnings.iter().zip(&missing) {
                assert!(warning.as_str().unwrap().contains(missing), "{warnings:?}");
            }
        }
    }
}

/// The graph of a flow that enters others, one after the other.
fn enters(children: &[&Value]) -> Value {
    let id = |n: usize| format!("enter_{n}");
    let node = |(n, child): (usize, &&Value)| json!({"id": id(n), "type": "composite", "content": {"composite_flow_id": child["id"]}});
    let nodes: Vec<Value> = children.iter().enumerate().map(node).collect();
    let edge = |n: usize| json!({"source": id(n - 1), "target": id(n), "type": "default"});
    json!({"nodes": nodes, "connections": (1..children.len()).map(edge).collect::<Vec<_>>()})
}

fn says(text: &str) -> Value {
    json!({"nodes": [{"id": "say", "type": "message", "content": {"text": text}}], "connections": []})
}

/// R9.30, S3.91: what is published counts, and a draft only where nothing ever was.
pub(super) fn sub_flows_are_published_ones_else_drafts(served: &Served) {
    let open = json!({"visibility": "wriveted"});
    let leaf = create(served, Who::Platform, &says("leaf, drafted"), &open);
    let inner = create(served, Who::Platform, &enters(&[&leaf]), &open);
    let live = create(served, Who::Platform, &says("live, published"), &open);
    put(served, &live, &json!({"publish": true}));
    put(served, &live, &json!({"flow_data": says("live, drafted")}));
    let root = create(served, Who::Platform, &enters(&[&live, &inner]), &open);
    let tried = preview(served, Who::Platform, &root, &json!(true));
    assert_eq!(tried.status, 201, "{tried:?}");
    assert_eq!(said(&tried), ["live, published", "leaf, drafted"]);
    assert_eq!(tried.body["session_ended"], true);
    // A draft of another school is nobody's to see.
    let school = |n: u128| json!(format!("00000000-0000-0000-0000-{n:012}"));
    let theirs = json!({"visibility": "public", "school_id": school(2)});
    let theirs = create(served, Who::Platform, &says("theirs"), &theirs);
    let ours = json!({"visibility": "school", "school_id": school(1)});
    let ours = create(served, Who::Platform, &enters(&[&theirs, &live]), &ours);
    let seen = preview(served, Who::Admin(1), &ours, &json!(true));
    assert_eq!(seen.status, 201, "{seen:?}");
    assert_eq!(said(&seen), ["theirs", "live, published"]);
    put(served, &theirs, &json!({"visibility": "private"}));
    let unseen = preview(served, Who::Admin(1), &ours, &json!(true));
    assert!(!said(&unseen).contains(&"theirs"), "{unseen:?}");
}

/// R4.8, R4.15
pub(super) fn content_is_shown_before_it_is_published(served: &Served) {
    let item = json!({"type": "fact", "content": {"text": "Octopuses have three hearts."},
        "visibility": "public", "tags": ["sea"]});
    let made = served.send(Who::Platform, ("POST", "/v1/cms/content"), &item);
    assert_eq!((made.status, &made.body["status"]), (201, &json!("draft")), "{made:?}");
    let graph = json!({
        "nodes": [
            {"id": "named", "type": "message", "content": {"messages": [{"content_id": made.body["id"]}]}},
            {"id": "ask", "type": "question", "content": {"question": {"text": "Well?"}, "input_type": "text", "variable": "temp.word"}},
        ],
        "connections": [
            {"source": "named", "target": "ask", "type": "default"},
        ],
    });
    let flow = create(served, Who::Platform, &graph, &json!({"visibility": "wriveted"}));
    let tried = preview(served, Who::Platform, &flow, &json!(true));
    let shows = |answer: &crate::real::Answer| {
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["messages"].to_string().contains("three hearts")
    };
    assert!(shows(&tried), "{tried:?}");
    let path = format!("/v1/cms/content/{}/status", made.body["id"].as_str().unwrap());
    for status in ["published", "archived"] {
        let moved = served.send(Who::Platform, ("POST", &path), &json!({"status": status}));
        assert_eq!(moved.status, 200, "{moved:?}");
    }
    let tried = preview(served, Who::Platform, &flow, &json!(true));
    assert!(!shows(&tried), "{tried:?}");
}
