//! Streams of events (S6.49, S6.50).

use std::time::Duration;

use reqwest::Response;
use serde_json::json;

use super::{ADMIN, HEAD, World, now, school};

/// Reads a stream until it holds so many events, comments aside.
async fn read_events(response: &mut Response, count: usize) -> Vec<(String, String, String)> {
    let mut text = String::new();
    loop {
        let events: Vec<_> = text
            .split_inclusive("\n\n")
            .filter(|block| block.ends_with("\n\n") && !block.starts_with(':'))
            .collect();
        if events.len() >= count {
            let field = |block: &str, name: &str| {
                let line = block.lines().find_map(|line| line.strip_prefix(name));
                line.unwrap_or_default().to_owned()
            };
            let event = |block: &&str| {
                (field(block, "id: "), field(block, "event: "), field(block, "data: "))
            };
            return events.iter().map(event).collect();
        }
        let part = tokio::time::timeout(Duration::from_secs(20), response.chunk()).await;
        let part = part.unwrap_or_else(|_| panic!("{count} events, not {text:?}"));
        text.push_str(&String::from_utf8_lossy(&part.unwrap().unwrap()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_goes_on_where_it_was_left_and_shows_each_its_own() {
    // S6.49, S6.50, F43, S2.28
    let world = World::without_worker().await;
    for number in 1..=3 {
        world.tell(number, Some(school(1))).await;
    }
    world.tell(4, Some(school(2))).await;
    let from = |since: &str| format!("/v1/cms/events?since={since}");
    let mut all = world.send(ADMIN, "GET", &from("0.0.0"), None).await;
    assert_eq!(all.headers()["content-type"], "text/event-stream");
    let events = read_events(&mut all, 4).await;
    let numbers: Vec<_> = events.iter().map(|(_, _, data)| data.clone()).collect();
    assert_eq!(numbers, [1, 2, 3, 4].map(|n| json!({"n": n}).to_string()));
    assert!(events.iter().all(|(_, kind, _)| kind == "flow_published"));
    let mut rest = world.send(ADMIN, "GET", &from(&events[1].0), None).await;
    assert_eq!(read_events(&mut rest, 2).await, events[2..]);
    let mut own = world.send(HEAD, "GET", &from("0.0.0"), None).await;
    assert_eq!(read_events(&mut own, 3).await, events[..3]);
    let typed = format!("{}&types=flow_created,node_changed", from("0.0.0"));
    let mut none = world.send(ADMIN, "GET", &typed, None).await;
    // What is written while it is open comes by itself.
    world.subscribe(ADMIN, json!({"event_types": ["node_changed", "session_started"]})).await;
    world.talk(&[]).await;
    world.tell(5, Some(school(1))).await;
    let more = read_events(&mut all, 2).await;
    assert_eq!((&*more[0].1, &*more[1].2), ("session_started", r#"{"n":5}"#));
    assert_eq!(read_events(&mut own, 1).await[0].2, r#"{"n":5}"#);
    assert!(tokio::time::timeout(Duration::from_millis(1), none.chunk()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_position_that_is_not_kept_resets_the_stream() {
    // S6.49
    let world = World::without_worker().await;
    world.tell(1, None).await;
    let old = now().as_millis() - 25 * 60 * 60 * 1000;
    for since in
        ["nonsense".to_owned(), format!("0.1.{old}"), format!("0.999999999.{}", now().as_millis())]
    {
        let path = format!("/v1/cms/events?since={since}");
        let mut stream = world.send(ADMIN, "GET", &path, None).await;
        let events = read_events(&mut stream, 1).await;
        assert_eq!(events[0].1, "reset", "{since}: {events:?}");
        world.tell(now().as_millis().unsigned_abs().into(), None).await;
        let next = read_events(&mut stream, 1).await;
        assert_eq!(next[0].1, "flow_published", "{since}");
    }
}
