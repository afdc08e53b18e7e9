#![expect(
    clippy::arithmetic_side_effects,
    clippy::format_collect,
    reason = "the lints spare test functions but not what they call"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use chatflow::{Masker, SessionId, TenantId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, Batch, Blocking, Change, Destination, EventId, EventQuery, EventStatus,
    MemoryStore, NewEvent, Priority, StoredEvent, StoredSubscription, StreamCursor, StreamQuery,
    SubscriptionId, SubscriptionMethod, SubscriptionRecord, SubscriptionStatus,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    DeliveryOptions, OutboxDelivery, Processed, SecretsKey, SubscriptionSecrets, deliver,
    deliver_batch,
};
use crate::outbound::receiver::{Receiver, answer};
use crate::outbound::{EgressRules, Outbound, SecretBook};

const SECRET: &str = "whsec-0123456789abcdef";

/// A store, a clock that is turned by hand, and one subscription.
struct World {
    store: AnyStore,
    time: Arc<AtomicI64>,
    options: DeliveryOptions,
    subscription: SubscriptionId,
}

impl World {
    async fn new(url: &str) -> Self {
        Self::with(url, |_| {}).await
    }

    async fn with(url: &str, change: impl FnOnce(&mut SubscriptionRecord)) -> Self {
        let store = AnyStore::new(Blocking(MemoryStore::new()));
        let time = Arc::new(AtomicI64::new(1_000_000));
        let key = SecretsKey::read(&"5a".repeat(32)).unwrap();
        let id = SubscriptionId(Uuid::from_u128(77));
        let secrets = SubscriptionSecrets::new(SECRET.to_owned());
        let mut record = SubscriptionRecord {
            id,
            name: "Receiver".to_owned(),
            url: url.to_owned(),
            secret: Some(key.seal(id, &secrets).unwrap()),
            method: SubscriptionMethod::Post,
            headers: r#"{"X-Own": "{{secret:own}}", "X-Event-Type": "forged"}"#.to_owned(),
            timeout_seconds: 5,
            max_retries: 3,
            event_types: Vec::new(),
            flow_id: None,
            school_id: None,
            status: SubscriptionStatus::Active,
            created_by: None,
        };
        change(&mut record);
        let write = Change { expected: Some(0), record };
        let (scope, at) = (AccessScope::system(), Timestamp::from_millis(0));
        store.write_subscription(&scope, &write, at).await.unwrap();
        let clock = Arc::clone(&time);
        let book = r#"{"own": {"hosts": ["127.0.0.1"], "value": "own-header-value"}}"#;
        let outbound = Outbound::new(EgressRules::development())
            .unwrap()
            .with_secrets(Arc::new(SecretBook::read(book).unwrap()));
        let options = DeliveryOptions {
            key: Some(key),
            jitter: false,
            poll: Duration::from_millis(5),
            clock: Arc::new(move || Timestamp::from_millis(clock.load(Ordering::Relaxed))),
            ..DeliveryOptions::new(outbound, Masker::new(b"key"))
        };
        Self { store, time, options, subscription: id }
    }

    fn pass(&self, seconds: i64) {
        self.time.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// Writes an event for the subscription, or for another destination.
    async fn write(&self, number: u128, session: Option<u128>, to: Option<Destination>) -> Uuid {
        let id = Uuid::from_u128(number);
        let session = session.map(|n| SessionId(Uuid::from_u128(n)));
        let event = NewEvent {
            id: EventId(id),
            event_type: "node_changed".to_owned(),
            event_version: "1.0".to_owned(),
            source_service: "chatflow".to_owned(),
            destination: to.unwrap_or(Destination::Webhook(self.subscription)),
            routing_key: None,
            payload: format!(r#"{{"event_type": "node_changed", "n": {number}, "ü":1.50}}"#),
            headers: None,
            priority: Priority::Normal,
            max_retries: 3,
            correlation_id: session.map(|session| format!("{session}:node_changed")),
            causation_id: None,
            user_id: None,
            session_id: session,
            flow_id: None,
            school_id: None,
            created_at: Timestamp::from_millis(0),
        };
        let batch = Batch { events: vec![event], ..Batch::default() };
        self.store.apply(&AccessScope::system(), &batch).await.unwrap();
        id
    }

    /// Ten events of each of six sessions, one after the other.
    async fn write_sessions(&self) {
        for number in 0..60 {
            self.write(number + 1, Some(number % 6), None).await;
        }
    }

    async fn batch(&self) -> Processed {
        deliver_batch(self.store.clone(), self.options.clone()).await.unwrap()
    }

    async fn event(&self, id: Uuid) -> StoredEvent {
        self.store.event(&AccessScope::system(), EventId(id)).await.unwrap().unwrap()
    }

    async fn subscription(&self) -> StoredSubscription {
        let found = self.store.subscription(&AccessScope::system(), self.subscription).await;
        found.unwrap().unwrap()
    }

    /// Runs a worker until all events are done with.
    async fn work_until_done(&self) {
        let worker =
            tokio::spawn(deliver(self.store.clone(), self.options.clone(), std::future::pending()));
        let query = EventQuery {
            statuses: vec![EventStatus::Pending, EventStatus::Processing, EventStatus::Failed],
            limit: 1,
            ..EventQuery::default()
        };
        while !self.store.events(&AccessScope::system(), &query).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        worker.abort();
    }
}

/// The ids of events in the order in which they were heard, by session.
fn by_session(receiver: &Receiver) -> BTreeMap<String, Vec<String>> {
    let mut heard: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for request in receiver.heard() {
        let session = header(&request, "x-correlation-id").unwrap().to_owned();
        heard.entry(session).or_default().push(header(&request, "x-event-id").unwrap().to_owned());
    }
    assert_eq!(heard.len(), 6);
    heard
}

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = request.split_once("\r\n\r\n")?;
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

/// HMAC-SHA256 as RFC 2104 writes it, not as the program computes it.
fn hmac(key: &str, text: &str) -> String {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key.as_bytes());
    let inner = Sha256::digest([&block.map(|byte| byte ^ 0x36)[..], text.as_bytes()].concat());
    let outer = Sha256::digest([&block.map(|byte| byte ^ 0x5c)[..], &inner].concat());
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_delivery_is_signed_over_the_bytes_that_are_sent() {
    // S6.42 to S6.44
    let receiver = Receiver::start(|_, _| answer(204, "", "")).await;
    let world = World::new(&receiver.url("/hook?a=1")).await;
    let id = world.write(1, Some(9), None).await;
    let plain = world.write(2, None, None).await;
    let done = world.batch().await;
    assert_eq!((done.processed, done.succeeded), (2, 2));
    let mut heard = receiver.heard();
    heard.sort_by_key(|request| header(request, "x-event-id").map(str::to_owned));
    let request = &heard[0];
    assert!(request.starts_with("POST /hook?a=1 HTTP/1.1\r\n"), "{request}");
    let session = Uuid::from_u128(9);
    for (name, value) in [
        ("content-type", "application/json"),
        ("user-agent", "chatflow-webhooks/1.0"),
        ("x-event-type", "node_changed"),
        ("x-event-id", &id.to_string()),
        ("x-correlation-id", &format!("{session}:node_changed")),
        ("x-webhook-timestamp", "1000"),
        ("x-webhook-attempt", "1"),
        ("x-own", "own-header-value"),
    ] {
        assert_eq!(header(request, name), Some(value), "{request}");
    }
    assert_eq!(header(&heard[1], "x-correlation-id"), Some(&*plain.to_string()));
    let body = body(request);
    assert_eq!(body, r#"{"event_type": "node_changed", "n": 1, "ü":1.50}"#);
    let signature = format!("sha256={}", hmac(SECRET, body));
    assert_eq!(header(request, "x-webhook-signature"), Some(&*signature));
    let second = format!("t=1000,v1={}", hmac(SECRET, &format!("1000.{body}")));
    assert_eq!(header(request, "x-webhook-signature-v2"), Some(&*second));
    assert!(!request.contains("forged"), "{request}");
}

#[tokio::test]
async fn failures_are_tried_again_and_given_up_in_the_end() {
    // S6.34, S6.45: a redirect is a failure, too.
    let receiver = Receiver::start(|count, _| match count {
        1 => answer(302, "location: /else\r\n", ""),
        _ => answer(500, "", "call bo@x.io, own-header-value"),
    });
    let receiver = receiver.await;
    let world = World::new(&receiver.url("/")).await;
    let id = world.write(1, None, None).await;
    for (attempt, wait) in [(1, 60), (2, 300), (3, 900)] {
        assert_eq!(world.batch().await.failed, 1);
        assert_eq!(world.batch().await, Processed::default(), "it is not due");
        let stored = world.event(id).await;
        assert_eq!((stored.status, stored.retry_count), (EventStatus::Failed, attempt));
        world.pass(wait - 1);
        assert_eq!(world.batch().await, Processed::default(), "it is not due");
        world.pass(1);
    }
    assert_eq!(world.batch().await.dead_lettered, 1);
    assert_eq!(world.event(id).await.status, EventStatus::DeadLetter);
    let heard = receiver.heard();
    let attempts: Vec<_> =
        heard.iter().map(|text| header(text, "x-webhook-attempt").unwrap()).collect();
    assert_eq!(attempts, ["1", "2", "3", "4"]);
    assert!(heard.iter().all(|text| header(text, "x-event-id") == Some(&id.to_string())));
    let query = chatflow_storage::DeliveryQuery {
        subscription: world.subscription,
        before: None,
        limit: 10,
    };
    let deliveries = world.store.deliveries(&AccessScope::system(), &query).await.unwrap();
    let told: Vec<_> = deliveries.iter().map(|d| (d.attempt, d.status_code)).collect();
    assert_eq!(told, [(4, Some(500)), (3, Some(500)), (2, Some(500)), (1, Some(302))]);
    assert_eq!(deliveries[0].response_preview.as_deref(), Some("call [EMAIL], [SECRET]"));
}

#[tokio::test]
async fn a_receiver_that_keeps_failing_is_left_alone_and_probed() {
    // S6.46
    let is_well = Arc::new(AtomicBool::new(false));
    let health = Arc::clone(&is_well);
    let receiver = Receiver::start(move |_, _| {
        answer(if health.load(Ordering::Relaxed) { 200 } else { 503 }, "", "")
    });
    let receiver = receiver.await;
    let world = World::new(&receiver.url("/")).await;
    for number in 1..=8 {
        world.write(number, None, None).await;
    }
    // As many as run at once may fail before it shows; here all are one batch.
    assert_eq!(world.batch().await.failed, 8);
    world.write(20, None, None).await;
    let done = world.batch().await;
    assert_eq!((done.processed, done.skipped), (1, 1));
    assert_eq!(world.event(Uuid::from_u128(20)).await.retry_count, 0, "it does not count");
    world.pass(480);
    is_well.store(true, Ordering::Relaxed);
    let before = receiver.heard().len();
    let done = world.batch().await;
    assert_eq!((done.succeeded, receiver.heard().len() - before), (1, 1), "one probe: {done:?}");
    assert_eq!(world.subscription().await.health.consecutive_failures, 0);
    world.pass(60);
    assert_eq!(world.batch().await.succeeded, 8);
}

#[tokio::test]
async fn a_receiver_that_is_gone_ends_its_subscription() {
    // S6.35, S6.46
    let receiver = Receiver::start(|_, _| answer(410, "", "")).await;
    let world = World::with(&receiver.url("/"), |record| {
        record.school_id = None;
        record.headers = "{}".to_owned();
    })
    .await;
    let first = world.write(1, None, None).await;
    assert_eq!(world.batch().await.dead_lettered, 1);
    assert_eq!(world.event(first).await.status, EventStatus::DeadLetter);
    assert_eq!(world.subscription().await.record.status, SubscriptionStatus::Disabled);
    let query = StreamQuery {
        after: Some(StreamCursor::default()),
        limit: 10,
        at: Timestamp::from_millis(2_000_000),
        ..StreamQuery::default()
    };
    let page = world.store.stream_events(&AccessScope::system(), &query).await.unwrap();
    let told: Vec<_> = page.events.iter().map(|found| &*found.event.event_type).collect();
    assert_eq!(told, ["webhook_disabled"]);
    world.write(2, None, None).await;
    assert_eq!(world.batch().await.dead_lettered, 1);
    assert_eq!(receiver.heard().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_signed_waits_and_unknown_destinations_die() {
    // S6.31, S1.65
    #[derive(Debug, Default)]
    struct Slack(std::sync::Mutex<Vec<Uuid>>);
    #[async_trait::async_trait]
    impl OutboxDelivery for Slack {
        async fn deliver(&self, event: &NewEvent) -> Result<(), String> {
            self.0.lock().unwrap().push(event.id.0);
            Ok(())
        }
    }
    let receiver = Receiver::start(|_, _| answer(200, "", "")).await;
    let mut world = World::new(&receiver.url("/")).await;
    let slack = Arc::new(Slack::default());
    world.options.handlers = vec![("slack:".to_owned(), Arc::clone(&slack) as _)];
    let known = world.write(1, None, Some(Destination::Handler("slack:team".to_owned()))).await;
    let unknown = world.write(2, None, Some(Destination::Handler("pigeon:x".to_owned()))).await;
    let done = world.batch().await;
    assert_eq!((done.succeeded, done.dead_lettered), (1, 1));
    assert_eq!(*slack.0.lock().unwrap(), [known]);
    let dead = world.event(unknown).await;
    assert_eq!(dead.last_error.as_deref(), Some("unknown destination"));
    let key = world.options.key.take();
    let waiting = world.write(3, None, None).await;
    assert_eq!(world.batch().await.skipped, 1);
    assert_eq!(world.event(waiting).await.retry_count, 0);
    world.options.key = key;
    world.pass(60);
    assert_eq!(world.batch().await.succeeded, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn events_of_a_session_arrive_in_their_order_from_several_workers() {
    // S6.32, S6.33: each exactly once, as nothing fails.
    let receiver = Receiver::start(|_, _| answer(200, "", "")).await;
    let world = World::new(&receiver.url("/")).await;
    world.write_sessions().await;
    let others: Vec<_> = (0..2)
        .map(|_| {
            let (store, options) = (world.store.clone(), world.options.clone());
            tokio::spawn(deliver(store, options, std::future::pending()))
        })
        .collect();
    world.work_until_done().await;
    others.iter().for_each(tokio::task::JoinHandle::abort);
    for (session, order) in by_session(&receiver) {
        assert_eq!(order.len(), 10, "{session}");
        assert!(order.is_sorted(), "{session}: {order:?}");
    }
}

#[tokio::test]
async fn events_of_a_session_wait_for_one_that_failed() {
    // S6.33, S6.34
    let receiver =
        Receiver::start(|count, _| answer(if count % 5 == 2 { 500 } else { 200 }, "", ""));
    let receiver = receiver.await;
    let world = World::new(&receiver.url("/")).await;
    world.write_sessions().await;
    let mut idle = 0;
    while idle < 20 {
        if world.batch().await.processed == 0 {
            world.pass(60);
            idle += 1;
        } else {
            idle = 0;
        }
    }
    let mut failed = 0;
    for (session, mut order) in by_session(&receiver) {
        let all = order.len();
        // What is sent again comes before anything else of its session.
        order.dedup();
        assert_eq!(order.len(), 10, "{session}");
        assert!(order.is_sorted(), "{session}: {order:?}");
        failed += all - order.len();
    }
    assert!(failed >= 10, "{failed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_when_worker_and_receiver_die() {
    // S6.32, S6.33: at least once; what comes twice was under way, and has the same id.
    let is_stuck = Arc::new(AtomicBool::new(false));
    let stuck = Arc::clone(&is_stuck);
    let receiver = Receiver::start(move |count, _| {
        if count == 20 {
            stuck.store(true, Ordering::Relaxed);
        }
        // From then on it takes requests and never answers.
        if stuck.load(Ordering::Relaxed) { String::new() } else { answer(200, "", "") }
    });
    let receiver = receiver.await;
    let world = World::new(&receiver.url("/")).await;
    let all: BTreeSet<Uuid> = {
        let mut all = BTreeSet::new();
        for number in 1..=60 {
            all.insert(world.write(number, Some(number % 7), None).await);
        }
        all
    };
    let worker =
        tokio::spawn(deliver(world.store.clone(), world.options.clone(), std::future::pending()));
    while !is_stuck.load(Ordering::Relaxed) {
        tokio::task::yield_now().await;
    }
    worker.abort();
    let _ = worker.await;
    let under_way = world.options.concurrency;
    is_stuck.store(false, Ordering::Relaxed);
    // Before the locks run out nobody touches what was under way.
    let early = world.batch().await;
    assert!(early.succeeded <= 8, "{early:?}");
    world.pass(121);
    world.work_until_done().await;
    let mut counts: BTreeMap<Uuid, usize> = BTreeMap::new();
    for request in receiver.heard() {
        let id = header(&request, "x-event-id").unwrap().parse().unwrap();
        *counts.entry(id).or_default() += 1;
    }
    assert_eq!(counts.keys().copied().collect::<BTreeSet<_>>(), all, "nothing is lost");
    let twice = counts.values().filter(|count| **count > 1).count();
    assert!(twice <= under_way && counts.values().all(|count| *count <= 2), "{counts:?}");
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_finishes_what_it_has_begun() {
    // S6.36
    let receiver = Receiver::start(|_, _| answer(200, "", "")).await;
    let world = World::new(&receiver.url("/")).await;
    let id = world.write(1, None, None).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = tokio::spawn(deliver(world.store.clone(), world.options.clone(), async {
        let _ = stopped.await;
    }));
    while world.event(id).await.status == EventStatus::Pending {
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    worker.await.unwrap();
    assert_eq!(world.event(id).await.status, EventStatus::Published);
}

#[tokio::test]
async fn a_school_uses_no_secret_of_the_platform() {
    // F47
    let receiver = Receiver::start(|_, _| answer(200, "", "")).await;
    let school = TenantId(Uuid::from_u128(5));
    let world = World::new(&receiver.url("/")).await;
    let stored = world.subscription().await;
    let record = SubscriptionRecord { school_id: Some(school), ..stored.record };
    let sender = super::Sender {
        outbound: &world.options.outbound,
        key: world.options.key.as_ref(),
        masker: &world.options.masker,
        service_name: "chatflow",
    };
    let post = super::Post {
        event_type: "webhook_test",
        event: Uuid::nil(),
        correlation: "",
        payload: "{}",
        attempt: 1,
        at: Timestamp::from_millis(0),
    };
    let posted = sender.post(&record, post).await.unwrap();
    assert!(posted.error.unwrap().starts_with("secret_unavailable"));
    assert!(receiver.heard().is_empty());
}
