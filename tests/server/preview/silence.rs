//! What a preview leaves: a session that can go on, and nothing else.

use chatflow::{Revision, SessionId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, Change, EventQuery, FactQuery, SessionEventQuery, SubscriptionId,
    SubscriptionMethod, SubscriptionRecord, SubscriptionStatus, TraceQuery,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{asks, create, preview, put, say, say_with, session, start};
use crate::real::{Answer, Served, Who, runtime};

fn id(started: &Answer) -> SessionId {
    SessionId(started.body["session_id"].as_str().unwrap().parse().unwrap())
}

/// Somebody who wants to hear of everything.
fn subscribe(served: &Served) {
    let record = SubscriptionRecord {
        id: SubscriptionId(Uuid::from_u128(7)),
        name: "Hook".into(),
        url: "https://hooks.example/chat".into(),
        secret: None,
        method: SubscriptionMethod::Post,
        headers: "{}".into(),
        timeout_seconds: 30,
        max_retries: 3,
        event_types: vec!["*".into()],
        flow_id: None,
        school_id: None,
        status: SubscriptionStatus::Active,
        created_by: None,
    };
    let change = Change { expected: None, record };
    let at = Timestamp::from_millis(0);
    let scope = AccessScope::system();
    runtime().block_on(served.store.write_subscription(&scope, &change, at)).unwrap();
}

/// The types of the events of a session, the oldest first, once each.
fn told(served: &Served, session: SessionId) -> Vec<String> {
    let query = EventQuery { session_id: Some(session), limit: 100, ..EventQuery::default() };
    let found = runtime().block_on(served.store.events(&AccessScope::system(), &query)).unwrap();
    let mut kinds: Vec<_> = found.into_iter().rev().map(|stored| stored.event.event_type).collect();
    kinds.dedup();
    kinds
}

/// S4.14, S5.2, S6.6, S4.41, S4.42
pub(super) fn nobody_is_told_and_nothing_is_counted(served: &Served) {
    subscribe(served);
    let item =
        json!({"type": "fact", "content": {"text": "Three hearts."}, "visibility": "public"});
    let made = served.send(Who::Platform, ("POST", "/v1/cms/content"), &item).body;
    let path = format!("/v1/cms/content/{}/status", made["id"].as_str().unwrap());
    let moved = served.send(Who::Platform, ("POST", &path), &json!({"status": "published"}));
    assert_eq!(moved.status, 200, "{moved:?}");
    let mut graph = asks("Well?");
    let content = json!({"messages": [{"content_id": made["id"]}]});
    graph["nodes"][1] = json!({"id": "count", "type": "message", "content": content});
    let flow = create(served, Who::Platform, &graph, &json!({"visibility": "wriveted"}));
    put(served, &flow, &json!({"publish": true}));
    let tried = preview(served, Who::Platform, &flow, &json!(true));
    let visited = start(served, Who::Nobody, &json!({"flow_id": flow["id"]}), "");
    for started in [&tried, &visited] {
        say(served, started, "word");
    }
    let all = |session| SessionEventQuery { session, skip: 0, limit: 100 };
    let shown = |started: &Answer| {
        let found = served.store.session_content_events(all(id(started)));
        runtime().block_on(found).unwrap().rows.len()
    };
    assert_eq!((shown(&tried), shown(&visited)), (0, 1));
    let scope = AccessScope::system();
    let flow_id = chatflow::FlowId(flow["id"].as_str().unwrap().parse().unwrap());
    let always = [0, i64::MAX / 1_000_000].map(Timestamp::from_millis);
    let query = FactQuery::of(flow_id, always[0], always[1]);
    let facts = runtime().block_on(served.store.session_facts(&scope, &query)).unwrap();
    let counted: Vec<_> = facts.iter().map(|fact| fact.id).collect();
    assert_eq!(counted, [id(&visited)]);
    // S4.41: they are told apart in the list.
    for (preview, expected) in [("true", &tried), ("false", &visited)] {
        let path = format!("/v1/chat/admin/sessions?preview={preview}");
        let page = served.get(Who::Platform, &path).body;
        assert_eq!(page["pagination"]["total"], 1);
        assert_eq!(page["data"][0]["session_id"], expected.body["session_id"]);
        assert_eq!(page["data"][0]["trace_enabled"], false);
    }
    for started in [&tried, &visited] {
        let path = format!("/v1/chat/admin/sessions/{}", id(started));
        let gone = served.send(Who::Platform, ("DELETE", &path), &Value::Null);
        assert_eq!(gone.status, 204, "{gone:?}");
        assert_eq!(served.send(Who::Platform, ("DELETE", &path), &Value::Null).status, 404);
    }
    assert_eq!(told(served, id(&tried)), Vec::<String>::new());
    let expected = ["session_started", "session_updated", "session_deleted"];
    assert_eq!(told(served, id(&visited)), expected);
    assert_eq!(runtime().block_on(served.store.preview(id(&tried))).unwrap(), None);
}

/// R11.53: verbose, unmasked, and in the answers alone.
pub(super) fn the_trace_is_told_and_not_kept(served: &Served) {
    let flow = create(served, Who::Platform, &asks("Well?"), &json!({"visibility": "wriveted"}));
    let tried = preview(served, Who::Platform, &flow, &json!(true));
    assert_eq!(tried.body["trace"][0]["node_id"], "ask", "{tried:?}");
    let word = "kim@example.org";
    let key = [("idempotency-key", "once")];
    let said = say_with(served, &tried, word, &key);
    let steps = said.body["trace"].as_array().unwrap();
    let nodes: Vec<_> = steps.iter().map(|step| step["node_id"].as_str().unwrap()).collect();
    assert_eq!(nodes, ["ask", "count", "ask"]);
    let changed = |step: &Value| step["changed"]["temp.last"].clone();
    assert_eq!(changed(&steps[1]), json!([null, word]));
    // Who asks again hears the same of the turn, without its trace.
    let again = say_with(served, &tried, word, &key);
    assert_eq!(again.header("idempotency-replayed"), "true");
    let mut expected = said.body.clone();
    expected.as_object_mut().unwrap().remove("trace");
    assert_eq!(again.body, expected);
    let session_id = id(&tried);
    let all = TraceQuery { session: session_id, from: Revision(0), limit: 100 };
    let scope = AccessScope::system();
    let kept = runtime().block_on(served.store.session_trace(&scope, all)).unwrap();
    assert_eq!(json!(format!("{kept:?}")).to_string().matches("node_id").count(), 0);
    assert!(runtime().block_on(served.store.journal(session_id)).unwrap().is_empty());
    assert_eq!(session(served, &tried)["revision"], 2);
    // Others have no trace in their answers.
    put(served, &flow, &json!({"publish": true}));
    let visited = start(served, Who::Nobody, &json!({"flow_id": flow["id"]}), "");
    let answer = say(served, &visited, "x");
    assert_eq!((&visited.body["trace"], &answer.body["trace"]), (&Value::Null, &Value::Null));
}
