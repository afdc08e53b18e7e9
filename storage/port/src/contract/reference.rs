//! Who uses what.

use chatflow::{FlowId, Visibility};
use uuid::Uuid;

use super::Case;
use super::fixture::{
    HOSTILE, anyway, at, batch, draft, fill, fill_flows, flow, flow_id, publish, school_id, theme,
    theme_id, user_id,
};
use crate::blocking::Store;
use crate::library::{ApplyError, Batch, FlowRecord, LookUp};
use crate::reference::{FlowReference, FlowUser, FlowUserQuery, ReadReferences, ReferenceKind};
use crate::scope::AccessScope;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        users_are_those_of_the_draft_and_of_the_newest_version,
        a_flow_is_used_by_its_id_and_by_its_seed_key,
        a_theme_is_used_by_the_flow_itself,
        only_live_users_are_told_if_so_asked,
        users_are_paged,
        each_principal_is_told_of_flows_that_it_views,
        references_are_part_of_the_record,
        references_that_break_a_rule_are_refused,
        what_is_known_is_not_filled_in,
    ]
}

use ReferenceKind::{Content, Flow, Theme};

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn reference(node: &str, kind: ReferenceKind, ref_id: &str) -> FlowReference {
    FlowReference { node_id: node.into(), kind, ref_id: ref_id.into() }
}

/// A node that shows item `n`.
fn shows(node: &str, n: u128) -> FlowReference {
    reference(node, Content, &uuid(n).to_string())
}

/// Flow `n` with these references.
fn refers<const N: usize>(n: u128, references: [FlowReference; N]) -> FlowRecord {
    FlowRecord { references: references.into(), ..flow(n) }
}

fn asks(kind: ReferenceKind, n: u128) -> FlowUserQuery {
    FlowUserQuery { kind, id: uuid(n), live_only: false, after: None, limit: 100 }
}

fn users_for<S: Store>(store: &S, scope: &AccessScope, query: &FlowUserQuery) -> Vec<FlowUser> {
    let page = store.flow_users(scope, query).unwrap();
    assert!(page.is_complete);
    page.users
}

/// `flow node dv` for each user: by the draft, by the version.
fn users<S: Store>(store: &S, query: &FlowUserQuery) -> Vec<String> {
    let found = users_for(store, &AccessScope::system(), query);
    let said = |user: FlowUser| {
        let node = user.node_id.as_ref().map_or("-", |node| node.as_str());
        let by = [(user.in_draft, 'd'), (user.in_version, 'v')];
        let by: String = by.iter().filter_map(|(is, sign)| is.then_some(*sign)).collect();
        format!("{} {node} {by}", user.flow_id.0.as_u128())
    };
    found.into_iter().map(said).collect()
}

/// F43, S3.47: what sessions run now is used even if the draft has gone on.
fn users_are_those_of_the_draft_and_of_the_newest_version<S: Store>(store: &S) {
    fill_flows(store, vec![draft(refers(1, [shows("a", 7), shows("b", 7), shows("b", 8)]))]);
    assert_eq!(users(store, &asks(Content, 7)), ["1 a d", "1 b d"]);
    assert_eq!(users(store, &asks(Content, 8)), ["1 b d"]);
    // The same id of another kind is something else.
    assert_eq!(users(store, &asks(Flow, 7)), [""; 0]);
    fill_flows(store, vec![publish(refers(1, [shows("a", 7)]), &[])]);
    assert_eq!(users(store, &asks(Content, 7)), ["1 a dv"]);
    assert_eq!(users(store, &asks(Content, 8)), [""; 0]);
    fill_flows(store, vec![draft(refers(1, [shows("a", 8)]))]);
    assert_eq!(users(store, &asks(Content, 7)), ["1 a v"]);
    assert_eq!(users(store, &asks(Content, 8)), ["1 a d"]);
    fill_flows(store, vec![publish(refers(1, [shows("a", 8)]), &[])]);
    assert_eq!(users(store, &asks(Content, 7)), [""; 0]);
    assert_eq!(users(store, &asks(Content, 8)), ["1 a dv"]);
    // Nothing of it changes, so it stays.
    fill_flows(store, vec![publish(refers(1, [shows("a", 8)]), &[])]);
    fill_flows(store, vec![draft(refers(1, [shows("a", 8)]))]);
    assert_eq!(users(store, &asks(Content, 8)), ["1 a dv"]);
}

/// S3.92, F20.
fn a_flow_is_used_by_its_id_and_by_its_seed_key<S: Store>(store: &S) {
    let key = format!("key:{}", HOSTILE[0]);
    let by_id = reference("id", Flow, &format!("id:{}", uuid(9)));
    let by_key = reference("key", Flow, &key);
    let school = |n: u128| Some(school_id(n));
    let target = FlowRecord { seed_key: Some(HOSTILE[0].into()), school_id: school(1), ..flow(9) };
    let user = |n, of: Option<_>| FlowRecord {
        school_id: of,
        ..refers(n, [by_id.clone(), by_key.clone()])
    };
    fill_flows(store, [target.clone(), user(1, school(1)), user(2, school(2))].map(draft).into());
    // The key of another school's flow is not meant.
    assert_eq!(users(store, &asks(Flow, 9)), ["1 id d", "1 key d", "2 id d"]);
    let names: Vec<_> = users_for(store, &AccessScope::system(), &asks(Flow, 9));
    let names: Vec<_> = names.into_iter().map(|user| (user.name, user.ref_id)).collect();
    let id = format!("id:{}", uuid(9));
    let expected = [("Flow 1", id.clone()), ("Flow 1", key), ("Flow 2", id)];
    assert_eq!(names, expected.map(|(name, id)| (name.to_owned(), id)));
    fill_flows(store, vec![draft(FlowRecord { school_id: None, ..target.clone() })]);
    assert_eq!(users(store, &asks(Flow, 9)), ["1 id d", "1 key d", "2 id d", "2 key d"]);
    fill_flows(store, vec![draft(FlowRecord { seed_key: None, ..target })]);
    assert_eq!(users(store, &asks(Flow, 9)), ["1 id d", "2 id d"]);
}

fn a_theme_is_used_by_the_flow_itself<S: Store>(store: &S) {
    let themes = [1, 2].map(|n| anyway(theme(n))).into();
    let with = |n| FlowRecord { theme_id: Some(theme_id(n)), ..flow(1) };
    fill(store, &Batch { themes, flows: vec![publish(with(1), &[])], ..batch() });
    assert_eq!(users(store, &asks(Theme, 1)), ["1 - dv"]);
    fill_flows(store, vec![draft(with(2))]);
    assert_eq!(users(store, &asks(Theme, 1)), ["1 - v"]);
    assert_eq!(users(store, &asks(Theme, 2)), ["1 - d"]);
    fill_flows(store, vec![publish(flow(1), &[])]);
    assert_eq!(users(store, &asks(Theme, 1)), [""; 0]);
    assert_eq!(users(store, &asks(Theme, 2)), [""; 0]);
}

fn only_live_users_are_told_if_so_asked<S: Store>(store: &S) {
    let one = |n| refers(n, [shows("a", 7)]);
    fill_flows(store, (1..=3).map(|n| publish(one(n), &[])).collect());
    fill_flows(
        store,
        vec![
            draft(refers(1, [shows("b", 7)])),
            draft(FlowRecord { is_published: false, ..one(2) }),
            draft(FlowRecord { is_active: false, ..one(3) }),
            draft(one(4)),
        ],
    );
    let all = asks(Content, 7);
    assert_eq!(users(store, &all), ["1 a v", "1 b d", "2 a dv", "3 a dv", "4 a d"]);
    assert_eq!(users(store, &FlowUserQuery { live_only: true, ..all.clone() }), ["1 a v"]);
    let live: Vec<_> = users_for(store, &AccessScope::system(), &all);
    let live: Vec<_> = live.into_iter().map(|user| user.is_live).collect();
    assert_eq!(live, [true, true, false, false, true]);
}

fn users_are_paged<S: Store>(store: &S) {
    let themes = vec![anyway(theme(7))];
    let nodes = ["B", "a", "ā", "👩"];
    let flows = (1..=3).map(|n| {
        let references = nodes.map(|node| shows(node, 7));
        draft(FlowRecord { theme_id: Some(theme_id(7)), ..refers(n, references) })
    });
    fill(store, &Batch { themes, flows: flows.collect(), ..batch() });
    let all = asks(Content, 7);
    let expected = users(store, &all);
    assert_eq!(expected[..5], ["1 B d", "1 a d", "1 ā d", "1 👩 d", "2 B d"]);
    let mut paged = Vec::new();
    let mut query = FlowUserQuery { limit: 5, ..all };
    loop {
        let page = users_for(store, &AccessScope::system(), &query);
        let Some(last) = page.last() else { break };
        paged.extend(users(store, &query));
        query.after = Some(last.cursor());
    }
    assert_eq!(paged, expected);
    let mut query = FlowUserQuery { limit: 1, ..asks(Theme, 7) };
    let first = users_for(store, &AccessScope::system(), &query);
    query.after = Some(first[0].cursor());
    assert_eq!(users(store, &query), ["2 - d"]);
    assert_eq!(users(store, &FlowUserQuery { limit: 0, ..query }), [""; 0]);
}

/// S2.15, S2.28: of live flows of the first school that are private, school, public and wriveted, and
/// of drafts of them.
fn each_principal_is_told_of_flows_that_it_views<S: Store>(store: &S) {
    use Visibility::{Private, Public, School, Wriveted};
    let one = |n, visibility, is_published| FlowRecord {
        visibility,
        is_published,
        school_id: Some(school_id(1)),
        created_by: Some(user_id(1)),
        ..refers(n, [shows("a", 7)])
    };
    let all = [Private, School, Public, Wriveted];
    let live = (1..).zip(all).map(|(n, visibility)| publish(one(n, visibility, true), &[]));
    let drafts = (5..).zip(all).map(|(n, visibility)| draft(one(n, visibility, false)));
    fill_flows(store, live.chain(drafts).collect());
    let (one, two) = (school_id(1), school_id(2));
    for (scope, expected) in [
        (AccessScope::anonymous(), vec![]),
        (AccessScope::learner(Some(user_id(2)), Some(two)), vec![3, 4]),
        (AccessScope::learner(Some(user_id(2)), Some(one)), vec![2, 3, 4]),
        (AccessScope::educator(user_id(2), two), vec![3, 4, 7, 8]),
        (AccessScope::educator(user_id(2), one), vec![2, 3, 4, 6, 7, 8]),
        (AccessScope::educator(user_id(1), one), (1..9).collect()),
        (AccessScope::school_admin(None, vec![one]), (1..9).collect()),
        (AccessScope::school_admin(None, vec![two]), vec![3, 4, 7, 8]),
        (AccessScope::reader(vec![one]), vec![2, 3, 4, 6, 7, 8]),
        (AccessScope::platform(None), (1..9).collect()),
    ] {
        let found = users_for(store, &scope, &asks(Content, 7));
        let found: Vec<_> = found.into_iter().map(|user| user.flow_id).collect();
        let expected: Vec<FlowId> = expected.into_iter().map(flow_id).collect();
        assert_eq!(found, expected, "{scope:?}");
    }
}

fn references_are_part_of_the_record<S: Store>(store: &S) {
    let record = refers(1, [shows("b", 7), shows("a", 7), reference("a", Flow, "key:tea")]);
    fill_flows(store, vec![publish(record.clone(), &[])]);
    let look_up = LookUp { id: Some(record.id.0), ..LookUp::default() };
    let find = || store.find_flow(&AccessScope::system(), look_up).unwrap().unwrap();
    assert_eq!((find().record, find().row_version), (record.clone(), 1));
    // A change of the references alone is a change.
    let other = FlowRecord { references: [shows("b", 7)].into(), ..record };
    fill_flows(store, vec![draft(other.clone())]);
    assert_eq!((find().record, find().row_version), (other, 2));
}

fn references_that_break_a_rule_are_refused<S: Store>(store: &S) {
    for broken in [
        reference("", Content, "x"),
        reference("a", Content, ""),
        reference("a", Content, "nul \0"),
        reference("a", Flow, &"x".repeat(261)),
        reference(&"x".repeat(256), Flow, "x"),
        reference("a", Theme, "x"),
    ] {
        let flows = vec![draft(refers(1, [shows("a", 7), broken.clone()]))];
        let refused = store.apply(&AccessScope::system(), &Batch { flows, at: at(0), ..batch() });
        assert!(matches!(refused, Err(ApplyError::Invalid { .. })), "{refused:?}");
        let read = ReadReferences {
            flow_id: flow_id(1),
            row_version: 1,
            draft: [broken].into(),
            version: [].into(),
        };
        assert!(store.fill_references(&read).is_err());
    }
    assert_eq!(users(store, &asks(Content, 7)), [""; 0]);
    fill_flows(store, vec![draft(refers(1, [reference("a", Flow, &"ā".repeat(260))]))]);
}

fn what_is_known_is_not_filled_in<S: Store>(store: &S) {
    fill_flows(store, vec![publish(refers(1, [shows("a", 7)]), &[]), draft(flow(2))]);
    assert_eq!(store.unread_flows(10).unwrap(), []);
    let read = ReadReferences {
        flow_id: flow_id(1),
        row_version: 1,
        draft: [shows("b", 7)].into(),
        version: [].into(),
    };
    assert!(!store.fill_references(&read).unwrap());
    assert_eq!(users(store, &asks(Content, 7)), ["1 a dv"]);
}
