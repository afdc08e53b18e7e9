//! The library as its authors manage it.

use std::thread;

use chatflow::{ContentId, ContentQuery, Visibility};
use serde_json::{Value, json};

use super::Case;
use super::fixture::{
    HOSTILE, anyway, at, batch, content, content_id, draft, event, events_of, fill, fill_contents,
    flow, library_of, node, publish, school_id, user_id, variant,
};
use super::isolation::{CHANGES, SEES, principals, rows};
use crate::audit::{AuditEntry, AuditQuery};
use crate::blocking::Store;
use crate::catalog::{
    CatalogContent, CatalogVariant, ContentEdit, ContentOrder, ContentPageQuery, ContentStep,
    ContentWork, CounterChange, EditError, Outcomes, VariantChange, VariantNotes,
};
use crate::library::{
    ApplyError, Batch, Change, ContentRecord, ContentStatus, FlowRecord, NodeRow, RecordKey,
    VariantRecord,
};
use crate::performance::Counters;
use crate::reference::{FlowReference, ReferenceKind};
use crate::scope::AccessScope;
use crate::search::SearchQuery;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        an_item_is_shown_with_its_version_and_times,
        each_principal_lists_and_edits_what_the_tables_say,
        a_deleted_item_leaves_nothing_behind,
        an_item_that_published_flows_use_stays,
        variants_are_added_changed_and_deleted,
        notes_and_counters_are_replaced_or_merged,
        counting_tells_once_and_is_open_to_viewers,
        a_refused_step_leaves_nothing_and_whole_work_neither,
        a_stale_version_is_a_conflict,
        of_two_edits_at_once_one_wins,
    ]
}

pub(super) fn system() -> AccessScope {
    AccessScope::system()
}

pub(super) fn one<S: Store>(store: &S, n: u128) -> Option<CatalogContent> {
    store.catalog_contents(&system(), &[content_id(n)]).unwrap().pop()
}

fn variants<S: Store>(store: &S, n: u128) -> Vec<CatalogVariant> {
    store.catalog_variants(&system(), content_id(n)).unwrap().unwrap()
}

pub(super) fn listed<S: Store>(
    store: &S,
    scope: &AccessScope,
    query: &ContentPageQuery,
) -> Vec<u128> {
    let page = store.content_page(scope, query).unwrap();
    let ids: Vec<_> = page.contents.iter().map(|one| one.stored.record.id.0.as_u128()).collect();
    if query.skip == 0 && query.limit >= 100 {
        assert_eq!(page.total.count, u64::try_from(ids.len()).unwrap());
    }
    ids
}

fn step(edit: ContentEdit) -> ContentStep {
    ContentStep { edit, events: Vec::new(), audit: Vec::new() }
}

pub(super) fn save(
    record: ContentRecord,
    expected: Option<u64>,
    version: Option<u32>,
) -> ContentEdit {
    ContentEdit::Save { change: Change { expected, record }, version }
}

fn delete(n: u128) -> ContentEdit {
    ContentEdit::Delete { content: content_id(n), expected: None, even_if_used: false }
}

fn work(millis: i64, edits: Vec<ContentEdit>) -> ContentWork {
    let steps = edits.into_iter().map(step).collect();
    ContentWork { at: at(millis), steps, is_whole: false }
}

/// Does one edit.
pub(super) fn edit<S: Store>(store: &S, millis: i64, edit: ContentEdit) -> Result<(), EditError> {
    edit_as(store, &system(), millis, edit)
}

fn edit_as<S: Store>(
    store: &S,
    scope: &AccessScope,
    millis: i64,
    edit: ContentEdit,
) -> Result<(), EditError> {
    let mut outcomes = store.edit_contents(scope, &work(millis, vec![edit])).unwrap();
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

/// S3.36, S3.46: whoever writes an item, its version rises with its body.
fn an_item_is_shown_with_its_version_and_times<S: Store>(store: &S) {
    let full = ContentRecord {
        seed_key: Some("a key".into()),
        tags: HOSTILE.iter().map(ToString::to_string).collect(),
        info: "{\"n\": 1}".into(),
        visibility: Visibility::School,
        school_id: Some(school_id(1)),
        created_by: Some(user_id(9)),
        ..content(1)
    };
    let stored = ContentRecord { variants: vec![variant("a")], ..full.clone() };
    fill_contents(store, vec![stored]);
    let found = one(store, 1).unwrap();
    assert_eq!(found.stored.record, full);
    assert_eq!((found.version, found.stored.row_version), (1, 1));
    assert_eq!((found.stored.created_at, found.stored.updated_at), (at(0), at(0)));
    let body =
        |text: &str| ContentRecord { content: json!({ "text": text }).to_string(), ..full.clone() };
    let stands = |store: &S| {
        let found = one(store, 1).unwrap();
        assert_eq!((found.stored.created_at, variants(store, 1).len()), (at(0), 1));
        (found.version, found.stored.row_version, found.stored.updated_at)
    };
    for (millis, record, version, expected) in [
        (1, body("b"), None, (2, 2, at(1))),
        (2, body("b"), None, (2, 2, at(1))),
        (3, ContentRecord { is_active: false, ..body("b") }, None, (2, 3, at(3))),
        (4, ContentRecord { is_active: false, ..body("b") }, Some(2), (2, 3, at(3))),
        (5, ContentRecord { is_active: false, ..body("b") }, Some(7), (7, 4, at(5))),
        (6, body("c"), Some(3), (3, 5, at(6))),
    ] {
        edit(store, millis, save(record, None, version)).unwrap();
        assert_eq!(stands(store), expected, "{millis}");
    }
    let again = ContentRecord { variants: vec![variant("a")], ..body("d") };
    fill(store, &Batch { at: at(7), contents: vec![anyway(again)], ..batch() });
    assert_eq!(stands(store), (4, 6, at(7)));
    let found = store.search_contents(&system(), &SearchQuery::parse("d"), 9).unwrap();
    assert_eq!(found, [content_id(1)]);
    assert_eq!(one(store, 2), None);
    fill_contents(store, vec![content(2)]);
    let ids = [2, 1, 2, 5].map(content_id);
    let both = store.catalog_contents(&system(), &ids).unwrap();
    assert_eq!(both.iter().map(|one| one.stored.record.id.0.as_u128()).collect::<Vec<_>>(), [1, 2]);
}

/// S2.15, S2.16, S2.20: of private, school, public and wriveted rows, first live ones, then drafts.
fn each_principal_lists_and_edits_what_the_tables_say<S: Store>(store: &S) {
    fill_contents(store, rows());
    let ids: Vec<ContentId> = rows().iter().map(|row| row.id).collect();
    let oldest = ContentPageQuery { order: ContentOrder::Oldest, ..ContentPageQuery::all(100) };
    let without = ContentPageQuery { without_public: true, ..oldest.clone() };
    let (mut changed, mut name_of) = (0, SEES.iter());
    for ((name, scope), (same, may)) in principals().into_iter().zip(CHANGES) {
        let (_, sees) = name_of.next().unwrap();
        assert_eq!(name, same);
        assert_eq!(listed(store, &scope, &oldest), *sees, "{name}");
        // S2.24
        let rest: Vec<u128> = sees.iter().copied().filter(|n| !matches!(n, 3 | 7)).collect();
        assert_eq!(listed(store, &scope, &without), rest, "{name}");
        // S2.24: whoever signed in draws from what is in use and viewed.
        let kind = "joke".to_owned();
        let drawn = store.candidates(&scope, &ContentQuery { kind, ..ContentQuery::default() });
        let drawn: Vec<u128> = drawn.unwrap().iter().map(|id| id.0.as_u128()).collect();
        let live: Vec<u128> = sees.iter().copied().filter(|n| *n <= 4).collect();
        assert!(name == "anonymous" || drawn == live, "{name}: {drawn:?}");
        let shown = store.catalog_contents(&scope, &ids).unwrap();
        let shown: Vec<_> = shown.iter().map(|one| one.stored.record.id.0.as_u128()).collect();
        assert_eq!(shown, *sees, "{name}");
        for (row, may) in rows().into_iter().take(4).zip(may) {
            changed += 1;
            let said = format!("{name}, {:?}", row.visibility);
            let before = library_of(store);
            let n = row.id.0.as_u128();
            let viewed = store.catalog_variants(&scope, row.id).unwrap().is_some();
            assert_eq!(viewed, sees.contains(&n), "{said}");
            let added = VariantRecord { key: format!("key {changed}"), ..variant("a") };
            let add = ContentEdit::AddVariant { content: row.id, variant: added };
            let info = format!("{{\"n\":{changed}}}");
            let saved = edit_as(store, &scope, 5, save(ContentRecord { info, ..row }, None, None));
            assert_eq!(saved.is_ok(), may, "{said}: {saved:?}");
            let added = edit_as(store, &scope, 5, add);
            // Who may change it and does not see it does not exist.
            match (may, sees.contains(&n), added) {
                (true, true, Ok(()))
                | (false, false, Err(EditError::NoContent { .. }))
                | (false, true, Err(EditError::Refused(ApplyError::OutOfScope { .. }))) => {}
                other => panic!("{said}: {other:?}"),
            }
            if !may {
                let refused = edit_as(store, &scope, 5, delete(n));
                assert!(refused.is_err(), "{said}");
                assert_eq!(library_of(store), before, "{said}");
            }
        }
    }
}

/// S3.47.
fn a_deleted_item_leaves_nothing_behind<S: Store>(store: &S) {
    let with = ContentRecord {
        variants: vec![variant("a"), variant("b")],
        tags: vec!["whale".into()],
        ..content(1)
    };
    fill_contents(store, vec![with.clone(), content(2)]);
    edit(store, 1, delete(1)).unwrap();
    assert_eq!((one(store, 1), one(store, 2).is_some()), (None, true));
    assert_eq!(store.catalog_variants(&system(), content_id(1)).unwrap(), None);
    assert_eq!(store.performance(&system(), content_id(1)).unwrap(), []);
    let found = store.search_contents(&system(), &SearchQuery::parse("whale"), 9).unwrap();
    assert_eq!(found, []);
    let shown = store.contents(&system(), &[content_id(1)]).unwrap();
    assert_eq!(shown, [None]);
    let again = edit(store, 2, delete(1));
    assert!(matches!(again, Err(EditError::NoContent { content }) if content == content_id(1)));
    // One of the same id is a new one.
    edit(store, 3, save(ContentRecord { variants: Vec::new(), ..with }, Some(0), None)).unwrap();
    let found = one(store, 1).unwrap();
    assert_eq!((found.version, found.stored.created_at), (1, at(3)));
    assert_eq!(variants(store, 1), []);
}

/// S3.47: what a flow shows that nobody may start does not count.
fn an_item_that_published_flows_use_stays<S: Store>(store: &S) {
    let using = |n: u128, id: u128| {
        let name = content_id(id).to_string().to_uppercase();
        let content = json!({"messages": [{"content_id": name}]}).to_string();
        let nodes = vec![NodeRow { content, ..node("hello") }, node("bye")];
        let (node_id, ref_id) = ("hello".into(), content_id(id).to_string());
        let shows = FlowReference { node_id, kind: ReferenceKind::Content, ref_id };
        FlowRecord { nodes, references: [shows].into(), ..flow(n) }
    };
    let private = FlowRecord {
        visibility: Visibility::Private,
        school_id: Some(school_id(2)),
        ..using(2, 1)
    };
    let flows = vec![
        draft(using(1, 1)),
        draft(private),
        draft(FlowRecord { is_published: false, ..using(3, 2) }),
        draft(FlowRecord { is_active: false, ..using(4, 2) }),
    ];
    fill(store, &Batch { flows, ..batch() });
    let own = |n| ContentRecord {
        visibility: Visibility::Public,
        school_id: Some(school_id(1)),
        ..content(n)
    };
    fill_contents(store, vec![own(1), own(2), own(3)]);
    let admin = AccessScope::school_admin(None, vec![school_id(1)]);
    for (scope, named) in [(&system(), vec![1, 2]), (&admin, vec![1])] {
        let refused = edit_as(store, scope, 1, delete(1));
        let Err(EditError::InUse { content, uses }) = refused else { panic!("{refused:?}") };
        assert_eq!(content, content_id(1));
        let flows: Vec<_> = uses.iter().map(|found| found.flow.0.as_u128()).collect();
        assert_eq!(flows, named);
        assert_eq!((uses[0].flow_name.as_str(), uses[0].node.as_str()), ("Flow 1", "hello"));
    }
    assert!(one(store, 1).is_some());
    edit_as(store, &admin, 1, delete(2)).unwrap();
    let content = content_id(1);
    let forced = ContentEdit::Delete { content, expected: Some(1), even_if_used: true };
    edit_as(store, &admin, 1, forced).unwrap();
    assert_eq!((one(store, 1), one(store, 2)), (None, None));
    // What runs is the published version, whatever became of the draft since (F20).
    fill(store, &Batch { flows: vec![publish(using(5, 3), &[])], ..batch() });
    fill(store, &Batch { flows: vec![draft(flow(5))], ..batch() });
    let refused = edit(store, 4, delete(3));
    assert!(matches!(refused, Err(EditError::InUse { .. })), "{refused:?}");
}

fn change(n: u128, key: &str, change: VariantChange) -> ContentEdit {
    ContentEdit::ChangeVariant { content: content_id(n), key: key.into(), change }
}

/// S3.57, S3.58.
fn variants_are_added_changed_and_deleted<S: Store>(store: &S) {
    fill_contents(store, vec![content(1), content(2)]);
    let add =
        |n, key: &str| ContentEdit::AddVariant { content: content_id(n), variant: variant(key) };
    for (millis, key) in [(1, "b"), (2, "a"), (2, HOSTILE[4])] {
        edit(store, millis, add(1, key)).unwrap();
    }
    let keys = |n| variants(store, n).into_iter().map(|one| one.record.key).collect::<Vec<_>>();
    let mut newest = ["a", HOSTILE[4]];
    newest.sort_unstable_by(|one, other| other.cmp(one));
    assert_eq!(keys(1), [newest[0], newest[1], "b"]);
    assert_eq!(keys(2), [""; 0]);
    let taken = edit(store, 3, add(1, "b"));
    assert!(matches!(taken, Err(EditError::KeyTaken { key, .. }) if key == "b"));
    let b = || variants(store, 1).into_iter().find(|one| one.record.key == "b").unwrap();
    assert_eq!((b().record, b().created_at, b().updated_at), (variant("b"), at(1), at(1)));
    let given = VariantChange { weight: Some(7), ..VariantChange::default() };
    edit(store, 4, change(1, "b", given.clone())).unwrap();
    edit(store, 5, change(1, "b", given)).unwrap();
    let expected = VariantRecord { weight: 7, ..variant("b") };
    assert_eq!((b().record, b().created_at, b().updated_at), (expected, at(1), at(4)));
    let given = VariantChange {
        data: Some("{\"text\":\"new\"}".into()),
        conditions: Some("{\"locale\":[\"en\"]}".into()),
        is_active: Some(false),
        ..VariantChange::default()
    };
    edit(store, 6, change(1, "b", given)).unwrap();
    let expected = VariantRecord {
        key: "b".into(),
        data: "{\"text\":\"new\"}".into(),
        weight: 7,
        conditions: "{\"locale\":[\"en\"]}".into(),
        is_active: false,
    };
    assert_eq!((b().record, b().updated_at), (expected, at(6)));
    // Conversations see them at once, and the item itself has not changed.
    let shown = store.contents(&system(), &[content_id(1)]).unwrap();
    assert_eq!(shown[0].as_ref().unwrap().variants.len(), 3);
    assert_eq!(one(store, 1).unwrap().stored.row_version, 1);
    let gone =
        |n, key: &str| ContentEdit::DeleteVariant { content: content_id(n), key: key.into() };
    edit(store, 7, gone(1, "b")).unwrap();
    assert_eq!(keys(1), newest);
    let given = VariantChange { weight: Some(10_001), ..VariantChange::default() };
    let invalid = edit(store, 8, change(1, "a", given));
    assert!(matches!(invalid, Err(EditError::Refused(ApplyError::Invalid { .. }))));
    for refused in [gone(1, "b"), gone(2, "a"), change(2, "a", VariantChange::default())] {
        let refused = edit(store, 8, refused);
        assert!(matches!(refused, Err(EditError::NoVariant { .. })), "{refused:?}");
    }
    let refused = edit(store, 8, add(3, "a"));
    assert!(matches!(refused, Err(EditError::NoContent { .. })));
}

fn counters(impressions: u64, engagements: u64, conversions: u64) -> Counters {
    Counters { impressions, engagements, conversions }
}

/// S3.58, S3.59.
fn notes_and_counters_are_replaced_or_merged<S: Store>(store: &S) {
    fill_contents(store, vec![ContentRecord { variants: vec![variant("a")], ..content(1) }]);
    let by = counters(5, 2, 1);
    let count = || ContentEdit::Count { content: content_id(1), key: "a".into(), by };
    let stands = || {
        let found = variants(store, 1).pop().unwrap();
        let notes: Value = serde_json::from_str(&found.notes).unwrap();
        let same = store.performance(&system(), content_id(1)).unwrap().pop().unwrap();
        assert_eq!((&same.data, same.counters), (&found.notes, found.counters));
        (notes, found.counters, found.updated_at)
    };
    let noted = |notes: &Value, impressions, merges| {
        let counters = CounterChange { impressions, ..CounterChange::default() };
        let notes = VariantNotes { notes: notes.to_string(), counters, merges };
        change(1, "a", VariantChange { notes: Some(notes), ..VariantChange::default() })
    };
    edit(store, 1, count()).unwrap();
    assert_eq!(stands(), (json!({}), by, at(0)));
    for (millis, edited, expected) in [
        (2, noted(&json!({"x": 1}), None, true), (json!({"x": 1}), by, at(2))),
        (
            3,
            noted(&json!({"y": 2}), Some(9), true),
            (json!({"x": 1, "y": 2}), counters(9, 2, 1), at(3)),
        ),
        (4, count(), (json!({"x": 1, "y": 2}), counters(14, 4, 2), at(3))),
        (5, noted(&json!({"z": 3}), Some(1), false), (json!({"z": 3}), counters(1, 0, 0), at(5))),
    ] {
        edit(store, millis, edited).unwrap();
        assert_eq!(stands(), expected, "{millis}");
    }
    // An import leaves both as they are.
    fill_contents(store, vec![ContentRecord { variants: vec![variant("a")], ..content(1) }]);
    assert_eq!(stands(), (json!({"z": 3}), counters(1, 0, 0), at(5)));
}

/// S3.35, S3.59, S6.24.
fn counting_tells_once_and_is_open_to_viewers<S: Store>(store: &S) {
    let draft = ContentRecord { status: ContentStatus::Draft, ..content(2) };
    let with = |record| ContentRecord { variants: vec![variant("a")], ..record };
    fill_contents(store, vec![with(content(1)), with(draft)]);
    let reader = AccessScope::reader(vec![school_id(1)]);
    let count = |n, event_id| {
        let by = counters(1, 0, 0);
        let edit = ContentEdit::Count { content: content_id(n), key: "a".into(), by };
        let step = ContentStep { events: vec![event(event_id)], ..step(edit) };
        ContentWork { at: at(1), steps: vec![step], is_whole: false }
    };
    for (n, event_id) in [(1, 5), (1, 5), (1, 6)] {
        assert!(store.edit_contents(&reader, &count(n, event_id)).unwrap()[0].is_ok());
    }
    assert_eq!(events_of(store).len(), 2);
    assert_eq!(variants(store, 1)[0].counters, counters(3, 0, 0));
    let learner = AccessScope::learner(None, None);
    let refused = store.edit_contents(&learner, &count(2, 7)).unwrap();
    assert!(matches!(refused[0], Err(EditError::NoContent { .. })));
    assert_eq!(events_of(store).len(), 2);
}

fn entry(n: u128) -> AuditEntry {
    AuditEntry {
        id: uuid::Uuid::from_u128(n),
        at: at(0),
        actor_type: "user".into(),
        actor_id: None,
        action: "content.update".into(),
        resource_type: "content".into(),
        resource_id: n.to_string(),
        school_id: None,
        changes: "{}".into(),
        request_id: None,
        ip: None,
    }
}

/// Everything there is: items, variants, events and the audit log.
fn all_of<S: Store>(store: &S) -> String {
    let audit = AuditQuery { limit: 100, ..AuditQuery::default() };
    let audit = store.audit_log(&system(), &audit).unwrap();
    let items = store.content_page(&system(), &ContentPageQuery::all(100)).unwrap();
    format!("{}\n{items:#?}\n{:#?}\n{audit:#?}", library_of(store), events_of(store))
}

/// S3.49.
fn a_refused_step_leaves_nothing_and_whole_work_neither<S: Store>(store: &S) {
    fill_contents(store, vec![content(1)]);
    let told = |n: u128, edit| ContentStep { edit, events: vec![event(n)], audit: vec![entry(n)] };
    let nowhere = ContentRecord { school_id: Some(school_id(77)), ..content(5) };
    let long =
        ContentEdit::AddVariant { content: content_id(1), variant: variant(&"k".repeat(101)) };
    let steps = || {
        vec![
            told(1, save(content(2), Some(0), None)),
            told(2, save(content(1), Some(0), None)),
            told(3, save(nowhere.clone(), None, None)),
            told(4, delete(9)),
            told(5, save(ContentRecord { kind: "poem".into(), ..content(6) }, None, None)),
            told(6, long.clone()),
            told(7, save(content(3), Some(0), Some(4))),
            told(8, delete(2)),
        ]
    };
    let before = all_of(store);
    let whole = ContentWork { at: at(1), steps: steps(), is_whole: true };
    let outcomes: Outcomes = store.edit_contents(&system(), &whole).unwrap();
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false]);
    assert_eq!(all_of(store), before);
    let parts = ContentWork { is_whole: false, ..whole };
    let outcomes = store.edit_contents(&system(), &parts).unwrap();
    let [_, conflict, dangling, gone, kind, key, _, _] = &outcomes[..] else { panic!() };
    assert!(matches!(conflict, Err(EditError::Refused(ApplyError::Conflict { actual: 1, .. }))));
    assert!(matches!(dangling, Err(EditError::Refused(ApplyError::Dangling { .. }))));
    assert!(matches!(gone, Err(EditError::NoContent { .. })));
    for invalid in [kind, key] {
        assert!(matches!(invalid, Err(EditError::Refused(ApplyError::Invalid { .. }))));
    }
    let done: Vec<_> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(done, [true, false, false, false, false, false, true, true]);
    let ids: Vec<_> = events_of(store).iter().map(|one| one.event.id.0.as_u128()).collect();
    assert_eq!(ids, [1, 7, 8]);
    assert_eq!(listed(store, &system(), &ContentPageQuery::all(100)), [3, 1]);
    assert_eq!(one(store, 3).unwrap().version, 4);
    let whole = ContentWork {
        at: at(2),
        steps: vec![told(9, delete(1)), told(10, delete(3))],
        is_whole: true,
    };
    assert!(store.edit_contents(&system(), &whole).unwrap().iter().all(Result::is_ok));
    assert_eq!(listed(store, &system(), &ContentPageQuery::all(100)), [0; 0]);
}

fn a_stale_version_is_a_conflict<S: Store>(store: &S) {
    fill_contents(store, vec![content(1)]);
    let next = ContentRecord { info: "{\"a\":1}".into(), ..content(1) };
    edit(store, 1, save(next.clone(), Some(1), None)).unwrap();
    let content = content_id(1);
    let stale = ContentEdit::Delete { content, expected: Some(1), even_if_used: false };
    for stale in [save(next.clone(), Some(1), None), save(next, Some(0), None), stale] {
        let refused = edit(store, 2, stale);
        let Err(EditError::Refused(ApplyError::Conflict { record, actual, .. })) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((record, actual), (RecordKey::Content(content), 2));
    }
    let current = ContentEdit::Delete { content, expected: Some(2), even_if_used: false };
    edit(store, 3, current).unwrap();
    let late = edit(store, 4, save(super::fixture::content(1), Some(2), None));
    let conflict = matches!(late, Err(EditError::Refused(ApplyError::Conflict { actual: 0, .. })));
    assert!(conflict, "{late:?}");
}

fn of_two_edits_at_once_one_wins<S: Store + Sync>(store: &S) {
    fill_contents(store, vec![ContentRecord { variants: vec![variant("a")], ..content(1) }]);
    for round in 1..=10_u64 {
        let write = |n: u64| {
            let info = json!({"round": round, "by": n}).to_string();
            let record = ContentRecord { info, ..content(1) };
            let by = counters(1, 0, 0);
            let count = ContentEdit::Count { content: content_id(1), key: "a".into(), by };
            let work = work(1, vec![save(record, Some(round), None), count]);
            store.edit_contents(&system(), &work).unwrap()
        };
        let won = thread::scope(|scope| {
            let writers = [1, 2, 3].map(|n| scope.spawn(move || write(n)));
            let outcomes = writers.map(|writer| writer.join().unwrap());
            assert!(outcomes.iter().all(|outcomes| outcomes[1].is_ok()));
            outcomes.iter().filter(|outcomes| outcomes[0].is_ok()).count()
        });
        assert_eq!(won, 1);
    }
    assert_eq!(one(store, 1).unwrap().stored.row_version, 11);
    assert_eq!(variants(store, 1)[0].counters, counters(30, 0, 0));
}
