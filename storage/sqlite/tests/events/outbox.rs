//! Deliverers that share an outbox.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Child;

use chatflow::{SessionId, Timestamp};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::{
    AccessScope, DeliveryOutcome, EventClaim, EventQuery, EventStatus, OutboxStore, Settled,
    Settlement, StoredEvent, SubscriptionId,
};
use tempfile::TempDir;

use super::{fill, hook, open, process, told};

const EVENTS: u128 = 2000;
/// How long a claim lasts.
const LEASE: i64 = 120_000;

/// One who delivers: events are written to a file that all append to, and then settled.
struct Deliverer<'s> {
    store: &'s SqliteStore,
    name: String,
    at: i64,
    log: File,
}

impl<'s> Deliverer<'s> {
    fn new(store: &'s SqliteStore, folder: &Path, name: String, at: i64) -> Self {
        let log = OpenOptions::new().append(true).create(true).open(folder.join("log")).unwrap();
        Self { store, name, at, log }
    }

    fn claim(&self, limit: u32) -> Vec<StoredEvent> {
        let until = Timestamp::from_millis(self.at.saturating_add(LEASE));
        let at = Timestamp::from_millis(self.at);
        let claim = EventClaim { holder: self.name.clone(), at, until, limit };
        self.store.claim_events(&claim).unwrap()
    }

    fn deliver(&mut self, claimed: Vec<StoredEvent>) {
        for stored in claimed {
            // One write, so that lines of several processes do not mix.
            let line = format!("{} {}\n", self.name, stored.seq);
            self.log.write_all(line.as_bytes()).unwrap();
            assert_eq!(self.settle(&stored), Settled::Done);
        }
    }

    fn settle(&self, stored: &StoredEvent) -> Settled {
        let settlement = Settlement {
            event: stored.event.id,
            lock: stored.lock.clone().unwrap(),
            at: Timestamp::from_millis(self.at),
            outcome: DeliveryOutcome::Published,
            attempt: None,
            on_disabled: Vec::new(),
        };
        self.store.settle_event(&settlement).unwrap()
    }

    /// Delivers until nothing is due.
    fn drain(&mut self) {
        loop {
            let claimed = self.claim(50);
            if claimed.is_empty() {
                return;
            }
            self.deliver(claimed);
        }
    }
}

fn events(store: &SqliteStore, statuses: &[EventStatus]) -> Vec<StoredEvent> {
    let query = EventQuery { statuses: statuses.to_vec(), limit: 10_000, ..EventQuery::default() };
    store.events(&AccessScope::system(), &query).unwrap()
}

/// What was delivered, in order: by whom, and the number of the event.
fn log(folder: &Path) -> Vec<(String, u64)> {
    let text = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    // A line that is being written ends elsewhere.
    let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    let entry = |line: &str| {
        let (name, seq) = line.split_once(' ').unwrap();
        (name.to_owned(), seq.parse().unwrap())
    };
    lines.map(entry).collect()
}

type Pair = (Option<SubscriptionId>, Option<SessionId>);

/// All are delivered, and those of each receiver and session in the order they were written (S6.33).
fn assert_delivered_in_order(store: &SqliteStore, log: &[(String, u64)]) {
    let stored = events(store, &[EventStatus::Published]);
    assert_eq!(stored.len() as u128, EVENTS);
    let pair =
        |stored: &StoredEvent| (stored.event.destination.subscription(), stored.event.session_id);
    let pairs: BTreeMap<u64, Pair> =
        stored.iter().map(|stored| (stored.seq, pair(stored))).collect();
    let mut last = BTreeMap::new();
    for (_, seq) in log {
        let before = last.insert(pairs.get(seq).unwrap(), *seq).unwrap_or_default();
        // Again is allowed, back is not.
        assert!(before <= *seq, "{seq} after {before}");
    }
    assert_eq!(log.iter().map(|(_, seq)| seq).collect::<BTreeSet<_>>().len(), pairs.len());
}

fn await_until(child: &mut Child, is_so: impl Fn() -> bool) {
    while !is_so() {
        assert!(child.try_wait().unwrap().is_none(), "the process has ended");
        std::thread::yield_now();
    }
}

fn outbox() -> (TempDir, SqliteStore) {
    let folder = TempDir::new().unwrap();
    let store = open(&folder.path().join("outbox.db"));
    fill(&store, Vec::new(), (1..=EVENTS).map(hook).collect());
    (folder, store)
}

#[test]
fn two_processes_deliver_each_event_once_and_in_order() {
    // S6.32, S6.33
    let (folder, store) = outbox();
    let file = folder.path().join("outbox.db");
    let mut children =
        ["a", "b"].map(|name| process("outbox::a_process_delivers_events", &file, name));
    for (child, ready) in children.iter_mut().zip(["ready-a", "ready-b"]) {
        await_until(child, || folder.path().join(ready).exists());
    }
    std::fs::write(folder.path().join("go"), "").unwrap();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let log = log(folder.path());
    assert_eq!(log.len() as u128, EVENTS, "each once");
    assert_delivered_in_order(&store, &log);
    for name in ["a1", "a2", "b1", "b2"] {
        assert!(log.iter().any(|(by, _)| by == name), "{name} delivered nothing");
    }
}

#[test]
#[ignore = "run by `two_processes_deliver_each_event_once_and_in_order` as the processes"]
fn a_process_delivers_events() {
    let Some((store, name)) = told() else { return };
    let file = std::env::var_os(super::FILE).unwrap();
    let folder = Path::new(&file).parent().unwrap();
    let mut deliverers =
        ["1", "2"].map(|thread| Deliverer::new(&store, folder, format!("{name}{thread}"), 0));
    // Each holds something when they begin, so that all take part whatever the machine does.
    let claimed = [deliverers[0].claim(50), deliverers[1].claim(50)];
    std::fs::write(folder.join(format!("ready-{name}")), "").unwrap();
    while !folder.join("go").exists() {
        assert!(folder.exists(), "nobody waits for it any more");
        std::thread::yield_now();
    }
    let open = [EventStatus::Pending, EventStatus::Processing, EventStatus::Failed];
    std::thread::scope(|threads| {
        for (deliverer, claimed) in deliverers.iter_mut().zip(claimed) {
            let store = &store;
            threads.spawn(move || {
                deliverer.deliver(claimed);
                // What is not due may be behind what another holds.
                while !events(store, &open).is_empty() {
                    deliverer.drain();
                }
            });
        }
    });
}

#[test]
fn what_a_killed_process_held_comes_back_after_its_lease() {
    // S6.32, S6.33, R11.20
    let (folder, store) = outbox();
    let file = folder.path().join("outbox.db");
    let mut child = process("outbox::a_process_delivers_until_it_is_killed", &file, "a");
    await_until(&mut child, || log(folder.path()).len() >= 300);
    child.kill().unwrap();
    child.wait().unwrap();
    let before = log(folder.path());
    let held = events(&store, &[EventStatus::Processing]);
    assert!(held.len() >= 10, "it held {} events", held.len());
    let delivered = |by: &str| -> BTreeSet<u64> {
        let log = log(folder.path());
        log.into_iter().filter(|(name, _)| name == by).map(|(_, seq)| seq).collect()
    };
    // While its lease lasts, nobody delivers what it held, nor what is behind that.
    Deliverer::new(&store, folder.path(), "b".to_owned(), LEASE).drain();
    let others = delivered("b");
    assert!(held.iter().all(|stored| !others.contains(&stored.seq)));
    assert_eq!(events(&store, &[EventStatus::Processing]), held);
    Deliverer::new(&store, folder.path(), "c".to_owned(), LEASE + 1).drain();
    let returned = delivered("c");
    assert!(held.iter().all(|stored| returned.contains(&stored.seq)));
    let log = log(folder.path());
    assert_delivered_in_order(&store, &log);
    // Twice only what it had delivered and not yet settled.
    let twice = log.len() as u128 - EVENTS;
    assert!(twice <= 1, "{twice} of {} were delivered twice", before.len());
    // Should it have been slow and not dead, it learns that it is too late.
    let late = Deliverer::new(&store, folder.path(), "a".to_owned(), LEASE + 2);
    assert!(held.iter().all(|stored| late.settle(stored) == Settled::LockLost));
}

#[test]
#[ignore = "run by `what_a_killed_process_held_comes_back_after_its_lease` as the process"]
fn a_process_delivers_until_it_is_killed() {
    let Some((store, name)) = told() else { return };
    let file = std::env::var_os(super::FILE).unwrap();
    let folder = Path::new(&file).parent().unwrap();
    // These it never gets to.
    assert_eq!(Deliverer::new(&store, folder, format!("{name}1"), 0).claim(10).len(), 10);
    let mut deliverer = Deliverer::new(&store, folder, format!("{name}2"), 0);
    // Or until nobody is left to kill it.
    while folder.exists() {
        deliverer.drain();
        std::thread::yield_now();
    }
}
