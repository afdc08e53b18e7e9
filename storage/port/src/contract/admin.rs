//! Sessions as those who look after them see them.

use chatflow::{FlowRef, Revision, SessionId};
use uuid::Uuid;

use super::Case;
use super::fixture::{
    at, commit, content_id, event, flow_id, full_turn, new_session, rows_of, school_id, session_id,
    user_id,
};
use crate::admin::{Departure, Forgotten, SessionCursor, SessionQuery, SessionSummary, Total};
use crate::blocking::Store;
use crate::effect::{Claim, EffectClaim};
use crate::evidence::{ContentEvent, ContentEventQuery};
use crate::id::LeaseToken;
use crate::outbox::{EventQuery, StoredEvent};
use crate::scope::AccessScope;
use crate::session::{
    Commit, LeaseRequest, NewSession, SessionHead, SessionStatus, Snapshot, Turn,
};

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        a_summary_tells_what_is_stored,
        a_list_shows_the_sessions_of_the_own_schools,
        filters_of_a_list_add_up,
        pages_follow_each_other_and_count_alike,
        previews_are_told_apart,
        a_deleted_session_takes_its_rows_with_it,
        only_those_who_run_a_school_delete,
        idle_sessions_are_abandoned_when_they_were_last_active,
        a_session_that_is_held_or_busy_is_not_abandoned,
        a_turn_and_the_sweep_at_once_leave_one_of_both,
        what_tells_of_a_departure_is_written_with_it_or_not_at_all,
        ended_sessions_are_deleted_in_batches,
        a_forgotten_user_has_no_sessions,
        what_a_forgotten_user_was_shown_stays_counted,
    ]
}

fn system() -> AccessScope {
    AccessScope::system()
}

fn admin(school: u128) -> AccessScope {
    AccessScope::school_admin(None, vec![school_id(school)])
}

/// Session `n`, which started at `n` seconds.
fn session(n: u128, head: impl Fn(SessionHead) -> SessionHead) -> NewSession {
    let new = new_session(n);
    let started_at = at(i64::try_from(n).unwrap() * 1000);
    NewSession { head: head(SessionHead { started_at, ..new.head.clone() }), ..new }
}

fn create<S: Store>(store: &S, n: u128, head: impl Fn(SessionHead) -> SessionHead) {
    store.create_session(&session(n, head)).unwrap();
}

fn ended(new: NewSession, status: SessionStatus, seconds: i64) -> NewSession {
    let ended_at = Some(at(seconds * 1000));
    NewSession { snapshot: Snapshot { status, ended_at, ..new.snapshot.clone() }, ..new }
}

/// The sessions of a page by their numbers, and its total.
fn listed<S: Store>(store: &S, scope: &AccessScope, query: &SessionQuery) -> (Vec<u128>, u64) {
    let page = store.list_sessions(scope, query).unwrap();
    assert!(!page.total.is_capped);
    (page.sessions.iter().map(|session| session.id.0.as_u128()).collect(), page.total.count)
}

const ALL: SessionQuery = SessionQuery {
    user: None,
    status: None,
    flow: None,
    school: None,
    from: None,
    to: None,
    preview: None,
    after: None,
    limit: 100,
};

fn numbers(ids: &[SessionId]) -> Vec<u128> {
    ids.iter().map(|id| id.0.as_u128()).collect()
}

fn a_summary_tells_what_is_stored<S: Store>(store: &S) {
    // S4.41: neither token nor state.
    create(store, 1, |head| SessionHead {
        user_id: Some(user_id(3)),
        school_id: Some(school_id(1)),
        theme_id: Some(super::fixture::theme_id(1)),
        trace_enabled: true,
        ..head
    });
    store.commit(&commit(1, 1, "second")).unwrap();
    let stored = store.load_session(session_id(1)).unwrap().unwrap();
    let (head, snapshot) = (stored.head, stored.snapshot);
    let expected = SessionSummary {
        id: head.id,
        user_id: head.user_id,
        flow: head.flow,
        flow_version: head.flow_version,
        token_hint: head.token_hint,
        school_id: head.school_id,
        theme_id: head.theme_id,
        trace_enabled: true,
        trace_level: head.trace_level,
        started_at: head.started_at,
        revision: Revision(2),
        last_activity_at: at(1000),
        current_node_id: snapshot.current_node_id,
        current_flow_id: snapshot.current_flow_id,
        info: snapshot.info,
        status: snapshot.status,
        state_hash: snapshot.state_hash,
        ended_at: None,
        ended_reason: None,
    };
    let page = store.list_sessions(&system(), &ALL).unwrap();
    assert_eq!(page.sessions, std::slice::from_ref(&expected));
    assert_eq!(page.total, Total { count: 1, is_capped: false });
    let ended = Snapshot { ended_at: Some(at(9)), ..snapshot_of(store, 1) };
    store.commit(&Commit { snapshot: ended.clone(), ..commit(1, 2, "end") }).unwrap();
    let ended = SessionSummary {
        revision: Revision(3),
        info: ended.info,
        ended_at: ended.ended_at,
        ..expected
    };
    assert_eq!(store.ended_sessions(&system(), at(5000), 9).unwrap(), [ended]);
}

fn a_list_shows_the_sessions_of_the_own_schools<S: Store>(store: &S) {
    // S2.28, S2.30
    create(store, 1, |head| SessionHead { school_id: Some(school_id(1)), ..head });
    create(store, 2, |head| SessionHead { school_id: Some(school_id(2)), ..head });
    create(store, 3, |head| head);
    let (one, two) = (school_id(1), school_id(2));
    for (scope, expected) in [
        (system(), vec![3, 2, 1]),
        (AccessScope::platform(None), vec![3, 2, 1]),
        (admin(1), vec![1]),
        (AccessScope::school_admin(None, vec![two, one]), vec![2, 1]),
        (AccessScope::educator(user_id(1), two), vec![2]),
        (AccessScope::school_admin(None, vec![]), vec![]),
        (AccessScope::reader(vec![one]), vec![]),
        (AccessScope::learner(Some(user_id(1)), Some(one)), vec![]),
        (AccessScope::conversation(Some(one), Some(two)), vec![]),
        (AccessScope::anonymous(), vec![]),
    ] {
        let total = u64::try_from(expected.len()).unwrap();
        assert_eq!(listed(store, &scope, &ALL), (expected.clone(), total), "{scope:?}");
        let second = SessionQuery { school: Some(two), ..ALL };
        let expected: Vec<_> = expected.into_iter().filter(|n| *n == 2).collect();
        assert_eq!(listed(store, &scope, &second).0, expected, "{scope:?}");
    }
}

fn filters_of_a_list_add_up<S: Store>(store: &S) {
    // Users 0 to 2, flows 0 and 1, schools 0 to 2 (0 for none), three statuses, over 36 sessions.
    let statuses = [SessionStatus::Active, SessionStatus::Completed, SessionStatus::Abandoned];
    let facts = |n: u128| (n % 3, n % 2, n / 2 % 3, statuses[usize::try_from(n / 4 % 3).unwrap()]);
    for n in 1..37 {
        let (user, flow, school, status) = facts(n);
        let new = session(n, |head| SessionHead {
            user_id: (user > 0).then(|| user_id(user)),
            flow: FlowRef { id: flow_id(flow), seq: 1 },
            school_id: (school > 0).then(|| school_id(school)),
            ..head
        });
        let snapshot = Snapshot { status, ..new.snapshot.clone() };
        store.create_session(&NewSession { snapshot, ..new }).unwrap();
    }
    for user in [None, Some(1), Some(2), Some(7)] {
        for flow in [None, Some(0), Some(1)] {
            for school in [None, Some(1), Some(2)] {
                for status in [None, Some(statuses[0]), Some(statuses[2])] {
                    for (from, to) in
                        [(None, None), (Some(9), None), (None, Some(30)), (Some(9), Some(30))]
                    {
                        let expected: Vec<_> = (1..37)
                            .rev()
                            .filter(|n| {
                                let (u, f, s, st) = facts(*n);
                                user.is_none_or(|user| user == u)
                                    && flow.is_none_or(|flow| flow == f)
                                    && school.is_none_or(|school| school == s)
                                    && status.is_none_or(|status| status == st)
                                    && from.is_none_or(|from| *n >= from)
                                    && to.is_none_or(|to| *n < to)
                            })
                            .collect();
                        let moment = |n: u128| at(i64::try_from(n).unwrap() * 1000);
                        let query = SessionQuery {
                            user: user.map(user_id),
                            flow: flow.map(flow_id),
                            school: school.map(school_id),
                            status,
                            from: from.map(moment),
                            to: to.map(moment),
                            ..ALL
                        };
                        let total = u64::try_from(expected.len()).unwrap();
                        assert_eq!(
                            listed(store, &system(), &query),
                            (expected, total),
                            "{query:?}"
                        );
                    }
                }
            }
        }
    }
}

fn pages_follow_each_other_and_count_alike<S: Store>(store: &S) {
    // F43; two of three start at the same moment.
    for n in 1..11 {
        create(store, n, |head| SessionHead {
            started_at: at(i64::try_from(n / 3).unwrap()),
            school_id: Some(school_id(1)),
            ..head
        });
    }
    for scope in [system(), admin(1)] {
        let mut seen = Vec::new();
        let mut query = SessionQuery { limit: 3, ..ALL };
        loop {
            let page = store.list_sessions(&scope, &query).unwrap();
            assert_eq!(page.total, Total { count: 10, is_capped: false });
            let Some(last) = page.sessions.last() else { break };
            query.after = Some(SessionCursor { started_at: last.started_at, id: last.id });
            seen.extend(page.sessions.iter().map(|session| session.id.0.as_u128()));
        }
        assert_eq!(seen, (1..11).rev().collect::<Vec<_>>());
    }
    assert_eq!(listed(store, &system(), &SessionQuery { limit: 0, ..ALL }), (vec![], 10));
    // A place that no session has is a place, too.
    let after = Some(SessionCursor { started_at: at(2), id: SessionId(Uuid::nil()) });
    assert_eq!(listed(store, &system(), &SessionQuery { after, ..ALL }), (vec![5, 4, 3, 2, 1], 10));
    let to = Some(at(1));
    assert_eq!(listed(store, &system(), &SessionQuery { to, after, ..ALL }), (vec![2, 1], 2));
}

fn previews_are_told_apart<S: Store>(store: &S) {
    // S4.14; what else stands there does not matter.
    let infos = [
        "{}",
        "{ \"preview\" : true }",
        "{\"preview\":false}",
        "{\"client\":{\"preview\":true,\"x\":\"\\u0000 \\\\u0041\"}}",
        "{\"client\":\"\\ud800\",\"preview\":true}",
        "{\"preview\":\"true\"}",
        "{\"preview\":null}",
    ];
    for (n, info) in (1..).zip(infos) {
        let mut new = session(n, |head| head);
        new.snapshot.info = info.into();
        store.create_session(&new).unwrap();
    }
    let only = |preview| listed(store, &system(), &SessionQuery { preview, ..ALL });
    assert_eq!(only(Some(true)), (vec![5, 2], 2));
    assert_eq!(only(Some(false)), (vec![7, 6, 4, 3, 1], 5));
    assert_eq!(only(None).1, 7);
}

fn claim(n: u128) -> EffectClaim {
    EffectClaim {
        key: format!("{n}"),
        request_hash: "a".repeat(64),
        session: session_id(n),
        node_id: "hook".into(),
        revision: Revision(1),
        at: at(0),
        until: at(100),
        expires_at: at(1000),
        lease: None,
    }
}

fn snapshot_of<S: Store>(store: &S, n: u128) -> Snapshot {
    store.load_session(session_id(n)).unwrap().unwrap().snapshot
}

/// Deletes session `n`, whatever its revision; false if the scope may not.
fn delete<S: Store>(store: &S, scope: &AccessScope, n: u128) -> bool {
    let gone = store.delete_sessions(scope, &[Departure::of(session_id(n))]).unwrap();
    assert!(gone.is_empty() || gone == [session_id(n)]);
    !gone.is_empty()
}

/// What the job does: those that have said nothing since then are abandoned.
fn sweep<S: Store>(
    store: &S,
    scope: &AccessScope,
    (since, now): (i64, i64),
    limit: u32,
) -> Vec<u128> {
    let idle = store.idle_sessions(scope, at(since), at(now), limit).unwrap();
    let departures: Vec<_> = idle.iter().map(seen).collect();
    let mut found: Vec<_> = idle.iter().map(|session| session.id).collect();
    let gone = store.abandon_sessions(scope, &departures, at(now)).unwrap();
    found.sort_unstable();
    assert_eq!(gone, found);
    numbers(&gone)
}

fn seen(session: &SessionSummary) -> Departure {
    Departure { expected: Some(session.revision), ..Departure::of(session.id) }
}

fn a_deleted_session_takes_its_rows_with_it<S: Store>(store: &S) {
    // S4.42
    for n in [1, 2] {
        let preview = Some("{\"flows\":[]}".to_owned());
        store.create_session(&NewSession { preview, ..session(n, |head| head) }).unwrap();
        store.commit(&commit(n, 1, "second")).unwrap();
        assert_eq!(store.claim_effect(&claim(n)).unwrap(), Claim::Run { attempt: 1 });
    }
    let (none, other) = (rows_of(store, 9), rows_of(store, 2));
    assert!(delete(store, &system(), 1));
    assert_eq!((rows_of(store, 1), rows_of(store, 2)), (none, other));
    assert!(!delete(store, &system(), 1));
    assert!(!store.complete_effect("1", 1, at(1), None).unwrap());
    assert!(store.complete_effect("2", 1, at(1), None).unwrap());
    store.commit(&commit(1, 2, "third")).unwrap_err();
    create(store, 1, |head| head);
}

fn only_those_who_run_a_school_delete<S: Store>(store: &S) {
    // S3.147, S2.20
    create(store, 1, |head| SessionHead { school_id: Some(school_id(1)), ..head });
    create(store, 2, |head| head);
    let one = school_id(1);
    let before = (rows_of(store, 1), rows_of(store, 2));
    for scope in [
        admin(2),
        AccessScope::educator(user_id(1), one),
        AccessScope::reader(vec![one]),
        AccessScope::learner(None, Some(one)),
        AccessScope::conversation(Some(one), Some(one)),
        AccessScope::anonymous(),
    ] {
        for n in [1, 2] {
            assert!(!delete(store, &scope, n), "{scope:?}");
            let departures = [Departure::of(session_id(n))];
            assert_eq!(store.abandon_sessions(&scope, &departures, at(99_000)).unwrap(), []);
        }
        assert_eq!(store.idle_sessions(&scope, at(99_000), at(99_000), 9).unwrap(), []);
        assert_eq!(store.ended_sessions(&scope, at(99_000), 9).unwrap(), []);
        assert_eq!(store.forget_user(&scope, user_id(1)).unwrap(), Forgotten::default());
    }
    assert_eq!((rows_of(store, 1), rows_of(store, 2)), before);
    assert!(!delete(store, &admin(1), 2));
    assert!(delete(store, &admin(1), 1));
}

fn idle_sessions_are_abandoned_when_they_were_last_active<S: Store>(store: &S) {
    // S4.43
    for n in 1..6 {
        create(store, n, |head| head);
    }
    store.create_session(&ended(session(6, |head| head), SessionStatus::Completed, 6)).unwrap();
    store.commit(&Commit { at: at(50_000), ..commit(2, 1, "late") }).unwrap();
    let ended_before = rows_of(store, 6);
    assert_eq!(sweep(store, &system(), (5000, 90_000), 2), [1, 3]);
    for n in [1, 3] {
        let stored = store.load_session(session_id(n)).unwrap().unwrap();
        let snapshot = Snapshot {
            status: SessionStatus::Abandoned,
            ended_at: Some(stored.head.started_at),
            ended_reason: Some("abandoned".into()),
            ..new_session(1).snapshot
        };
        assert_eq!((&stored.snapshot, stored.revision), (&snapshot, Revision(1)));
        assert_eq!(stored.last_activity_at, stored.head.started_at);
    }
    // The fifth was active at the very moment, the second after it, and the sixth has ended.
    assert_eq!(sweep(store, &system(), (5000, 90_000), 9), [4]);
    assert!(sweep(store, &system(), (5000, 90_000), 9).is_empty());
    let active = SessionQuery { status: Some(SessionStatus::Active), ..ALL };
    assert_eq!(listed(store, &system(), &active).0, [5, 2]);
    assert_eq!(rows_of(store, 6), ended_before);
}

fn a_session_that_is_held_or_busy_is_not_abandoned<S: Store>(store: &S) {
    create(store, 1, |head| SessionHead { school_id: Some(school_id(1)), ..head });
    let token = LeaseToken(Uuid::from_u128(5));
    let (session, expected, until) = (session_id(1), Revision(1), at(60_000));
    store
        .take_lease(&LeaseRequest { session, expected, token, until, at: at(2000), mark: None })
        .unwrap();
    let before = rows_of(store, 1);
    let departures = [Departure::of(session)];
    assert!(sweep(store, &system(), (50_000, 60_000), 9).is_empty());
    assert_eq!(store.abandon_sessions(&system(), &departures, until).unwrap(), []);
    assert!(sweep(store, &admin(2), (50_000, 60_001), 9).is_empty());
    assert_eq!(rows_of(store, 1), before);
    assert_eq!(sweep(store, &admin(1), (50_000, 60_001), 9), [1]);
    assert_eq!(store.load_session(session_id(1)).unwrap().unwrap().lease, None);
}

fn a_turn_and_the_sweep_at_once_leave_one_of_both<S: Store>(store: &S) {
    for n in 1..11 {
        create(store, n, |head| SessionHead { started_at: at(0), ..head });
        let late = Commit { at: at(50_000), ..commit(n, 1, "late") };
        std::thread::scope(|threads| {
            threads.spawn(|| store.commit(&late).unwrap());
            threads.spawn(|| {
                let idle = store.idle_sessions(&system(), at(40_000), at(50_000), 9).unwrap();
                let departures: Vec<_> = idle.iter().map(seen).collect();
                store.abandon_sessions(&system(), &departures, at(50_000)).unwrap()
            });
        });
        // Whichever was first, the turn stands as it was committed.
        let stored = store.load_session(session_id(n)).unwrap().unwrap();
        assert_eq!((stored.snapshot, stored.revision), (late.snapshot, Revision(2)));
    }
}

fn what_tells_of_a_departure_is_written_with_it_or_not_at_all<S: Store>(store: &S) {
    // S4.42, S4.43, S6.6, S6.30
    for n in 1..5 {
        create(store, n, |head| head);
    }
    store.commit(&commit(2, 1, "second")).unwrap();
    let told = |store: &S| {
        let all = EventQuery { limit: 100, ..EventQuery::default() };
        let mut rows = store.events(&system(), &all).unwrap();
        rows.reverse();
        let row = |row: StoredEvent| (row.event.id.0.as_u128(), row.event.session_id);
        rows.into_iter().map(row).collect::<Vec<_>>()
    };
    let departure = |n: u128| Departure {
        expected: Some(Revision(1)),
        events: vec![event(n), event(n + 100)],
        ..Departure::of(session_id(n))
    };
    // The second has moved on, and the ninth is not there.
    let departures = [3, 2, 1, 9].map(departure);
    let gone = store.abandon_sessions(&system(), &departures, at(9000)).unwrap();
    assert_eq!(numbers(&gone), [1, 3]);
    let of = |n: u128| Some(session_id(n));
    let mut expected = vec![(3, of(3)), (103, of(3)), (1, of(1)), (101, of(1))];
    assert_eq!(told(store), expected);
    // An event that cannot be written keeps its session.
    let before = [1, 4].map(|n| rows_of(store, n));
    let again = [departure(4), Departure { expected: None, ..departure(1) }];
    store.delete_sessions(&system(), &again).unwrap_err();
    let mut broken = departure(4);
    broken.events[1].event_type.clear();
    store.abandon_sessions(&system(), &[broken], at(9000)).unwrap_err();
    assert_eq!([1, 4].map(|n| rows_of(store, n)), before);
    assert_eq!(told(store), expected);
    let departures =
        [departure(4), Departure { events: vec![event(7)], ..Departure::of(session_id(2)) }];
    assert_eq!(numbers(&store.delete_sessions(&system(), &departures).unwrap()), [2, 4]);
    expected.extend([(4, of(4)), (104, of(4)), (7, of(2))]);
    assert_eq!(told(store), expected);
}

fn ended_sessions_are_deleted_in_batches<S: Store>(store: &S) {
    // S4.44
    for n in 1..6 {
        let status = if n % 2 == 0 { SessionStatus::Abandoned } else { SessionStatus::Completed };
        let new = session(n, |head| SessionHead { school_id: Some(school_id(n % 2 + 1)), ..head });
        store.create_session(&ended(new, status, i64::try_from(n).unwrap())).unwrap();
    }
    create(store, 6, |head| SessionHead { started_at: at(0), ..head });
    let purge = |scope: &AccessScope, seconds: i64, limit| {
        let ended = store.ended_sessions(scope, at(seconds * 1000), limit).unwrap();
        let departures: Vec<_> = ended.iter().map(seen).collect();
        numbers(&store.delete_sessions(scope, &departures).unwrap())
    };
    let kept = rows_of(store, 6);
    assert_eq!(purge(&AccessScope::anonymous(), 99, 9), []);
    assert_eq!(purge(&system(), 4, 2), [1, 2]);
    assert_eq!(purge(&system(), 4, 2), [3]);
    assert_eq!(purge(&system(), 4, 2), []);
    assert_eq!(listed(store, &system(), &ALL).0, [5, 4, 6]);
    assert_eq!(purge(&admin(1), 99, 9), [4]);
    assert_eq!(purge(&system(), 99, 9), [5]);
    assert_eq!(rows_of(store, 6), kept);
    assert_eq!(rows_of(store, 1), rows_of(store, 99));
}

fn a_forgotten_user_has_no_sessions<S: Store>(store: &S) {
    // F3, S12.12
    for n in 1..7 {
        create(store, n, |head| SessionHead {
            user_id: (n > 1).then(|| user_id(n % 2 + 1)),
            school_id: (n < 6).then(|| school_id(1)),
            ..head
        });
        store.commit(&commit(n, 1, "second")).unwrap();
        store.claim_effect(&claim(n)).unwrap();
    }
    let others = [1, 3, 5].map(|n| rows_of(store, n));
    // A school forgets what is its own: sessions 2 and 4, not 6.
    assert_eq!(store.forget_user(&admin(1), user_id(1)).unwrap(), Forgotten { sessions: 2 });
    assert_eq!(listed(store, &system(), &ALL).0, [6, 5, 3, 1]);
    assert_eq!(store.forget_user(&system(), user_id(1)).unwrap(), Forgotten { sessions: 1 });
    assert_eq!(store.forget_user(&system(), user_id(1)).unwrap(), Forgotten::default());
    assert_eq!([1, 3, 5].map(|n| rows_of(store, n)), others);
    let none = rows_of(store, 99);
    for n in [2, 4, 6] {
        assert_eq!(rows_of(store, n), none);
        assert!(!store.complete_effect(&n.to_string(), 1, at(1), None).unwrap());
    }
}

/// The events of content item 7, the newest first or not, by their session, user and value.
fn shown<S: Store>(store: &S) -> Vec<ContentEvent> {
    let content = content_id(7);
    let query =
        ContentEventQuery { content, kind: None, from: None, to: None, skip: 0, limit: 100 };
    let mut rows = store.content_events(&system(), &query).unwrap().rows;
    rows.sort_by_key(|row| row.event.id);
    rows
}

fn what_a_forgotten_user_was_shown_stays_counted<S: Store>(store: &S) {
    // S4.42, S12.12, F3: what names the user goes, also of a session that was deleted before.
    for n in 1..4 {
        let user = user_id(if n == 3 { 2 } else { 1 });
        create(store, n, |head| SessionHead { user_id: Some(user), ..head });
        let mut told = event(n);
        told.user_id = Some(user);
        let turn = Turn { events: vec![told], ..full_turn(n * 10, "seen", "one") };
        store.commit(&Commit { turn, ..commit(n, 1, "x") }).unwrap();
    }
    let before = shown(store);
    assert!(delete(store, &system(), 1));
    let of = |n: u128, row: &ContentEvent| row.session_id == Some(session_id(n));
    let deleted = shown(store).into_iter().zip(&before).filter(|(_, old)| of(1, old));
    let deleted: Vec<_> = deleted.collect();
    assert!(!deleted.is_empty());
    for (row, old) in deleted {
        assert_eq!(row, ContentEvent { session_id: None, ..old.clone() });
    }
    assert_eq!(store.forget_user(&system(), user_id(1)).unwrap(), Forgotten { sessions: 1 });
    for (row, mut old) in shown(store).into_iter().zip(before) {
        if !of(3, &old) {
            (old.session_id, old.user_id, old.event.value) = (None, None, None);
        }
        assert_eq!(row, old);
    }
    let all = EventQuery { limit: 100, ..EventQuery::default() };
    let left = store.events(&system(), &all).unwrap();
    assert_eq!(
        left.iter().map(|row| row.event.session_id).collect::<Vec<_>>(),
        [Some(session_id(3))]
    );
}
