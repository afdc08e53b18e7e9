//! Sessions that a server keeps between turns: it notices whatever others did to them (ADR 0042).

use serde_json::{Value, json};

use super::place::database;
use super::service::Pair;
use crate::real::{Answer, Client, Server, Visitor};
use crate::server::outgoing::{self, Receiver};
use crate::server::receivers::beside;

/// How many copies were up to date when they were wanted, and how many were not.
fn copies(client: &Client) -> (u64, u64) {
    let numbers = client.get("/metrics").text;
    let of = |current: &str| {
        let start = format!("chatflow_kept_sessions_total{{current=\"{current}\"}} ");
        let line = numbers.lines().find_map(|line| line.strip_prefix(start.as_str()));
        line.map_or(0, |number| number.parse().expect("a number"))
    };
    (of("true"), of("false"))
}

/// Answers without a word about the revision, as clients of the service before this one do.
fn say(visitor: &Visitor, client: &Client, word: &str) -> Answer {
    let own = Visitor { client: client.clone(), ..visitor.clone() };
    own.interact(&json!({"input": word, "input_type": "text"}))
}

/// The number of words that the session has counted.
fn counted(answer: &Answer) -> &Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    &answer.body["session_updated"]["state"]["temp"]["count"]
}

#[test]
fn a_visitor_of_one_server_is_read_once() {
    let Some(database) = database() else { return };
    let pair = Pair::with_flows(database);
    let [client, _] = pair.clients();
    let mut visitor = Visitor::start(&client, "counter", &json!({}));
    for n in 1..=10 {
        visitor.say(format!("word {n}"));
        assert_eq!(copies(&client), (n - 1, 0));
    }
    assert_eq!(counted(&say(&visitor, &client, "word 11")), 11);
    assert_eq!(copies(&client), (10, 0));
    // One that has lost its place, and one that may not.
    let late = json!({"input": "word 12", "input_type": "text", "expected_revision": 3});
    visitor.interact(&late).refuses(409, "revision_conflict", "a revision of long ago");
    assert_eq!(copies(&client), (11, 0), "the copy was not tried, and would have done");
    assert_eq!(counted(&say(&visitor, &client, "word 12")), 12);
    let stranger = Visitor { csrf: "x".repeat(43), ..visitor.clone() };
    say(&stranger, &client, "word 13").refuses(403, "csrf_mismatch", "a stranger");
    let stranger = Visitor { token: format!("{}AAAA", &visitor.token[..60]), ..visitor.clone() };
    say(&stranger, &client, "word 13").refuses(404, "session_not_found", "a guess");
    assert_eq!(counted(&say(&visitor, &client, "word 13")), 13);
}

#[test]
fn what_was_changed_by_hand_is_gone_on_with() {
    let Some(database) = database() else { return };
    let pair = Pair::with_flows(database);
    let [client, _] = pair.clients();
    let change = |what: &str, visitor: &Visitor| {
        let sql = format!("UPDATE conversation_sessions SET {what} WHERE id = '{}'", visitor.id);
        pair.database.execute(&sql);
    };
    let visitor = Visitor::start(&client, "counter", &json!({}));
    assert_eq!(counted(&say(&visitor, &client, "one")), 1);
    change("state = replace(state::text, '\"count\":1', '\"count\":41')::json", &visitor);
    assert_eq!(counted(&say(&visitor, &client, "two")), 42);
    assert_eq!(copies(&client), (0, 1));
    let numbers = client.get("/metrics").text;
    assert!(numbers.contains("chatflow_state_hash_mismatch_total 1\n"), "{numbers}");
    // As the job does at another server.
    change("status = 'abandoned', ended_at = last_activity_at", &visitor);
    say(&visitor, &client, "three").refuses(400, "session_not_active", "an abandoned session");
    let visitor = Visitor::start(&client, "counter", &json!({}));
    assert_eq!(counted(&say(&visitor, &client, "one")), 1);
    pair.database
        .execute(&format!("DELETE FROM conversation_sessions WHERE id = '{}'", visitor.id));
    say(&visitor, &client, "two").refuses(404, "session_not_found", "a deleted session");
}

#[test]
fn two_servers_that_take_turns_lose_and_repeat_nothing() {
    let Some(database) = database() else { return };
    let pair = Pair::with_flows(database);
    let clients = pair.clients();
    for flow in ["counter", "caller"] {
        let visitor = Visitor::start(&clients[0], flow, &json!({}));
        for n in 1..=20 {
            // Twice here, once there: a copy is up to date, and then it is not.
            let client = &clients[usize::from(n % 3 == 0)];
            assert_eq!(counted(&say(&visitor, client, &format!("word {n}"))), n);
        }
        let said = visitor.history().into_iter().filter(|row| row["interaction_type"] == "input");
        assert_eq!(said.count(), 20);
    }
    let [one, other] = clients.each_ref().map(copies);
    assert!(one.0 > 0 && one.1 > 0 && other.1 > 0, "{one:?} {other:?}");
}

#[test]
fn a_copy_that_is_out_of_date_calls_nobody() {
    // F9, F11
    let Some(database) = database() else { return };
    let place = beside(&database.url);
    outgoing::import(&place);
    let receiver = Receiver::start();
    let servers = [(); 2].map(|()| outgoing::serve(&place));
    let clients = servers.each_ref().map(Server::client);
    let visitor = Visitor::start(&clients[0], "outside", &json!({}));
    for n in 1..=9 {
        let answer = say(&visitor, &clients[usize::from(n % 3 == 0)], &receiver.url);
        assert_eq!(answer.body["session_updated"]["revision"], n + 1, "{answer:?}");
    }
    let [one, other] = clients.each_ref().map(copies);
    assert!(one.0 > 0 && one.1 > 0 && other.1 > 0, "{one:?} {other:?}");
    let heard = receiver.heard();
    let keys: Vec<_> =
        heard.iter().map(|(headers, _)| headers["idempotency-key"].as_str()).collect();
    let expected: Vec<_> = (1..=9).map(|n| format!("{}:hook:{n}", visitor.id)).collect();
    assert_eq!(keys, expected);
}
