//! Writing the library.

use chatflow::{ExecutionContext, FlowRef, Visibility};
use uuid::Uuid;

use super::Case;
use super::fixture::{
    HOSTILE, anyway, at, batch, connection, content, draft, fill, fill_contents, fill_flows, flow,
    flow_id, json, library_of, node, publish, school, school_id, theme, theme_id, user_id, variant,
};
use crate::blocking::Store;
use crate::library::{
    Applied, ApplyError, Batch, Change, ConnectionRow, ContentRecord, FlowChange, FlowRecord,
    FlowStamp, LookUp, NodeRow, SchoolRecord, ThemeRecord, VariantRecord,
};
use crate::scope::AccessScope;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        a_batch_is_read_back_as_it_was_written,
        applying_a_batch_again_changes_nothing,
        a_changed_record_gets_a_new_version_and_keeps_its_birthday,
        a_graph_is_replaced_and_keeps_document_order,
        a_stale_version_is_a_conflict_and_nothing_is_applied,
        a_broken_record_is_refused_and_nothing_is_applied,
        a_reference_to_nothing_is_refused_and_nothing_is_applied,
        a_scope_writes_and_finds_its_own_records_only,
        a_look_up_goes_by_seed_key_then_id_then_name,
        an_owner_has_one_default_theme,
        two_imports_at_once_conflict,
    ]
}

fn by_id(n: u128) -> LookUp<'static> {
    LookUp { id: Some(Uuid::from_u128(n)), ..LookUp::default() }
}

fn two_variants() -> Vec<VariantRecord> {
    vec![
        VariantRecord { weight: 0, is_active: false, ..variant("A") },
        VariantRecord { conditions: json(HOSTILE[1]), weight: 10_000, ..variant(HOSTILE[4]) },
    ]
}

/// A batch that fills every column of every record.
#[expect(clippy::too_many_lines, reason = "every column is named")]
fn full() -> Batch {
    let text = |n: usize| HOSTILE[n].to_string();
    let school = SchoolRecord { seed_key: Some(text(0)), theme_id: Some(theme_id(2)), ..school(1) };
    let theme = ThemeRecord {
        seed_key: Some(text(1)),
        name: text(2),
        description: Some(text(3)),
        school_id: Some(school_id(1)),
        config: serde_json::json!({ "colour": text(4) }).to_string(),
        logo_url: Some(text(0)),
        avatar_url: Some(text(1)),
        is_default: true,
        created_by: Some(user_id(9)),
        ..theme(2)
    };
    let content = ContentRecord {
        seed_key: Some(text(5)),
        tags: HOSTILE.iter().map(ToString::to_string).collect(),
        visibility: Visibility::School,
        school_id: Some(school_id(1)),
        created_by: Some(user_id(9)),
        variants: two_variants(),
        ..content(3)
    };
    let odd = NodeRow {
        node_type: text(7),
        execution_context: ExecutionContext::Mixed,
        template: Some(text(5)),
        content: "[1, null]".into(),
        position: "{\"x\":-1.5,\"note\":\"ā\"}".into(),
        info: serde_json::json!({ "name": text(0) }).to_string(),
        ..node(HOSTILE[0])
    };
    let edge = ConnectionRow {
        conditions: serde_json::json!({ "if": text(1) }).to_string(),
        info: "{\"name\":\"x\"}".into(),
        ..connection("hello", HOSTILE[0], "$12")
    };
    let flow = FlowRecord {
        seed_key: Some(text(6)),
        name: text(4),
        description: Some(text(0)),
        visibility: Visibility::School,
        school_id: Some(school_id(1)),
        created_by: Some(user_id(9)),
        allow_anonymous: true,
        theme_id: Some(theme_id(2)),
        retention_days: 3650,
        trace_enabled: true,
        trace_sample_rate: 7,
        nodes: vec![node("hello"), odd],
        connections: vec![edge],
        ..flow(4)
    };
    Batch {
        at: at(1),
        schools: vec![anyway(school)],
        themes: vec![anyway(theme)],
        contents: vec![anyway(content)],
        flows: vec![publish(flow, &["key:x"])],
        ..Batch::default()
    }
}

fn a_batch_is_read_back_as_it_was_written<S: Store>(store: &S) {
    let batch = full();
    let newest = Some(FlowRef { id: flow_id(4), seq: 1 });
    let stamp = FlowStamp { id: flow_id(4), row_version: 1, newest };
    let applied = fill(store, &batch);
    assert_eq!(applied, Applied { created: 4, updated: 0, flows: vec![stamp] });
    let scope = AccessScope::system();
    let school = store.find_school(&scope, by_id(1)).unwrap().unwrap();
    assert_eq!((&school.record, school.row_version), (&batch.schools[0].record, 1));
    assert_eq!((school.created_at, school.updated_at), (at(1), at(1)));
    let theme = store.find_theme(&scope, by_id(2)).unwrap().unwrap();
    assert_eq!(theme.record, batch.themes[0].record);
    let content = store.find_content(&scope, by_id(3)).unwrap().unwrap();
    assert_eq!(content.record, batch.contents[0].record);
    let flow = store.find_flow(&scope, by_id(4)).unwrap().unwrap();
    assert_eq!(flow.record, batch.flows[0].flow.record);
}

fn applying_a_batch_again_changes_nothing<S: Store>(store: &S) {
    let first = fill(store, &full());
    let before = library_of(store);
    // S11.10; with the versions that an import reads before it writes.
    let mut again = Batch { at: at(99), ..full() };
    again.schools[0].expected = Some(1);
    again.contents[0].expected = Some(1);
    again.flows[0].flow.expected = Some(1);
    let second = fill(store, &again);
    assert_eq!(second, Applied { created: 0, updated: 0, flows: first.flows });
    assert_eq!(library_of(store), before);
}

fn a_changed_record_gets_a_new_version_and_keeps_its_birthday<S: Store>(store: &S) {
    fill(store, &full());
    let mut changed = Batch { at: at(50), ..full() };
    changed.schools[0].record.name = "Renamed".into();
    changed.themes[0].record.is_active = false;
    changed.contents[0].record.tags = vec![];
    changed.flows[0].flow.record.nodes[0].content = "{}".into();
    let applied = fill(store, &changed);
    assert_eq!((applied.created, applied.updated), (0, 4));
    assert_eq!(applied.flows[0].row_version, 2);
    // The version takes its hash and name from the flow, and they are the same.
    assert_eq!(applied.flows[0].newest.map(|flow| flow.seq), Some(1));
    let scope = AccessScope::system();
    let flow = store.find_flow(&scope, by_id(4)).unwrap().unwrap();
    assert_eq!(flow.record, changed.flows[0].flow.record);
    assert_eq!((flow.row_version, flow.created_at, flow.updated_at), (2, at(1), at(50)));
    let theme = store.find_theme(&scope, by_id(2)).unwrap().unwrap();
    assert_eq!(theme.record, changed.themes[0].record);
    assert_eq!((theme.row_version, theme.created_at, theme.updated_at), (2, at(1), at(50)));
    let school = store.find_school(&scope, by_id(1)).unwrap().unwrap();
    assert_eq!((school.record, school.row_version), (changed.schools[0].record.clone(), 2));
    let content = store.find_content(&scope, by_id(3)).unwrap().unwrap();
    assert_eq!((content.record, content.row_version), (changed.contents[0].record.clone(), 2));
}

fn a_graph_is_replaced_and_keeps_document_order<S: Store>(store: &S) {
    // F2
    let graph = |names: [&str; 3]| {
        let nodes = names.map(node).into();
        let connections = vec![
            connection(names[2], names[0], "$0"),
            connection(names[0], names[1], "default"),
            connection(names[2], names[0], "default"),
        ];
        FlowRecord { nodes, connections, ..flow(1) }
    };
    for names in [["z", "a", "m"], ["m", "z", "a"], ["new", "a", "z"], ["a", "b", "c"]] {
        let record = graph(names);
        fill_flows(store, vec![draft(record.clone())]);
        let found = store.find_flow(&AccessScope::system(), by_id(1)).unwrap().unwrap();
        assert_eq!(found.record, record);
    }
    let empty = FlowRecord { nodes: vec![], connections: vec![], ..flow(1) };
    fill_flows(store, vec![draft(empty.clone())]);
    let found = store.find_flow(&AccessScope::system(), by_id(1)).unwrap().unwrap();
    assert_eq!((found.record, found.row_version), (empty, 5));
}

/// Applies `batch`, which must fail, and sees that the library is as it was.
fn refused<S: Store>(store: &S, scope: &AccessScope, batch: &Batch) -> ApplyError {
    let before = library_of(store);
    let error = store.apply(scope, batch).unwrap_err();
    assert_eq!(library_of(store), before, "{error}");
    error
}

fn a_stale_version_is_a_conflict_and_nothing_is_applied<S: Store>(store: &S) {
    fill(store, &full());
    for (stored, expected, actual) in [(4, 2, 1), (4, 0, 1), (7, 1, 0)] {
        let mut batch = batch();
        batch.schools[0].record.name = "Not to be seen".into();
        batch.contents.push(anyway(content(9)));
        let record = FlowRecord { name: "Not to be seen".into(), ..flow(stored) };
        let change = Change { expected: Some(expected), record };
        batch.flows = vec![publish(flow(8), &[]), FlowChange { flow: change, publish: None }];
        match refused(store, &AccessScope::system(), &batch) {
            ApplyError::Conflict { expected: e, actual: a, .. } => {
                assert_eq!((e, a), (expected, actual));
            }
            other => panic!("{other:?}"),
        }
    }
    let stale = Change { expected: Some(4), record: school(1) };
    let error = refused(store, &AccessScope::system(), &Batch { schools: vec![stale], ..batch() });
    assert!(matches!(error, ApplyError::Conflict { expected: 4, actual: 1, .. }), "{error:?}");
}

fn a_broken_record_is_refused_and_nothing_is_applied<S: Store>(store: &S) {
    let flows = [
        FlowRecord { name: String::new(), ..flow(2) },
        FlowRecord { name: "x".repeat(256), ..flow(2) },
        FlowRecord { name: "nul \0".into(), ..flow(2) },
        FlowRecord { flow_data: "{".into(), ..flow(2) },
        FlowRecord { info: "[]".into(), ..flow(2) },
        FlowRecord { retention_days: 0, ..flow(2) },
        FlowRecord { trace_sample_rate: 101, ..flow(2) },
        FlowRecord { nodes: vec![node("hello"), node("bye"), node("bye")], ..flow(2) },
        FlowRecord { connections: vec![connection("hello", "gone", "default")], ..flow(2) },
        FlowRecord { connections: vec![connection("hello", "bye", "DEFAULT")], ..flow(2) },
        FlowRecord { connections: vec![connection("hello", "bye", "$0"); 2], ..flow(2) },
    ];
    let contents = [
        ContentRecord { kind: "song".into(), ..content(2) },
        ContentRecord { content: "null".into(), ..content(2) },
        ContentRecord { tags: vec!["\0".into()], ..content(2) },
        ContentRecord { visibility: Visibility::School, ..content(2) },
    ]
    .into_iter();
    let variants = [
        vec![variant("")],
        vec![variant(&"x".repeat(101))],
        vec![VariantRecord { weight: 10_001, ..variant("a") }],
        vec![VariantRecord { data: "[]".into(), ..variant("a") }],
        vec![VariantRecord { conditions: "null".into(), ..variant("a") }],
        vec![variant("b"), variant("a")],
        vec![variant("a"), variant("a")],
    ];
    let variants = variants.map(|variants| ContentRecord { variants, ..content(2) });
    let flows = flows.into_iter().map(|flow| Batch { flows: vec![draft(flow)], ..batch() });
    let contents = contents
        .chain(variants)
        .map(|content| Batch { contents: vec![anyway(content)], ..batch() });
    let unpublished = FlowRecord { is_published: false, ..flow(2) };
    let version = Batch { flows: vec![publish(unpublished, &[])], ..batch() };
    let link = Batch { flows: vec![publish(flow(2), &["flow 3"])], ..batch() };
    let twice = Batch { themes: vec![anyway(theme(2)), anyway(theme(2))], ..batch() };
    for bad in flows.chain(contents).chain([version, link, twice]) {
        let error = refused(store, &AccessScope::system(), &bad);
        assert!(matches!(error, ApplyError::Invalid { .. }), "{error:?}");
    }
    // The longest names are counted in characters, not in bytes.
    let record = FlowRecord { name: "ā".repeat(255), version: "é".repeat(50), ..flow(2) };
    fill_flows(store, vec![draft(record)]);
}

fn a_reference_to_nothing_is_refused_and_nothing_is_applied<S: Store>(store: &S) {
    let lost = Some(school_id(77));
    let no_theme = Some(theme_id(77));
    let cases = [
        Batch {
            schools: vec![anyway(SchoolRecord { theme_id: no_theme, ..school(3) })],
            ..batch()
        },
        Batch { themes: vec![anyway(ThemeRecord { school_id: lost, ..theme(3) })], ..batch() },
        Batch {
            contents: vec![anyway(ContentRecord { school_id: lost, ..content(3) })],
            ..batch()
        },
        Batch { flows: vec![draft(FlowRecord { school_id: lost, ..flow(3) })], ..batch() },
        Batch { flows: vec![draft(FlowRecord { theme_id: no_theme, ..flow(3) })], ..batch() },
    ];
    for bad in cases {
        let error = refused(store, &AccessScope::system(), &bad);
        assert!(matches!(error, ApplyError::Dangling { .. }), "{error:?}");
    }
}

fn a_scope_writes_and_finds_its_own_records_only<S: Store>(store: &S) {
    let of = |n, school: Option<u128>| ContentRecord {
        visibility: Visibility::Public,
        school_id: school.map(school_id),
        ..content(n)
    };
    fill_contents(store, vec![of(1, Some(1)), of(2, Some(2)), of(3, None)]);
    let scope = AccessScope::school_admin(None, vec![school_id(1)]);
    for (n, own) in [(1, true), (2, false), (3, false)] {
        let found = store.find_content(&scope, by_id(n)).unwrap();
        assert_eq!(found.is_some(), own, "{n}");
    }
    let write = |record| Batch { at: at(9), contents: vec![anyway(record)], ..Batch::default() };
    // Theirs, nobody's, and taking over theirs, or giving away one's own.
    for bad in [of(2, Some(2)), of(9, None), of(2, Some(1)), of(1, Some(2))] {
        let error = refused(store, &scope, &write(bad));
        assert!(matches!(error, ApplyError::OutOfScope { .. }), "{error:?}");
    }
    let own = ContentRecord { kind: "fact".into(), ..of(1, Some(1)) };
    assert_eq!(store.apply(&scope, &write(own)).unwrap().updated, 1);
    for scope in [AccessScope::anonymous(), AccessScope::learner(None, Some(school_id(1)))] {
        let error = refused(store, &scope, &write(of(1, Some(1))));
        assert!(matches!(error, ApplyError::OutOfScope { .. }), "{error:?}");
    }
}

fn a_look_up_goes_by_seed_key_then_id_then_name<S: Store>(store: &S) {
    // S11.9
    let of = |n, key: &str, name: &str, school: Option<u128>| {
        let (seed_key, school_id) = (Some(key.to_string()), school.map(school_id));
        draft(FlowRecord { seed_key, name: name.into(), school_id, ..flow(n) })
    };
    let flows = vec![
        of(4, "dup", "Same", None),
        of(1, "one", "Same", Some(1)),
        of(2, "two", "Same", Some(2)),
        of(3, "dup", "Other", None),
    ];
    fill_flows(store, flows);
    let find = |key: &'static str, id: u128, name: &'static str, school: Option<u128>| {
        let (seed_key, name) = (Some(key), Some(name));
        let (id, school) = (Some(Uuid::from_u128(id)), school.map(school_id));
        let look_up = LookUp { seed_key, id, name, school };
        let found = store.find_flow(&AccessScope::system(), look_up).unwrap();
        found.map(|stored| stored.record.id.0.as_u128())
    };
    assert_eq!(find("two", 1, "Other", None), Some(2));
    assert_eq!(find("dup", 1, "Same", None), Some(3));
    assert_eq!(find("x", 1, "Other", None), Some(1));
    assert_eq!(find("x", 9, "Same", None), Some(4));
    assert_eq!(find("x", 9, "Same", Some(2)), Some(2));
    assert_eq!(find("x", 9, "same", Some(2)), None);
    assert_eq!(find("' OR '1'='1", 9, "' OR ''='", None), None);
    let nothing = store.find_flow(&AccessScope::system(), LookUp::default()).unwrap();
    assert_eq!(nothing, None);
    let by_name = LookUp { name: Some("School 2"), ..LookUp::default() };
    let found = store.find_school(&AccessScope::system(), by_name).unwrap().unwrap();
    assert_eq!(found.record.id, school_id(2));
}

fn an_owner_has_one_default_theme<S: Store>(store: &S) {
    // S1.63
    let of = |n, is_default, school: Option<u128>| {
        anyway(ThemeRecord { is_default, school_id: school.map(school_id), ..theme(n) })
    };
    let write = |themes| Batch { themes, ..batch() };
    fill(store, &write(vec![of(1, true, None), of(2, false, None), of(3, true, Some(1))]));
    let second = write(vec![of(2, true, None)]);
    let error = refused(store, &AccessScope::system(), &second);
    assert!(matches!(error, ApplyError::Invalid { .. }), "{error:?}");
    // The default may move within a batch, whichever theme comes first.
    fill(store, &write(vec![of(2, true, None), of(1, false, None)]));
    fill(store, &write(vec![of(2, false, None), of(1, true, None)]));
    let found = store.find_theme(&AccessScope::system(), by_id(1)).unwrap().unwrap();
    assert!(found.record.is_default);
}

fn two_imports_at_once_conflict<S: Store>(store: &S) {
    fill_flows(store, vec![publish(flow(1), &[])]);
    let import = |name: &str| {
        let record = FlowRecord { name: name.into(), ..flow(1) };
        let flow = Change { expected: Some(1), record };
        let batch = Batch { flows: vec![FlowChange { flow, publish: None }], ..batch() };
        store.apply(&AccessScope::system(), &batch)
    };
    let (one, two) = std::thread::scope(|threads| {
        let one = threads.spawn(|| import("one"));
        let two = threads.spawn(|| import("two"));
        (one.join().unwrap(), two.join().unwrap())
    });
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let winner = if one.is_ok() { "one" } else { "two" };
    let found = store.find_flow(&AccessScope::system(), by_id(1)).unwrap().unwrap();
    assert_eq!((found.record.name.as_str(), found.row_version), (winner, 2));
}
