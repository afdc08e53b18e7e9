//! How sessions came out, counted.

use std::collections::BTreeMap;

use chatflow::{FlowId, Timestamp};

use super::super::Case;
use super::super::fixture::{at, flow_id, school_id};
use super::rollup::twelve_days;
use super::talk::{DAY, HOUR, SECOND, Talk, talk};
use super::{all, facts, hold_all};
use crate::analytics::{FactQuery, OpenSessions, OutcomeCount, OutcomeQuery};
use crate::blocking::Store;
use crate::scope::AccessScope;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![outcomes_are_those_of_the_sessions, hours_begin_on_the_hour, open_sessions_are_counted]
}

/// Of these flows, whenever.
fn of(flows: &[u128]) -> OutcomeQuery {
    OutcomeQuery {
        flows: flows.iter().copied().map(flow_id).collect(),
        school: None,
        from: at(-99 * DAY),
        to: at(99 * DAY),
        is_hourly: false,
    }
}

type Key = (FlowId, Option<Timestamp>, String, Option<String>);

fn by_key(found: Vec<OutcomeCount>) -> BTreeMap<Key, [u64; 3]> {
    let count = found.len();
    let map: BTreeMap<_, _> = found
        .into_iter()
        .map(|found| {
            let status = found.status.as_str().to_owned();
            let key = (found.flow, found.hour, status, found.ended_reason);
            (key, [found.sessions, found.ended, found.duration_ms])
        })
        .collect();
    assert_eq!(map.len(), count, "each is told once");
    map
}

/// The same, made of the sessions.
fn counted<S: Store>(store: &S, query: FactQuery, is_hourly: bool) -> BTreeMap<Key, [u64; 3]> {
    let mut map = BTreeMap::new();
    for session in facts(store, &AccessScope::system(), FactQuery { rows: false, ..query }) {
        let hour = session.started_at.as_millis().div_euclid(HOUR) * HOUR;
        let hour = is_hourly.then(|| Timestamp::from_millis(hour));
        let status = session.status.as_str().to_owned();
        let count: &mut [u64; 3] =
            map.entry((session.flow.id, hour, status, session.ended_reason.clone())).or_default();
        let took = session.duration_ms();
        let one = [1, took.is_some().into(), took.unwrap_or_default()];
        *count = [0, 1, 2].map(|n| count[n] + one[n]);
    }
    map
}

fn outcomes_are_those_of_the_sessions<S: Store>(store: &S) {
    // S5.5, S5.13
    hold_all(store, &twelve_days());
    // One that ended before it started, by a clock that was set back.
    talk(99, DAY, &["a"]).completes(-5).hold(store);
    let system = AccessScope::system();
    for is_hourly in [false, true] {
        let found = store.outcomes(&system, &OutcomeQuery { is_hourly, ..of(&[1, 2]) }).unwrap();
        assert!(found.is_sorted_by_key(|found| (found.flow, found.hour)), "{found:?}");
        let found = by_key(found);
        assert_eq!(found, counted(store, all(), is_hourly));
        assert_eq!(found.values().map(|count| count[0]).sum::<u64>(), 37);
    }
    let (from, to) = (at(2 * DAY + 3 * HOUR), at(9 * DAY));
    let part = OutcomeQuery { from, to, ..of(&[1]) };
    let expected = counted(store, FactQuery { from, to, ..all() }, false);
    assert_eq!(by_key(store.outcomes(&system, &part).unwrap()), expected);
    let school = Some(school_id(2));
    let expected = counted(store, FactQuery { school, ..all() }, false);
    let found = store.outcomes(&system, &OutcomeQuery { school, ..of(&[1]) }).unwrap();
    assert_eq!(by_key(found), expected);
    assert_eq!(store.outcomes(&system, &of(&[])).unwrap(), []);
    assert_eq!(store.outcomes(&system, &of(&[3])).unwrap(), []);
}

fn hours_begin_on_the_hour<S: Store>(store: &S) {
    // S5.13
    let midnight = (at(0).as_millis() / HOUR) * HOUR - at(0).as_millis();
    let started = [midnight - 1, midnight, midnight + HOUR - 1, midnight + HOUR];
    for (started, n) in started.into_iter().zip(1..) {
        talk(n, started, &["a"]).completes(1001).hold(store);
    }
    Talk { info: "{\"preview\":true}", ..talk(9, midnight, &["a"]) }.hold(store);
    Talk { info: "{\"preview\":\"no\",\"client\":\"\\ud800\"}", ..talk(10, midnight, &["a"]) }
        .hold(store);
    let query = OutcomeQuery { is_hourly: true, ..of(&[1]) };
    let found = store.outcomes(&AccessScope::system(), &query).unwrap();
    let hours: Vec<_> = found
        .iter()
        .map(|found| {
            let hour = found.hour.unwrap().as_millis() - at(midnight).as_millis();
            (hour / HOUR, found.status.as_str(), found.sessions, found.ended, found.duration_ms)
        })
        .collect();
    let completed = |hour, count| (hour, "completed", count, count, count * 1001);
    let mut expected = vec![completed(-1, 1), completed(0, 2), completed(1, 1)];
    expected.push((0, "active", 1, 0, 0));
    expected.sort_unstable();
    let mut sorted = hours.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert!(hours.is_sorted_by_key(|(hour, ..)| *hour), "{hours:?}");
}

fn open_sessions_are_counted<S: Store>(store: &S) {
    // S5.36
    hold_all(
        store,
        &[
            talk(1, 0, &["a"]),
            talk(2, -90 * DAY, &["a"]),
            talk(3, 0, &["a"]).completes(SECOND),
            Talk { info: "{\"preview\":true}", ..talk(4, 0, &["a"]) },
            Talk { flow: 2, school: Some(1), ..talk(5, 0, &["a"]) },
            Talk { flow: 3, ..talk(6, 0, &["a"]).completes(SECOND) },
        ],
    );
    let system = AccessScope::system();
    let open = |flow, count| OpenSessions { flow: flow_id(flow), count };
    let flows = [3, 2, 1, 1].map(flow_id);
    assert_eq!(store.open_sessions(&system, &flows, None).unwrap(), [open(1, 2), open(2, 1)]);
    let school = Some(school_id(1));
    assert_eq!(store.open_sessions(&system, &flows, school).unwrap(), [open(2, 1)]);
    assert_eq!(store.open_sessions(&system, &[], None).unwrap(), []);
}

/// S2.30: whoever is told of sessions is told how they came out; `told` is how many of each flow.
pub(super) fn are_told_alike<S: Store>(store: &S, scope: &AccessScope, told: &[(FlowId, u64)]) {
    let query = of(&[9, 5, 4, 3, 2, 1, 1]);
    let found = store.outcomes(scope, &query).unwrap();
    let found: Vec<_> = found.iter().map(|found| (found.flow, found.sessions)).collect();
    assert_eq!(found, told, "{scope:?}");
    let found = store.open_sessions(scope, &query.flows, None).unwrap();
    let found: Vec<_> = found.iter().map(|found| (found.flow, found.count)).collect();
    assert_eq!(found, told, "{scope:?}");
}
