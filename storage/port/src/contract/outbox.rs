//! Writing, claiming and looking after events.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chatflow::SessionId;

use super::Case;
use super::fixture::{
    HOSTILE, anyway, at, batch, content, event, events_of, fill, fill_events, flow_id, hook, json,
    library_of, school_id, session_id, subscription_id, user_id,
};
use crate::blocking::Store;
use crate::id::{EventId, SubscriptionId};
use crate::library::{ApplyError, Batch};
use crate::outbox::{
    DeliveryOutcome, Destination, EventClaim, EventLock, EventQuery, EventStatus, NewEvent,
    OldEvents, Priority, Settled, Settlement, StoredEvent,
};
use crate::scope::AccessScope;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        events_are_written_with_their_batch,
        hostile_texts_survive_in_every_column_of_an_event,
        a_batch_that_is_refused_leaves_no_event,
        the_most_urgent_are_claimed_first_and_then_the_oldest,
        what_is_claimed_is_nobody_elses_until_its_lock_runs_out,
        events_of_a_session_reach_a_subscription_in_their_order,
        events_without_a_session_do_not_wait_for_each_other,
        operators_look_at_what_they_own,
        old_events_are_deleted_in_batches,
        workers_that_race_deliver_each_event_once_and_in_order,
        the_events_of_a_worker_that_died_go_to_others,
    ]
}

pub(super) fn claim<S: Store>(store: &S, holder: &str, now: i64, limit: u32) -> Vec<StoredEvent> {
    let until = at(now + 120_000);
    let claim = EventClaim { holder: holder.into(), at: at(now), until, limit };
    store.claim_events(&claim).unwrap()
}

/// The numbers of the events that are claimed.
fn claimed<S: Store>(store: &S, holder: &str, now: i64, limit: u32) -> Vec<u128> {
    claim(store, holder, now, limit).iter().map(number).collect()
}

fn number(stored: &StoredEvent) -> u128 {
    stored.event.id.0.as_u128()
}

pub(super) fn settlement(stored: &StoredEvent, now: i64, outcome: DeliveryOutcome) -> Settlement {
    Settlement {
        event: stored.event.id,
        lock: stored.lock.clone().unwrap(),
        at: at(now),
        outcome,
        attempt: None,
        on_disabled: Vec::new(),
    }
}

pub(super) fn settle<S: Store>(
    store: &S,
    stored: &StoredEvent,
    now: i64,
    outcome: DeliveryOutcome,
) -> Settled {
    store.settle_event(&settlement(stored, now, outcome)).unwrap()
}

fn full(n: u128) -> NewEvent {
    NewEvent {
        routing_key: Some("key".into()),
        headers: Some("{ \"a\" : 1.0 }".into()),
        priority: Priority::Critical,
        max_retries: 5,
        correlation_id: Some("correlation".into()),
        causation_id: Some("causation".into()),
        user_id: Some(user_id(55)),
        flow_id: Some(flow_id(55)),
        // F44: no row of the library or of a subscription is needed.
        school_id: Some(school_id(55)),
        ..hook(n, 55, 55)
    }
}

fn events_are_written_with_their_batch<S: Store>(store: &S) {
    // S6.30
    let handler = NewEvent { destination: Destination::Handler("internal:x".into()), ..event(2) };
    let events = vec![event(1), handler, full(3)];
    let contents = vec![anyway(content(1))];
    fill(store, &Batch { contents, events: events.clone(), ..batch() });
    let stored = events_of(store);
    assert!(stored.is_sorted_by(|one, next| one.seq < next.seq));
    let seqs = stored.iter().map(|stored| stored.seq);
    let expected: Vec<_> =
        seqs.zip(events).map(|(seq, event)| StoredEvent::new(seq, event)).collect();
    assert_eq!(stored, expected);
    let statuses: Vec<_> = stored.iter().map(|stored| stored.status).collect();
    assert_eq!(statuses, [EventStatus::Published, EventStatus::Pending, EventStatus::Pending]);
    let one = store.event(&AccessScope::system(), stored[2].event.id).unwrap();
    assert_eq!(one.as_ref(), Some(&stored[2]));
}

fn hostile_texts_survive_in_every_column_of_an_event<S: Store>(store: &S) {
    let texts = HOSTILE.iter().filter(|text| text.chars().count() <= 20);
    let events: Vec<_> = (1..)
        .zip(texts)
        .map(|(n, text)| NewEvent {
            event_type: (*text).into(),
            event_version: (*text).into(),
            source_service: (*text).into(),
            destination: Destination::Handler((*text).into()),
            routing_key: Some((*text).into()),
            payload: format!("{{ \"b\":1.0,\n\"a\" : {} }}", json(text)),
            headers: Some(json(text)),
            correlation_id: Some((*text).into()),
            causation_id: Some((*text).into()),
            ..event(n)
        })
        .collect();
    assert!(events.len() > 3);
    fill_events(store, events.clone());
    let stored: Vec<_> = events_of(store).into_iter().map(|stored| stored.event).collect();
    assert_eq!(stored, events);
}

fn a_batch_that_is_refused_leaves_no_event<S: Store>(store: &S) {
    fill_events(store, vec![event(1)]);
    let before = (library_of(store), events_of(store));
    let apply = |events: Vec<NewEvent>, expected| {
        let mut change = anyway(content(1));
        change.expected = expected;
        let batch = Batch { contents: vec![change], events, ..batch() };
        store.apply(&AccessScope::system(), &batch).unwrap_err()
    };
    let stale = apply(vec![event(2)], Some(7));
    assert!(matches!(stale, ApplyError::Conflict { .. }), "{stale:?}");
    // An event's id is used once, and what was written before it in the batch goes, too.
    let twice = apply(vec![event(2), event(1)], None);
    assert!(matches!(twice, ApplyError::Store(_)), "{twice:?}");
    let long = |n: usize| Some("x".repeat(n));
    let handler = |n: usize| Destination::Handler("x".repeat(n));
    for broken in [
        NewEvent { payload: "not JSON".into(), ..event(3) },
        NewEvent { headers: Some("{".into()), ..event(3) },
        NewEvent { event_type: String::new(), ..event(3) },
        NewEvent { event_type: "x".repeat(101), ..event(3) },
        NewEvent { event_type: "a\0b".into(), ..event(3) },
        NewEvent { event_version: "x".repeat(21), ..event(3) },
        NewEvent { source_service: "x".repeat(51), ..event(3) },
        NewEvent { routing_key: long(101), ..event(3) },
        NewEvent { correlation_id: long(101), ..event(3) },
        NewEvent { causation_id: long(101), ..event(3) },
        NewEvent { destination: handler(0), ..event(3) },
        NewEvent { destination: handler(601), ..event(3) },
        NewEvent { destination: Destination::Handler("stream".into()), ..event(3) },
        NewEvent { max_retries: 1001, ..event(3) },
    ] {
        let error = apply(vec![event(2), broken], None);
        assert!(matches!(error, ApplyError::InvalidEvent(_)), "{error:?}");
    }
    assert_eq!((library_of(store), events_of(store)), before);
    let widest = NewEvent {
        event_type: "ā".repeat(100),
        event_version: "ā".repeat(20),
        source_service: "ā".repeat(50),
        routing_key: Some("ā".repeat(100)),
        destination: Destination::Handler("ā".repeat(600)),
        max_retries: 1000,
        ..event(4)
    };
    fill_events(store, vec![widest.clone()]);
    assert_eq!(events_of(store)[1].event, widest);
}

fn the_most_urgent_are_claimed_first_and_then_the_oldest<S: Store>(store: &S) {
    // S6.32
    let with = |n, priority| NewEvent { priority, ..hook(n, 1, n) };
    let events = vec![
        with(1, Priority::Low),
        with(2, Priority::Normal),
        with(3, Priority::Critical),
        event(4),
        with(5, Priority::Critical),
        with(6, Priority::High),
    ];
    fill_events(store, events);
    assert_eq!(claimed(store, "a", 0, 0), []);
    assert_eq!(claimed(store, "a", 0, 3), [3, 5, 6]);
    assert_eq!(claimed(store, "a", 0, 100), [2, 1]);
    assert_eq!(claimed(store, "a", 0, 100), []);
}

fn what_is_claimed_is_nobody_elses_until_its_lock_runs_out<S: Store>(store: &S) {
    fill_events(store, vec![hook(1, 1, 1)]);
    let before = events_of(store);
    let first = claim(store, "a", 0, 9);
    let lock = Some(EventLock { holder: "a".into(), until: at(120_000) });
    let expected = StoredEvent {
        status: EventStatus::Processing,
        lock,
        updated_at: Some(at(0)),
        ..before[0].clone()
    };
    assert_eq!(
        (first.as_slice(), events_of(store)),
        ([expected.clone()].as_slice(), vec![expected])
    );
    assert_eq!(claimed(store, "b", 120_000, 9), []);
    let second = claim(store, "b", 120_001, 9);
    assert_eq!(second.len(), 1);
    // The try that was lost counts (S6.42).
    assert_eq!((first[0].retry_count, second[0].retry_count), (0, 1));
    // Whoever lost its lock writes nothing, and neither does one who never had it.
    let stored = events_of(store);
    assert_eq!(settle(store, &first[0], 120_002, DeliveryOutcome::Published), Settled::LockLost);
    let mut stranger = second[0].clone();
    stranger.lock = Some(EventLock { holder: "c".into(), ..second[0].lock.clone().unwrap() });
    assert_eq!(settle(store, &stranger, 120_002, DeliveryOutcome::Published), Settled::LockLost);
    // Nor does the same holder with the lock of its earlier claim.
    let third = claim(store, "b", 300_000, 9);
    assert_eq!(settle(store, &second[0], 300_001, DeliveryOutcome::Published), Settled::LockLost);
    assert_ne!(events_of(store), stored);
    assert_eq!(settle(store, &third[0], 300_001, DeliveryOutcome::Published), Settled::Done);
    assert_eq!(settle(store, &third[0], 300_002, DeliveryOutcome::Published), Settled::LockLost);
    assert_eq!(claimed(store, "a", 900_000, 9), []);
}

fn events_of_a_session_reach_a_subscription_in_their_order<S: Store>(store: &S) {
    // S6.33
    let urgent = NewEvent { priority: Priority::Critical, ..hook(2, 1, 1) };
    fill_events(store, vec![hook(1, 1, 1), urgent, hook(3, 2, 1), hook(4, 1, 2), hook(5, 1, 1)]);
    let first = claim(store, "a", 0, 100);
    assert_eq!(first.iter().map(number).collect::<Vec<_>>(), [1, 3, 4]);
    assert_eq!(claimed(store, "b", 1, 100), []);
    // A failure keeps the rest waiting, and so does a postponement.
    let retry_at = at(1000);
    let failed = DeliveryOutcome::Failed { error: "x".into(), details: None, retry_at };
    settle(store, &first[0], 2, failed);
    assert_eq!(claimed(store, "b", 999, 100), []);
    let second = claim(store, "b", 1000, 100);
    assert_eq!(second.iter().map(number).collect::<Vec<_>>(), [1]);
    settle(store, &second[0], 1001, DeliveryOutcome::Postponed { until: at(2000) });
    assert_eq!(claimed(store, "b", 1999, 100), []);
    let third = claim(store, "b", 2000, 100);
    settle(store, &third[0], 2001, DeliveryOutcome::Published);
    let fourth = claim(store, "b", 2002, 100);
    assert_eq!(fourth.iter().map(number).collect::<Vec<_>>(), [2]);
    // One that is dead keeps nobody.
    settle(store, &fourth[0], 2003, DeliveryOutcome::Dead { error: "x".into(), details: None });
    assert_eq!(claimed(store, "b", 2004, 100), [5]);
}

fn events_without_a_session_do_not_wait_for_each_other<S: Store>(store: &S) {
    let free = |n| NewEvent { session_id: None, ..hook(n, 1, 1) };
    let handler = Destination::Handler("internal:x".into());
    let internal = |n| NewEvent { destination: handler.clone(), ..hook(n, 1, 1) };
    fill_events(store, vec![free(1), free(2), internal(3), internal(4)]);
    assert_eq!(claimed(store, "a", 0, 100), [1, 2, 3, 4]);
}

fn operators_look_at_what_they_own<S: Store>(store: &S) {
    let of =
        |n, school: Option<u128>| NewEvent { school_id: school.map(school_id), ..hook(n, n, n) };
    let typed = NewEvent { event_type: "flow_created".into(), ..of(4, Some(1)) };
    fill_events(store, vec![of(1, None), of(2, Some(1)), of(3, Some(2)), typed, event(5)]);
    let seqs: Vec<_> = events_of(store).iter().map(|stored| stored.seq).collect();
    let all = EventQuery { limit: 100, ..EventQuery::default() };
    let list = |scope: &AccessScope, query: &EventQuery| {
        store.events(scope, query).unwrap().iter().map(number).collect::<Vec<_>>()
    };
    let system = AccessScope::system();
    let admin = AccessScope::school_admin(None, vec![school_id(1)]);
    assert_eq!(list(&system, &all), [5, 4, 3, 2, 1]);
    assert_eq!(list(&admin, &all), [4, 2]);
    for nobody in [AccessScope::anonymous(), AccessScope::educator(user_id(1), school_id(1))] {
        assert_eq!(list(&nobody, &all), []);
    }
    let id = |n| EventId(uuid::Uuid::from_u128(n));
    assert!(store.event(&admin, id(2)).unwrap().is_some());
    assert_eq!(store.event(&admin, id(1)).unwrap(), None);
    assert_eq!(store.event(&admin, id(3)).unwrap(), None);
    let statuses = vec![EventStatus::Published, EventStatus::Failed];
    assert_eq!(list(&system, &EventQuery { statuses, ..all.clone() }), [5]);
    let event_type = Some("flow_created".to_owned());
    assert_eq!(list(&system, &EventQuery { event_type, ..all.clone() }), [4]);
    let subscription = Some(subscription_id(3));
    assert_eq!(list(&system, &EventQuery { subscription_id: subscription, ..all.clone() }), [3]);
    let session = Some(session_id(2));
    assert_eq!(list(&system, &EventQuery { session_id: session, ..all.clone() }), [2]);
    let page = EventQuery { before: Some(seqs[3]), limit: 2, ..all };
    assert_eq!(list(&system, &page), [3, 2]);
}

fn old_events_are_deleted_in_batches<S: Store>(store: &S) {
    // S6.39
    let aged = |n, age: i64| NewEvent { created_at: at(-age), ..event(n) };
    let hooks = [10, 11, 12].map(|n| hook(n, 1, n));
    let events = [aged(1, 50), aged(2, 100), aged(3, 100), aged(4, 99)];
    fill_events(store, events.into_iter().chain(hooks).collect());
    let claimed = claim(store, "a", 0, 2);
    for (stored, now) in claimed.iter().zip([-100, -200]) {
        let dead = DeliveryOutcome::Dead { error: "x".into(), details: None };
        assert_eq!(settle(store, stored, now, dead), Settled::Done);
    }
    let left = || events_of(store).iter().map(number).collect::<Vec<_>>();
    let old = |published, dead, limit| {
        let (published_before, dead_before) = (at(published), at(dead));
        store.delete_events(&OldEvents { published_before, dead_before, limit }).unwrap()
    };
    assert_eq!(old(-100, -200, 10), 0);
    assert_eq!(old(-60, -500, 2), 2);
    assert_eq!(left(), [1, 4, 10, 11, 12]);
    assert_eq!(old(-60, -100, 2), 2);
    assert_eq!(left(), [1, 10, 12]);
    // What is not done with is never old.
    assert_eq!(old(i64::MAX / 2, i64::MAX / 2, 10), 2);
    assert_eq!(left(), [12]);
    // A number is not used again.
    let last = events_of(store)[0].seq;
    fill_events(store, vec![event(20)]);
    assert!(events_of(store)[1].seq > last);
}

type Pair = (Option<SubscriptionId>, Option<SessionId>);

fn workers_that_race_deliver_each_event_once_and_in_order<S: Store>(store: &S) {
    const EVENTS: u128 = 2000;
    fill_events(store, (1..=EVENTS).map(|n| hook(n, n % 3, n % 101)).collect());
    let delivered: Mutex<BTreeMap<Pair, Vec<u128>>> = Mutex::default();
    let count = |delivered: &BTreeMap<Pair, Vec<u128>>| delivered.values().map(Vec::len).sum();
    let work = |name: &str| {
        loop {
            let claimed = claim(store, name, 0, 40);
            for stored in &claimed {
                let event = &stored.event;
                let pair = (event.destination.subscription(), event.session_id);
                delivered.lock().unwrap().entry(pair).or_default().push(number(stored));
                assert_eq!(settle(store, stored, 1, DeliveryOutcome::Published), Settled::Done);
            }
            let done: usize = count(&delivered.lock().unwrap());
            if claimed.is_empty() && done >= usize::try_from(EVENTS).unwrap() {
                break;
            }
        }
    };
    std::thread::scope(|threads| {
        for name in ["a", "b", "c", "d"] {
            threads.spawn(move || work(name));
        }
    });
    let delivered = delivered.into_inner().unwrap();
    assert!(delivered.values().all(|events| events.is_sorted_by(|one, next| one < next)));
    let mut all: Vec<_> = delivered.into_values().flatten().collect();
    all.sort_unstable();
    assert_eq!(all, (1..=EVENTS).collect::<Vec<_>>());
    assert!(events_of(store).iter().all(|stored| stored.status == EventStatus::Published));
}

fn the_events_of_a_worker_that_died_go_to_others<S: Store>(store: &S) {
    fill_events(store, (1..=40).map(|n| hook(n, 1, n % 10)).collect());
    let lost = claimed(store, "dead", 0, 7);
    assert_eq!(lost, [1, 2, 3, 4, 5, 6, 7]);
    let drain = |now: i64| {
        let mut done = Vec::new();
        loop {
            let claimed = claim(store, "alive", now, 100);
            for stored in &claimed {
                done.push(number(stored));
                settle(store, stored, now, DeliveryOutcome::Published);
            }
            if claimed.is_empty() {
                return done;
            }
        }
    };
    // Until the lock runs out, sessions that it holds wait.
    let others = drain(1);
    assert!(others.iter().all(|n| ![1, 2, 3, 4, 5, 6, 7].contains(&(n % 10))), "{others:?}");
    let rest = drain(120_001);
    let all = |mut events: Vec<u128>| {
        events.sort_unstable();
        events
    };
    assert_eq!(rest.len(), 28);
    for session in 0..10 {
        let of: Vec<_> = rest.iter().filter(|n| **n % 10 == session).collect();
        assert!(of.is_sorted(), "{of:?}");
    }
    assert_eq!(all([others, rest].concat()), (1..=40).collect::<Vec<_>>());
}
