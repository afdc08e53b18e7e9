//! Variables that somebody changed behind the service's back (S4.22, R11.24).

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::real::{Client, Place, Visitor};

/// How many were noticed.
fn counted(client: &Client) -> u64 {
    let numbers = client.get("/metrics").text;
    let line = numbers.lines().find(|line| line.starts_with("chatflow_state_hash_mismatch_total"));
    let line = line.unwrap_or_else(|| panic!("{numbers}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn change(place: &Place, visitor: &Visitor) {
    let hand = Connection::open(place.database()).unwrap();
    let sql =
        "UPDATE conversation_sessions SET state = json_set(state, '$.temp.count', 9) WHERE id = ?1";
    assert_eq!(hand.execute(sql, [&visitor.id]).unwrap(), 1);
}

#[test]
fn a_changed_state_is_noted_or_refused() {
    let place = Place::with_flows();
    let mut server = place.serve_set(&[]);
    let client = server.client();
    let mut visitor = Visitor::start(&client, "counter", &json!({}));
    let mut other = Visitor::start(&client, "counter", &json!({}));
    visitor.say("one");
    assert_eq!(counted(&client), 0);
    change(&place, &visitor);
    assert_eq!(visitor.session()["state"]["temp"]["count"], 9);
    assert_eq!(counted(&client), 1);
    // The turn goes on from what is there, and has it in order again.
    visitor.say("two");
    assert_eq!((visitor.state()["temp"]["count"].clone(), counted(&client)), (json!(10), 2));
    visitor.say("three");
    assert_eq!(counted(&client), 2);
    let printed = server.kill();
    assert!(printed.contains(&format!("warning: session {}", visitor.id)), "{printed}");

    change(&place, &visitor);
    let server = place.serve_set(&[("FLOW_CHAT__VERIFY_STATE_HASH", "strict")]);
    let client = server.client();
    (visitor.client, other.client) = (client.clone(), client.clone());
    let word = json!({"input": "four", "input_type": "text"});
    client.get(&visitor.path("")).refuses(409, "state_corrupt", "a read");
    visitor.interact(&word).refuses(409, "state_corrupt", "an answer");
    let updates = json!({"updates": {"temp": {"count": 1}}});
    visitor.change("PATCH", "/state", &updates).refuses(409, "state_corrupt", "a change");
    visitor.change("POST", "/end", &json!({})).refuses(409, "state_corrupt", "an end");
    assert_eq!(counted(&client), 4);
    assert_eq!(visitor.history().iter().filter(|row| row["content"]["input"] == "four").count(), 0);
    other.say("one");
    assert_eq!(other.session()["pending"]["input_type"], Value::from("text"));
    assert_eq!(counted(&client), 4);
}
