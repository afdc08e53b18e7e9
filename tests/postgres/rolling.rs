//! Two servers on one database: what one changes the other knows, a session is the same at both, and
//! they are replaced one after the other while visitors talk.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chatflow_tests::budget;
use chatflow_tests::report::figure;
use serde_json::json;

use super::place::database;
use super::service::Pair;
use crate::crash::{Chance, Talk};
use crate::real::{Client, Server, Visitor};
use crate::server::races::{each_race_counts_its_winners, handlers};
use crate::server::receivers::beside;

/// Visitors that talk at the same time.
const VISITORS: usize = 6;
/// Turns that are acknowledged between one restart and the next.
const TURNS: usize = 40;

#[test]
fn what_one_server_publishes_the_other_starts_within_a_second() {
    // F17, appendix D 19
    let Some(database) = database() else { return };
    let place = beside(&database.url);
    let words = ["--env", "development"];
    let servers = [(); 2].map(|()| Server::start_as(&place.database(), &words, &[]));
    let [one, other] = servers.each_ref().map(Server::client);
    let account = place.user("wriveted", &[]);
    let said = |number: usize| {
        let said = json!({"messages": [{"type": "text", "text": format!("Version {number}")}]});
        json!({"nodes": [{"id": "a", "type": "message", "content": said}], "connections": []})
    };
    let flow = json!({
        "name": "Live", "entry_node_id": "a", "publish": true, "visibility": "wriveted",
        "flow_data": said(0),
    });
    let made = one.send_json(("POST", "/v1/cms/flows"), &[account.header()], &flow);
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.body["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/cms/flows/{id}");
    let hears = |client: &Client| {
        let started = client.start(&json!({"flow_id": id}));
        started.body["messages"][0]["text"].as_str().unwrap_or_default().to_owned()
    };
    for number in 1..=10 {
        // In turn; the other has the version before in its memory.
        let (at, elsewhere) = if number % 2 == 0 { (&one, &other) } else { (&other, &one) };
        assert_eq!(hears(elsewhere), format!("Version {}", number - 1));
        let body = json!({"flow_data": said(number), "publish": true});
        let published = at.send_json(("PUT", &path), &[account.header()], &body);
        assert_eq!(published.status, 200, "{published:?}");
        let began = Instant::now();
        while hears(elsewhere) != format!("Version {number}") {
            assert!(began.elapsed() < Duration::from_secs(1), "version {number}");
        }
    }
}

#[test]
fn fifty_answers_at_two_servers_leave_one_winner_for_each_revision() {
    // Appendix D 10, R11.12
    const WIDTH: usize = 50;
    let Some(database) = database() else { return };
    let rounds = budget::cases(2, 60);
    let pair = Pair::with(database, &super::service::seed(), &handlers());
    let clients: Vec<Client> = (0..WIDTH).map(|i| pair.servers[i % 2].client()).collect();
    let races = each_race_counts_its_winners(&clients, rounds);
    figure("races of fifty answers at two servers on Postgres", races);
}

/// Talks at either server until it is told to stop; what fails is asked again.
fn speak(
    clients: &[Client; 2],
    first: usize,
    is_over: &AtomicBool,
    turns: &AtomicUsize,
) -> (Talk, usize) {
    let mut chance = Chance(first as u64);
    let mut talk = Talk::new(Visitor::start(&clients[first % 2], "counter", &json!({})));
    let mut healed = 0;
    while !is_over.load(Ordering::Relaxed) {
        if talk.speak(&clients[chance.index(2)]) {
            turns.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        // One server at least is there, whichever it is.
        healed += 1;
        let began = Instant::now();
        while !clients.iter().any(|client| talk.heal(client)) {
            assert!(began.elapsed() < Duration::from_secs(20), "no server heals a lost answer");
        }
    }
    (talk, healed)
}

#[test]
fn servers_are_replaced_under_load_and_lose_nothing() {
    // S12.10, R11.20
    let Some(database) = database() else { return };
    let rounds = budget::cases(2, 20);
    let place = beside(&database.url);
    let mut servers = [(); 2].map(|()| Server::start_as(&place.database(), &[], &[]));
    let clients = servers.each_ref().map(Server::client);
    let (is_over, turns) = (AtomicBool::new(false), AtomicUsize::new(0));
    let talks: Vec<(Talk, usize)> = std::thread::scope(|scope| {
        let (clients, over, counted) = (&clients, &is_over, &turns);
        let all: Vec<_> = (0..VISITORS)
            .map(|first| scope.spawn(move || speak(clients, first, over, counted)))
            .collect();
        for round in 0..2 * rounds as usize {
            let until = turns.load(Ordering::Relaxed) + TURNS;
            while turns.load(Ordering::Relaxed) < until
                && !all.iter().any(std::thread::ScopedJoinHandle::is_finished)
            {
                std::thread::yield_now();
            }
            let server = &mut servers[round % 2];
            let socket = server.socket().to_owned();
            let (time, printed) = server.stop();
            assert!(time < Duration::from_secs(10), "{time:?}");
            assert!(!printed.contains("error"), "{printed}");
            *server = Server::start_at(&socket, &place.database(), &[], &[]);
        }
        is_over.store(true, Ordering::Relaxed);
        all.into_iter().map(|talk| talk.join().expect("a visitor is content")).collect()
    });
    let mut healed = 0;
    let mut words = 0;
    for (mut talk, lost) in talks {
        talk.settle(&clients[0]);
        words += talk.words.len();
        healed += lost;
    }
    assert!(words >= TURNS * 2 * rounds as usize, "{words}");
    figure("turns while servers were replaced, each there once", words);
    figure("answers that were lost while servers were replaced, and healed", healed);
}
