//! Clients of two servers answer and read at random: all that they were told fits one order of
//! events, and that order is what is stored.
//!
//! A session is a register that is written by comparing its revision. Every turn has a revision of
//! its own, so the revisions are the one order there can be. What was told fits it if whatever was
//! told before something else was asked is not later in that order.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::time::Instant;

use chatflow_tests::budget;
use chatflow_tests::report::figure;
use serde_json::json;

use super::place::database;
use super::service::Pair;
use crate::crash::Chance;
use crate::real::{Client, Visitor};

/// Clients of each server.
const CLIENTS: usize = 2;
const SESSIONS: usize = 3;

/// Something that a client was told.
#[derive(Clone, Debug)]
struct Told {
    asked: Instant,
    answered: Instant,
    session: usize,
    what: What,
    revision: u64,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum What {
    /// This word was taken, and made the revision.
    Turn(String),
    /// This was the last word, none after the start.
    Seen(Option<String>),
    /// A word was refused, since the session was at this revision.
    Late,
}

#[test]
fn what_two_servers_told_fits_one_order() {
    // R11.12, S4.33.
    let Some(database) = database() else { return };
    let attempts = budget::cases(150, 20_000);
    let pair = Pair::with_flows(database);
    let [one, other] = pair.clients();
    let visitors: Vec<Visitor> =
        (0..SESSIONS).map(|_| Visitor::start(&one, "counter", &json!({}))).collect();
    let clients = [one, other].into_iter().flat_map(|client| vec![client; CLIENTS]);
    let barrier = Barrier::new(2 * CLIENTS);
    let told: Vec<Told> = std::thread::scope(|scope| {
        let talk = |(number, client): (usize, Client)| {
            let (visitors, barrier) = (&visitors, &barrier);
            scope.spawn(move || {
                barrier.wait();
                talk(visitors, &client, number, attempts)
            })
        };
        let threads: Vec<_> = clients.enumerate().map(talk).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut turns = 0;
    for (number, visitor) in visitors.iter().enumerate() {
        let told: Vec<Told> = told.iter().filter(|told| told.session == number).cloned().collect();
        turns += judge(visitor, &told);
    }
    let late = told.iter().filter(|told| told.what == What::Late).count();
    assert!(turns > 0 && late > 0, "{turns} turns, {late} refused: nobody met");
    figure("turns acknowledged by two servers on Postgres, stored once, in one order", turns);
    figure("turns refused by one of two servers on Postgres, not stored", late);
}

/// Answers and reads at random; everything that was told.
fn talk(visitors: &[Visitor], client: &Client, number: usize, attempts: u32) -> Vec<Told> {
    let mut chance = Chance(budget::seed() * 1_000 + number as u64);
    let mut known = vec![1; visitors.len()];
    let mut told = Vec::new();
    for attempt in 0..attempts {
        let session = chance.index(visitors.len());
        let visitor = Visitor { client: client.clone(), ..visitors[session].clone() };
        let asked = Instant::now();
        let (what, revision) = if chance.up_to(4) == 1 {
            let seen = visitor.session();
            let last = seen["state"]["temp"]["last"].as_str().map(str::to_owned);
            (What::Seen(last), seen["revision"].as_u64().unwrap())
        } else {
            let word = format!("{number}-{attempt}");
            let body = json!({
                "input": word, "input_type": "text", "expected_revision": known[session],
            });
            let answer = visitor.interact(&body);
            if answer.status == 200 {
                let revision = answer.body["session_updated"]["revision"].as_u64().unwrap();
                assert_eq!(revision, known[session] + 1);
                (What::Turn(word), revision)
            } else {
                answer.refuses(409, "revision_conflict", &word);
                (What::Late, answer.body["current_revision"].as_u64().unwrap())
            }
        };
        known[session] = revision;
        told.push(Told { asked, answered: Instant::now(), session, what, revision });
    }
    told
}

/// Judges one session; answers with the number of its turns.
fn judge(visitor: &Visitor, told: &[Told]) -> usize {
    let stored: Vec<String> = visitor
        .history()
        .iter()
        .filter(|row| row["interaction_type"] == "input")
        .map(|row| row["content"]["input"].as_str().unwrap().to_owned())
        .collect();
    let session = visitor.session();
    assert_eq!(session["revision"], 1 + stored.len());
    assert_eq!(session["state"]["temp"]["count"], stored.len());
    let turns: Vec<(u64, &String)> = told
        .iter()
        .filter_map(|told| match &told.what {
            What::Turn(word) => Some((told.revision, word)),
            What::Seen(_) | What::Late => None,
        })
        .collect();
    // None is lost, none is there twice, none was told to nobody, none is in another's place.
    let chain: BTreeMap<u64, &String> = turns.iter().copied().collect();
    assert_eq!(chain.len(), turns.len(), "two turns of one revision");
    assert_eq!(chain, (2..).zip(&stored).collect());
    for seen in told {
        if let What::Seen(last) = &seen.what {
            let there = chain.get(&seen.revision).copied();
            assert_eq!(last.as_ref(), there, "{seen:?}");
        }
    }
    in_order(told).unwrap();
    stored.len()
}

/// Nobody was told of an earlier revision than one that had been told before they asked.
fn in_order(told: &[Told]) -> Result<(), String> {
    let (mut by_end, mut by_start) = (told.to_vec(), told.to_vec());
    by_end.sort_by_key(|told| told.answered);
    by_start.sort_by_key(|told| told.asked);
    let (mut ended, mut newest) = (by_end.iter().peekable(), 0);
    for this in &by_start {
        while let Some(before) = ended.next_if(|before| before.answered < this.asked) {
            newest = newest.max(before.revision);
        }
        let wrote = matches!(this.what, What::Turn(_));
        let fits = if wrote { this.revision > newest } else { this.revision >= newest };
        if !fits {
            return Err(format!("revision {newest} had been told before {this:?}"));
        }
    }
    Ok(())
}

#[test]
fn what_fits_no_order_is_found() {
    let begun = Instant::now();
    let told = |asked, answered, what, revision| Told {
        asked: begun + std::time::Duration::from_millis(asked),
        answered: begun + std::time::Duration::from_millis(answered),
        session: 0,
        what,
        revision,
    };
    let (turn, seen) = (|| What::Turn("a".into()), || What::Seen(None));
    let fits = |told: &[Told]| in_order(told).is_ok();
    assert!(fits(&[told(1, 4, turn(), 2), told(2, 3, seen(), 1), told(5, 6, seen(), 2)]));
    assert!(!fits(&[told(1, 4, turn(), 2), told(5, 6, seen(), 1)]), "a read of what was replaced");
    assert!(!fits(&[told(1, 4, turn(), 3), told(5, 6, turn(), 2)]), "turns against time");
    assert!(!fits(&[told(1, 4, seen(), 2), told(5, 6, turn(), 2)]), "a read of what is to come");
}
