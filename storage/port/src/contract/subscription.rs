//! Subscriptions and the record of deliveries.

use uuid::Uuid;

use super::Case;
use super::fixture::{
    HOSTILE, anyway, at, batch, draft, fill, fill_events, flow, flow_id, hook, json, school_id,
    subscription, subscription_id, user_id,
};
use super::outbox::{claim, settlement};
use crate::blocking::Store;
use crate::library::{ApplyError, Batch, Change, RecordKey};
use crate::outbox::{Attempt, DeliveryOutcome, Settlement};
use crate::scope::AccessScope;
use crate::subscription::{
    DeliveryQuery, EventFacts, Health, Match, SealedSecret, StoredSubscription, SubscriptionMethod,
    SubscriptionQuery, SubscriptionRecord, SubscriptionStatus,
};

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        a_subscription_is_read_back_as_it_was_written,
        a_stale_or_broken_subscription_is_refused,
        schools_keep_their_own_subscriptions,
        subscriptions_are_listed_in_pages,
        an_event_reaches_those_who_want_it,
        deliveries_are_listed_the_newest_first,
        a_subscription_goes_with_its_deliveries,
        old_deliveries_are_deleted_in_batches,
    ]
}

fn full(n: u128) -> SubscriptionRecord {
    SubscriptionRecord {
        secret: Some(SealedSecret(vec![0, 255, 1, 39, 0])),
        method: SubscriptionMethod::Put,
        headers: "{ \"a\" : \"b\" }".into(),
        timeout_seconds: 60,
        max_retries: 10,
        event_types: HOSTILE.iter().map(ToString::to_string).collect(),
        flow_id: Some(flow_id(1)),
        school_id: Some(school_id(1)),
        status: SubscriptionStatus::Paused,
        created_by: Some(user_id(55)),
        ..subscription(n)
    }
}

fn write<S: Store>(store: &S, record: SubscriptionRecord, now: i64) -> u64 {
    store.write_subscription(&AccessScope::system(), &anyway(record), at(now)).unwrap()
}

fn rows<S: Store>(store: &S) -> Vec<StoredSubscription> {
    let query = SubscriptionQuery { limit: 1000, ..SubscriptionQuery::default() };
    store.subscriptions(&AccessScope::system(), &query).unwrap()
}

fn library<S: Store>(store: &S) {
    fill(store, &Batch { flows: vec![draft(flow(1)), draft(flow(2))], ..batch() });
}

fn a_subscription_is_read_back_as_it_was_written<S: Store>(store: &S) {
    library(store);
    assert_eq!(write(store, full(1), 5), 1);
    let expected = |record, row_version, now| StoredSubscription {
        record,
        health: Health::default(),
        row_version,
        created_at: at(5),
        updated_at: at(now),
    };
    assert_eq!(rows(store), [expected(full(1), 1, 5)]);
    // The same again changes nothing.
    assert_eq!(write(store, full(1), 6), 1);
    assert_eq!(rows(store), [expected(full(1), 1, 5)]);
    assert_eq!(write(store, subscription(1), 7), 2);
    assert_eq!(rows(store), [expected(subscription(1), 2, 7)]);
    for (now, text) in (8..).zip(HOSTILE) {
        let (name, url, headers) = (text.to_owned(), text.to_owned(), json(text));
        let record = SubscriptionRecord { name, url, headers, ..full(1) };
        write(store, record.clone(), now);
        let found = store.subscription(&AccessScope::system(), subscription_id(1)).unwrap();
        assert_eq!(found.unwrap().record, record);
    }
    assert_eq!(store.subscription(&AccessScope::system(), subscription_id(2)).unwrap(), None);
}

fn a_stale_or_broken_subscription_is_refused<S: Store>(store: &S) {
    library(store);
    write(store, subscription(1), 0);
    let before = rows(store);
    let refused = |expected, record| {
        let change = Change { expected, record };
        store.write_subscription(&AccessScope::system(), &change, at(1)).unwrap_err()
    };
    for (expected, n, actual) in [(Some(0), 1, 1), (Some(2), 1, 1), (Some(1), 2, 0)] {
        let name = "new".to_owned();
        match refused(expected, SubscriptionRecord { name, ..subscription(n) }) {
            ApplyError::Conflict { record, actual: found, .. } => {
                assert_eq!(record, RecordKey::Subscription(subscription_id(n)));
                assert_eq!(found, actual);
            }
            error => panic!("{error:?}"),
        }
    }
    let school = SubscriptionRecord { school_id: Some(school_id(77)), ..subscription(2) };
    let flow = SubscriptionRecord { flow_id: Some(flow_id(77)), ..subscription(1) };
    for record in [school, flow] {
        let error = refused(None, record);
        assert!(matches!(error, ApplyError::Dangling { .. }), "{error:?}");
    }
    for broken in [
        SubscriptionRecord { name: String::new(), ..subscription(1) },
        SubscriptionRecord { name: "x".repeat(256), ..subscription(1) },
        SubscriptionRecord { name: "a\0".into(), ..subscription(1) },
        SubscriptionRecord { url: String::new(), ..subscription(1) },
        SubscriptionRecord { url: "x".repeat(501), ..subscription(1) },
        SubscriptionRecord { headers: "[]".into(), ..subscription(1) },
        SubscriptionRecord { timeout_seconds: 0, ..subscription(1) },
        SubscriptionRecord { timeout_seconds: 61, ..subscription(1) },
        SubscriptionRecord { max_retries: 11, ..subscription(1) },
        SubscriptionRecord { event_types: vec!["\0".into()], ..subscription(1) },
    ] {
        let error = refused(None, broken);
        assert!(matches!(error, ApplyError::Invalid { .. }), "{error:?}");
    }
    assert_eq!(rows(store), before);
}

fn schools_keep_their_own_subscriptions<S: Store>(store: &S) {
    // S6.40, S6.41
    library(store);
    let of = |n, school: Option<u128>| SubscriptionRecord {
        school_id: school.map(school_id),
        ..subscription(n)
    };
    for (n, school) in [(1, None), (2, Some(1)), (3, Some(2))] {
        write(store, of(n, school), 0);
    }
    let before = rows(store);
    let admin = AccessScope::school_admin(None, vec![school_id(1)]);
    let query = SubscriptionQuery { limit: 9, ..SubscriptionQuery::default() };
    let own: Vec<_> = store.subscriptions(&admin, &query).unwrap();
    assert_eq!(own, [before[1].clone()]);
    assert!(store.subscription(&admin, subscription_id(2)).unwrap().is_some());
    for n in [1, 3] {
        assert_eq!(store.subscription(&admin, subscription_id(n)).unwrap(), None);
        assert!(!store.delete_subscription(&admin, subscription_id(n)).unwrap());
    }
    let educator = AccessScope::educator(user_id(1), school_id(1));
    let refused = [
        (&admin, of(1, Some(1))),
        (&admin, of(3, Some(1))),
        (&admin, of(2, Some(2))),
        (&admin, of(2, None)),
        (&admin, of(4, None)),
        (&educator, of(2, Some(1))),
        (&educator, of(4, Some(1))),
    ];
    for (scope, record) in refused {
        let record = SubscriptionRecord { name: "mine".into(), ..record };
        let error = store.write_subscription(scope, &anyway(record), at(1)).unwrap_err();
        assert!(matches!(error, ApplyError::OutOfScope { .. }), "{error:?}");
    }
    assert!(!store.delete_subscription(&educator, subscription_id(2)).unwrap());
    assert_eq!(rows(store), before);
    store.write_subscription(&admin, &anyway(of(4, Some(1))), at(1)).unwrap();
    assert!(store.delete_subscription(&admin, subscription_id(2)).unwrap());
    let ids: Vec<_> = rows(store).iter().map(|row| row.record.id.0.as_u128()).collect();
    assert_eq!(ids, [1, 3, 4]);
}

fn subscriptions_are_listed_in_pages<S: Store>(store: &S) {
    library(store);
    let paused = SubscriptionRecord { status: SubscriptionStatus::Paused, ..subscription(2) };
    let of_school = SubscriptionRecord { school_id: Some(school_id(1)), ..subscription(3) };
    let of_flow = SubscriptionRecord { flow_id: Some(flow_id(1)), ..subscription(4) };
    for record in [of_flow, of_school, paused, subscription(1)] {
        write(store, record, 0);
    }
    let list = |query: SubscriptionQuery| {
        let found = store.subscriptions(&AccessScope::system(), &query).unwrap();
        found.iter().map(|row| row.record.id.0.as_u128()).collect::<Vec<_>>()
    };
    let all = SubscriptionQuery { limit: 9, ..SubscriptionQuery::default() };
    assert_eq!(list(all), [1, 2, 3, 4]);
    assert_eq!(list(SubscriptionQuery { limit: 2, ..all }), [1, 2]);
    assert_eq!(list(SubscriptionQuery { after: Some(subscription_id(2)), ..all }), [3, 4]);
    assert_eq!(list(SubscriptionQuery { status: Some(SubscriptionStatus::Paused), ..all }), [2]);
    assert_eq!(list(SubscriptionQuery { school_id: Some(school_id(1)), ..all }), [3]);
    assert_eq!(list(SubscriptionQuery { flow_id: Some(flow_id(1)), ..all }), [4]);
}

fn an_event_reaches_those_who_want_it<S: Store>(store: &S) {
    // S6.41
    library(store);
    let kinds = |kinds: &[&str]| kinds.iter().map(ToString::to_string).collect();
    let status = SubscriptionStatus::Paused;
    for record in [
        SubscriptionRecord { max_retries: 7, ..subscription(1) },
        SubscriptionRecord { event_types: kinds(&["a", "b"]), ..subscription(2) },
        SubscriptionRecord { event_types: kinds(&["c", "*"]), ..subscription(3) },
        SubscriptionRecord { flow_id: Some(flow_id(1)), ..subscription(4) },
        SubscriptionRecord { school_id: Some(school_id(1)), ..subscription(5) },
        SubscriptionRecord { status, ..subscription(6) },
        SubscriptionRecord {
            event_types: kinds(&["a"]),
            flow_id: Some(flow_id(1)),
            school_id: Some(school_id(2)),
            ..subscription(7)
        },
        SubscriptionRecord { status: SubscriptionStatus::Disabled, ..subscription(8) },
    ] {
        write(store, record, 0);
    }
    let matching = |kind: &str, flow: Option<u128>, schools: &[u128]| {
        let facts = EventFacts {
            event_type: kind.into(),
            flow_id: flow.map(flow_id),
            schools: schools.iter().map(|n| school_id(*n)).collect(),
        };
        let found = store.matching_subscriptions(&facts).unwrap();
        let records = rows(store).into_iter().map(|row| row.record);
        let expected = records
            .filter(|record| record.receives(&facts))
            .map(|record| Match { id: record.id, max_retries: record.max_retries });
        assert_eq!(found, expected.collect::<Vec<_>>());
        found.iter().map(|found| found.id.0.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(matching("a", None, &[]), [1, 2, 3]);
    assert_eq!(matching("*", None, &[]), [1, 3]);
    assert_eq!(matching("z", Some(1), &[]), [1, 3, 4]);
    assert_eq!(matching("z", Some(2), &[]), [1, 3]);
    assert_eq!(matching("z", None, &[1]), [1, 3, 5]);
    assert_eq!(matching("a", Some(1), &[2, 1]), [1, 2, 3, 4, 5, 7]);
    assert_eq!(matching("a", Some(2), &[2]), [1, 2, 3]);
}

/// Delivers an event with these numbers for subscriptions 1 to 3 at these moments.
fn deliver<S: Store>(store: &S, all: &[(u128, u128, i64)]) {
    for (n, subscription, now) in all {
        fill_events(store, vec![hook(*n, *subscription, *n)]);
        let claimed = claim(store, "a", 0, 1);
        let attempt = Attempt {
            id: Uuid::from_u128(*n),
            status_code: Some(200),
            duration_ms: 1,
            error: None,
            response_preview: None,
        };
        let end = settlement(&claimed[0], *now, DeliveryOutcome::Published);
        store.settle_event(&Settlement { attempt: Some(attempt), ..end }).unwrap();
    }
}

fn list<S: Store>(
    store: &S,
    scope: &AccessScope,
    subscription: u128,
    before: Option<(i64, u128)>,
    limit: u32,
) -> Vec<u128> {
    let before = before.map(|(now, n)| (at(now), Uuid::from_u128(n)));
    let query = DeliveryQuery { subscription: subscription_id(subscription), before, limit };
    let found = store.deliveries(scope, &query).unwrap();
    found.iter().map(|delivery| delivery.id.as_u128()).collect()
}

fn deliveries_are_listed_the_newest_first<S: Store>(store: &S) {
    // S6.48
    library(store);
    let own = SubscriptionRecord { school_id: Some(school_id(1)), ..subscription(1) };
    write(store, own, 0);
    write(store, subscription(2), 0);
    deliver(store, &[(1, 1, 10), (2, 1, 30), (3, 1, 20), (4, 1, 20), (5, 2, 20)]);
    let system = AccessScope::system();
    assert_eq!(list(store, &system, 1, None, 9), [2, 4, 3, 1]);
    assert_eq!(list(store, &system, 1, None, 2), [2, 4]);
    assert_eq!(list(store, &system, 1, Some((20, 4)), 2), [3, 1]);
    let admin = AccessScope::school_admin(None, vec![school_id(1)]);
    assert_eq!(list(store, &admin, 1, None, 9), [2, 4, 3, 1]);
    assert_eq!(list(store, &admin, 2, None, 9), []);
}

fn a_subscription_goes_with_its_deliveries<S: Store>(store: &S) {
    for n in [1, 2] {
        write(store, subscription(n), 0);
    }
    deliver(store, &[(1, 1, 10), (2, 2, 10)]);
    let system = AccessScope::system();
    assert!(store.delete_subscription(&system, subscription_id(1)).unwrap());
    assert!(!store.delete_subscription(&system, subscription_id(1)).unwrap());
    write(store, subscription(1), 20);
    assert_eq!(rows(store)[0].row_version, 1);
    assert_eq!(list(store, &system, 1, None, 9), []);
    assert_eq!(list(store, &system, 2, None, 9), [2]);
}

fn old_deliveries_are_deleted_in_batches<S: Store>(store: &S) {
    // S1.66
    write(store, subscription(1), 0);
    deliver(store, &[(1, 1, 30), (2, 1, 10), (3, 1, 20), (4, 1, 40)]);
    assert_eq!(store.delete_deliveries(at(40), 2).unwrap(), 2);
    assert_eq!(list(store, &AccessScope::system(), 1, None, 9), [4, 1]);
    assert_eq!(store.delete_deliveries(at(40), 2).unwrap(), 1);
    assert_eq!(store.delete_deliveries(at(40), 2).unwrap(), 0);
    assert_eq!(list(store, &AccessScope::system(), 1, None, 9), [4]);
}
