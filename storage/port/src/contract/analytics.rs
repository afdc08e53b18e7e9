//! Facts of sessions, what goes on, and the scopes that are told of it.

mod outcome;
mod rollup;
mod talk;

use chatflow::{TenantId, Visibility};

use super::Case;
use super::fixture::{
    at, draft, fill_flows, flow, flow_id, json, publish, school_id, session_id, user_id,
};
use crate::analytics::{
    Audience, FactQuery, FlowMetrics, LiveFlow, LiveQuery, NodeMetrics, SessionFacts, Tally,
};
use crate::blocking::Store;
use crate::library::{FlowChange, FlowRecord};
use crate::scope::AccessScope;
use crate::session::{InteractionType, SessionStatus};
use talk::{DAY, MINUTE, NOON, SECOND, Talk, talk, worked_cohort};

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    let mut cases: Vec<Case<S>> = vec![
        the_worked_cohort_has_its_numbers,
        a_cohort_started_in_its_window,
        a_page_ends_where_it_is_full,
        facts_are_what_was_stored,
        scopes_are_told_of_their_own_sessions,
        what_goes_on_is_counted,
    ];
    cases.extend(outcome::cases());
    cases.extend(rollup::cases());
    cases
}

/// All there is of flow 1.
fn all() -> FactQuery {
    FactQuery::of(flow_id(1), at(-99 * DAY), at(99 * DAY))
}

/// All pages.
fn facts<S: Store>(store: &S, scope: &AccessScope, query: FactQuery) -> Vec<SessionFacts> {
    let (mut found, mut query) = (Vec::new(), query);
    loop {
        let page = store.session_facts(scope, &query).unwrap();
        let Some(last) = page.last() else { return found };
        query.after = Some(last.cursor());
        found.extend(page);
    }
}

fn ids(facts: &[SessionFacts]) -> Vec<u128> {
    facts.iter().map(|facts| facts.id.0.as_u128()).collect()
}

fn raw<S: Store>(store: &S, query: FactQuery, now: i64) -> Tally {
    let mut tally = Tally::default();
    for session in facts(store, &AccessScope::system(), query) {
        tally.add(&session, at(now));
    }
    tally
}

fn hold_all<S: Store>(store: &S, talks: &[Talk]) {
    for talk in talks {
        talk.hold(store);
    }
}

fn the_worked_cohort_has_its_numbers<S: Store>(store: &S) {
    // S5.17
    hold_all(store, &worked_cohort());
    let tally = raw(store, all(), NOON);
    let expected = FlowMetrics {
        sessions: 5,
        completed: 2,
        terminated: 0,
        failed: 0,
        abandoned: 1,
        active: 2,
        bounced: 2,
        inputs: 5,
        engaged: 3,
        anonymous: 5,
        unique_users: 0,
        duration_sum: 210_000,
        duration_count: 3,
    };
    assert_eq!(tally.flow, expected);
    assert!((tally.flow.avg_time() - 70.0).abs() < 1e-9);
    let node = |id: &str| tally.nodes.get(id).copied().unwrap();
    let visitors = ["hello", "arms", "again", "bye"].map(|id| node(id).visitors);
    assert_eq!(visitors, [5, 5, 3, 2]);
    // last_seen, and the numerators of the bounce rates of S5.18.
    assert_eq!(["hello", "arms", "again", "bye"].map(|id| node(id).last_seen), [0, 2, 1, 0]);
    assert_eq!(["hello", "arms", "again", "bye"].map(|id| node(id).drop_offs), [0, 2, 1, 0]);
    let arms = NodeMetrics {
        visitors: 5,
        views: 5,
        interactions: 3,
        completions: 2,
        drop_offs: 2,
        last_seen: 2,
        // 10 s twice, and two hours less two minutes, which is cut.
        time_sum: 20_000 + 1_800_000,
        time_count: 3,
        response_sum: 20_000 + 7_080_000,
        response_count: 3,
    };
    assert_eq!(node("arms"), arms);
    assert_eq!((node("again").views, node("again").interactions), (3, 2));
    assert_eq!(node("hello").time_count, 5);
    assert_eq!(tally.nodes.len(), 4);
}

fn a_cohort_started_in_its_window<S: Store>(store: &S) {
    // S5.1, S5.2: what belongs to its sessions counts whatever its own time, and previews do not.
    let later = |n, started| talk(n, started, &["a"]).then(9 * DAY, "a", &["b"]);
    hold_all(store, &[later(4, DAY - 1), later(3, 0), later(2, DAY), later(1, -1), later(9, 0)]);
    Talk { info: "{\"preview\":true}", ..later(5, 0) }.hold(store);
    Talk { info: "{\"client\":\"\\ud800\",\"preview\" : true}", ..later(6, 0) }.hold(store);
    Talk { info: "{\"preview\":\"true\"}", ..later(7, 1) }.hold(store);
    Talk { flow: 2, ..later(8, 0) }.hold(store);
    let query = FactQuery::of(flow_id(1), at(0), at(DAY));
    let found = facts(store, &AccessScope::system(), query);
    assert_eq!(ids(&found), [3, 9, 7, 4]);
    assert_eq!(raw(store, query, 0).flow.inputs, 4);
    let empty = FactQuery::of(flow_id(3), at(0), at(DAY));
    assert_eq!(raw(store, empty, 0), Tally::default());
}

fn a_page_ends_where_it_is_full<S: Store>(store: &S) {
    let long = |n, started| talk(n, started, &["a", "b", "c"]).then(SECOND, "c", &["d"]);
    hold_all(store, &[long(1, 0), long(2, 0), long(3, 1), long(4, 2)]);
    let page =
        |query: FactQuery| ids(&store.session_facts(&AccessScope::system(), &query).unwrap());
    assert_eq!(page(FactQuery { limit: 3, ..all() }), [1, 2, 3]);
    assert_eq!(page(FactQuery { limit: 0, ..all() }), []);
    // Each has five rows.
    for (max_rows, expected) in [(0, 0), (1, 1), (5, 1), (6, 2), (10, 2), (11, 3), (99, 4)] {
        let expected: Vec<u128> = (1..=expected).collect();
        assert_eq!(page(FactQuery { max_rows, rows: false, ..all() }), expected, "{max_rows}");
        assert_eq!(page(FactQuery { max_rows, ..all() }), expected, "{max_rows}");
    }
    for (limit, max_rows) in [(1, 99), (2, 99), (9, 1), (3, 6)] {
        let query = FactQuery { limit, max_rows, ..all() };
        assert_eq!(ids(&facts(store, &AccessScope::system(), query)), [1, 2, 3, 4]);
    }
}

fn facts_are_what_was_stored<S: Store>(store: &S) {
    let first = Talk { user: Some(1), ..talk(1, -DAY, &["a"]) };
    let again = Talk { user: Some(1), school: Some(2), ..talk(2, 0, &["a", "b"]) };
    let again = again.then(SECOND, "b", &["c"]).ends(SessionStatus::Completed, None, 5);
    hold_all(store, &[first, again, talk(3, 1, &["a"])]);
    let query = FactQuery { audience: true, ..all() };
    let found = facts(store, &AccessScope::system(), query);
    let audience = |is_returning| Some(Audience { state: json("x"), is_returning });
    let told: Vec<_> = found.iter().map(|facts| facts.audience.clone()).collect();
    assert_eq!(told, [audience(false), audience(true), audience(false)]);
    let session = store.load_session(session_id(2)).unwrap().unwrap();
    let facts = &found[1];
    assert_eq!(facts.flow, session.head.flow);
    assert_eq!(facts.flow_version, session.head.flow_version);
    assert_eq!((facts.school_id, facts.user_id), (Some(school_id(2)), Some(user_id(1))));
    assert_eq!((facts.status, facts.ended_reason.as_deref()), (SessionStatus::Completed, None));
    assert_eq!((facts.started_at, facts.ended_at), (at(0), Some(at(5))));
    assert_eq!(facts.last_activity_at, at(SECOND));
    let rows: Vec<_> = facts.rows.iter().map(|row| (row.node_id.as_str(), row.kind)).collect();
    let (message, input) = (InteractionType::Message, InteractionType::Input);
    assert_eq!(rows, [("a", message), ("b", message), ("b", input), ("c", message)]);
    let history = store
        .history(crate::session::HistoryQuery {
            session: session_id(2),
            after_seq: 0,
            kinds: None,
            skip: 0,
            limit: 9,
        })
        .unwrap();
    for (fact, stored) in facts.rows.iter().zip(history.rows) {
        let content = (fact.kind == input).then_some(stored.row.content);
        assert_eq!(
            (fact.path.as_ref(), fact.flow_id),
            (stored.row.path.as_ref(), stored.row.flow_id)
        );
        assert_eq!((fact.created_at, &fact.content), (stored.row.created_at, &content));
    }
    let bare = self::facts(store, &AccessScope::system(), FactQuery { rows: false, ..all() });
    assert!(bare.iter().all(|facts| facts.rows.is_empty() && facts.audience.is_none()));
    assert_eq!(ids(&bare), [1, 2, 3]);
}

/// Flow `n` of school 1.
fn flow_of(n: u128, visibility: Visibility, created_by: Option<u128>) -> FlowChange {
    let created_by = created_by.map(user_id);
    let record = FlowRecord { visibility, school_id: Some(school_id(1)), created_by, ..flow(n) };
    if n == 4 { draft(record) } else { publish(record, &[]) }
}

/// Flows 1 to 4 of school 1, the last a draft of user 1, and flow 5, which is everybody's; flow 9 is
/// gone.
fn fill_all_flows<S: Store>(store: &S) {
    let flows = vec![
        flow_of(1, Visibility::Public, None),
        flow_of(2, Visibility::School, None),
        flow_of(3, Visibility::Private, None),
        flow_of(4, Visibility::Private, Some(1)),
        publish(flow(5), &[]),
    ];
    fill_flows(store, flows);
}

/// Scopes, the schools whose sessions of each of flows 1 to 5 and 9 they are told of (S2.30); 0 stands
/// for no school.
fn told_to() -> Vec<(AccessScope, [&'static [u128]; 6])> {
    let (one, two) = (school_id(1), school_id(2));
    let all: &[u128] = &[0, 1, 2];
    vec![
        (AccessScope::system(), [all; 6]),
        (AccessScope::school_admin(None, vec![one]), [all, all, all, all, &[1], &[]]),
        (AccessScope::school_admin(None, vec![two]), [&[2], &[], &[], &[], &[2], &[]]),
        (AccessScope::school_admin(None, vec![one, two]), [all, all, all, all, &[1, 2], &[]]),
        (AccessScope::educator(user_id(1), one), [&[1], &[1], &[], all, &[1], &[]]),
        (AccessScope::educator(user_id(2), two), [&[2], &[], &[], &[], &[2], &[]]),
        (AccessScope::reader(vec![one]), [&[]; 6]),
        (AccessScope::learner(Some(user_id(1)), Some(one)), [&[]; 6]),
        (AccessScope::anonymous(), [&[]; 6]),
    ]
}

/// A session of each of schools 0 to 2 of each of these flows; 0 stands for no school.
fn talks_of_all() -> Vec<Talk> {
    let of = |flow| move |school| (flow, school);
    let pairs = [1, 2, 3, 4, 5, 9].into_iter().flat_map(|flow| (0..3).map(of(flow)));
    pairs
        .map(|(flow, school)| Talk {
            flow,
            school: (school > 0).then_some(school),
            ..talk(flow * 10 + school, 0, &["a"])
        })
        .collect()
}

fn scopes_are_told_of_their_own_sessions<S: Store>(store: &S) {
    // S2.30
    fill_all_flows(store);
    hold_all(store, &talks_of_all());
    for (scope, flows) in told_to() {
        for (flow, schools) in [1, 2, 3, 4, 5, 9].into_iter().zip(flows) {
            let told = |school: Option<TenantId>| {
                let query = FactQuery { flow: flow_id(flow), school, ..all() };
                ids(&facts(store, &scope, query))
            };
            let expected: Vec<_> = schools.iter().map(|school| flow * 10 + school).collect();
            assert_eq!(told(None), expected, "{scope:?} {flow}");
            let of_two: Vec<_> = expected.into_iter().filter(|n| n % 10 == 2).collect();
            assert_eq!(told(Some(school_id(2))), of_two, "{scope:?} {flow}");
        }
        let flows_told: Vec<_> = [1, 2, 3, 4, 5, 9]
            .into_iter()
            .zip(flows)
            .filter(|(_, schools)| !schools.is_empty())
            .map(|(flow, schools)| (flow_id(flow), u64::try_from(schools.len()).unwrap()))
            .collect();
        let live = store.live_flows(&scope, &live(&[9, 5, 4, 3, 2, 1, 1])).unwrap();
        let live: Vec<_> = live.into_iter().map(|live| (live.flow, live.active)).collect();
        assert_eq!(live, flows_told, "{scope:?}");
        outcome::are_told_alike(store, &scope, &flows_told);
    }
}

/// What goes on five minutes after the begin.
fn live(flows: &[u128]) -> LiveQuery {
    LiveQuery {
        flows: flows.iter().copied().map(flow_id).collect(),
        school: None,
        from: at(-DAY),
        active_since: at(-25 * MINUTE),
        inputs_since: at(0),
        started_since: at(-55 * MINUTE),
    }
}

fn what_goes_on_is_counted<S: Store>(store: &S) {
    // S5.36, S5.37
    let answering = |n, started: i64| {
        talk(n, started, &["a"]).then(-started - 1, "a", &["b"]).then(-started, "b", &["c"])
    };
    hold_all(
        store,
        &[
            // Two answers, one of them lately.
            answering(1, -MINUTE),
            answering(2, -DAY),
            // It goes on, however long ago it started.
            answering(3, -DAY - 1),
            // Too old, since it has ended.
            answering(9, -DAY - 1).completes(DAY + 1),
            // Silent.
            talk(4, -26 * MINUTE, &["a"]),
            talk(5, -25 * MINUTE, &["a"]),
            // Has ended with an answer.
            talk(6, -56 * MINUTE, &["a"]).then(57 * MINUTE, "a", &["b"]).completes(57 * MINUTE),
            Talk { info: "{\"preview\":true}", ..answering(7, -MINUTE) },
            Talk { flow: 2, ..answering(8, -MINUTE) },
        ],
    );
    let found = store.live_flows(&AccessScope::system(), &live(&[1, 3])).unwrap();
    let expected = LiveFlow { flow: flow_id(1), active: 4, inputs: 4, started: 3 };
    assert_eq!(found, [expected]);
    assert_eq!(store.live_flows(&AccessScope::system(), &live(&[])).unwrap(), []);
    let both = store.live_flows(&AccessScope::system(), &live(&[2, 1])).unwrap();
    let other = LiveFlow { flow: flow_id(2), active: 1, inputs: 1, started: 1 };
    assert_eq!(both, [expected, other]);
}
