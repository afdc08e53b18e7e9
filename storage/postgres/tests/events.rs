//! Events between connections: the stream while others write, and word that goes from server to
//! server.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chatflow::{ContentId, Timestamp, Visibility};
use chatflow_postgres::PostgresStore;
use chatflow_storage::{
    AccessScope, AsyncChanges, AsyncLibraryStore, AsyncOutboxStore, Batch, BlockOn, CacheKind,
    Change, ChangeNotice, ContentRecord, ContentStatus, DeliveryOutcome, Destination, EventClaim,
    EventId, NewEvent, Observed, Priority, Settled, Settlement, StreamCursor, StreamPage,
    StreamQuery, SubscriptionId, Watch,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use uuid::Uuid;

use crate::place::{Database, template};

fn event(n: u128, destination: Destination) -> NewEvent {
    NewEvent {
        id: EventId(Uuid::from_u128(n)),
        event_type: "node_changed".into(),
        event_version: "1.0".into(),
        source_service: "chatflow".into(),
        destination,
        routing_key: None,
        payload: "{}".into(),
        headers: None,
        priority: Priority::Normal,
        max_retries: 3,
        correlation_id: None,
        causation_id: None,
        user_id: None,
        session_id: None,
        flow_id: None,
        school_id: None,
        created_at: Timestamp::default(),
    }
}

fn content(n: u128) -> ContentRecord {
    ContentRecord {
        id: ContentId(Uuid::from_u128(n)),
        seed_key: None,
        kind: "joke".into(),
        content: "{}".into(),
        info: "{}".into(),
        tags: Vec::new(),
        is_active: true,
        status: ContentStatus::Draft,
        visibility: Visibility::Wriveted,
        school_id: None,
        created_by: None,
        variants: Vec::new(),
    }
}

async fn fill(store: &PostgresStore, events: Vec<NewEvent>) {
    let batch = Batch { events, ..Batch::default() };
    store.apply(&AccessScope::system(), &batch).await.unwrap();
}

/// Writes event `n` past the store, in whatever transaction is open.
async fn insert(connection: &mut PgConnection, n: u128) {
    let sql = format!(
        "INSERT INTO event_outbox (id, event_type, event_version, source_service, destination,
           payload, status, priority, retry_count, max_retries, created_at, processed_at)
         VALUES ('{}', 't', '1.0', 's', 'stream', '{{}}', 'published', 1, 0, 3, now(), now())",
        Uuid::from_u128(n)
    );
    run(connection, &sql).await;
}

async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

async fn read(store: &PostgresStore, after: StreamCursor) -> StreamPage {
    let query = StreamQuery { after: Some(after), limit: 100, ..StreamQuery::default() };
    store.stream_events(&AccessScope::system(), &query).await.unwrap()
}

fn numbers(page: &StreamPage) -> Vec<u128> {
    page.events.iter().map(|event| event.event.id.0.as_u128()).collect()
}

/// Reads on from a position until `count` more events have come. Transactions elsewhere on the
/// server hold the stream back as well.
async fn follow(store: &PostgresStore, after: &mut StreamCursor, count: usize) -> Vec<u128> {
    let since = Instant::now();
    let mut seen = Vec::new();
    while seen.len() < count {
        assert!(since.elapsed() < Duration::from_mins(1), "only {seen:?} came");
        let page = read(store, *after).await;
        seen.extend(numbers(&page));
        *after = page.next;
        tokio::task::yield_now().await;
    }
    seen
}

#[test]
fn no_reader_of_the_stream_passes_over_what_commits_later() {
    // F43: whichever of two transactions takes the first number, and whichever commits first.
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let store = database.open();
    database.block_on(async {
        let mut one = PgConnection::connect(&database.url).await.unwrap();
        let mut two = PgConnection::connect(&database.url).await.unwrap();
        let mut after = StreamCursor::default();
        // The lower number commits last.
        run(&mut one, "BEGIN").await;
        insert(&mut one, 1).await;
        insert(&mut two, 2).await;
        let held = read(&store, after).await;
        assert_eq!(numbers(&held), []);
        after = held.next;
        run(&mut one, "COMMIT").await;
        assert_eq!(follow(&store, &mut after, 2).await, [1, 2]);
        // The older transaction takes the higher number, and commits last.
        run(&mut one, "BEGIN; SELECT pg_current_xact_id()").await;
        insert(&mut two, 3).await;
        let held = read(&store, after).await;
        assert_eq!(numbers(&held), []);
        after = held.next;
        insert(&mut one, 4).await;
        run(&mut one, "COMMIT").await;
        assert_eq!(follow(&store, &mut after, 2).await, [4, 3]);
        // What is rolled back is never seen, and holds nobody up afterwards.
        run(&mut one, "BEGIN").await;
        insert(&mut one, 5).await;
        insert(&mut two, 6).await;
        run(&mut one, "ROLLBACK").await;
        assert_eq!(follow(&store, &mut after, 1).await, [6]);
    });
}

#[test]
fn a_reader_beside_many_writers_sees_each_event_once() {
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let store = database.open();
    database.block_on(async {
        let write = async |first: u128| {
            let mut connection = PgConnection::connect(&database.url).await.unwrap();
            for n in (first..first + 120).step_by(2) {
                run(&mut connection, "BEGIN").await;
                insert(&mut connection, n).await;
                tokio::task::yield_now().await;
                insert(&mut connection, n + 1).await;
                run(&mut connection, "COMMIT").await;
            }
        };
        let mut after = StreamCursor::default();
        let reader = follow(&store, &mut after, 480);
        let (mut seen, ..) = tokio::join!(reader, write(1), write(121), write(241), write(361));
        seen.sort_unstable();
        assert_eq!(seen, (1..=480).collect::<Vec<_>>());
    });
}

#[test]
fn events_that_came_from_another_server_are_in_the_stream() {
    // Their transactions have numbers that this server has not reached.
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let store = database.open();
    database.block_on(fill(&store, vec![event(1, Destination::Stream)]));
    database.execute("UPDATE event_outbox SET written_by = '9000000000000000'");
    drop(store);
    let store = database.open();
    let mut after = StreamCursor::default();
    let seen = database.block_on(follow(&store, &mut after, 1));
    assert_eq!(seen, [1]);
    let foreign = StreamCursor { epoch: 9_000_000_000_000_000, seq: 1, ..after };
    assert!(database.block_on(read(&store, foreign)).is_lost);
}

#[test]
fn servers_on_one_database_deliver_each_event_once() {
    // S6.32: each store stands for a process, with connections of its own.
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let stores = [database.open(), database.open(), database.open()];
    let hook = |n: u128| {
        let subscription = Destination::Webhook(SubscriptionId(Uuid::from_u128(n % 3)));
        let session_id = Some(chatflow::SessionId(Uuid::from_u128(n % 101)));
        NewEvent { session_id, ..event(n, subscription) }
    };
    database.block_on(fill(&stores[0], (1..=2000).map(hook).collect()));
    let delivered = Mutex::new(Vec::new());
    let work = async |name: &str, store: &PostgresStore| {
        let (at, until) = (Timestamp::default(), Timestamp::from_millis(120_000));
        let claim = EventClaim { holder: name.to_owned(), at, until, limit: 50 };
        while delivered.lock().unwrap().len() < 2000 {
            for stored in store.claim_events(&claim).await.unwrap() {
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
                assert_eq!(store.settle_event(&settlement).await.unwrap(), Settled::Done);
            }
        }
    };
    let [one, two, three] = &stores;
    database.block_on(async {
        tokio::join!(work("one", one), work("two", two), work("three", three));
    });
    let mut delivered = delivered.into_inner().unwrap();
    // Sorted by pair only, so that the order within each is that of delivery.
    delivered.sort_by_key(|(pair, _)| *pair);
    assert!(delivered.is_sorted());
    delivered.dedup();
    assert_eq!(delivered.len(), 2000);
}

type Heard = Arc<Mutex<Vec<ChangeNotice>>>;

fn listen(store: &PostgresStore) -> (Heard, Watch) {
    let heard = Heard::default();
    let ear = Arc::clone(&heard);
    let watch = store.observers().watch(move |notice| ear.lock().unwrap().push(notice));
    (heard, watch)
}

fn take(heard: &Heard) -> Vec<ChangeNotice> {
    std::mem::take(&mut *heard.lock().unwrap())
}

/// Looks until `count` notices have come.
fn hear(
    database: &Database,
    store: &PostgresStore,
    heard: &Heard,
    count: usize,
) -> Vec<ChangeNotice> {
    let since = Instant::now();
    while heard.lock().unwrap().len() < count {
        let patience = Duration::from_secs(20);
        let look = async { tokio::time::timeout(patience, store.look()).await };
        database.block_on(look).expect("a notice comes").unwrap();
    }
    // S10.4: a second, and room for a machine that has other things to do.
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    take(heard)
}

#[test]
fn one_server_hears_what_another_writes() {
    // S6.27, S10.3
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let (writer, reader) = (database.open(), database.open());
    let (heard, _watch) = listen(&reader);
    database.block_on(reader.look()).unwrap();
    assert_eq!(take(&heard), [ChangeNotice::Resync]);
    let contents = vec![Change { expected: None, record: content(7) }];
    let events = vec![event(1, Destination::Stream)];
    let batch = Batch { contents, events, ..Batch::default() };
    database.block_on(writer.apply(&AccessScope::system(), &batch)).unwrap();
    let content = ChangeNotice::of(CacheKind::Content, Uuid::from_u128(7));
    assert_eq!(hear(&database, &reader, &heard, 2), [ChangeNotice::Outbox, content]);
    let identity = ChangeNotice::of(CacheKind::Identity, Uuid::from_u128(8));
    database.block_on(writer.announce(&[ChangeNotice::Outbox, identity])).unwrap();
    assert_eq!(hear(&database, &reader, &heard, 2), [ChangeNotice::Outbox, identity]);
    // What is undone is not told: the word that comes next is the next change's. Neither does a
    // server hear itself.
    let contents = vec![Change { expected: Some(9), record: self::content(7) }];
    let stale = Batch { contents, ..Batch::default() };
    database.block_on(writer.apply(&AccessScope::system(), &stale)).unwrap_err();
    database.block_on(reader.announce(&[identity])).unwrap();
    assert_eq!(take(&heard), [identity]);
    database.block_on(writer.announce(&[ChangeNotice::Outbox])).unwrap();
    assert_eq!(hear(&database, &reader, &heard, 1), [ChangeNotice::Outbox]);
}

#[test]
fn a_listener_that_was_cut_off_tells_to_resync() {
    // S6.28, S10.4
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let (writer, reader) = (database.open(), database.open());
    let (heard, _watch) = listen(&reader);
    database.block_on(reader.look()).unwrap();
    take(&heard);
    let listening =
        "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    let ended = database.rows(&format!("SELECT count(pg_terminate_backend(pid)) {listening}"));
    assert_eq!(ended[0].get::<i64, _>(0), 1);
    database.block_on(reader.look()).unwrap_err();
    // What is told in between is lost.
    let flows = ChangeNotice::Cache { kind: CacheKind::Flow, id: None };
    database.block_on(writer.announce(&[flows])).unwrap();
    assert_eq!(take(&heard), []);
    assert_eq!(hear(&database, &reader, &heard, 1), [ChangeNotice::Resync]);
    database.block_on(writer.announce(&[flows])).unwrap();
    assert_eq!(hear(&database, &reader, &heard, 1), [flows]);
}

#[test]
fn a_turn_tells_nobody() {
    // F17: commits that notify wait for each other.
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let store = database.open();
    database.block_on(async {
        use chatflow_storage::AsyncSessionStore;
        let mut listener = sqlx::postgres::PgListener::connect(&database.url).await.unwrap();
        listener.listen_all(["outbox_events", "cache_invalidation"]).await.unwrap();
        store.create_session(&crate::session::new_session()).await.unwrap();
        store.commit(&crate::session::commit(chatflow::Revision(1))).await.unwrap();
        store.announce(&[ChangeNotice::Outbox]).await.unwrap();
        // The first word is the announcement.
        let told = listener.recv().await.unwrap();
        assert_eq!(told.channel(), "outbox_events");
    });
}
