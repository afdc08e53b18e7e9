//! Postgres ends connections, and is stopped and started, while two servers answer: what they
//! acknowledged is there, once and in order; what they did not is there whole or not at all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use chatflow::SessionId;
use chatflow_tests::budget;
use chatflow_tests::report::figure;
use chatflow_throwaway::Server as Postgres;
use serde_json::json;
use sqlx::Row as _;

use super::check::is_sound;
use super::place::{Database, available};
use super::service::Pair;
use crate::crash::{Chance, Talk, is_whole, replays};
use crate::real::{Client, Visitor};

/// Sessions of each writer.
const SESSIONS: usize = 3;
/// Turns that are acknowledged before something breaks, at most.
const TURNS: u64 = 30;
/// Microseconds that pass from then to the break, at most: several turns.
const PAUSE: u64 = 20_000;

/// Ends the connections of the servers to this database.
const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'chatflow'";

/// One row a session: what there is of it in each table.
const WHOLE: &str = "
SELECT s.id::text, s.revision, s.history_seq, (s.lease_token IS NULL)::int::bigint,
  (SELECT count(*) FROM conversation_history h WHERE h.session_id = s.id),
  (SELECT coalesce(max(seq), 0) FROM conversation_history h WHERE h.session_id = s.id),
  (SELECT count(*) FROM session_journal j WHERE j.session_id = s.id),
  (SELECT coalesce(max(revision), 0) FROM session_journal j WHERE j.session_id = s.id)
FROM conversation_sessions s";

/// Two servers on a Postgres that waits for the disk, with a writer at each.
struct Scene {
    pair: Pair,
    writers: [Vec<Talk>; 2],
    chance: Chance,
    stored: usize,
    nothing: usize,
}

#[test]
fn ended_connections_lose_double_and_halve_no_turn() {
    // R11.20.
    let Some(postgres) = available(Postgres::start_durable()) else { return };
    let breaks = budget::cases(30, 300);
    let mut scene = Scene::on(&postgres);
    let mut ended = 0;
    for _ in 0..breaks {
        let one_in_two = scene.chance.up_to(2) == 1;
        scene.round(|database| {
            let some = if one_in_two { " AND pid % 2 = 0" } else { "" };
            ended += database.rows(&format!("{TERMINATE}{some}")).len();
        });
    }
    scene.conclude("ended connections");
    figure("connections of servers that Postgres was told to end", ended);
}

#[test]
fn a_postgres_that_was_stopped_at_once_has_lost_doubled_and_halved_no_turn() {
    // R11.20, S3.8.
    let Some(postgres) = available(Postgres::start_durable()) else { return };
    let breaks = budget::cases(3, 50);
    let mut scene = Scene::on(&postgres);
    let [client, _] = scene.pair.clients();
    for _ in 0..breaks {
        scene.round(|_| {
            postgres.crash().unwrap();
            let away = client.get("/v1/chat/flows");
            assert_eq!((away.status, away.header("retry-after")), (503, "2"), "{away:?}");
            assert_eq!(away.body["code"], "unavailable", "{away:?}");
            postgres.go_on().unwrap();
        });
    }
    scene.conclude("immediate stops");
    figure("immediate stops of Postgres", breaks as usize);
}

impl Scene {
    fn on(postgres: &Postgres) -> Self {
        let pair = Pair::with_flows(Database::on(postgres.url()));
        let writers = pair.clients().map(|client| {
            let talk = |_| Talk::new(Visitor::start(&client, "counter", &json!({})));
            (0..SESSIONS).map(talk).collect()
        });
        Self { pair, writers, chance: Chance(budget::seed()), stored: 0, nothing: 0 }
    }

    /// Has both writers talk, breaks something, and compares what is stored with what they know.
    fn round(&mut self, break_it: impl FnOnce(&Database)) {
        let turns = self.chance.up_to(TURNS);
        let pause = Duration::from_micros(self.chance.up_to(PAUSE));
        let clients = self.pair.clients();
        let broken = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (sender, acknowledged) = channel();
            for (talks, client) in self.writers.iter_mut().zip(&clients) {
                let (sender, chance) = (sender.clone(), Chance(self.chance.next()));
                let broken = &broken;
                scope.spawn(move || speak(talks, client, chance, broken, &sender));
            }
            drop(sender);
            for _ in 0..turns {
                acknowledged.recv().expect("the writers talk until something breaks");
            }
            // From here on no particular moment of the turns that are under way.
            let until = Instant::now() + pause;
            while let Some(left) = until.checked_duration_since(Instant::now()) {
                if acknowledged.recv_timeout(left).is_err() {
                    break;
                }
            }
            break_it(&self.pair.database);
            broken.store(true, Ordering::Relaxed);
        });
        for (talks, client) in self.writers.iter_mut().zip(&clients) {
            await_answers(client);
            for talk in talks {
                match talk.settle(client) {
                    Some(true) => self.stored += 1,
                    Some(false) => self.nothing += 1,
                    None => {}
                }
            }
        }
        self.counts();
    }

    /// Every session is whole; their ids.
    fn counts(&self) -> Vec<SessionId> {
        let rows = self.pair.database.rows(WHOLE);
        let id = |row: &sqlx::postgres::PgRow| {
            let id: String = row.get(0);
            is_whole(&id, std::array::from_fn(|column| row.get(column + 1)));
            SessionId(id.parse().unwrap())
        };
        rows.iter().map(id).collect()
    }

    fn conclude(self, what: &str) {
        let ids = self.counts();
        assert_eq!(ids.len(), self.writers.iter().flatten().count());
        is_sound(&self.pair.database, ids.len());
        let store = self.pair.database.open();
        let sessions = replays(&store, ids.into_iter());
        let words: usize = self.writers.iter().flatten().map(|talk| talk.words.len()).sum();
        let (stored, nothing) = (self.stored, self.nothing);
        figure(&format!("{what}: acknowledged turns, each there once and whole"), words - stored);
        figure(&format!("{what}: turns without an answer that were there once and whole"), stored);
        figure(&format!("{what}: turns without an answer that had left nothing"), nothing);
        figure(&format!("{what}: sessions replayed from their journal"), sessions);
    }
}

/// Talks in all sessions, in no order, until an answer does not come or something was broken.
fn speak(
    talks: &mut [Talk],
    client: &Client,
    mut chance: Chance,
    broken: &AtomicBool,
    acknowledged: &Sender<()>,
) {
    while !broken.load(Ordering::Relaxed) {
        let which = chance.index(talks.len());
        if !talks[which].speak(client) {
            return;
        }
        // Nobody listens any more once something is being broken.
        let _ = acknowledged.send(());
    }
}

/// A server learns of a lost connection when it uses it; then it makes another one.
fn await_answers(client: &Client) {
    while client.get("/v1/chat/flows").status >= 500 {}
}
