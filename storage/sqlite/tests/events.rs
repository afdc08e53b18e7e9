//! Events between the connections of several processes on one file.

#![expect(clippy::unwrap_used, reason = "the lints spare test functions but not what they call")]

use std::path::Path;
use std::sync::{Arc, Mutex};

use chatflow::{ContentId, SessionId, Timestamp, Visibility};
use chatflow_sqlite::{Durability, Options, SqliteStore};
use chatflow_storage::{
    AccessScope, Batch, CacheKind, Change, ChangeNotice, Changes, ContentRecord, ContentStatus,
    DeliveryOutcome, Destination, EventClaim, EventId, LibraryStore, NewEvent, Observed,
    OutboxStore, Priority, Settled, Settlement, SubscriptionId, Watch,
};
use tempfile::TempDir;
use uuid::Uuid;

fn open(path: &Path) -> SqliteStore {
    let options = Options { durability: Durability::Normal, ..Options::default() };
    SqliteStore::open_with(path, options).unwrap()
}

fn hook(n: u128) -> NewEvent {
    NewEvent {
        id: EventId(Uuid::from_u128(n)),
        event_type: "node_changed".into(),
        event_version: "1.0".into(),
        source_service: "chatflow".into(),
        destination: Destination::Webhook(SubscriptionId(Uuid::from_u128(n % 3))),
        routing_key: None,
        payload: "{}".into(),
        headers: None,
        priority: Priority::Normal,
        max_retries: 3,
        correlation_id: None,
        causation_id: None,
        user_id: None,
        session_id: Some(SessionId(Uuid::from_u128(n % 101))),
        flow_id: None,
        school_id: None,
        created_at: Timestamp::default(),
    }
}

fn content(n: u128) -> Change<ContentRecord> {
    let record = ContentRecord {
        id: ContentId(Uuid::from_u128(n)),
        seed_key: None,
        kind: "joke".into(),
        content: format!("{{\"n\":{n}}}"),
        info: "{}".into(),
        tags: Vec::new(),
        is_active: true,
        status: ContentStatus::Draft,
        visibility: Visibility::Wriveted,
        school_id: None,
        created_by: None,
        variants: Vec::new(),
    };
    Change { expected: None, record }
}

fn fill(store: &SqliteStore, contents: Vec<Change<ContentRecord>>, events: Vec<NewEvent>) {
    let batch = Batch { contents, events, ..Batch::default() };
    store.apply(&AccessScope::system(), &batch).unwrap();
}

#[test]
fn two_processes_deliver_each_event_once_and_in_order() {
    // S6.32, S6.33: each store stands for a process, with two threads.
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("outbox.db");
    let stores = [open(&path), open(&path)];
    fill(&stores[0], Vec::new(), (1..=2000).map(hook).collect());
    let delivered = Mutex::new(Vec::new());
    let work = |name: &str, store: &SqliteStore| {
        let (at, until) = (Timestamp::default(), Timestamp::from_millis(120_000));
        let claim = EventClaim { holder: name.to_owned(), at, until, limit: 50 };
        while delivered.lock().unwrap().len() < 2000 {
            for stored in store.claim_events(&claim).unwrap() {
                let pair = (stored.event.destination.subscription(), stored.event.session_id);
                delivered.lock().unwrap().push((pair, stored.seq));
                let settlement = Settlement {
                    event: stored.event.id,
                    lock: stored.lock.unwrap(),
                    at,
                    outcome: DeliveryOutcome::Published,
                    attempt: None,
                    on_disabled: Vec::new(),
                };
                assert_eq!(store.settle_event(&settlement).unwrap(), Settled::Done);
            }
        }
    };
    std::thread::scope(|threads| {
        for (name, store) in ["a", "b", "c", "d"].into_iter().zip(stores.iter().cycle()) {
            let work = &work;
            threads.spawn(move || work(name, store));
        }
    });
    let mut delivered = delivered.into_inner().unwrap();
    // Sorted by pair only, so that the order within each is that of delivery.
    delivered.sort_by_key(|(pair, _)| *pair);
    assert!(delivered.is_sorted());
    delivered.dedup();
    assert_eq!(delivered.len(), 2000);
}

type Heard = Arc<Mutex<Vec<ChangeNotice>>>;

fn listen(store: &SqliteStore) -> (Heard, Watch) {
    let heard = Heard::default();
    let ear = Arc::clone(&heard);
    let watch = store.observers().watch(move |notice| ear.lock().unwrap().push(notice));
    (heard, watch)
}

fn look(store: &SqliteStore, heard: &Heard) -> Vec<ChangeNotice> {
    store.look().unwrap();
    std::mem::take(&mut *heard.lock().unwrap())
}

#[test]
fn one_process_sees_what_another_has_written() {
    // S6.29, S10.3
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("changes.db");
    let (writer, reader) = (open(&path), open(&path));
    let all = |kind| ChangeNotice::Cache { kind, id: None };
    let (heard, _watch) = listen(&reader);
    assert_eq!(look(&reader, &heard), [ChangeNotice::Resync]);
    assert_eq!(look(&reader, &heard), []);
    fill(&writer, vec![content(1)], vec![hook(1)]);
    assert_eq!(look(&reader, &heard), [ChangeNotice::Outbox, all(CacheKind::Content)]);
    assert_eq!(look(&reader, &heard), []);
    writer.announce(&[ChangeNotice::of(CacheKind::Identity, Uuid::nil())]).unwrap();
    assert_eq!(look(&reader, &heard), [all(CacheKind::Identity)]);
    // What is refused raises nothing.
    let stale = Change { expected: Some(9), ..content(1) };
    let batch = Batch { contents: vec![stale], ..Batch::default() };
    writer.apply(&AccessScope::system(), &batch).unwrap_err();
    assert_eq!(look(&reader, &heard), []);
    // One's own writes are told at once, row by row, and not again.
    fill(&reader, vec![content(2)], Vec::new());
    let own = ChangeNotice::of(CacheKind::Content, Uuid::from_u128(2));
    assert_eq!(look(&reader, &heard), [own]);
    // Unless somebody else wrote in between.
    fill(&writer, vec![content(3)], Vec::new());
    fill(&reader, vec![content(4)], Vec::new());
    let own = ChangeNotice::of(CacheKind::Content, Uuid::from_u128(4));
    assert_eq!(look(&reader, &heard), [own, all(CacheKind::Content)]);
    assert_eq!(look(&reader, &heard), []);
}
