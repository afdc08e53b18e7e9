//! Recommendations from another server, as its contract says and as it should not: the flow goes
//! where it goes after a failure, and the conversation goes on.

use serde_json::{Value, json};

use super::bombs;
use crate::real::{Heard, Place, Reply, Server, Site, Visitor, run};

/// Bytes that the server's memory may grow by while others misbehave.
const GROWTH: u64 = 96 * 1024 * 1024;

/// What a site does that does not do as the contract says, how it is told, and the status.
const FAULTS: [(&str, &str, Option<u16>); 11] = [
    ("slow", "took too long", None),
    ("dribble", "took too long", None),
    ("error", "500", Some(500)),
    ("refusal", "422", Some(422)),
    ("redirect", "302", Some(302)),
    ("hangup", "could not be reached", None),
    ("half", "could not be reached", None),
    ("nonsense", "could not be reached", None),
    ("large head", "could not be reached", None),
    ("large", "too large", None),
    ("endless", "too large", None),
];

/// What is an answer, but none that books are in.
const STRANGE: [&str; 5] = ["text", "empty", "bomb", "deep", "other"];

/// As `S3.201` says.
fn books() -> Value {
    json!({
        "count": 1,
        "query": {"age": 9, "fallback": false, "limit": 5},
        "books": [{"work_id": 1, "isbn": "9780394820378", "display_title": "The Phantom Tollbooth"}],
    })
}

fn answer(heard: &Heard) -> Reply {
    let body = heard.body();
    let redirect = "location: http://127.0.0.1:1/\r\n";
    let packed = "content-type: application/json\r\ncontent-encoding: gzip\r\n";
    match body["mode"].as_str().unwrap_or_default() {
        "slow" => Reply::Silence,
        "dribble" => {
            // A head that promises a body, of which nothing comes.
            let begin = "HTTP/1.1 200 X\r\ncontent-length: 10\r\n\r\n";
            Reply::Stalled(begin.as_bytes().to_vec())
        }
        "error" => Reply::json(500, &books()),
        "refusal" => Reply::json(422, &json!({"detail": "no"})),
        "redirect" => Reply::text(302, redirect, ""),
        "hangup" => Reply::Nothing,
        "half" => {
            Reply::Bytes(b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n{\"count\": 1".to_vec())
        }
        "nonsense" => Reply::Bytes(b"\x00\xff\x01 no HTTP at all\r\n\r\n".to_vec()),
        "large head" => {
            let line = format!("x-long: {}\r\n", "x".repeat(2 * 1024 * 1024));
            Reply::text(200, &line, "{}")
        }
        "large" => Reply::json(200, &json!({"count": 1, "books": "x".repeat(2 * 1024 * 1024)})),
        "endless" => Reply::Endless(vec![b' '; 64 * 1024]),
        "text" => Reply::text(200, "", "<h1>Books</h1>"),
        "empty" => Reply::text(204, "", ""),
        "bomb" => Reply::text(200, packed, bombs::gzip(64 * 1024 * 1024)),
        "deep" => Reply::text(200, "content-type: application/json\r\n", bombs::nested(100_000)),
        "other" => Reply::json(200, &json!([1, 2, {"count": null}])),
        _ => Reply::json(200, &books()),
    }
}

/// Asks the site by an action with a fallback, by a webhook with a fallback, and by a webhook with
/// an edge for failures.
fn fixture() -> Value {
    let url = "{{context.site}}/v1/recommend";
    let body = json!({"mode": "{{temp.mode}}", "age": 9, "fallback": false});
    let fallback = json!({"books": [], "count": 0});
    let action = json!({"actions": [{"type": "api_call", "config": {
        "endpoint": url, "method": "POST", "body": body, "timeout": 1,
        "query_params": {"limit": 5},
        "response_mapping": {"books": "temp.books", "count": "temp.count"},
        "fallback_response": fallback, "error_variable": "temp.error",
    }}]});
    let hook = |fallback: Value| {
        json!({
            "url": url, "method": "POST", "body": body, "timeout": 1,
            "response_mapping": {"temp.books": "$.books", "temp.count": "$.count"},
            "fallback_response": fallback,
        })
    };
    let message = |text: &str| json!({"messages": [{"type": "text", "text": text}]});
    let flow = |key: &str, kind: &str, content: &Value| {
        let begin =
            json!({"actions": [{"type": "set_variable", "variable": "temp.count", "value": -1}]});
        let question =
            json!({"question": {"text": "How?"}, "input_type": "text", "variable": "temp.mode"});
        json!({
            "seed_key": key, "name": key, "version": "1.0.0", "entry_node_id": "ask",
            "visibility": "wriveted",
            "flow_data": {
                "nodes": [
                    {"id": "ask", "type": "question", "content": question},
                    {"id": "begin", "type": "action", "content": begin},
                    {"id": "call", "type": kind, "content": content},
                    {"id": "told", "type": "message", "content": message("Books: {{temp.count}}")},
                    {"id": "sorry", "type": "message", "content": message("Failed: {{temp.webhook_error.error}}")},
                ],
                "connections": [
                    {"source": "ask", "target": "begin", "type": "default"},
                    {"source": "begin", "target": "call", "type": "default"},
                    {"source": "call", "target": "told", "type": "default"},
                    {"source": "call", "target": "sorry", "type": "failure"},
                    {"source": "told", "target": "ask", "type": "default"},
                    {"source": "sorry", "target": "ask", "type": "default"},
                ],
            },
        })
    };
    json!({"seed_key": "recommended", "flows": [
        flow("action", "action", &action),
        flow("covered", "webhook", &hook(json!({"temp.count": 0}))),
        flow("bare", "webhook", &hook(json!({}))),
    ]})
}

/// Talks while the site does its worst.
fn endure(visitor: &mut Visitor) {
    let mut failed = 0;
    for (fault, why, status) in FAULTS {
        visitor.say(fault);
        let told = visitor.heard().concat();
        if told != "Books: 0" {
            // There is no fallback.
            failed += 1;
            assert!(told.starts_with("Failed: ") && told.contains(why), "{fault}: {told}");
            let error = &visitor.state()["temp"]["webhook_error"];
            assert_eq!(error["status_code"], json!(status), "{fault}: {error}");
        }
        // And it goes on, which also keeps the breakers closed.
        visitor.say("well");
        assert_eq!(visitor.heard(), ["Books: 1"], "after {fault}: {}", visitor.turn);
    }
    assert!([0, FAULTS.len()].contains(&failed), "{failed}");
    for strange in STRANGE {
        visitor.say(strange);
        let told = visitor.heard().concat();
        assert!(told.starts_with("Books: ") || told.starts_with("Failed: "), "{strange}: {told}");
        visitor.say("well");
        assert_eq!(visitor.heard(), ["Books: 1"], "after {strange}: {}", visitor.turn);
    }
}

#[test]
fn a_recommender_that_misbehaves_stops_no_conversation() {
    // S3.201, R8.12, R8.14, R8.16, R8.17, R8.23, R8.24, R8.25, S12.4
    let site = Site::start(answer);
    let place = Place::new();
    let path = place.file("recommended.json", fixture().to_string());
    let ran =
        run(["import".as_ref(), path.as_os_str(), "--db".as_ref(), place.database().as_os_str()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let words = site.words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let server = Server::start_as(&place.database(), &words, &[]);
    let client = server.client();
    let state = json!({"context": {"site": site.url("")}});
    let start = |flow: &str| Visitor::start(&client, flow, &state);
    let visitors = ["action", "covered", "bare"].map(start);
    let before = server.memory();
    std::thread::scope(|threads| {
        for mut visitor in visitors.clone() {
            threads.spawn(move || endure(&mut visitor));
        }
    });
    if let (Some(before), Some(after)) = (before, server.memory()) {
        assert!(after < before + GROWTH, "{before} bytes before, {after} after");
    }
    let heard = site.heard();
    assert!(heard.iter().all(|request| request.path.starts_with("/v1/recommend")), "{heard:?}");
    assert!(heard.iter().any(|request| request.path == "/v1/recommend?limit=5"), "{heard:?}");
    for visitor in &visitors {
        let rows = visitor.history();
        assert!(rows.iter().zip(1_u64..).all(|(row, seq)| row["seq"] == seq), "{rows:?}");
    }
}
