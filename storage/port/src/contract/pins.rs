//! The closure of a flow's references (F20).

use chatflow::{FlowRef, Visibility};

use super::Case;
use super::fixture::{HOSTILE, draft, fill_flows, flow, flow_id, publish, school_id};
use crate::blocking::Store;
use crate::flow::Pin;
use crate::library::{FlowChange, FlowRecord, NewVersion};
use crate::scope::AccessScope;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        the_closure_is_transitive_and_ends_on_cycles,
        a_link_that_stands_for_nothing_is_absent,
        a_pin_is_the_newest_version,
        a_key_is_looked_for_in_the_roots_school_first,
        a_flow_refers_to_its_own_school_and_to_what_is_open,
        a_root_that_the_scope_does_not_see_has_no_pins,
        a_hostile_key_is_only_a_key,
        a_link_may_name_a_version,
    ]
}

fn keyed(n: u128, links: &[&str]) -> FlowChange {
    publish(FlowRecord { seed_key: Some(format!("f{n}")), ..flow(n) }, links)
}

fn id_link(n: u128) -> String {
    format!("id:{}", flow_id(n))
}

fn pins<S: Store>(store: &S, scope: &AccessScope, root: u128) -> Vec<(String, u128, u32)> {
    let found = store.pins(scope, FlowRef { id: flow_id(root), seq: 1 }).unwrap();
    found.into_iter().map(|Pin { link, flow }| (link, flow.id.0.as_u128(), flow.seq)).collect()
}

fn the_closure_is_transitive_and_ends_on_cycles<S: Store>(store: &S) {
    let flows = vec![
        keyed(1, &["key:f2", &id_link(3), "key:f1"]),
        keyed(2, &["key:f3", "key:f4"]),
        keyed(3, &[&id_link(1), "key:f2"]),
        keyed(4, &[]),
        keyed(5, &["key:f1"]),
    ];
    fill_flows(store, flows);
    let expected = [(id_link(1), 1, 1), (id_link(3), 3, 1)].into_iter();
    let expected = expected.chain([1, 2, 3, 4].map(|n| (format!("key:f{n}"), n, 1)));
    let scope = AccessScope::anonymous();
    assert_eq!(pins(store, &scope, 1), expected.collect::<Vec<_>>());
    assert_eq!(pins(store, &scope, 4), []);
}

fn a_link_that_stands_for_nothing_is_absent<S: Store>(store: &S) {
    let hidden = |n, is_published, is_active| {
        let seed_key = Some(format!("f{n}"));
        draft(FlowRecord { seed_key, is_published, is_active, ..flow(n) })
    };
    let links =
        ["key:nobody", "key:f2", "key:f3", &id_link(3), &id_link(99), "id:", "id:x", "key:"];
    let flows = vec![
        keyed(1, &links),
        // Published by its flag alone: there is no version to run.
        hidden(2, true, true),
        keyed(3, &[]),
    ];
    fill_flows(store, flows);
    fill_flows(store, vec![hidden(3, false, true)]);
    let scope = AccessScope::anonymous();
    assert_eq!(pins(store, &scope, 1), []);
    fill_flows(store, vec![hidden(3, true, false)]);
    assert_eq!(pins(store, &scope, 1), []);
    // Without a root there is nothing to follow.
    assert_eq!(pins(store, &scope, 77), []);
    assert_eq!(store.pins(&scope, FlowRef { id: flow_id(1), seq: 0 }).unwrap(), []);
}

fn a_pin_is_the_newest_version<S: Store>(store: &S) {
    fill_flows(store, vec![keyed(1, &["key:f2"]), keyed(2, &["key:f3"]), keyed(3, &[])]);
    fill_flows(store, vec![keyed(2, &[])]);
    let expected = [("key:f2".to_string(), 2, 2)];
    assert_eq!(pins(store, &AccessScope::anonymous(), 1), expected);
}

/// R9.35: the newest version with the label; a label that nobody published stands for nothing.
fn a_link_may_name_a_version<S: Store>(store: &S) {
    let id = flow_id(2);
    let links: Vec<String> = ["key@1.0:f2", "key@2.0:f2", "key@9:f2", "key:f2", "key@1.0:nobody"]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("id@2.0:{id}"), format!("id@2:{id}"), format!("id:{id}")])
        .collect();
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    fill_flows(store, vec![keyed(1, &links)]);
    for label in ["1.0", "2.0", "1.0", "3.0"] {
        let mut change = keyed(2, &[]);
        change.publish =
            change.publish.map(|version| NewVersion { label: label.into(), ..version });
        fill_flows(store, vec![change]);
    }
    let expected = [
        (format!("id:{id}"), 2, 4),
        (format!("id@2.0:{id}"), 2, 2),
        ("key:f2".into(), 2, 4),
        ("key@1.0:f2".into(), 2, 3),
        ("key@2.0:f2".into(), 2, 2),
    ];
    assert_eq!(pins(store, &AccessScope::anonymous(), 1), expected);
}

fn a_key_is_looked_for_in_the_roots_school_first<S: Store>(store: &S) {
    let hub = |n, school: Option<u128>| {
        let (seed_key, school_id) = (Some("hub".to_string()), school.map(school_id));
        publish(FlowRecord { seed_key, school_id, ..flow(n) }, &[])
    };
    let root = |n, school: Option<u128>| {
        let school_id = school.map(school_id);
        publish(FlowRecord { school_id, ..flow(n) }, &["key:hub"])
    };
    let roots = [root(1, Some(1)), root(2, Some(2)), root(3, None)];
    let hubs = [hub(4, None), hub(5, None), hub(6, Some(1))];
    fill_flows(store, roots.into_iter().chain(hubs).collect());
    let scope = AccessScope::anonymous();
    for (root, expected) in [(1, 6), (2, 4), (3, 4)] {
        assert_eq!(pins(store, &scope, root), [("key:hub".to_string(), expected, 1)], "{root}");
    }
}

fn a_flow_refers_to_its_own_school_and_to_what_is_open<S: Store>(store: &S) {
    use Visibility::{Private, Public, School, Wriveted};
    // S2.27
    let of = |n, visibility, school: Option<u128>, links: &[&str]| {
        publish(FlowRecord { visibility, school_id: school.map(school_id), ..flow(n) }, links)
    };
    let links: Vec<_> = (2..9).map(id_link).collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    let flows = vec![
        of(1, Wriveted, Some(1), &links),
        of(2, Private, Some(1), &[]),
        of(3, School, Some(1), &[]),
        of(4, Public, Some(2), &[&id_link(9)]),
        of(5, Wriveted, Some(2), &[]),
        of(6, School, Some(2), &[]),
        of(7, Private, Some(2), &[]),
        of(8, Private, None, &[]),
        of(9, School, Some(2), &[]),
    ];
    fill_flows(store, flows);
    let found: Vec<_> = pins(store, &AccessScope::anonymous(), 1).iter().map(|p| p.1).collect();
    // 9 belongs to the school of 4, which refers to it.
    assert_eq!(found, [2, 3, 4, 5, 9]);
    // Flows of no school are not one school.
    fill_flows(store, vec![of(10, Wriveted, None, &[&id_link(8), &id_link(5)])]);
    let found: Vec<_> = pins(store, &AccessScope::anonymous(), 10).iter().map(|p| p.1).collect();
    assert_eq!(found, [5]);
}

fn a_root_that_the_scope_does_not_see_has_no_pins<S: Store>(store: &S) {
    let root =
        FlowRecord { visibility: Visibility::School, school_id: Some(school_id(1)), ..flow(1) };
    fill_flows(store, vec![publish(root, &["key:f2"]), keyed(2, &[])]);
    for (scope, count) in [
        (AccessScope::anonymous(), 0),
        (AccessScope::learner(None, Some(school_id(2))), 0),
        (AccessScope::learner(None, Some(school_id(1))), 1),
        (AccessScope::system(), 1),
    ] {
        assert_eq!(pins(store, &scope, 1).len(), count, "{scope:?}");
    }
}

fn a_hostile_key_is_only_a_key<S: Store>(store: &S) {
    let links: Vec<_> = HOSTILE.iter().map(|text| format!("key:{text}")).collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    let child = FlowRecord { seed_key: Some(HOSTILE[5].into()), ..flow(2) };
    fill_flows(store, vec![keyed(1, &links), publish(child, &[]), keyed(3, &[])]);
    let expected = [(format!("key:{}", HOSTILE[5]), 2, 1)];
    assert_eq!(pins(store, &AccessScope::anonymous(), 1), expected);
}
