//! Finding flows and their versions.

use chatflow::{FlowRef, SessionId, Visibility};

use super::Case;
use super::fixture::{
    HOSTILE, at, batch, draft, fill, fill_flows, flow, flow_id, publish, school_id, version,
};
use crate::blocking::Store;
use crate::library::{Batch, FlowRecord};
use crate::scope::AccessScope;
use crate::session::TraceLevel;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        startable_flows_are_published_active_and_in_order,
        each_scope_sees_the_flows_that_the_table_gives_it,
        a_flow_may_invite_anonymous_visitors,
        a_seed_key_finds_the_published_flow_first,
        a_hostile_seed_key_finds_its_own_flow_only,
        a_version_is_kept_as_it_was_published,
        tracing_is_a_setting_of_the_flow_and_not_of_its_version,
        a_withdrawn_flow_keeps_its_versions_but_has_no_newest_one,
        a_summary_tells_where_the_flow_stands,
    ]
}

fn named(n: u128, name: &str) -> FlowRecord {
    FlowRecord { name: name.into(), ..flow(n) }
}

fn startable_flows_are_published_active_and_in_order<S: Store>(store: &S) {
    let hidden = FlowRecord { is_published: false, ..flow(8) };
    let deleted = FlowRecord { is_active: false, ..flow(9) };
    let live = [named(4, "b"), named(3, "b"), named(5, "Z"), named(6, "é"), named(7, "a")];
    let mut flows: Vec<_> = live.into_iter().map(|flow| publish(flow, &[])).collect();
    flows.extend([draft(hidden), publish(deleted, &[])]);
    fill_flows(store, flows);
    let found = store.startable_flows(&AccessScope::anonymous()).unwrap();
    let ids: Vec<_> = found.iter().map(|flow| flow.id).collect();
    // By the bytes of the name, then by id: the same in every store.
    assert_eq!(ids, [5, 7, 3, 4, 6].map(flow_id));
}

fn each_scope_sees_the_flows_that_the_table_gives_it<S: Store>(store: &S) {
    use Visibility::{Private, Public, School, Wriveted};
    let all = [(1, Private), (2, School), (3, Public), (4, Wriveted)];
    let flows = all.map(|(n, visibility)| {
        publish(FlowRecord { visibility, school_id: Some(school_id(1)), ..flow(n) }, &[])
    });
    fill_flows(store, flows.into());
    for (scope, expected) in [
        (AccessScope::system(), vec![1, 2, 3, 4]),
        (AccessScope::anonymous(), vec![4]),
        (AccessScope::learner(None, None), vec![3, 4]),
        (AccessScope::learner(None, Some(school_id(1))), vec![2, 3, 4]),
        (AccessScope::school_admin(None, vec![school_id(1)]), vec![1, 2, 3, 4]),
        (AccessScope::school_admin(None, vec![school_id(2)]), vec![3, 4]),
    ] {
        let found = store.startable_flows(&scope).unwrap();
        let ids: Vec<_> = found.iter().map(|flow| flow.id).collect();
        let expected: Vec<_> = expected.into_iter().map(flow_id).collect();
        assert_eq!(ids, expected, "{scope:?}");
        for (n, _) in all {
            let id = flow_id(n);
            let visible = expected.contains(&id);
            assert_eq!(store.flow(&scope, id).unwrap().is_some(), visible, "{scope:?}");
            assert_eq!(store.newest_version(&scope, id).unwrap().is_some(), visible, "{scope:?}");
            let first = store.flow_version(&scope, FlowRef { id, seq: 1 }).unwrap();
            assert_eq!(first.is_some(), visible, "{scope:?}");
        }
    }
}

fn a_flow_may_invite_anonymous_visitors<S: Store>(store: &S) {
    // S2.25, F66
    let open = |n, visibility| {
        let school_id = Some(school_id(1));
        publish(FlowRecord { visibility, school_id, allow_anonymous: true, ..flow(n) }, &[])
    };
    let flows =
        [open(1, Visibility::Private), open(2, Visibility::School), open(3, Visibility::Public)];
    fill_flows(store, flows.into());
    let found = store.startable_flows(&AccessScope::anonymous()).unwrap();
    let ids: Vec<_> = found.iter().map(|flow| flow.id).collect();
    assert_eq!(ids, [2, 3].map(flow_id));
    assert!(store.newest_version(&AccessScope::anonymous(), flow_id(3)).unwrap().is_some());
}

fn a_seed_key_finds_the_published_flow_first<S: Store>(store: &S) {
    let keyed = |n, is_published, is_active, school: Option<u128>| {
        let (seed_key, school_id) = (Some("hub".to_string()), school.map(school_id));
        draft(FlowRecord { seed_key, school_id, is_published, is_active, ..flow(n) })
    };
    let flows = vec![
        keyed(1, true, false, None),
        keyed(2, false, true, None),
        keyed(3, true, true, Some(1)),
        keyed(5, true, true, None),
        keyed(4, true, true, None),
    ];
    fill_flows(store, flows);
    let scope = AccessScope::anonymous();
    let found = store.flow_by_seed_key(&scope, "hub").unwrap();
    assert_eq!(found.map(|flow| flow.id), Some(flow_id(4)));
    for absent in ["HUB", "hu", "hub ", ""] {
        assert_eq!(store.flow_by_seed_key(&scope, absent).unwrap(), None, "{absent}");
    }
}

fn a_hostile_seed_key_finds_its_own_flow_only<S: Store>(store: &S) {
    let flows = (1..).zip(HOSTILE).map(|(n, text)| {
        let text = Some(text.to_string());
        publish(FlowRecord { seed_key: text.clone(), description: text, ..flow(n) }, &[])
    });
    fill_flows(store, flows.collect());
    for (n, text) in (1..).zip(HOSTILE) {
        let found = store.flow_by_seed_key(&AccessScope::anonymous(), text).unwrap().unwrap();
        assert_eq!((found.id, found.description.as_deref()), (flow_id(n), Some(text)));
    }
}

fn a_version_is_kept_as_it_was_published<S: Store>(store: &S) {
    let first = FlowRecord { graph_hash: "1".repeat(64), ..named(1, HOSTILE[5]) };
    let links = ["key:b", "id:00000000-0000-0000-0000-000000000002", "key:b", HOSTILE[0]];
    let links = [links[0], links[1], links[2], &format!("key:{}", links[3])];
    fill_flows(store, vec![publish(first.clone(), &links)]);
    let second = FlowRecord { name: "Renamed".into(), ..first.clone() };
    let newest = fill_flows(store, vec![publish(second.clone(), &[])]);
    assert_eq!(newest, [Some(FlowRef { id: flow_id(1), seq: 2 })]);

    let scope = AccessScope::anonymous();
    let stored = store.flow_version(&scope, FlowRef { id: flow_id(1), seq: 1 }).unwrap();
    assert_eq!(stored, Some(version(&links).record(&first, 1, at(0))));
    let newest = store.newest_version(&scope, flow_id(1)).unwrap().unwrap();
    assert_eq!(newest.version, version(&[]).record(&second, 2, at(0)));
    for seq in [0, 3, u32::MAX] {
        let none = store.flow_version(&scope, FlowRef { id: flow_id(1), seq }).unwrap();
        assert_eq!(none, None);
    }
}

fn tracing_is_a_setting_of_the_flow_and_not_of_its_version<S: Store>(store: &S) {
    // S7.1, S7.22: it changes without a new version.
    let scope = AccessScope::anonymous();
    fill_flows(store, vec![publish(flow(1), &[])]);
    for (trace_enabled, trace_level, trace_sample_rate) in [
        (true, TraceLevel::Minimal, 0),
        (true, TraceLevel::Verbose, 37),
        (false, TraceLevel::Standard, 100),
    ] {
        let set = FlowRecord { trace_enabled, trace_level, trace_sample_rate, ..flow(1) };
        fill_flows(store, vec![draft(set.clone())]);
        let live = store.newest_version(&scope, flow_id(1)).unwrap().unwrap();
        assert_eq!((live.version.flow.seq, live.tracing), (1, set.tracing()));
        let session = SessionId(uuid::Uuid::from_u128(1));
        let is_traced = live.tracing.of_session(session) != chatflow::TraceLevel::Off;
        assert_eq!(
            is_traced,
            trace_enabled && chatflow::is_traced(session, f64::from(trace_sample_rate))
        );
    }
}

fn a_withdrawn_flow_keeps_its_versions_but_has_no_newest_one<S: Store>(store: &S) {
    let scope = AccessScope::anonymous();
    fill_flows(store, vec![publish(flow(1), &[]), publish(flow(2), &[])]);
    let withdrawn = FlowRecord { is_published: false, ..flow(1) };
    let deleted = FlowRecord { is_active: false, ..flow(2) };
    fill_flows(store, vec![draft(withdrawn), draft(deleted)]);
    for n in [1, 2] {
        let id = flow_id(n);
        assert_eq!(store.newest_version(&scope, id).unwrap(), None);
        // F20: a running session goes on.
        assert!(store.flow_version(&scope, FlowRef { id, seq: 1 }).unwrap().is_some());
    }
}

fn a_summary_tells_where_the_flow_stands<S: Store>(store: &S) {
    let record = FlowRecord { info: "{\"a\":1}".into(), seed_key: Some("k".into()), ..flow(1) };
    fill_flows(store, vec![draft(FlowRecord { is_published: false, ..record.clone() })]);
    let scope = AccessScope::anonymous();
    let summary = store.flow(&scope, flow_id(1)).unwrap().unwrap();
    assert_eq!((summary.published_at, summary.newest, summary.row_version), (None, None, 1));

    let flows = vec![publish(record, &[])];
    fill(store, &Batch { at: at(70), flows, ..batch() });
    let summary = store.flow(&scope, flow_id(1)).unwrap().unwrap();
    assert_eq!(summary.published_at, Some(at(70)));
    assert_eq!(summary.newest, Some(FlowRef { id: flow_id(1), seq: 1 }));
    assert_eq!((summary.row_version, summary.info.as_str()), (2, "{\"a\":1}"));
    assert_eq!(store.flow(&scope, flow_id(2)).unwrap(), None);
}
