//! Previews on the server: drafts are tried, and leave no trace where conversations count (S4.14, F69).

mod drafts;
mod effects;
mod rights;
mod silence;

use std::sync::atomic::{AtomicUsize, Ordering};

use chatflow_sqlite::SqliteStore;
use chatflow_storage::{AnyStore, Blocking};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::real::{Answer, Client, Place, Served, Visitor, Who, run, run_cases};

type Case = fn(&Served);

const CASES: [(&str, Case); 11] = [
    ("who edits a flow tries it", rights::who_edits_a_flow_tries_it),
    ("what is asked for is checked", rights::what_is_asked_for_is_checked),
    ("a draft stays as it was", drafts::a_draft_stays_as_it_was),
    ("a draft that cannot run is refused", drafts::a_draft_that_cannot_run_is_refused),
    ("what a flow expects is told", drafts::what_a_flow_expects_is_told),
    ("sub-flows are published ones, else drafts", drafts::sub_flows_are_published_ones_else_drafts),
    ("content is shown before it is published", drafts::content_is_shown_before_it_is_published),
    ("requests are answered by mocks", effects::requests_are_answered_by_mocks),
    ("what nothing answers fails", effects::what_nothing_answers_fails),
    ("nobody is told and nothing is counted", silence::nobody_is_told_and_nothing_is_counted),
    ("the trace is told and not kept", silence::the_trace_is_told_and_not_kept),
];

/// Runs every case.
pub(crate) fn run_all(make: impl Fn() -> Served) {
    run_cases(CASES, make);
}

#[test]
fn drafts_are_tried_on_a_file() {
    let folder = TempDir::new().unwrap();
    let number = AtomicUsize::new(0);
    run_all(|| {
        let name = format!("preview-{}.db", number.fetch_add(1, Ordering::Relaxed));
        let store = SqliteStore::open(folder.path().join(name)).unwrap();
        Served::on(AnyStore::new(Blocking(store)))
    });
}

/// A preview that was started by one process goes on with another, though the draft is another by then.
pub(crate) fn elsewhere(place: &Place, clients: &[Client; 2]) {
    let platform = place.user("wriveted", &[]);
    let [one, other] = clients;
    let signed = |method: &str, path: &str, body: &Value| {
        one.send_json((method, path), &[platform.header()], body)
    };
    let body = json!({"name": "Tried", "version": "1.0.0", "entry_node_id": "ask", "flow_data": asks("One?")});
    let flow = signed("POST", "/v1/cms/flows", &body).body;
    let body = json!({"flow_id": flow["id"], "preview": true});
    let mut visitor = Visitor::of(one, &signed("POST", "/v1/chat/start", &body));
    let path = format!("/v1/cms/flows/{}", flow["id"].as_str().unwrap());
    assert_eq!(signed("PUT", &path, &json!({"flow_data": asks("Two?")})).status, 200);
    for client in [other, one, other] {
        visitor.client = client.clone();
        visitor.say("word");
        assert_eq!(visitor.question(), "One?");
        assert!(visitor.turn["trace"].is_array(), "{}", visitor.turn);
    }
    assert_eq!(visitor.session()["info"]["preview"], true);
    // The database is in order for who looks it over.
    let checked = run(["db", "check", "--json", "--db", place.database().to_str().unwrap()]);
    assert_eq!(checked.json()["sound"], true, "{checked:?}");
    // Nor is there a flow that nobody knows.
    assert!(!checked.out.contains(flow["id"].as_str().unwrap()), "{checked:?}");
}

#[test]
fn a_preview_goes_on_after_a_restart() {
    let place = Place::with_flows();
    let servers = [(); 2].map(|()| place.serve_signed());
    elsewhere(&place, &servers.each_ref().map(crate::real::Server::client));
}

/// The graph of a flow that asks for a word again and again.
fn asks(text: &str) -> Value {
    json!({
        "nodes": [
            {"id": "ask", "type": "question", "content": {"question": {"text": text}, "input_type": "text", "variable": "temp.word"}},
            {"id": "count", "type": "action", "content": {"actions": [{"type": "set_variable", "variable": "temp.last", "value": "{{temp.word}}"}]}},
        ],
        "connections": [
            {"source": "ask", "target": "count", "type": "default"},
            {"source": "count", "target": "ask", "type": "default"},
        ],
    })
}

/// Creates a flow with this graph, whose first node is its entry, and these other fields.
fn create(served: &Served, who: Who, graph: &Value, more: &Value) -> Value {
    let entry = &graph["nodes"][0]["id"];
    let mut body =
        json!({"name": "Tried", "version": "1.0.0", "entry_node_id": entry, "flow_data": graph});
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    let created = served.send(who, ("POST", "/v1/cms/flows"), &body);
    assert_eq!(created.status, 201, "{created:?}");
    created.body
}

fn put(served: &Served, flow: &Value, body: &Value) -> Value {
    let path = format!("/v1/cms/flows/{}", flow["id"].as_str().unwrap());
    let answer = served.send(Who::Platform, ("PUT", &path), body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// Starts a preview; `with` is `true`, or what it runs with.
fn preview(served: &Served, who: Who, flow: &Value, with: &Value) -> Answer {
    start(served, who, &json!({"flow_id": flow["id"], "preview": with}), "")
}

fn start(served: &Served, who: Who, body: &Value, query: &str) -> Answer {
    served.send(who, ("POST", &format!("/v1/chat/start{query}")), body)
}

/// Answers in a conversation that was started.
fn say(served: &Served, started: &Answer, word: &str) -> Answer {
    say_with(served, started, word, &[])
}

fn say_with(served: &Served, started: &Answer, word: &str, more: &[(&str, &str)]) -> Answer {
    assert_eq!(started.status, 201, "{started:?}");
    let token = started.body["session_token"].as_str().unwrap();
    let csrf = ("x-csrf-token", started.body["csrf_token"].as_str().unwrap());
    let path = format!("/v1/chat/sessions/{token}/interact");
    let body = json!({"input": word, "input_type": "text"});
    let headers = [&[csrf], more].concat();
    let answer = served.send_with(Who::Nobody, ("POST", &path), &headers, &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

fn session(served: &Served, started: &Answer) -> Value {
    let token = started.body["session_token"].as_str().unwrap();
    let found = served.get(Who::Nobody, &format!("/v1/chat/sessions/{token}"));
    assert_eq!(found.status, 200, "{found:?}");
    found.body
}

fn question(answer: &Answer) -> &str {
    answer.body["input_request"]["question"]["text"].as_str().unwrap_or_default()
}

fn said(answer: &Answer) -> Vec<&str> {
    let messages = answer.body["messages"].as_array().unwrap();
    messages.iter().filter_map(|message| message["text"].as_str()).collect()
}
