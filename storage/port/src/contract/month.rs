//! Tables that are forgotten by the month.

use chatflow::Timestamp;
use uuid::Uuid;

use super::Case;
use super::fixture::{anyway, at, fill_events, hook, school_id, subscription, subscription_id};
use crate::audit::{AuditEntry, AuditQuery};
use crate::blocking::Store;
use crate::month::MonthlyTable;
use crate::outbox::{Attempt, DeliveryOutcome, EventClaim, EventLock, Settlement};
use crate::scope::AccessScope;
use crate::subscription::DeliveryQuery;
use crate::trace::{AccessQuery, AccessType, TraceAccess};

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        whole_months_are_forgotten,
        rows_stay_while_room_is_made_for_their_month,
        room_is_made_while_rows_are_written,
    ]
}

/// Begins and ends of three months: October to December of 2023.
const TIMES: [i64; 6] = [
    1_696_118_400_000,
    1_698_796_799_999,
    1_698_796_800_000,
    1_701_388_799_999,
    1_701_388_800_000,
    1_704_067_199_999,
];

fn time(n: usize) -> Timestamp {
    Timestamp::from_millis(TIMES[n])
}

fn entry(n: u128, at: Timestamp) -> AuditEntry {
    AuditEntry {
        id: Uuid::from_u128(n),
        at,
        actor_type: "system".into(),
        actor_id: None,
        action: "content.update".into(),
        resource_type: "content".into(),
        resource_id: "item".into(),
        school_id: Some(school_id(1)),
        changes: "{}".into(),
        request_id: None,
        ip: None,
    }
}

fn look(n: u128, accessed_at: Timestamp) -> TraceAccess {
    TraceAccess {
        id: Uuid::from_u128(n),
        session_id: None,
        flow_id: None,
        accessed_by: None,
        service_account_id: None,
        actor_label: "somebody".into(),
        access_type: AccessType::List,
        accessed_at,
        ip_address: None,
        user_agent: None,
        data_accessed: None,
    }
}

/// An event that is delivered then.
fn deliver<S: Store>(store: &S, n: u128, now: Timestamp) {
    fill_events(store, vec![hook(n, 1, n)]);
    let (holder, until) = ("a".to_owned(), at(1));
    let claim = EventClaim { holder: holder.clone(), at: at(0), until, limit: 1 };
    let claimed = store.claim_events(&claim).unwrap();
    let attempt = Attempt {
        id: Uuid::from_u128(n),
        status_code: Some(200),
        duration_ms: 1,
        error: None,
        response_preview: None,
    };
    let settlement = Settlement {
        event: claimed[0].event.id,
        lock: EventLock { holder, until },
        at: now,
        outcome: DeliveryOutcome::Published,
        attempt: Some(attempt),
        on_disabled: Vec::new(),
    };
    store.settle_event(&settlement).unwrap();
}

/// Rows 0 to 5 of each table, at the begins and ends of months.
fn fill<S: Store>(store: &S) {
    store.write_subscription(&AccessScope::system(), &anyway(subscription(1)), at(0)).unwrap();
    for (n, place) in (0_u128..).zip(0..TIMES.len()) {
        store.append_audit(&[entry(n, time(place))]).unwrap();
        store.record_access(&look(n, time(place))).unwrap();
        deliver(store, n, time(place));
    }
}

/// The rows of each table that are there.
fn rows<S: Store>(store: &S) -> [Vec<u128>; 3] {
    let scope = AccessScope::system();
    let log = store.audit_log(&scope, &AuditQuery { limit: 100, ..AuditQuery::default() }).unwrap();
    let looks = store.accesses(&scope, AccessQuery { session: None, skip: 0, limit: 100 }).unwrap();
    let query = DeliveryQuery { subscription: subscription_id(1), before: None, limit: 100 };
    let deliveries = store.deliveries(&scope, &query).unwrap();
    let sorted = |ids: Vec<Uuid>| {
        let mut numbers: Vec<_> = ids.iter().map(Uuid::as_u128).collect();
        numbers.sort_unstable();
        numbers
    };
    [
        sorted(log.iter().map(|entry| entry.id).collect()),
        sorted(looks.rows.iter().map(|look| look.id).collect()),
        sorted(deliveries.iter().map(|delivery| delivery.id).collect()),
    ]
}

fn whole_months_are_forgotten<S: Store>(store: &S) {
    fill(store);
    // Of the months some have room and some have not.
    store.prepare_months(time(2), 0).unwrap();
    let all: Vec<u128> = (0..6).collect();
    let mut expected = [all.clone(), all.clone(), all];
    assert_eq!(rows(store), expected);
    for (place, table) in MonthlyTable::ALL.into_iter().enumerate() {
        store.forget_months(table, time(0)).unwrap();
        assert_eq!(rows(store), expected);
        for (before, left) in [(2, 2..6), (3, 2..6), (4, 4..6), (5, 4..6)] {
            store.forget_months(table, time(before)).unwrap();
            expected[place] = left.collect();
            assert_eq!(rows(store), expected, "{table:?} before {before}");
        }
    }
    // What is of a month that was forgotten may be written again.
    store.append_audit(&[entry(0, time(0)), entry(2, time(2))]).unwrap();
    expected[0] = vec![0, 2, 4, 5];
    assert_eq!(rows(store), expected);
}

fn rows_stay_while_room_is_made_for_their_month<S: Store>(store: &S) {
    fill(store);
    let before = rows(store);
    let made = store.prepare_months(time(0), 2).unwrap();
    assert!(made == 0 || made == 9, "three months of three tables: {made}");
    assert_eq!(rows(store), before);
    assert_eq!(store.prepare_months(time(1), 1).unwrap(), 0, "they are there");
    // One that is known is left alone, wherever it lies.
    store.append_audit(&[entry(3, time(3)), entry(9, time(3))]).unwrap();
    assert_eq!(rows(store)[0], [0, 1, 2, 3, 4, 5, 9]);
    store.record_access(&look(3, time(3))).unwrap_err();
}

fn room_is_made_while_rows_are_written<S: Store>(store: &S) {
    std::thread::scope(|scope| {
        for n in 0..4_usize {
            scope.spawn(move || {
                for i in 0..20_u128 {
                    let id = i * 10 + u128::try_from(n).unwrap();
                    store.append_audit(&[entry(id, time(n))]).unwrap();
                }
            });
            scope.spawn(move || store.prepare_months(time(n), 3).unwrap());
        }
    });
    assert_eq!(rows(store)[0].len(), 80);
    store.forget_months(MonthlyTable::AuditLog, time(2)).unwrap();
    assert_eq!(rows(store)[0].len(), 40);
}
