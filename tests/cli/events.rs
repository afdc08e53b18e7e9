//! `chatflow events tail`.

use std::path::Path;

use serde_json::{Value, json};

use crate::real::{Place, Ran, Server, Visitor, run};

fn print(place: &Place, more: &[&str]) -> Ran {
    let words = ["events", "tail", "--once", "--db"].map(Path::new);
    let database = place.database();
    run(words.into_iter().chain([&*database]).chain(more.iter().map(Path::new)))
}

fn lines(ran: &Ran) -> Vec<Value> {
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn events_are_printed_from_where_one_was() {
    // S6.49, F17, F43
    let place = Place::with_flows();
    let all = ["--session-events", "all"].map(Path::new);
    let server = Server::start(&place.database(), &all);
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    visitor.say("one");
    visitor.say("two");
    let told = lines(&print(&place, &["--since", "start"]));
    let types: Vec<_> = told.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["session_started", "session_updated", "session_updated"]);
    assert!(told.iter().all(|line| line["payload"]["session_id"] == *visitor.id));
    let cursor = told[1]["cursor"].as_str().unwrap();
    assert_eq!(lines(&print(&place, &["--since", cursor])), told[2..]);
    let chosen = ["--since", "start", "--types", "session_started,flow_created"];
    assert_eq!(lines(&print(&place, &chosen)), told[..1]);
    let nobody = ["--since", "start", "--session", "00000000-0000-0000-0000-000000000000"];
    assert_eq!(lines(&print(&place, &nobody)), [] as [Value; 0]);
    assert_eq!(lines(&print(&place, &[])), [] as [Value; 0], "the end is where nothing is yet");
    for since in ["yesterday", "1.2"] {
        let ran = print(&place, &["--since", since]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("help:"), "{ran:?}");
    }
}

#[test]
fn a_service_without_subscriptions_writes_no_events_of_turns() {
    // F17
    let place = Place::with_flows();
    let server = Server::start(&place.database(), &[]);
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    visitor.say("one");
    assert_eq!(lines(&print(&place, &["--since", "start"])), [] as [Value; 0]);
}

#[test]
fn a_key_of_secrets_that_is_none_is_refused_without_being_shown() {
    // S1.65
    let place = Place::with_flows();
    let key = place.file("key", "not a key at all");
    let database = place.database();
    let words = ["serve", "--listen", "127.0.0.1:0", "--secrets-key-file"].map(Path::new);
    let ran = run(words.into_iter().chain([&*key, Path::new("--db"), &*database]));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("32 bytes") && !ran.err.contains("not a key"), "{ran:?}");
}
