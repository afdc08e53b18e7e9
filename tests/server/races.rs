//! Several answers to one question at once: one wins, the others change nothing (ruling 3, F9).

use std::sync::Barrier;

use chatflow::{Revision, SessionId, Timestamp};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::{LeaseRequest, LeaseToken, SessionStore as _};
use chatflow_tests::budget;
use chatflow_tests::report::figure;
use serde_json::{Value, json};

use crate::real::{Answer, Client, Place, Server, Visitor};

/// Has every client send its request at the same moment.
fn at_once(
    clients: &[Client],
    visitor: &Visitor,
    send: impl Fn(usize, &Visitor) -> Answer + Sync,
) -> Vec<Answer> {
    let barrier = Barrier::new(clients.len());
    let go = |i: usize| {
        let own = Visitor { client: clients[i].clone(), ..visitor.clone() };
        barrier.wait();
        send(i, &own)
    };
    std::thread::scope(|scope| {
        let go = &go;
        let running: Vec<_> = (0..clients.len()).map(|i| scope.spawn(move || go(i))).collect();
        running.into_iter().map(|thread| thread.join().expect("a client is answered")).collect()
    })
}

/// An answer of a round, with a word of its own.
fn word(round: u64, i: usize, expected: Option<u64>) -> Value {
    json!({"input": format!("{round}-{i}"), "input_type": "text", "expected_revision": expected})
}

/// Every answer is a success or a conflict; the number of successes.
fn successes(answers: &[Answer]) -> u64 {
    let mut count = 0;
    for answer in answers {
        if answer.status == 200 {
            count += 1;
        } else {
            let code = answer.body["code"].as_str().unwrap_or_default();
            assert!(["revision_conflict", "session_busy"].contains(&code), "{answer:?}");
            answer.refuses(409, code, "a lost race");
            if code == "session_busy" {
                assert_eq!(answer.header("retry-after"), "1");
            } else {
                assert!(answer.body["current_revision"].is_u64(), "{answer:?}");
            }
        }
    }
    count
}

/// The session counts what succeeded, and its history has no gap.
fn holds(visitor: &Visitor, succeeded: u64) {
    let session = visitor.session();
    assert_eq!(session["revision"], 1 + succeeded);
    assert_eq!(session["state"]["temp"]["count"], succeeded);
    let rows = visitor.history();
    assert!(rows.iter().zip(1_u64..).all(|(row, seq)| row["seq"] == seq), "{rows:?}");
    let inputs = rows.iter().filter(|row| row["interaction_type"] == "input").count();
    assert_eq!(inputs as u64, succeeded);
}

fn clients(server: &Server, count: usize) -> Vec<Client> {
    (0..count).map(|_| server.client()).collect()
}

/// Answers what `caller` asks.
pub(crate) fn handlers() -> Value {
    json!({"/v1/tests/echo": {"answer": {"heard": true}}})
}

#[test]
fn of_two_answers_with_one_revision_exactly_one_counts() {
    // G10, R11.12.
    let place = Place::with_flows();
    let server = place.serve(&handlers());
    let rounds = budget::cases(100, 5_000);
    two_answers_race(&clients(&server, 2), rounds);
    figure("races of two answers with one revision", 2 * rounds as usize);
}

/// Has both clients answer with one revision, round after round.
pub(crate) fn two_answers_race(clients: &[Client], rounds: u32) {
    // `caller` takes the lease before it calls; `counter` goes straight to its commit.
    for flow in ["counter", "caller"] {
        let mut visitor = Visitor::start(&clients[0], flow, &json!({}));
        for round in 1..=u64::from(rounds) {
            let send = |i, own: &Visitor| own.interact(&word(round, i, Some(round)));
            let answers = at_once(clients, &visitor, send);
            assert_eq!(successes(&answers), 1, "{flow}: {answers:?}");
            let won = answers.iter().position(|answer| answer.status == 200).unwrap();
            let seen = visitor.session();
            assert_eq!(seen["state"]["temp"]["word"], format!("{round}-{won}"), "{flow}");
        }
        holds(&visitor, u64::from(rounds));
        visitor.catch_up();
        visitor.say("afterwards");
    }
}

#[test]
fn of_many_answers_at_once_the_revision_counts_the_successes() {
    const WIDTH: usize = 20;
    let rounds = budget::cases(5, 200);
    let place = Place::with_flows();
    let server = place.serve(&handlers());
    let clients = clients(&server, WIDTH);
    figure("races of twenty answers", each_race_counts_its_winners(&clients, rounds));
}

/// Lets all clients answer at once, round by round, with and without the revision that they know, in
/// flows with and without a request; answers with the number of races.
pub(crate) fn each_race_counts_its_winners(clients: &[Client], rounds: u32) -> usize {
    for (flow, revised) in
        [("counter", true), ("counter", false), ("caller", true), ("caller", false)]
    {
        let visitor = Visitor::start(&clients[0], flow, &json!({}));
        let mut succeeded = 0;
        for round in 0..u64::from(rounds) {
            let expected = revised.then_some(1 + succeeded);
            let send = |i, own: &Visitor| own.interact(&word(round, i, expected));
            let won = successes(&at_once(clients, &visitor, send));
            assert!(won >= 1 && (won == 1 || !revised), "{flow}: {won} of {}", clients.len());
            succeeded += won;
            holds(&visitor, succeeded);
        }
    }
    4 * rounds as usize
}

/// F9: a live lease of another turn is answered at once; one that has run out is no obstacle, as
/// after a server that was killed during a call.
#[test]
fn a_session_that_another_turn_holds_is_busy_until_the_lease_ends() {
    let place = Place::with_flows();
    let server = place.serve(&handlers());
    let store = SqliteStore::open(place.database()).unwrap();
    for flow in ["counter", "caller"] {
        let mut visitor = Visitor::start(&server.client(), flow, &json!({}));
        let session = SessionId(visitor.id.parse().unwrap());
        let token = LeaseToken("6f1c4b1e-6a4e-4c86-9d0e-0a4c5a1f7b11".parse().unwrap());
        let lease = |at: &str, until: &str| {
            let time = |text| Timestamp::parse(text).unwrap();
            let expected = Revision(visitor.revision());
            LeaseRequest { session, expected, token, until: time(until), at: time(at), mark: None }
        };
        store.take_lease(&lease("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z")).unwrap();
        for (method, rest, body) in [
            ("POST", "/interact", word(1, 0, Some(1))),
            ("POST", "/interact", word(1, 0, None)),
            ("PATCH", "/state", json!({"updates": {}})),
            ("POST", "/end", json!({})),
        ] {
            let answer = visitor.change(method, rest, &body);
            answer.refuses(409, "session_busy", &format!("{flow}{rest}"));
            assert_eq!(answer.header("retry-after"), "1");
        }
        assert_eq!(visitor.session()["revision"], 1);
        store.release_lease(session, token).unwrap();
        store.take_lease(&lease("2020-01-01T00:00:00Z", "2020-01-01T00:01:00Z")).unwrap();
        visitor.say("after a minute");
        assert_eq!(visitor.state()["temp"]["count"], 1);
    }
}

/// An end and a change of variables obey the same guard as an answer (F9).
#[test]
fn an_answer_a_change_and_an_end_at_once_leave_one_winner() {
    // R0.4.
    let rounds = budget::cases(20, 500);
    let place = Place::with_flows();
    let server = place.serve(&handlers());
    let clients = clients(&server, 3);
    for _ in 0..rounds {
        let visitor = Visitor::start(&clients[0], "counter", &json!({}));
        let requests = [
            ("POST", "/interact", word(1, 0, Some(1))),
            ("PATCH", "/state", json!({"updates": {"user": {"a": 1}}, "expected_revision": 1})),
            ("POST", "/end", json!({"expected_revision": 1})),
        ];
        let answers = at_once(&clients, &visitor, |i, own| {
            let (method, rest, body) = &requests[i];
            own.change(method, rest, body)
        });
        let won: Vec<usize> = (0..3).filter(|i| answers[*i].status == 200).collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            // Whoever comes after an end is told that it ended, not that the session moved on.
            let late = won == [2] && answer.status == 400;
            let (status, code) =
                if late { (400, "session_not_active") } else { (409, "revision_conflict") };
            answer.refuses(status, code, "a lost race");
        }
        let session = visitor.session();
        let state = &session["state"];
        let seen = (&state["temp"]["count"], &state["user"]["a"], &session["status"]);
        let outcomes = [
            (json!(1), Value::Null, json!("active")),
            (json!(0), json!(1), json!("active")),
            (json!(0), Value::Null, json!("completed")),
        ];
        let (count, a, status) = &outcomes[won[0]];
        assert_eq!(seen, (count, a, status));
        assert_eq!(session["revision"], 2);
    }
    figure("races of an answer, a change and an end", rounds as usize);
}
