//! What is kept of days.

use std::thread;

use chatflow::NodeId;

use super::super::Case;
use super::super::fixture::{at, flow_id, school_id};
use super::talk::{DAY, HOUR, NOON, SECOND, Talk, talk, worked_cohort};
use super::{all, facts, fill_all_flows, hold_all, raw, talks_of_all, told_to};
use crate::admin::Departure;
use crate::analytics::{
    DayTally, FactQuery, FlowDay, FlowDayQuery, FlowMetrics, Measure, Measured, NodeMetrics,
    Rollup, RollupPart, RollupQuery, RollupRow, Tally,
};
use crate::blocking::Store;
use crate::day::Day;
use crate::scope::AccessScope;
use crate::session::SessionStatus;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        rows_and_sessions_have_the_same_numbers,
        a_day_is_kept_as_a_whole,
        a_reader_sees_one_set_of_rows,
        rows_are_found_by_flow_node_and_day,
        rows_are_told_to_their_scopes,
        days_are_found_and_due,
        a_late_end_is_counted,
        rows_outlive_their_sessions,
    ]
}

fn day(n: i64) -> Day {
    Day(Day::of(at(0)).0 + n)
}

/// What the job does: takes the numbers of the days that are due.
fn roll_up<S: Store>(store: &S, today: i64, now: i64) -> usize {
    let (mut after, mut taken) = (None, 0);
    loop {
        let query = FlowDayQuery { from: day(-30), to: day(today), after, limit: 2 };
        let days = store.flow_days(&query).unwrap();
        let Some(last) = days.last() else { return taken };
        after = Some((last.flow, last.day));
        for due in days.iter().filter(|found| found.is_due(day(today))) {
            store.save_rollup(&rollup(store, due, now)).unwrap();
            taken += 1;
        }
    }
}

fn rollup<S: Store>(store: &S, due: &FlowDay, now: i64) -> Rollup {
    let mut tally = DayTally::new(due.flow, due.day, at(now));
    let window = FactQuery::of(due.flow, due.day.begins(), due.day.next().begins());
    let window = FactQuery { limit: 2, ..window };
    for session in facts(store, &AccessScope::system(), window) {
        tally.add(&session);
    }
    tally.rollup()
}

/// All rows of flow 1.
fn every() -> RollupQuery {
    RollupQuery {
        flows: vec![flow_id(1)],
        school: None,
        measured: Measured::All,
        from: day(-30),
        to: day(30),
        after: None,
        limit: 3,
    }
}

/// All pages.
fn rows<S: Store>(store: &S, scope: &AccessScope, query: RollupQuery) -> Vec<RollupRow> {
    let (mut found, mut query) = (Vec::new(), query);
    loop {
        let page = store.rollups(scope, &query).unwrap();
        assert!(page.len() <= usize::try_from(query.limit).unwrap());
        let Some(last) = page.last() else { return found };
        query.after = Some(last.key());
        found.extend(page);
    }
}

fn added<'a>(rows: impl IntoIterator<Item = &'a RollupRow>) -> Tally {
    let mut tally = Tally::default();
    for row in rows {
        tally.add_part(&row.part);
    }
    tally
}

/// Sessions of twelve days with every outcome, of schools and users.
pub(super) fn twelve_days() -> Vec<Talk> {
    let started = |n: i64| n * 7 * HOUR + n % 3 * SECOND;
    (0..36_i64)
        .map(|n| {
            let number = u128::try_from(n).unwrap();
            let mut made = talk(number + 1, started(n), &["a", "b"]);
            made.school = [None, Some(1), Some(2)][usize::try_from(n % 3).unwrap()];
            made.user = (n % 4 > 0).then_some(1 + number % 5);
            for again in 0..n % 5 {
                made = made.then((again + 1) * 9 * SECOND * n, "b", &["c", "b"]);
            }
            let (completed, abandoned) = (SessionStatus::Completed, SessionStatus::Abandoned);
            let ways = [
                (completed, Some("completed")),
                (completed, Some("dead_end")),
                (completed, Some("terminated")),
                (completed, Some("error")),
                (completed, None),
                (abandoned, Some("abandoned")),
            ];
            let way = usize::try_from(n % 7).ok().and_then(|way| ways.get(way));
            match way {
                Some((status, reason)) => made.ends(*status, *reason, n * 1001),
                None => made,
            }
        })
        .collect()
}

fn rows_and_sessions_have_the_same_numbers<S: Store>(store: &S) {
    // S5.8, F43, F50: for any split of the days.
    hold_all(store, &twelve_days());
    let now = 12 * DAY;
    let sessions = raw(store, all(), now);
    let flow = sessions.flow;
    assert_eq!((flow.sessions, flow.unique_users), (36, 5));
    let ways = [flow.completed, flow.terminated, flow.failed, flow.abandoned, flow.active];
    assert_eq!(ways, [11, 10, 5, 5, 5]);
    assert!(flow.bounced > 0 && flow.bounced < 36);
    assert_eq!(roll_up(store, 12, now), 12);
    let kept = rows(store, &AccessScope::system(), every());
    for split in -1..12 {
        let boundary = day(split).begins();
        let mut tally = added(kept.iter().filter(|row| row.day < day(split)));
        for session in facts(store, &AccessScope::system(), FactQuery { from: boundary, ..all() }) {
            tally.add(&session, at(now));
        }
        assert_eq!(tally.nodes, sessions.nodes, "{split}");
        assert!(tally.flow.unique_users >= 5, "{split}");
        assert_eq!(FlowMetrics { unique_users: 5, ..tally.flow }, flow, "{split}");
    }
    // And of each school.
    for n in [1, 2] {
        let school = Some(school_id(n));
        let sessions = raw(store, FactQuery { school, ..all() }, now);
        assert_eq!(sessions.flow.sessions, 12);
        let kept = rows(store, &AccessScope::system(), RollupQuery { school, ..every() });
        let tally = added(&kept);
        assert_eq!(tally.nodes, sessions.nodes);
        let unique_users = sessions.flow.unique_users;
        assert_eq!(FlowMetrics { unique_users, ..tally.flow }, sessions.flow);
    }
}

fn part(school: Option<u128>, node: Option<&str>, n: u64) -> RollupPart {
    let measure = match node {
        None => Measure::Flow(FlowMetrics { sessions: n, ..FlowMetrics::default() }),
        Some(id) => Measure::Node(id.into(), NodeMetrics { views: n, ..NodeMetrics::default() }),
    };
    RollupPart { school: school.map(school_id), measure }
}

fn kept(flow: u128, n: i64, parts: Vec<RollupPart>) -> Rollup {
    Rollup { flow: flow_id(flow), day: day(n), at: at(n), parts }
}

fn a_day_is_kept_as_a_whole<S: Store>(store: &S) {
    // S1.57, S5.8: what is not there any more goes.
    let text = "nœud '\"%_\\ \u{1f469}";
    let first = vec![
        part(None, None, 1),
        part(None, Some(text), 2),
        part(Some(1), None, 3),
        part(Some(1), Some("b"), u64::from(u32::MAX) * 8),
    ];
    let again = vec![part(None, None, 5), part(None, Some("b"), 6), part(Some(2), None, 7)];
    let other = vec![part(None, None, 8)];
    store.save_rollup(&kept(1, 0, first.clone())).unwrap();
    store.save_rollup(&kept(1, 1, other.clone())).unwrap();
    store.save_rollup(&kept(2, 0, other.clone())).unwrap();
    let system = AccessScope::system();
    let of = |n: i64, school| {
        let query = RollupQuery { from: day(n), to: day(n), school, ..every() };
        rows(store, &system, query).into_iter().map(|row| row.part).collect::<Vec<_>>()
    };
    assert_eq!(of(0, None), first[..2]);
    assert_eq!(of(0, Some(school_id(1))), first[2..]);
    assert_eq!(of(0, Some(school_id(2))), []);
    store.save_rollup(&kept(1, 0, again.clone())).unwrap();
    assert_eq!(of(0, None), again[..2]);
    assert_eq!(of(0, Some(school_id(1))), []);
    assert_eq!(of(0, Some(school_id(2))), again[2..]);
    assert_eq!(of(1, None), other);
    let all = rows(store, &system, every());
    assert!(all.iter().all(|row| row.at == at(row.day.0 - day(0).0)), "{all:?}");
}

fn a_reader_sees_one_set_of_rows<S: Store>(store: &S) {
    // S5.8: jobs at once, whose sets of nodes differ, and none is mixed with another.
    let set = |job: u64| {
        let node = |n: u64| format!("node {}", n * (1 + job));
        let nodes = (0..8).map(|n| part(None, Some(&node(n)), job));
        kept(1, 0, std::iter::once(part(None, None, job)).chain(nodes).collect())
    };
    let is_one_set = |rows: &[RollupRow]| {
        let mut found: Vec<_> = rows.iter().map(|row| row.part.clone()).collect();
        let Some(Measure::Flow(FlowMetrics { sessions, .. })) =
            found.first().map(|part| part.measure.clone())
        else {
            return rows.is_empty();
        };
        let mut expected = set(sessions).parts;
        let node = |part: &RollupPart| part.node().map(NodeId::to_string);
        expected.sort_by_key(node);
        found.sort_by_key(node);
        found == expected
    };
    let query = RollupQuery { limit: 99, ..every() };
    thread::scope(|threads| {
        for job in 1..4 {
            threads.spawn(move || (0..15).for_each(|_| store.save_rollup(&set(job)).unwrap()));
        }
        for _ in 0..30 {
            let rows = store.rollups(&AccessScope::system(), &query).unwrap();
            assert!(is_one_set(&rows), "{rows:?}");
        }
    });
    assert!(is_one_set(&store.rollups(&AccessScope::system(), &query).unwrap()));
}

fn rows_are_found_by_flow_node_and_day<S: Store>(store: &S) {
    let parts = || vec![part(None, None, 1), part(None, Some("a"), 2), part(None, Some("b"), 3)];
    for (flow, n) in [(1, 0), (1, 1), (2, 0), (3, 1), (1, 5)] {
        store.save_rollup(&kept(flow, n, parts())).unwrap();
    }
    let found = |flows: &[u128], measured, from, to| {
        let flows = flows.iter().copied().map(flow_id).collect();
        let query = RollupQuery { flows, measured, from: day(from), to: day(to), ..every() };
        let rows = rows(store, &AccessScope::system(), query);
        rows.iter()
            .map(|row| {
                let node = row.part.node().map(ToString::to_string).unwrap_or_default();
                format!("{} {} {node}", row.flow.0.as_u128(), row.day.0 - day(0).0)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&[1], Measured::Flows, 0, 1), ["1 0 ", "1 1 "]);
    assert_eq!(found(&[3, 1, 9, 1], Measured::Flows, 1, 5), ["1 1 ", "1 5 ", "3 1 "]);
    assert_eq!(found(&[2, 1], Measured::Node("b".into()), 0, 4), ["1 0 b", "1 1 b", "2 0 b"]);
    assert_eq!(found(&[1], Measured::Node("c".into()), 0, 9), Vec::<String>::new());
    let all = ["1 0 ", "1 1 ", "1 0 a", "1 1 a", "1 0 b", "1 1 b", "2 0 ", "2 0 a", "2 0 b"];
    assert_eq!(found(&[1, 2], Measured::All, 0, 1), all);
    assert_eq!(found(&[], Measured::All, 0, 9), Vec::<String>::new());
    let none = RollupQuery { limit: 0, ..every() };
    assert_eq!(store.rollups(&AccessScope::system(), &none).unwrap(), []);
}

fn rows_are_told_to_their_scopes<S: Store>(store: &S) {
    // S2.30: as of sessions.
    fill_all_flows(store);
    hold_all(store, &talks_of_all());
    assert_eq!(roll_up(store, 1, HOUR), 6);
    for (scope, flows) in told_to() {
        for (flow, schools) in [1, 2, 3, 4, 5, 9].into_iter().zip(flows) {
            let query = RollupQuery { flows: vec![flow_id(flow)], ..every() };
            let told = rows(store, &scope, query.clone());
            let tally = added(&told);
            let sessions = u64::try_from(schools.len()).unwrap();
            assert_eq!(tally.flow.sessions, sessions, "{scope:?} {flow}");
            let views: u64 = tally.nodes.values().map(|node| node.views).sum();
            assert_eq!(views, sessions, "{scope:?} {flow}");
            let is_whole = told.iter().all(|row| row.part.school.is_none());
            assert!(schools.is_empty() || is_whole == schools.contains(&0), "{told:?}");
            let query = RollupQuery { school: Some(school_id(2)), ..query };
            let of_two = added(&rows(store, &scope, query)).flow.sessions;
            assert_eq!(of_two, u64::from(schools.contains(&2)), "{scope:?} {flow}");
        }
        // Together they are what they are one by one.
        let flows: Vec<_> = flows.iter().map(|schools| schools.len()).collect();
        let asked = [9, 4, 1, 2, 5, 3].map(flow_id).into();
        let query = RollupQuery { flows: asked, measured: Measured::Flows, ..every() };
        let sessions = added(&rows(store, &scope, query)).flow.sessions;
        assert_eq!(sessions, u64::try_from(flows.iter().sum::<usize>()).unwrap(), "{scope:?}");
    }
}

fn days_are_found_and_due<S: Store>(store: &S) {
    let started = [(1, 0), (1, 1), (1, DAY - 1), (1, 3 * DAY), (2, -1), (2, 0), (4, 9 * DAY)];
    for ((flow, started), n) in started.into_iter().zip(1..) {
        // The base of the fixture is not midnight.
        let midnight = day(0).begins().as_millis() - at(0).as_millis();
        let talk = Talk { flow, ..talk(n, midnight + started, &["a"]) };
        talk.completes(SECOND).hold(store);
    }
    let found = |from, to, after: Option<(u128, i64)>, limit| {
        let after = after.map(|(flow, n)| (flow_id(flow), day(n)));
        let query = FlowDayQuery { from: day(from), to: day(to), after, limit };
        let days = store.flow_days(&query).unwrap();
        days.into_iter().map(|d| (d.flow.0.as_u128(), d.day.0 - day(0).0)).collect::<Vec<_>>()
    };
    let all = [(1, 0), (1, 3), (2, -1), (2, 0), (4, 9)];
    assert_eq!(found(-9, 9, None, 99), all);
    assert_eq!(found(0, 3, None, 99), [(1, 0), (1, 3), (2, 0)]);
    assert_eq!(found(1, 2, None, 99), []);
    for (n, place) in all.into_iter().enumerate() {
        assert_eq!(
            found(-9, 9, Some(place), 2),
            all[n + 1..].iter().copied().take(2).collect::<Vec<_>>()
        );
    }
    // The last day of a flow, and one that nothing happened on.
    assert_eq!(found(0, 0, Some((1, 0)), 99), [(2, 0)]);
    assert_eq!(found(-9, 9, Some((1, 1)), 1), [(1, 3)]);
    assert_eq!(found(-9, 9, None, 0), []);
    // S5.8: due are those that were never taken, and the last three days.
    assert_eq!(roll_up(store, 9, 10 * DAY), 5);
    assert_eq!(roll_up(store, 9, 10 * DAY), 1);
    assert_eq!(roll_up(store, 13, 14 * DAY), 0);
    let query = FlowDayQuery { from: day(0), to: day(0), after: None, limit: 1 };
    let rolled = store.flow_days(&query).unwrap()[0].rolled;
    let (when, numbers) = rolled.unwrap();
    assert_eq!((when, numbers.sessions, numbers.completed), (at(10 * DAY), 3, 3));
}

fn a_late_end_is_counted<S: Store>(store: &S) {
    // S5.8: a day on which a session goes on is taken again until it has ended.
    let talk = talk(1, 0, &["a"]).then(6 * DAY, "a", &["b"]).completes(6 * DAY);
    talk.hold_turn(store, &talk.said[0], 0);
    let flow = || added(&rows(store, &AccessScope::system(), every())).flow;
    assert_eq!(roll_up(store, 5, 5 * DAY), 1);
    assert_eq!((flow().active, flow().completed, flow().bounced), (1, 0, 1));
    assert_eq!(roll_up(store, 5, 5 * DAY), 1);
    talk.hold_turn(store, &talk.said[1], 1);
    assert_eq!(roll_up(store, 7, 7 * DAY), 1);
    assert_eq!((flow().active, flow().completed, flow().bounced), (0, 1, 0));
    assert_eq!(roll_up(store, 7, 7 * DAY), 0);
}

fn rows_outlive_their_sessions<S: Store>(store: &S) {
    // S4.44, S12.12
    let system = AccessScope::system();
    hold_all(store, &worked_cohort());
    Talk { user: Some(1), ..talk(6, DAY, &["hello"]) }.completes(SECOND).hold(store);
    roll_up(store, 1, NOON + DAY);
    let before = rows(store, &system, every());
    assert_eq!(added(&before).flow.sessions, 6);
    let ended = store.ended_sessions(&system, at(9 * DAY), 99).unwrap();
    let ended: Vec<_> = ended.iter().map(|session| Departure::of(session.id)).collect();
    assert_eq!(store.delete_sessions(&system, &ended).unwrap().len(), 4);
    store.forget_user(&system, super::super::fixture::user_id(1)).unwrap();
    let rest = [4, 5].map(|n| Departure::of(super::super::fixture::session_id(n)));
    assert_eq!(store.delete_sessions(&system, &rest).unwrap().len(), 2);
    assert_eq!(facts(store, &system, all()), []);
    // Days without sessions are not taken again.
    assert_eq!(roll_up(store, 2, NOON + 2 * DAY), 0);
    assert_eq!(rows(store, &system, every()), before);
}
