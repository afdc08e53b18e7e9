//! Traces, and who looked at them.

use chatflow::Revision;
use uuid::Uuid;

use super::Case;
use super::fixture::{
    HOSTILE, anyway, at, batch, commit, draft, fill, flow, flow_id, json, new_session, school_id,
    session_id, snapshot, traced, turn, user_id,
};
use crate::blocking::Store;
use crate::library::Batch;
use crate::scope::AccessScope;
use crate::session::{Commit, NewSession, SessionStatus, Snapshot, Turn};
use crate::trace::{
    AccessQuery, AccessType, FlowSessionQuery, TraceAccess, TraceQuery, TraceStats, TraceTotals,
    TraceTurn, TraceUsage,
};

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        turns_of_a_session_are_paged_by_revision,
        sessions_of_a_flow_come_with_their_totals,
        traces_are_seen_by_those_who_run_the_school,
        stats_tell_of_a_flow_and_of_all,
        old_traces_go_in_batches_but_not_of_active_sessions,
        looks_are_written_down_and_read,
        looks_are_deleted_in_batches,
    ]
}

/// Session `n` of flow 1, which starts at second `n`; each turn takes a step for each of `errors`.
fn talk<S: Store>(store: &S, n: u128, school: u128, errors: &[u32]) {
    let mut new = new_session(n);
    let second = i64::try_from(n).unwrap() * 1000;
    new.head.started_at = at(second);
    new.head.school_id = Some(school_id(school));
    new.head.trace_enabled = !errors.is_empty();
    let turn_of = |at: usize| Turn { trace: errors.get(at).map(|n| step(*n)), ..turn("x", 2) };
    store.create_session(&NewSession { turn: turn_of(0), ..new }).unwrap();
    for (revision, n_th) in (1..).zip(1..errors.len().max(1)) {
        let commit = commit(n, revision, "x").with(turn_of(n_th));
        store.commit(&Commit { at: at(second + 1), ..commit }).unwrap();
    }
}

fn step(errors: u32) -> TraceTurn {
    TraceTurn { steps_taken: 1 + errors, errors, state: None, ..traced(1, "x") }
}

/// Ends session `n` at its `revision`.
fn end<S: Store>(store: &S, n: u128, revision: u64) {
    let over =
        Snapshot { status: SessionStatus::Completed, ended_at: Some(at(9)), ..snapshot("end") };
    store.commit(&Commit { snapshot: over, ..commit(n, revision, "end") }).unwrap();
}

/// Flow 1 belongs to school 1.
fn own_flow<S: Store>(store: &S) {
    let mut record = flow(1);
    record.school_id = Some(school_id(1));
    fill(store, &Batch { flows: vec![draft(record)], ..batch() });
}

fn turns_of_a_session_are_paged_by_revision<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    for n in 1..6 {
        let own = Turn { trace: Some(traced(1, &n.to_string())), ..turn("x", 1) };
        store.commit(&commit(1, n, "x").with(own)).unwrap();
    }
    let page = |from, limit| {
        let query = TraceQuery { session: session_id(1), from: Revision(from), limit };
        let page = store.session_trace(&AccessScope::system(), query).unwrap();
        assert_eq!(page.totals, TraceTotals { turns: 5, steps: 10, errors: 5, duration_ms: 150 });
        page.rows.iter().map(|row| row.revision.0).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 100), [2, 3, 4, 5, 6]);
    assert_eq!(page(4, 2), [4, 5]);
    assert_eq!(page(7, 2), Vec::<u64>::new());
    assert_eq!(page(u64::MAX, 1), Vec::<u64>::new());
    assert_eq!(page(1, 0), Vec::<u64>::new());
    let nobody = TraceQuery { session: session_id(2), from: Revision(0), limit: 9 };
    let none = store.session_trace(&AccessScope::system(), nobody).unwrap();
    assert_eq!((none.rows, none.totals), (vec![], TraceTotals::default()));
}

fn sessions_of_a_flow_come_with_their_totals<S: Store>(store: &S) {
    // S7.20
    talk(store, 1, 1, &[0, 1]);
    talk(store, 2, 1, &[]);
    talk(store, 3, 1, &[0]);
    talk(store, 4, 2, &[2, 0, 1]);
    end(store, 4, 3);
    let scope = AccessScope::system();
    let ids = |query: FlowSessionQuery| {
        let page = store.flow_sessions(&scope, &query).unwrap();
        (page.rows.iter().map(|row| row.id.0.as_u128()).collect::<Vec<_>>(), page.total)
    };
    let all = || FlowSessionQuery::of(flow_id(1));
    assert_eq!(ids(all()), (vec![4, 3, 2, 1], 4));
    assert_eq!(ids(FlowSessionQuery { skip: 1, limit: 2, ..all() }), (vec![3, 2], 4));
    assert_eq!(ids(FlowSessionQuery { skip: 9, ..all() }), (vec![], 4));
    assert_eq!(ids(FlowSessionQuery { has_errors: Some(true), ..all() }), (vec![4, 1], 2));
    assert_eq!(ids(FlowSessionQuery { has_errors: Some(false), ..all() }), (vec![3, 2], 2));
    assert_eq!(ids(FlowSessionQuery { traced: Some(false), ..all() }), (vec![2], 1));
    let completed = Some(SessionStatus::Completed);
    assert_eq!(ids(FlowSessionQuery { status: completed, ..all() }), (vec![4], 1));
    let (from, to) = (Some(at(2000)), Some(at(3000)));
    assert_eq!(ids(FlowSessionQuery { from, to, ..all() }), (vec![3, 2], 2));
    assert_eq!(ids(FlowSessionQuery { version: Some("1.1.0".into()), ..all() }).1, 4);
    assert_eq!(ids(FlowSessionQuery { version: Some("9".into()), ..all() }).1, 0);
    assert_eq!(ids(FlowSessionQuery { user_id: Some(user_id(1)), ..all() }).1, 0);
    assert_eq!(ids(FlowSessionQuery::of(flow_id(2))), (vec![], 0));
    let page = store.flow_sessions(&scope, &all()).unwrap();
    let last = &page.rows[0];
    assert_eq!(last.totals, TraceTotals { turns: 3, steps: 6, errors: 3, duration_ms: 90 });
    assert_eq!((last.started_at, last.ended_at), (at(4000), Some(at(9))));
    assert_eq!((&*last.token_hint, last.flow.seq), ("abcdef", 1));
    assert_eq!(last.paths, vec!["[[0,\"a\",1]]"; 4]);
    // One that is not traced has a path from its history.
    let untraced = &page.rows[2];
    assert_eq!((untraced.trace_enabled, untraced.totals), (false, TraceTotals::default()));
    assert_eq!(untraced.paths.len(), 1);
    // Ten rows are enough for ten nodes.
    for revision in 1..12 {
        store.commit(&commit(2, revision, "x")).unwrap();
    }
    assert_eq!(store.flow_sessions(&scope, &all()).unwrap().rows[2].paths.len(), 10);
}

fn traces_are_seen_by_those_who_run_the_school<S: Store>(store: &S) {
    // S2.30: sessions of the school, on flows of the school.
    own_flow(store);
    talk(store, 1, 1, &[0]);
    talk(store, 2, 2, &[0]);
    let own_session = TraceQuery { session: session_id(1), from: Revision(0), limit: 9 };
    for (scope, expected) in [
        (AccessScope::platform(None), vec![2, 1]),
        (AccessScope::school_admin(None, vec![school_id(1)]), vec![1]),
        (AccessScope::school_admin(None, vec![school_id(1), school_id(2)]), vec![1]),
        (AccessScope::school_admin(None, vec![school_id(2)]), vec![]),
        (AccessScope::educator(user_id(1), school_id(1)), vec![]),
        (AccessScope::reader(vec![school_id(1)]), vec![]),
        (AccessScope::conversation(Some(school_id(1)), None), vec![]),
        (AccessScope::anonymous(), vec![]),
    ] {
        let page = store.flow_sessions(&scope, &FlowSessionQuery::of(flow_id(1))).unwrap();
        let ids: Vec<_> = page.rows.iter().map(|row| row.id.0.as_u128()).collect();
        assert_eq!((&ids, page.total), (&expected, expected.len() as u64), "{scope:?}");
        let trace = store.session_trace(&scope, own_session).unwrap();
        assert_eq!(!trace.rows.is_empty(), expected.contains(&1), "{scope:?}");
        assert_eq!(trace.totals.turns, trace.rows.len() as u64);
        let stats = store.trace_stats(&scope, flow_id(1)).unwrap();
        assert_eq!(stats.sessions, expected.len() as u64, "{scope:?}");
    }
}

fn stats_tell_of_a_flow_and_of_all<S: Store>(store: &S) {
    // S7.23, S7.24
    let scope = AccessScope::system();
    assert_eq!(store.trace_stats(&scope, flow_id(1)).unwrap(), TraceStats::default());
    talk(store, 1, 1, &[0, 1]);
    talk(store, 2, 1, &[]);
    talk(store, 3, 1, &[2]);
    let stats = store.trace_stats(&scope, flow_id(1)).unwrap();
    assert_eq!(stats.sessions, 2);
    assert_eq!(stats.totals, TraceTotals { turns: 3, steps: 6, errors: 3, duration_ms: 90 });
    assert_eq!((stats.oldest, stats.newest), (Some(at(1000)), Some(at(3000))));
    assert_eq!(store.trace_stats(&scope, flow_id(2)).unwrap(), TraceStats::default());
    let usage = store.trace_usage(&scope).unwrap();
    assert_eq!((usage.turns, usage.oldest, usage.newest), (3, Some(at(1000)), Some(at(3000))));
    assert!(usage.bytes > 0);
    let admin = AccessScope::school_admin(None, vec![school_id(1)]);
    assert_eq!(store.trace_usage(&admin).unwrap(), TraceUsage::default());
}

fn old_traces_go_in_batches_but_not_of_active_sessions<S: Store>(store: &S) {
    // S7.26
    const DAY: i64 = 86_400_000;
    let mut record = flow(1);
    record.retention_days = 2;
    fill(
        store,
        &Batch {
            flows: vec![draft(record)],
            schools: vec![anyway(super::fixture::school(1))],
            ..batch()
        },
    );
    for n in [1, 2] {
        talk(store, n, 1, &[0, 0, 0]);
    }
    end(store, 1, 3);
    // Session 3 is of a flow that is not there.
    let mut other = new_session(3);
    other.turn.trace = Some(traced(5, "x"));
    (other.snapshot.status, other.head.flow.id) = (SessionStatus::Abandoned, flow_id(5));
    store.create_session(&other).unwrap();
    let turns = || {
        [1, 2, 3].map(|n| {
            let query = TraceQuery { session: session_id(n), from: Revision(0), limit: 9 };
            store.session_trace(&AccessScope::system(), query).unwrap().totals.turns
        })
    };
    assert_eq!(store.delete_old_traces(at(2 * DAY), 10).unwrap(), 0);
    assert_eq!(store.delete_old_traces(at(3 * DAY), 2).unwrap(), 2);
    assert_eq!(turns(), [1, 3, 1]);
    assert_eq!(store.delete_old_traces(at(3 * DAY), 2).unwrap(), 1);
    assert_eq!(store.delete_old_traces(at(30 * DAY), 2).unwrap(), 0);
    assert_eq!(turns(), [0, 3, 1]);
    assert_eq!(store.delete_old_traces(at(31 * DAY), 2).unwrap(), 1);
    assert_eq!(turns(), [0, 3, 0]);
}

/// A look at session `session`, at second `n`.
fn look(n: u128, session: Option<u128>) -> TraceAccess {
    let text = HOSTILE[usize::try_from(n).unwrap() % HOSTILE.len()];
    TraceAccess {
        id: Uuid::from_u128(n),
        session_id: session.map(session_id),
        flow_id: Some(flow_id(1)),
        accessed_by: Some(user_id(3)),
        service_account_id: (n == 1).then(|| Uuid::from_u128(8)),
        actor_label: text.into(),
        access_type: [AccessType::View, AccessType::Export, AccessType::List]
            [usize::try_from(n % 3).unwrap()],
        accessed_at: at(i64::try_from(n).unwrap() * 1000),
        ip_address: Some("2001:db8::1".into()),
        user_agent: Some(text.into()),
        data_accessed: (n != 2).then(|| json(text)),
    }
}

fn looks_are_written_down_and_read<S: Store>(store: &S) {
    // S1.62, S7.25, F67
    store.create_session(&new_session(1)).unwrap();
    let looks = [look(1, Some(1)), look(2, None), look(3, Some(1))];
    for look in &looks {
        store.record_access(look).unwrap();
    }
    store.record_access(&looks[0]).unwrap_err();
    store
        .record_access(&TraceAccess { data_accessed: Some("{".into()), ..look(4, None) })
        .unwrap_err();
    store.record_access(&look(5, Some(99))).unwrap_err();
    let scope = AccessScope::system();
    let all = AccessQuery { session: None, skip: 0, limit: 9 };
    let page = store.accesses(&scope, all).unwrap();
    let newest: Vec<_> = looks.iter().rev().cloned().collect();
    assert_eq!((page.rows, page.total), (newest, 3));
    let own = AccessQuery { session: Some(session_id(1)), skip: 1, limit: 9 };
    let page = store.accesses(&scope, own).unwrap();
    assert_eq!((page.rows, page.total), (vec![looks[0].clone()], 2));
    let admin = AccessScope::school_admin(None, vec![school_id(1)]);
    assert_eq!(store.accesses(&admin, all).unwrap().total, 0);
}

fn looks_are_deleted_in_batches<S: Store>(store: &S) {
    for n in 1..6 {
        store.record_access(&look(n, None)).unwrap();
    }
    assert_eq!(store.delete_old_accesses(at(1000), 9).unwrap(), 0);
    assert_eq!(store.delete_old_accesses(at(4000), 2).unwrap(), 2);
    assert_eq!(store.delete_old_accesses(at(4000), 9).unwrap(), 1);
    let all = AccessQuery { session: None, skip: 0, limit: 9 };
    let ids: Vec<_> = store
        .accesses(&AccessScope::system(), all)
        .unwrap()
        .rows
        .iter()
        .map(|row| row.id.as_u128())
        .collect();
    assert_eq!(ids, [5, 4]);
}
