//! The server is killed while it answers: what it acknowledged is there, once and whole.

mod judge;
mod talk;

use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use chatflow_tests::budget;
use chatflow_tests::report::figure;
use serde_json::json;

pub(crate) use self::judge::{is_whole, replays};
pub(crate) use self::talk::{Chance, Talk};

use self::judge::Judge;
use crate::real::{Client, Place, Server, Visitor, run};

/// Clients that talk at the same time, each in sessions of its own.
const CLIENTS: usize = 4;
const SESSIONS: usize = 3;
/// Turns that are acknowledged between a start and a kill, at most.
const TURNS: u64 = 60;
/// Microseconds that pass from then to the kill, at most: several turns.
const PAUSE: u64 = 20_000;

/// One client: what it talks about, and sessions that it has left.
#[derive(Debug)]
struct Speaker {
    talks: Vec<Talk>,
    left: Vec<Talk>,
}

/// What became of the turns that were under way when the server was killed.
#[derive(Debug, Default)]
struct Cut {
    stored: usize,
    nothing: usize,
}

#[test]
fn a_killed_server_has_lost_doubled_and_halved_no_turn() {
    let kills = budget::cases(25, 200);
    let mut chance = Chance(budget::seed());
    let place = Place::with_flows();
    let mut server = Server::start(&place.database(), &[]);
    let mut speakers: Vec<Speaker> = (0..CLIENTS).map(|_| Speaker::new(&server.client())).collect();
    let mut cut = Cut::default();
    for _ in 0..kills {
        let turns = chance.up_to(TURNS);
        let pause = Duration::from_micros(chance.up_to(PAUSE));
        std::thread::scope(|scope| {
            let (sender, acknowledged) = channel();
            for speaker in &mut speakers {
                let (client, sender, own) =
                    (server.client(), sender.clone(), Chance(chance.next()));
                scope.spawn(move || speaker.speak(&client, own, &sender));
            }
            drop(sender);
            for _ in 0..turns {
                acknowledged.recv().expect("the clients talk until the kill");
            }
            // From here on no particular moment of the turns that are under way.
            let until = Instant::now() + pause;
            while let Some(left) = until.checked_duration_since(Instant::now()) {
                if acknowledged.recv_timeout(left).is_err() {
                    break;
                }
            }
            let printed = server.kill();
            assert!(!printed.contains("error"), "{printed}");
        });
        server = Server::start(&place.database(), &[]);
        let client = server.client();
        for talk in speakers.iter_mut().flat_map(|speaker| &mut speaker.talks) {
            cut.count(talk.settle(&client));
        }
        Judge::open(&place.database()).counts();
    }
    let judge = Judge::open(&place.database());
    let client = server.client();
    let mut turns = 0;
    for speaker in &mut speakers {
        for talk in speaker.talks.iter_mut().chain(&mut speaker.left) {
            assert_eq!(talk.settle(&client), None, "there was no kill since");
            turns += talk.words.len();
        }
    }
    let sessions = judge.replays();
    let told = run([Path::new("db"), Path::new("check"), Path::new("--db"), &place.database()]);
    assert_eq!(told.code, 0, "{told:?}");
    figure("kills", kills as usize);
    figure("acknowledged turns, each there once and whole", turns - cut.stored);
    figure("turns without an answer that were there once and whole", cut.stored);
    figure("turns without an answer that had left nothing", cut.nothing);
    figure("sessions replayed from their journal", sessions);
}

impl Cut {
    fn count(&mut self, stored: Option<bool>) {
        self.stored += usize::from(stored == Some(true));
        self.nothing += usize::from(stored == Some(false));
    }
}

impl Speaker {
    fn new(client: &Client) -> Self {
        let talk = || Talk::new(Visitor::start(client, "counter", &json!({})));
        Self { talks: (0..SESSIONS).map(|_| talk()).collect(), left: Vec::new() }
    }

    /// Talks in all its sessions, in no order, until the server is gone.
    fn speak(&mut self, client: &Client, mut chance: Chance, acknowledged: &Sender<()>) {
        loop {
            let which = chance.index(self.talks.len());
            let fresh = if chance.up_to(20) == 1 { Talk::start(client) } else { Ok(None) };
            let answered = match fresh {
                Ok(None) => self.talks[which].speak(client),
                Ok(Some(talk)) => {
                    self.left.push(std::mem::replace(&mut self.talks[which], talk));
                    true
                }
                // A session that nobody knows of; the judge sees whether it is whole.
                Err(_) => false,
            };
            if !answered {
                return;
            }
            // Nobody listens any more once the kill is on its way.
            let _ = acknowledged.send(());
        }
    }
}
