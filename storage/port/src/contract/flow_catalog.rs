//! Flows as those who manage them see them.

use chatflow::{FlowRef, Visibility};

use super::Case;
use super::fixture::{
    HOSTILE, anyway, at, batch, connection, draft, fill, flow, flow_id, node, publish, school_id,
    user_id, version,
};
use super::isolation::{principals, sees};
use crate::admin::Total;
use crate::blocking::Store;
use crate::flow_catalog::{FlowQuery, NewestVersion, VersionEntry};
use crate::id::UserId;
use crate::library::{Batch, FlowChange, FlowRecord, NewVersion};
use crate::reference::{FlowReference, ReferenceKind};
use crate::scope::AccessScope;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        a_draft_tells_what_is_stored,
        many_drafts_are_what_each_of_them_is,
        what_was_published_stays_with_who_and_why,
        a_flow_that_is_published_again_tells_by_whom,
        rows_keep_the_time_of_their_creation,
        each_principal_finds_what_the_table_says,
        a_deleted_flow_is_found_by_those_who_may_edit_it,
        filters_of_a_list_add_up,
        pages_of_flows_follow_each_other,
        links_stand_for_what_the_owner_may_embed,
        of_hidden_flows_only_their_existence_is_told,
        who_embeds_a_flow_is_known_by_its_newest_version,
    ]
}

fn system() -> AccessScope {
    AccessScope::system()
}

fn all() -> FlowQuery {
    FlowQuery { limit: 100, ..FlowQuery::default() }
}

/// Writes flows at `seconds`, on behalf of a user.
fn write<S: Store>(store: &S, seconds: i64, by: u128, flows: Vec<FlowChange>) {
    fill(store, &Batch { at: at(seconds * 1000), by: Some(user_id(by)), flows, ..batch() });
}

fn listed<S: Store>(store: &S, scope: &AccessScope, query: &FlowQuery) -> Vec<u128> {
    let page = store.list_flows(scope, query).unwrap();
    page.flows.iter().map(|draft| draft.stored.record.id.0.as_u128()).collect()
}

fn noted(flow: FlowRecord, label: &str, note: &str) -> FlowChange {
    let new = NewVersion { label: label.into(), note: Some(note.into()), ..version(&[]) };
    FlowChange { flow: anyway(flow), publish: Some(new) }
}

fn a_draft_tells_what_is_stored<S: Store>(store: &S) {
    let record = FlowRecord {
        name: HOSTILE[0].into(),
        description: Some(HOSTILE[5].into()),
        is_published: false,
        created_by: Some(user_id(4)),
        ..flow(1)
    };
    write(store, 1, 4, vec![draft(record.clone())]);
    let found = store.flow_draft(&system(), flow_id(1)).unwrap().unwrap();
    assert_eq!(found.stored.record, record);
    assert_eq!((found.stored.row_version, found.stored.created_at), (1, at(1000)));
    assert_eq!((found.published_at, found.published_by, &found.newest), (None, None, &None));
    assert!(found.has_unpublished_changes());
    let published = FlowRecord { is_published: true, ..record };
    write(store, 2, 5, vec![publish(published.clone(), &[])]);
    let found = store.flow_draft(&system(), flow_id(1)).unwrap().unwrap();
    assert_eq!((found.published_at, found.published_by), (Some(at(2000)), Some(user_id(5))));
    let graph_hash = published.graph_hash.clone();
    let newest = NewestVersion { seq: 1, label: "1.1.0".into(), graph_hash };
    assert_eq!(found.newest, Some(newest));
    assert!(!found.has_unpublished_changes());
    write(store, 3, 6, vec![draft(FlowRecord { graph_hash: "1".repeat(64), ..published })]);
    let found = store.flow_draft(&system(), flow_id(1)).unwrap().unwrap();
    assert!(found.has_unpublished_changes());
    // Whoever edits does not publish.
    assert_eq!((found.published_at, found.published_by), (Some(at(2000)), Some(user_id(5))));
    let page = store.list_flows(&system(), &all()).unwrap();
    let mut brief = found.clone();
    brief.stored.record.nodes.clear();
    brief.stored.record.connections.clear();
    assert_eq!(page.flows, [brief]);
    assert_eq!(store.flow_draft(&system(), flow_id(2)).unwrap(), None);
}

fn many_drafts_are_what_each_of_them_is<S: Store>(store: &S) {
    // S3.100
    let changed = FlowRecord { graph_hash: "1".repeat(64), nodes: vec![node("a")], ..flow(3) };
    let changed = FlowRecord { entry_node_id: Some("a".into()), connections: vec![], ..changed };
    let bare = FlowRecord { nodes: vec![], connections: vec![], entry_node_id: None, ..flow(4) };
    let refers = |name: &str| FlowReference {
        node_id: "hello".into(),
        kind: ReferenceKind::Flow,
        ref_id: name.to_owned(),
    };
    let references = [refers("key:one"), refers("key:two")].into();
    write(store, 1, 4, vec![publish(flow(1), &[]), draft(FlowRecord { references, ..flow(2) })]);
    write(store, 2, 5, vec![publish(flow(3), &[]), draft(bare)]);
    write(store, 3, 6, vec![draft(changed)]);
    let ids = [4, 9, 3, 1, 2, 3, 1].map(flow_id);
    let one = |n| store.flow_draft(&system(), flow_id(n)).unwrap().unwrap();
    let found = store.flow_drafts(&system(), &ids).unwrap();
    assert_eq!(found, [one(1), one(2), one(3), one(4)]);
    assert_eq!(store.flow_drafts(&system(), &[]).unwrap(), []);
    assert_eq!(store.flow_drafts(&system(), &[flow_id(9)]).unwrap(), []);
}

fn what_was_published_stays_with_who_and_why<S: Store>(store: &S) {
    // S3.99
    let one = flow(1);
    let two = FlowRecord {
        name: "Renamed".into(),
        entry_node_id: Some("bye".into()),
        graph_hash: "2".repeat(64),
        nodes: vec![node("bye")],
        connections: Vec::new(),
        ..flow(1)
    };
    write(store, 1, 4, vec![noted(one, "1.0.0", HOSTILE[1])]);
    write(store, 2, 5, vec![noted(two.clone(), "1.1.0", "Shorter.")]);
    let entry = |seq, label: &str, by, note: &str| VersionEntry {
        flow: FlowRef { id: flow_id(1), seq },
        label: label.into(),
        name: "Flow 1".into(),
        entry_node_id: Some("hello".into()),
        graph_hash: "0".repeat(64),
        published_at: at(i64::from(seq) * 1000),
        published_by: Some(user_id(by)),
        note: Some(note.into()),
        nodes_count: 2,
        connections_count: 1,
    };
    let first = entry(1, "1.0.0", 4, HOSTILE[1]);
    let second = VersionEntry {
        name: "Renamed".into(),
        entry_node_id: Some("bye".into()),
        graph_hash: "2".repeat(64),
        nodes_count: 1,
        connections_count: 0,
        ..entry(2, "1.1.0", 5, "Shorter.")
    };
    let list = |skip, limit| {
        let page = store.list_versions(&system(), flow_id(1), skip, limit).unwrap().unwrap();
        assert_eq!(page.total, Total { count: 2, is_capped: false });
        page.versions
    };
    assert_eq!(list(0, 100), [second.clone(), first.clone()]);
    assert_eq!(list(1, 1), std::slice::from_ref(&first));
    assert_eq!(list(0, 0), []);
    assert_eq!(list(9, 9), []);
    let (found, document) = store.version_entry(&system(), first.flow).unwrap().unwrap();
    assert_eq!((found, document), (first.clone(), version(&[]).document));
    let missing = FlowRef { seq: 3, ..first.flow };
    assert_eq!(store.version_entry(&system(), missing).unwrap(), None);
    assert!(store.list_versions(&system(), flow_id(2), 0, 9).unwrap().is_none());
    // What is as the newest one is not published anew, whoever tries and whatever they say.
    write(store, 3, 6, vec![noted(two, "1.1.0", "Again.")]);
    assert_eq!(list(0, 100), [second, first]);
}

fn a_flow_that_is_published_again_tells_by_whom<S: Store>(store: &S) {
    // S3.88(b), S3.90
    write(store, 1, 4, vec![publish(flow(1), &[])]);
    write(store, 2, 5, vec![draft(FlowRecord { is_published: false, ..flow(1) })]);
    let found = store.flow_draft(&system(), flow_id(1)).unwrap().unwrap();
    assert_eq!((found.published_at, found.published_by), (None, None));
    write(store, 3, 6, vec![draft(flow(1))]);
    let found = store.flow_draft(&system(), flow_id(1)).unwrap().unwrap();
    assert_eq!((found.published_at, found.published_by), (Some(at(3000)), Some(user_id(6))));
    assert_eq!(found.newest.map(|newest| newest.seq), Some(1));
}

fn rows_keep_the_time_of_their_creation<S: Store>(store: &S) {
    // S1.48, S1.7, F2
    let times = |store: &S| {
        let rows = store.flow_rows(&system(), flow_id(1)).unwrap().unwrap();
        let seconds = |time: chatflow::Timestamp| (time.as_millis() - at(0).as_millis()) / 1000;
        let nodes = rows.nodes.iter().map(|entry| {
            let id = entry.row.node_id.to_string();
            (id, seconds(entry.created_at), seconds(entry.updated_at))
        });
        let connections = rows.connections.iter();
        let connections =
            connections.map(|entry| (entry.row.connection_type.clone(), seconds(entry.created_at)));
        (nodes.collect::<Vec<_>>(), connections.collect::<Vec<_>>())
    };
    let row = |id: &str, created, updated| (id.to_owned(), created, updated);
    write(store, 1, 4, vec![draft(flow(1))]);
    let mut changed = flow(1);
    changed.nodes[1].content = "{}".into();
    changed.nodes.push(node("again"));
    changed.connections.push(connection("bye", "again", "$1"));
    write(store, 2, 4, vec![draft(changed.clone())]);
    let (nodes, connections) = times(store);
    assert_eq!(nodes, [row("hello", 1, 1), row("bye", 1, 2), row("again", 2, 2)]);
    assert_eq!(connections, [("default".to_owned(), 1), ("$1".to_owned(), 2)]);
    let rows = store.flow_rows(&system(), flow_id(1)).unwrap().unwrap();
    let found: Vec<_> = rows.nodes.into_iter().map(|entry| entry.row).collect();
    assert_eq!(found, changed.nodes);
    let found: Vec<_> = rows.connections.into_iter().map(|entry| entry.row).collect();
    assert_eq!(found, changed.connections);
    // What goes and comes again is new.
    let mut without = changed.clone();
    without.nodes.pop();
    without.connections.pop();
    write(store, 3, 4, vec![draft(without)]);
    write(store, 4, 4, vec![draft(changed)]);
    let (nodes, connections) = times(store);
    assert_eq!(nodes, [row("hello", 1, 1), row("bye", 1, 2), row("again", 4, 4)]);
    assert_eq!(connections, [("default".to_owned(), 1), ("$1".to_owned(), 4)]);
    assert!(store.flow_rows(&system(), flow_id(2)).unwrap().is_none());
}

fn owned(n: u128, visibility: Visibility, is_published: bool) -> FlowRecord {
    let (school_id, created_by) = (Some(school_id(1)), Some(user_id(1)));
    FlowRecord { visibility, school_id, created_by, is_published, ..flow(n) }
}

/// S2.15, S2.22: by id and in lists alike, and so with all that belongs to a flow.
fn each_principal_finds_what_the_table_says<S: Store>(store: &S) {
    let kinds = [Visibility::Private, Visibility::School, Visibility::Public, Visibility::Wriveted];
    let live = (1..).zip(kinds).map(|(n, kind)| publish(owned(n, kind, true), &[]));
    let drafts = (5..).zip(kinds).map(|(n, kind)| draft(owned(n, kind, false)));
    write(store, 1, 4, live.chain(drafts).collect());
    for ((name, scope), (same, expected)) in principals().into_iter().zip(sees()) {
        assert_eq!(name, same);
        let mut found = listed(store, &scope, &all());
        found.reverse();
        assert_eq!(found, expected, "{name}");
        let total = store.list_flows(&scope, &FlowQuery { limit: 0, ..all() }).unwrap().total;
        assert_eq!(total.count, expected.len() as u64, "{name}");
        for n in 1..9 {
            let (id, is_seen) = (flow_id(n), expected.contains(&n));
            let first = FlowRef { id, seq: 1 };
            let found = [
                store.flow_draft(&scope, id).unwrap().is_some(),
                store.flow_rows(&scope, id).unwrap().is_some(),
                store.list_versions(&scope, id, 0, 9).unwrap().is_some(),
            ];
            assert_eq!(found, [is_seen; 3], "{name}, {n}");
            let drafts = store.flow_drafts(&scope, &[id]).unwrap();
            assert_eq!(drafts.first(), store.flow_draft(&scope, id).unwrap().as_ref(), "{name}");
            let version = store.version_entry(&scope, first).unwrap();
            assert_eq!(version.is_some(), is_seen && n < 5, "{name}, {n}");
        }
    }
}

fn a_deleted_flow_is_found_by_those_who_may_edit_it<S: Store>(store: &S) {
    // S3.81
    write(store, 1, 4, vec![publish(owned(1, Visibility::Public, true), &[])]);
    let deleted = FlowRecord { is_active: false, ..owned(1, Visibility::Public, false) };
    write(store, 2, 4, vec![draft(deleted)]);
    let id = flow_id(1);
    for (name, scope) in principals() {
        let finds = ["creator", "school admin, same school", "platform"].contains(&name);
        let found = [
            store.flow_draft(&scope, id).unwrap().is_some(),
            store.flow_rows(&scope, id).unwrap().is_some(),
            store.list_versions(&scope, id, 0, 9).unwrap().is_some(),
            store.version_entry(&scope, FlowRef { id, seq: 1 }).unwrap().is_some(),
        ];
        assert_eq!(found, [finds; 4], "{name}");
    }
}

fn filters_of_a_list_add_up<S: Store>(store: &S) {
    // S3.80
    let flows = vec![
        draft(FlowRecord { name: "100% Fun_".into(), ..owned(1, Visibility::School, false) }),
        publish(
            FlowRecord {
                description: Some("All about STARFISH".into()),
                info: "{\"embeddable\":true}".into(),
                ..owned(2, Visibility::Public, true)
            },
            &[],
        ),
        draft(FlowRecord {
            is_active: false,
            version: "2".into(),
            info: "{\"embeddable\":\"true\\u0000\"}".into(),
            ..owned(3, Visibility::Wriveted, false)
        }),
        draft(FlowRecord { school_id: Some(school_id(2)), created_by: None, ..flow(4) }),
    ];
    write(store, 1, 4, flows);
    let text = |text: &str| Some(text.to_owned());
    for (name, query, expected) in [
        ("all", all(), vec![4, 3, 2, 1]),
        ("published", FlowQuery { published: Some(true), ..all() }, vec![4, 2]),
        ("not published", FlowQuery { published: Some(false), ..all() }, vec![3, 1]),
        ("active", FlowQuery { active: Some(true), ..all() }, vec![4, 2, 1]),
        ("deleted", FlowQuery { active: Some(false), ..all() }, vec![3]),
        ("name", FlowQuery { search: text("fUN"), ..all() }, vec![1]),
        ("description", FlowQuery { search: text("starfish"), ..all() }, vec![2]),
        ("percent", FlowQuery { search: text("%"), ..all() }, vec![1]),
        ("underscore", FlowQuery { search: text("_"), ..all() }, vec![1]),
        ("quote", FlowQuery { search: text("' OR 1=1"), ..all() }, vec![]),
        ("version", FlowQuery { version: text("2"), ..all() }, vec![3]),
        ("school", FlowQuery { school: Some(school_id(2)), ..all() }, vec![4]),
        ("visibility", FlowQuery { visibility: Some(Visibility::School), ..all() }, vec![1]),
        ("embeddable", FlowQuery { embeddable: Some(true), ..all() }, vec![2]),
        ("not embeddable", FlowQuery { embeddable: Some(false), ..all() }, vec![4, 3, 1]),
        ("creator", FlowQuery { created_by: Some(user_id(1)), ..all() }, vec![3, 2, 1]),
        ("without public", FlowQuery { without_public: true, ..all() }, vec![4, 3, 1]),
        (
            "several",
            FlowQuery {
                active: Some(true),
                published: Some(true),
                school: Some(school_id(1)),
                ..all()
            },
            vec![2],
        ),
    ] {
        assert_eq!(listed(store, &system(), &query), expected, "{name}");
        let total = store.list_flows(&system(), &query).unwrap().total;
        assert_eq!(total.count, expected.len() as u64, "{name}");
    }
}

fn pages_of_flows_follow_each_other<S: Store>(store: &S) {
    // S3.13, S3.14: of flows created together the one with the higher id goes first.
    write(store, 2, 4, vec![draft(flow(1)), draft(flow(2))]);
    write(store, 3, 4, vec![draft(flow(3))]);
    write(store, 1, 4, vec![draft(flow(4))]);
    for (skip, limit, expected) in [
        (0, 100, vec![3, 2, 1, 4]),
        (0, 2, vec![3, 2]),
        (2, 2, vec![1, 4]),
        (3, 5, vec![4]),
        (4, 5, vec![]),
        (0, 0, vec![]),
        (u32::MAX, u32::MAX, vec![]),
    ] {
        let page = store.list_flows(&system(), &FlowQuery { skip, limit, ..all() }).unwrap();
        assert_eq!(page.total, Total { count: 4, is_capped: false });
        let found: Vec<_> =
            page.flows.iter().map(|draft| draft.stored.record.id.0.as_u128()).collect();
        assert_eq!(found, expected, "{skip}, {limit}");
    }
}

fn keyed(n: u128, school: Option<u128>, is_published: bool) -> FlowRecord {
    let (seed_key, school_id) = (Some("key".to_owned()), school.map(school_id));
    let visibility = if school.is_some() { Visibility::School } else { Visibility::Wriveted };
    FlowRecord { seed_key, visibility, school_id, is_published, ..flow(n) }
}

fn links_stand_for_what_the_owner_may_embed<S: Store>(store: &S) {
    // R9.35, S2.27
    let flows = vec![
        publish(keyed(1, None, true), &["id:x"]),
        publish(keyed(2, Some(1), true), &[]),
        draft(keyed(3, Some(2), false)),
        publish(FlowRecord { is_active: false, ..flow(4) }, &[]),
    ];
    write(store, 1, 4, flows);
    let id = |n: u128| format!("id:{}", flow_id(n));
    let found = |school: Option<u128>, links: &[String]| {
        let scope = AccessScope::conversation(school.map(school_id), None);
        let found = store.linked_flows(&scope, links).unwrap();
        found
            .into_iter()
            .map(|flow| (flow.link, flow.id.0.as_u128(), flow.labels.len()))
            .collect::<Vec<_>>()
    };
    let links = [
        "key:key".to_owned(),
        "key@1.1.0:key".into(),
        id(1),
        id(4),
        id(9),
        "id:x".into(),
        "key:nobody".into(),
        String::new(),
    ];
    let key =
        |n, labels| vec![("key:key".to_owned(), n, labels), ("key@1.1.0:key".into(), n, labels)];
    assert_eq!(found(None, &links), [key(1, 1), vec![(id(1), 1, 1)]].concat());
    assert_eq!(found(Some(1), &links), [key(2, 1), vec![(id(1), 1, 1)]].concat());
    // One that is published goes before the school's own draft.
    assert_eq!(found(Some(2), &links), [key(1, 1), vec![(id(1), 1, 1)]].concat());
    assert_eq!(found(Some(2), &[id(3)]), [(id(3), 3, 0)]);
    assert_eq!(found(None, &[]), []);
    let scope = AccessScope::conversation(None, None);
    let found = store.linked_flows(&scope, &[id(1)]).unwrap().remove(0);
    assert_eq!(found.document, Some(version(&[]).document));
    assert_eq!(found.labels, ["1.1.0"]);
    assert!(found.is_visible);
}

fn of_hidden_flows_only_their_existence_is_told<S: Store>(store: &S) {
    // S2.28
    let open = FlowRecord { allow_anonymous: true, ..owned(1, Visibility::School, true) };
    write(store, 1, 4, vec![publish(open, &[])]);
    let scope = AccessScope::conversation(Some(school_id(2)), None);
    let found = store.linked_flows(&scope, &[format!("id:{}", flow_id(1))]).unwrap().remove(0);
    assert!(!found.is_visible);
    assert_eq!((found.labels, found.document), (Vec::new(), None));
}

fn who_embeds_a_flow_is_known_by_its_newest_version<S: Store>(store: &S) {
    // S3.92
    let id = format!("id:{}", flow_id(1));
    let private = FlowRecord { name: "Secret".into(), ..owned(6, Visibility::Private, true) };
    let flows = vec![
        publish(FlowRecord { seed_key: Some("own".into()), ..flow(1) }, &[&id]),
        publish(flow(2), &["key:other", &id]),
        publish(flow(3), &["key@2.0.0:own"]),
        publish(FlowRecord { is_active: false, ..flow(4) }, &[&id]),
        publish(flow(5), &[&id, "key:own"]),
        publish(private, &["key:own"]),
        publish(flow(7), &[&format!("key:{}", flow_id(1)), "id:own"]),
        draft(FlowRecord { is_published: false, ..flow(8) }),
    ];
    write(store, 1, 4, flows);
    let found = |scope: &AccessScope, n| {
        let found = store.embedding_flows(scope, flow_id(n)).unwrap();
        let row = |flow: crate::EmbeddingFlow| (flow.id.0.as_u128(), flow.name);
        found.into_iter().map(row).collect::<Vec<_>>()
    };
    let name = |n: u128| (n, Some(format!("Flow {n}")));
    let secret = (6, Some("Secret".to_owned()));
    assert_eq!(found(&system(), 1), [name(2), name(3), name(5), secret]);
    let other = AccessScope::educator(UserId(uuid::Uuid::from_u128(9)), school_id(2));
    assert_eq!(found(&other, 1), [name(2), name(3), name(5), (6, None)]);
    assert_eq!(found(&system(), 2), []);
    write(store, 2, 4, vec![publish(flow(2), &[])]);
    assert_eq!(found(&other, 1), [name(3), name(5), (6, None)]);
}
