//! Who sees, changes and creates which rows: every principal, every row, every operation, against the tables of the
//! specification.

use chatflow::{TenantId, Visibility};

use super::Case;
use super::fixture::{
    anyway, at, batch, content, content_id, draft, fill, fill_contents, flow, library_of,
    school_id, user_id,
};
use crate::blocking::Store;
use crate::id::UserId;
use crate::library::{
    ApplyError, Batch, ContentRecord, ContentStatus, FlowRecord, LookUp, RecordKey,
};
use crate::scope::AccessScope;
use crate::search::SearchQuery;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        each_principal_sees_what_the_table_says,
        each_principal_changes_what_the_table_says,
        each_principal_creates_what_the_table_says,
        a_row_moves_only_to_where_it_could_be_created,
    ]
}

use Visibility::{Private, Public, School, Wriveted};

const ALL: [Visibility; 4] = [Private, School, Public, Wriveted];

fn one() -> TenantId {
    school_id(1)
}

fn two() -> TenantId {
    school_id(2)
}

/// The account that created the rows.
fn creator() -> UserId {
    user_id(1)
}

fn other() -> UserId {
    user_id(2)
}

/// The principals of S2.15, as they stand to a row of the first school.
pub(super) fn principals() -> [(&'static str, AccessScope); 11] {
    [
        ("anonymous", AccessScope::anonymous()),
        ("learner, other school", AccessScope::learner(Some(other()), Some(two()))),
        ("learner, same school", AccessScope::learner(Some(other()), Some(one()))),
        ("educator, other school", AccessScope::educator(other(), two())),
        ("educator, same school", AccessScope::educator(other(), one())),
        ("creator", AccessScope::educator(creator(), one())),
        ("school admin, same school", AccessScope::school_admin(Some(other()), vec![one()])),
        ("school admin, other school", AccessScope::school_admin(Some(other()), vec![two()])),
        ("reader, same school", AccessScope::reader(vec![one()])),
        ("platform", AccessScope::platform(Some(other()))),
        ("creator, another school since", AccessScope::educator(creator(), two())),
    ]
}

/// A live row of the first school for each visibility, and the same as drafts.
pub(super) fn rows() -> Vec<ContentRecord> {
    let live = (1..).zip(ALL).map(|(n, visibility)| ContentRecord {
        visibility,
        school_id: Some(one()),
        created_by: Some(creator()),
        ..content(n)
    });
    let draft = |n, row: ContentRecord| ContentRecord {
        status: ContentStatus::Draft,
        id: content_id(n),
        ..row
    };
    let drafts: Vec<_> = (5..).zip(live.clone()).map(|(n, row)| draft(n, row)).collect();
    live.chain(drafts).collect()
}

fn fill_rows<S: Store>(store: &S) {
    fill_contents(store, rows());
    let flows = rows().into_iter().map(|row| draft(flow_like(&row))).collect();
    fill(store, &Batch { flows, ..batch() });
}

/// A flow that is what a content item is to its readers and writers.
fn flow_like(row: &ContentRecord) -> FlowRecord {
    FlowRecord {
        visibility: row.visibility,
        school_id: row.school_id,
        created_by: row.created_by,
        is_published: false,
        ..flow(row.id.0.as_u128())
    }
}

/// S2.15, S2.17, S2.23: which of the rows a principal sees.
pub(super) const SEES: [(&str, &[u128]); 11] = [
    ("anonymous", &[]),
    ("learner, other school", &[3, 4]),
    ("learner, same school", &[2, 3, 4]),
    ("educator, other school", &[3, 4, 7, 8]),
    ("educator, same school", &[2, 3, 4, 6, 7, 8]),
    ("creator", &[1, 2, 3, 4, 5, 6, 7, 8]),
    ("school admin, same school", &[1, 2, 3, 4, 5, 6, 7, 8]),
    ("school admin, other school", &[3, 4, 7, 8]),
    ("reader, same school", &[2, 3, 4, 6, 7, 8]),
    ("platform", &[1, 2, 3, 4, 5, 6, 7, 8]),
    ("creator, another school since", &[3, 4, 7, 8]),
];

/// [`SEES`], as lists.
pub(super) fn sees() -> [(&'static str, Vec<u128>); 11] {
    SEES.map(|(name, rows)| (name, rows.to_vec()))
}

/// S2.15, S2.17, S2.23: of private, school, public and wriveted rows, first live ones, then drafts.
fn each_principal_sees_what_the_table_says<S: Store>(store: &S) {
    fill_rows(store);
    for ((name, scope), (same, expected)) in principals().into_iter().zip(SEES) {
        assert_eq!(name, same);
        let found = store.search_contents(&scope, &SearchQuery::parse("joke"), 100).unwrap();
        let mut found: Vec<_> = found.into_iter().map(|id| id.0.as_u128()).collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{name}");
    }
}

/// S2.16: which of private, school, public and wriveted rows a principal may change.
pub(super) const CHANGES: [(&str, [bool; 4]); 11] = [
    ("anonymous", [false; 4]),
    ("learner, other school", [false; 4]),
    ("learner, same school", [false; 4]),
    ("educator, other school", [false; 4]),
    ("educator, same school", [false; 4]),
    ("creator", [true, false, true, false]),
    ("school admin, same school", [true, true, true, false]),
    ("school admin, other school", [false; 4]),
    ("reader, same school", [false; 4]),
    ("platform", [true; 4]),
    ("creator, another school since", [false; 4]),
];

fn each_principal_changes_what_the_table_says<S: Store>(store: &S) {
    fill_rows(store);
    let mut changed = 0;
    for ((name, scope), (same, expected)) in principals().into_iter().zip(CHANGES) {
        assert_eq!(name, same);
        for (row, expected) in rows().into_iter().take(4).zip(expected) {
            changed += 1;
            let said = format!("{name}, {:?}", row.visibility);
            // Who may change a row finds it to change it.
            let look_up = LookUp { id: Some(row.id.0), ..LookUp::default() };
            let found = store.find_content(&scope, look_up).unwrap();
            assert_eq!(found.is_some(), expected, "{said}");
            assert_eq!(store.find_flow(&scope, look_up).unwrap().is_some(), expected, "{said}");
            let info = format!("{{\"n\":{changed}}}");
            let flow = FlowRecord { info: info.clone(), ..flow_like(&row) };
            let item = ContentRecord { info, ..row };
            let batches = [
                Batch { contents: vec![anyway(item)], ..later() },
                Batch { flows: vec![draft(flow)], ..later() },
            ];
            for batch in batches {
                assert_eq!(applies(store, &scope, &batch), expected, "{said}");
            }
        }
    }
}

/// A batch without the schools that are there already.
fn later() -> Batch {
    Batch { at: at(5), ..Batch::default() }
}

/// Whether a batch is applied; if it is not, that is for its scope, and nothing changed.
fn applies<S: Store>(store: &S, scope: &AccessScope, batch: &Batch) -> bool {
    let before = library_of(store);
    match store.apply(scope, batch) {
        Ok(_) => true,
        Err(ApplyError::OutOfScope { record: RecordKey::Content(_) | RecordKey::Flow(_) }) => {
            assert_eq!(library_of(store), before);
            false
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// S2.18, of private, school, public and wriveted rows: in the first school, in the second, in none.
fn each_principal_creates_what_the_table_says<S: Store>(store: &S) {
    fill(store, &batch());
    let none = [[false; 4]; 3];
    let expected = [
        ("anonymous", none),
        ("learner, other school", none),
        ("learner, same school", none),
        ("educator, other school", [[false; 4], [true, false, false, false], [false; 4]]),
        ("educator, same school", [[true, false, false, false], [false; 4], [false; 4]]),
        ("creator", [[true, false, false, false], [false; 4], [false; 4]]),
        ("school admin, same school", [[true, true, true, false], [false; 4], [false; 4]]),
        ("school admin, other school", [[false; 4], [true, true, true, false], [false; 4]]),
        ("reader, same school", none),
        ("platform", [[true; 4], [true; 4], [true, false, true, true]]),
        ("creator, another school since", [[false; 4], [true, false, false, false], [false; 4]]),
    ];
    let mut n = 100;
    for ((name, scope), (same, expected)) in principals().into_iter().zip(expected) {
        assert_eq!(name, same);
        for (school_id, expected) in [Some(one()), Some(two()), None].into_iter().zip(expected) {
            for (visibility, expected) in ALL.into_iter().zip(expected) {
                if (visibility, school_id) == (School, None) {
                    // S1.36: nobody can.
                    continue;
                }
                n += 1;
                let said = format!("{name}, {visibility:?}, {school_id:?}");
                let created_by = scope.account();
                let row = ContentRecord { visibility, school_id, created_by, ..content(n) };
                let flow = FlowRecord { is_published: false, ..flow_like(&row) };
                let content = Batch { contents: vec![anyway(row.clone())], ..later() };
                assert_eq!(applies(store, &scope, &content), expected, "{said}");
                let flow = Batch { flows: vec![draft(flow)], ..later() };
                assert_eq!(applies(store, &scope, &flow), expected, "{said}");
                // In the name of somebody else, only the platform.
                let named = ContentRecord { created_by: Some(user_id(77)), ..row };
                let named = ContentRecord { id: content_id(n + 5000), ..named };
                let named = Batch { contents: vec![anyway(named)], ..later() };
                assert_eq!(applies(store, &scope, &named), scope.is_system(), "{said}");
            }
        }
    }
}

/// S2.19.
fn a_row_moves_only_to_where_it_could_be_created<S: Store>(store: &S) {
    fill_rows(store);
    let row = || rows().remove(0);
    let educator = AccessScope::educator(creator(), one());
    let admin = AccessScope::school_admin(Some(other()), vec![one(), two()]);
    let platform = AccessScope::platform(None);
    let to = |visibility, school_id| ContentRecord { visibility, school_id, ..row() };
    for (scope, new, expected) in [
        (&educator, to(Public, Some(one())), false),
        (&educator, to(Private, None), false),
        (&admin, to(Private, Some(two())), false),
        (&admin, to(Wriveted, Some(one())), false),
        (&admin, ContentRecord { created_by: Some(other()), ..row() }, false),
        (&admin, to(Public, Some(one())), true),
        (&admin, to(School, Some(one())), true),
        (&platform, to(Wriveted, None), true),
        (&admin, to(Private, Some(one())), false),
        (&platform, to(Private, Some(two())), true),
    ] {
        let batch = Batch { contents: vec![anyway(new.clone())], ..later() };
        let said = format!("{:?}, {:?}", new.visibility, new.school_id);
        assert_eq!(applies(store, scope, &batch), expected, "{said}");
    }
}
