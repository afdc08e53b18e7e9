//! Conversations that are really held, counted from the events that they leave.

use serde_json::{Value, json};

use super::{made, ok};
use crate::real::Managed;

/// Starts a conversation, says these things and answers with what was shown first and whether it ended.
fn talk(managed: &Managed, flow: &str, age: u64, words: &[&str]) -> (Value, bool) {
    let body = json!({"flow_id": flow, "initial_state": {"user": {"age": age}}});
    let started = managed.send("", ("POST", "/v1/chat/start"), &body);
    assert_eq!(started.status, 201, "{started:?}");
    let text = |key: &str| started.body[key].as_str().expect("a text").to_owned();
    let path = format!("/v1/chat/sessions/{}/interact", text("session_token"));
    let csrf = text("csrf_token");
    let mut has_ended = false;
    for word in words {
        let body = json!({"input": word, "input_type": "text"});
        let answer = managed.send_with("", ("POST", &path), &[("x-csrf-token", &csrf)], &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        has_ended = answer.body["session_ended"] == true;
    }
    (started.body["next_node"].clone(), has_ended)
}

/// S5.21 to S5.24, S5.26, S5.27, S5.33.
#[expect(clippy::too_many_lines, reason = "one story")]
pub(super) fn real_conversations_are_counted(managed: &Managed) {
    let body = json!({"type": "message", "content": {"text": "Whales sing."}, "status": "published",
        "visibility": "wriveted"});
    let item = made(managed, "platform", "/v1/cms/content", &body);
    let body = json!({"variant_key": "b", "variant_data": {"text": "Whales really sing."}});
    made(managed, "platform", &format!("/v1/cms/content/{item}/variants"), &body);
    let graph = json!({
        "nodes": [
            {"id": "tell", "type": "message", "content": {"messages": [{"content_id": item}]}},
            {"id": "ask", "type": "question", "content": {"question": {"text": "Did you like it?"},
                "input_type": "text", "variable": "temp.word"}},
            {"id": "why", "type": "question", "content": {"question": {"text": "Why?"},
                "input_type": "text", "variable": "temp.why"}},
            {"id": "bye", "type": "message", "content": {"messages": [{"text": "Bye."}]}},
        ],
        "connections": [
            {"source": "tell", "target": "ask", "type": "default"},
            {"source": "ask", "target": "why", "type": "default"},
            {"source": "why", "target": "bye", "type": "default"},
        ],
    });
    let flow = json!({"name": "Whales", "entry_node_id": "tell", "flow_data": graph,
        "visibility": "wriveted"});
    let flow = made(managed, "platform", "/v1/cms/flows", &flow);
    let publish = json!({"publish": true});
    let published = managed.send("platform", ("PUT", &format!("/v1/cms/flows/{flow}")), &publish);
    assert_eq!(published.status, 200, "{published:?}");
    let mut shown = 0;
    for (age, words) in [
        (6, &["I loved it", "They sing"][..]),
        (9, &["so boring!"]),
        (9, &["It has whales in it"]),
        (15, &[]),
    ] {
        for _ in 0..3 {
            let (_, has_ended) = talk(managed, &flow, age, words);
            assert_eq!(has_ended, words.len() == 2);
            shown += 1;
        }
    }
    let path = format!("/v1/cms/content/{item}/analytics");
    let found = ok(managed, "platform", &path);
    assert_eq!(found["impressions"], shown);
    assert_eq!([&found["interactions"], &found["conversions"]], [&json!(9), &json!(3)]);
    assert_eq!(
        [&found["engagement_rate"], &found["conversion_rate"]],
        [&json!(0.75), &json!(0.25)]
    );
    assert_eq!(found["unique_sessions"], shown);
    // A message is taken up by the very next answer only.
    let third = 0.333_333;
    let sounds = json!({"positive": third, "neutral": third, "negative": third});
    assert_eq!(found["sentiment_analysis"], sounds);
    assert_eq!(found["usage_contexts"], json!({"Whales": 1.0}));
    let usage = ok(managed, "platform", &format!("{path}/usage"));
    let contexts =
        json!({"welcome_sequence": 1.0, "main_conversation": 0.0, "closing_sequence": 0.0});
    assert_eq!(usage["context_distribution"], contexts);
    let segments = json!({"children_under_7": 0.25, "children_7_12": 0.5, "teens_13_17": 0.25,
        "adults": 0.0, "unknown": 0.0});
    assert_eq!(usage["user_segments"], segments);
    let test = ok(managed, "platform", &format!("{path}/ab-test"));
    let results = test["test_results"].as_object().expect("arms");
    let sum = |key: &str| results.values().map(|arm| arm[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("sample_size"), sum("conversions")), (shown, 3));
    assert!(results.contains_key("control"), "{test}");
    assert_eq!(test["test_status"], "active");
}
