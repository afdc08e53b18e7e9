//! What becomes of claimed events, and of those who receive them.

use uuid::Uuid;

use super::Case;
use super::fixture::{
    anyway, at, event, events_of, fill, fill_events, hook, json, school_id, subscription,
    subscription_id,
};
use super::outbox::{claim, settle, settlement};
use crate::blocking::Store;
use crate::library::{Batch, Change};
use crate::outbox::{
    Attempt, DeliveryOutcome, EventStatus, Jitter, NewEvent, RetryError, Settled, Settlement,
    StoredEvent, retry_at,
};
use crate::scope::AccessScope;
use crate::subscription::{
    Circuit, DeliveryQuery, DeliveryRecord, Health, StoredSubscription, SubscriptionRecord,
    SubscriptionStatus,
};

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        an_outcome_is_written_as_it_says,
        an_event_is_tried_as_often_as_it_may_be_and_then_dead,
        a_failed_or_dead_event_can_be_tried_anew,
        an_attempt_is_recorded_with_its_settlement,
        long_and_strange_answers_are_cut,
        failures_open_the_circuit_and_success_closes_it,
        a_receiver_that_keeps_failing_is_disabled_with_an_event,
        a_receiver_that_is_gone_is_disabled_at_once,
        a_settlement_that_fails_half_way_leaves_nothing,
        one_of_many_takes_the_probe,
        an_event_outlives_its_subscription,
    ]
}

fn failed(retry: i64) -> DeliveryOutcome {
    let details = Some(json("details"));
    DeliveryOutcome::Failed { error: "no answer".into(), details, retry_at: at(retry) }
}

fn attempt(n: u128) -> Attempt {
    Attempt {
        id: Uuid::from_u128(n),
        status_code: Some(503),
        duration_ms: 12,
        error: Some("status 503".into()),
        response_preview: Some("busy".into()),
    }
}

fn subscribe<S: Store>(store: &S, n: u128) {
    let change = anyway(subscription(n));
    store.write_subscription(&AccessScope::system(), &change, at(0)).unwrap();
}

fn stored<S: Store>(store: &S, n: u128) -> StoredSubscription {
    store.subscription(&AccessScope::system(), subscription_id(n)).unwrap().unwrap()
}

fn deliveries<S: Store>(store: &S, n: u128) -> Vec<DeliveryRecord> {
    let query = DeliveryQuery { subscription: subscription_id(n), before: None, limit: 1000 };
    store.deliveries(&AccessScope::system(), &query).unwrap()
}

/// One event of its own after the other for subscription 1, each of which ends so.
fn attempts<S: Store>(
    store: &S,
    numbers: std::ops::Range<u128>,
    outcome: &DeliveryOutcome,
) -> Vec<Settled> {
    fill_events(store, numbers.clone().map(|n| hook(n, 1, n)).collect());
    let claimed = claim(store, "a", 0, u32::MAX);
    assert_eq!(claimed.len(), numbers.clone().count());
    let settle = |(stored, n): (&StoredEvent, u128)| {
        let on_disabled =
            vec![NewEvent { event_type: "webhook_disabled".into(), ..event(n + 5000) }];
        let settlement = settlement(stored, 7, outcome.clone());
        let settlement = Settlement { attempt: Some(attempt(n)), on_disabled, ..settlement };
        store.settle_event(&settlement).unwrap()
    };
    claimed.iter().zip(numbers).map(settle).collect()
}

fn an_outcome_is_written_as_it_says<S: Store>(store: &S) {
    // S6.34, S6.46
    fill_events(store, (1..=4).map(|n| hook(n, 1, n)).collect());
    let claimed = claim(store, "a", 0, 9);
    let dead = DeliveryOutcome::Dead { error: "unknown destination".into(), details: None };
    let postponed = DeliveryOutcome::Postponed { until: at(60) };
    let outcomes = [DeliveryOutcome::Published, failed(50), dead, postponed];
    for (stored, outcome) in claimed.iter().zip(outcomes) {
        assert_eq!(settle(store, stored, 5, outcome), Settled::Done);
    }
    let after = |stored: &StoredEvent| StoredEvent {
        lock: None,
        updated_at: Some(at(5)),
        ..stored.clone()
    };
    let expected = [
        StoredEvent {
            status: EventStatus::Published,
            processed_at: Some(at(5)),
            ..after(&claimed[0])
        },
        StoredEvent {
            status: EventStatus::Failed,
            retry_count: 1,
            next_retry_at: Some(at(50)),
            last_error: Some("no answer".into()),
            error_details: Some(json("details")),
            ..after(&claimed[1])
        },
        StoredEvent {
            status: EventStatus::DeadLetter,
            retry_count: 1,
            last_error: Some("unknown destination".into()),
            processed_at: Some(at(5)),
            ..after(&claimed[2])
        },
        StoredEvent {
            status: EventStatus::Pending,
            next_retry_at: Some(at(60)),
            ..after(&claimed[3])
        },
    ];
    assert_eq!(events_of(store), expected);
    // Postponed after a failure, an event is still a failed one, with its error.
    let again = claim(store, "a", 55, 9);
    settle(store, &again[0], 56, DeliveryOutcome::Postponed { until: at(99) });
    let back = StoredEvent {
        next_retry_at: Some(at(99)),
        updated_at: Some(at(56)),
        ..expected[1].clone()
    };
    assert_eq!(events_of(store)[1], back);
}

fn an_event_is_tried_as_often_as_it_may_be_and_then_dead<S: Store>(store: &S) {
    // S6.34: three retries are four attempts.
    fill_events(store, vec![hook(1, 1, 1)]);
    let mut now = 0;
    let mut waits = Vec::new();
    loop {
        let claimed = claim(store, "a", now, 1);
        let [stored] = claimed.as_slice() else { panic!("nothing is due at {now}") };
        let Some(retry_at) = retry_at(stored, at(now), Jitter::NONE) else {
            let dead = DeliveryOutcome::Dead { error: "x".into(), details: None };
            settle(store, stored, now, dead);
            break;
        };
        let wait = retry_at.as_millis() - at(now).as_millis();
        waits.push(wait / 1000);
        settle(store, stored, now, failed(now + wait));
        assert_eq!(claim(store, "a", now + wait - 1, 1), []);
        now += wait;
    }
    assert_eq!(waits, [60, 300, 900]);
    let stored = &events_of(store)[0];
    assert_eq!((stored.status, stored.retry_count), (EventStatus::DeadLetter, 4));
    assert_eq!(claim(store, "a", now * 100, 1), []);
}

fn a_failed_or_dead_event_can_be_tried_anew<S: Store>(store: &S) {
    // S6.38
    let of = |n| NewEvent { school_id: Some(school_id(1)), ..hook(n, 1, n) };
    fill_events(store, vec![of(1), of(2), of(3), of(4)]);
    let fresh = events_of(store);
    let claimed = claim(store, "a", 0, 3);
    settle(store, &claimed[0], 1, failed(1_000_000));
    settle(store, &claimed[1], 1, DeliveryOutcome::Dead { error: "x".into(), details: None });
    let admin = AccessScope::school_admin(None, vec![school_id(1)]);
    let other = AccessScope::school_admin(None, vec![school_id(2)]);
    for (n, stored) in fresh.iter().enumerate().take(2) {
        let error = store.retry_event(&other, stored.event.id, at(2)).unwrap_err();
        assert!(matches!(error, RetryError::NotFound { .. }), "{error:?}");
        store.retry_event(&admin, stored.event.id, at(2)).unwrap();
        let expected = StoredEvent { updated_at: Some(at(2)), ..stored.clone() };
        assert_eq!(events_of(store)[n], expected);
    }
    let before = events_of(store);
    for (stored, expected) in fresh[2..].iter().zip([EventStatus::Processing, EventStatus::Pending])
    {
        match store.retry_event(&admin, stored.event.id, at(3)).unwrap_err() {
            RetryError::NotFailed { status, .. } => assert_eq!(status, expected),
            error => panic!("{error:?}"),
        }
    }
    let error = store.retry_event(&AccessScope::system(), event(9).id, at(3)).unwrap_err();
    assert!(matches!(error, RetryError::NotFound { .. }), "{error:?}");
    assert_eq!(events_of(store), before);
    assert_eq!(claim(store, "b", 3, 9).len(), 3);
}

fn an_attempt_is_recorded_with_its_settlement<S: Store>(store: &S) {
    // S1.66
    subscribe(store, 1);
    fill_events(store, vec![hook(1, 1, 1)]);
    let first = claim(store, "a", 0, 1);
    let with = |stored: &StoredEvent, now, outcome, n| Settlement {
        attempt: Some(attempt(n)),
        ..settlement(stored, now, outcome)
    };
    store.settle_event(&with(&first[0], 1, failed(10), 11)).unwrap();
    // Whoever lost its lock leaves no trace.
    let late = store.settle_event(&with(&first[0], 2, failed(10), 12)).unwrap();
    assert_eq!(late, Settled::LockLost);
    let second = claim(store, "a", 10, 1);
    let quiet = Attempt { status_code: None, error: None, response_preview: None, ..attempt(13) };
    let end = settlement(&second[0], 11, DeliveryOutcome::Published);
    store.settle_event(&Settlement { attempt: Some(quiet), ..end }).unwrap();
    let expected = |n: u128, number, now| DeliveryRecord {
        id: Uuid::from_u128(n),
        event: event(1).id,
        subscription: subscription_id(1),
        attempt: number,
        status_code: Some(503),
        duration_ms: 12,
        error: Some("status 503".into()),
        response_preview: Some("busy".into()),
        created_at: at(now),
    };
    let last = DeliveryRecord {
        status_code: None,
        error: None,
        response_preview: None,
        ..expected(13, 2, 11)
    };
    assert_eq!(deliveries(store, 1), [last, expected(11, 1, 1)]);
    let health = Health {
        consecutive_failures: 0,
        last_success_at: Some(at(11)),
        last_failure_at: Some(at(1)),
        last_error: Some("no answer".into()),
        probe_until: None,
    };
    assert_eq!(stored(store, 1).health, health);
}

fn long_and_strange_answers_are_cut<S: Store>(store: &S) {
    subscribe(store, 1);
    fill_events(store, vec![hook(1, 1, 1)]);
    let claimed = claim(store, "a", 0, 1);
    let dead = DeliveryOutcome::Dead { error: "ā".repeat(3000), details: None };
    let preview = Some(format!("a\0{}", "ā".repeat(3000)));
    let attempt = Attempt { response_preview: preview, error: Some("\0".into()), ..attempt(1) };
    let settlement = settlement(&claimed[0], 1, dead);
    store.settle_event(&Settlement { attempt: Some(attempt), ..settlement }).unwrap();
    assert_eq!(events_of(store)[0].last_error, Some("ā".repeat(2000)));
    let delivery = &deliveries(store, 1)[0];
    assert_eq!(delivery.response_preview, Some(format!("a\u{fffd}{}", "ā".repeat(498))));
    assert_eq!(delivery.error, Some("\u{fffd}".into()));
}

fn failures_open_the_circuit_and_success_closes_it<S: Store>(store: &S) {
    // S6.46
    subscribe(store, 1);
    attempts(store, 1..5, &failed(99));
    assert_eq!(stored(store, 1).health.circuit(at(8)), Circuit::Closed);
    attempts(store, 5..6, &failed(99));
    let health = stored(store, 1).health;
    assert_eq!(health.consecutive_failures, 5);
    assert_eq!(health.circuit(at(8)), Circuit::Open { until: at(60_007) });
    assert_eq!(health.circuit(at(60_007)), Circuit::Probe);
    assert!(store.take_probe(subscription_id(1), &health, at(60_500)).unwrap());
    assert!(!store.take_probe(subscription_id(1), &health, at(60_500)).unwrap());
    let probed = stored(store, 1).health;
    assert_eq!(probed.circuit(at(60_007)), Circuit::Open { until: at(60_500) });
    // The probe fails.
    attempts(store, 6..7, &failed(99));
    let health = stored(store, 1).health;
    assert_eq!(health.circuit(at(8)), Circuit::Open { until: at(120_007) });
    assert!(!store.take_probe(subscription_id(1), &probed, at(99)).unwrap());
    attempts(store, 7..8, &DeliveryOutcome::Published);
    assert_eq!(stored(store, 1).health.circuit(at(8)), Circuit::Closed);
    // Nothing of this changes the record.
    assert_eq!(stored(store, 1).row_version, 1);
}

fn a_receiver_that_keeps_failing_is_disabled_with_an_event<S: Store>(store: &S) {
    // S6.46
    subscribe(store, 1);
    let settled = attempts(store, 1..50, &failed(99));
    assert!(settled.iter().all(|settled| *settled == Settled::Done));
    assert_eq!(stored(store, 1).record.status, SubscriptionStatus::Active);
    let settled = attempts(store, 50..52, &failed(99));
    assert_eq!(settled, [Settled::Disabled, Settled::Done]);
    let now = stored(store, 1);
    assert_eq!(now.record.status, SubscriptionStatus::Disabled);
    assert_eq!((now.row_version, now.updated_at), (2, at(7)));
    assert_eq!(now.health.consecutive_failures, 51);
    let events = events_of(store);
    let told: Vec<_> =
        events.iter().filter(|stored| stored.event.event_type == "webhook_disabled").collect();
    assert_eq!(told.iter().map(|stored| stored.event.id).collect::<Vec<_>>(), [event(5050).id]);
    assert_eq!(told[0].status, EventStatus::Published);
    assert!(!store.take_probe(subscription_id(1), &now.health, at(99)).unwrap());
    // Active again, it starts anew; a record that was read before cannot undo the end.
    let write = |expected, record: SubscriptionRecord| {
        store.write_subscription(&AccessScope::system(), &Change { expected, record }, at(8))
    };
    write(Some(1), subscription(1)).unwrap_err();
    assert_eq!(write(Some(2), subscription(1)).unwrap(), 3);
    let again = stored(store, 1);
    assert_eq!(again.record.status, SubscriptionStatus::Active);
    assert_eq!(again.health, Health { consecutive_failures: 0, ..now.health });
}

fn a_receiver_that_is_gone_is_disabled_at_once<S: Store>(store: &S) {
    // S6.35
    subscribe(store, 1);
    subscribe(store, 2);
    let gone = DeliveryOutcome::Gone { error: "status 410".into() };
    assert_eq!(attempts(store, 1..2, &gone), [Settled::Disabled]);
    let events = events_of(store);
    assert_eq!(events[0].status, EventStatus::DeadLetter);
    assert_eq!(events.len(), 2);
    assert_eq!(stored(store, 1).record.status, SubscriptionStatus::Disabled);
    assert_eq!(stored(store, 2).record.status, SubscriptionStatus::Active);
    // One that its owner paused stays as it is when it fails, and is disabled when it is gone.
    let paused = SubscriptionRecord { status: SubscriptionStatus::Paused, ..subscription(1) };
    store.write_subscription(&AccessScope::system(), &anyway(paused), at(8)).unwrap();
    assert_eq!(attempts(store, 2..3, &gone), [Settled::Disabled]);
}

fn a_settlement_that_fails_half_way_leaves_nothing<S: Store>(store: &S) {
    subscribe(store, 1);
    fill_events(store, vec![event(9), hook(1, 1, 1)]);
    let claimed = claim(store, "a", 0, 1);
    let before = (events_of(store), stored(store, 1));
    let gone = settlement(&claimed[0], 1, DeliveryOutcome::Gone { error: "x".into() });
    // The id of an event is used once.
    let on_disabled = vec![event(9)];
    let attempt = Some(attempt(1));
    store.settle_event(&Settlement { attempt, on_disabled, ..gone.clone() }).unwrap_err();
    let details = Some("not JSON".into());
    let outcome = DeliveryOutcome::Dead { error: "x".into(), details };
    store.settle_event(&Settlement { outcome, ..gone }).unwrap_err();
    assert_eq!((events_of(store), stored(store, 1)), before);
    assert_eq!(deliveries(store, 1), []);
}

fn one_of_many_takes_the_probe<S: Store>(store: &S) {
    subscribe(store, 1);
    attempts(store, 1..6, &failed(99));
    let health = stored(store, 1).health;
    let won = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for n in 0..8 {
            let (won, health) = (&won, &health);
            threads.spawn(move || {
                if store.take_probe(subscription_id(1), health, at(70_000 + n)).unwrap() {
                    won.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(won.into_inner(), 1);
}

fn an_event_outlives_its_subscription<S: Store>(store: &S) {
    // F44
    subscribe(store, 1);
    fill(store, &Batch { events: vec![hook(1, 1, 1)], ..Batch::default() });
    let claimed = claim(store, "a", 0, 1);
    assert!(store.delete_subscription(&AccessScope::system(), subscription_id(1)).unwrap());
    let dead = DeliveryOutcome::Dead { error: "nobody is there".into(), details: None };
    let end = settlement(&claimed[0], 1, dead);
    let settled = store.settle_event(&Settlement { attempt: Some(attempt(1)), ..end }).unwrap();
    assert_eq!(settled, Settled::Done);
    assert_eq!(events_of(store)[0].status, EventStatus::DeadLetter);
}
