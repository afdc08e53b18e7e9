//! Lists of themes, and what a conversation picks from.

use chatflow::TenantId;

use super::Case;
use super::fixture::{at, school, school_id, theme, theme_id, user_id};
use crate::blocking::Store;
use crate::library::{Batch, Change, SchoolRecord, ThemeRecord};
use crate::scope::AccessScope;
use crate::theme::ThemeQuery;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        themes_are_listed_newest_first_to_those_who_see_them,
        a_deleted_theme_is_still_read_by_its_id,
        a_conversation_picks_from_what_is_meant_for_it,
    ]
}

fn change<T>(record: T) -> Change<T> {
    Change { expected: None, record }
}

fn of(n: u128, owner: u128) -> ThemeRecord {
    let school_id = (owner > 0).then(|| school_id(owner));
    ThemeRecord { school_id, created_by: Some(user_id(n)), ..theme(n) }
}

/// Everyone's 1 and 2, schools' 11, 12 and 21; 2, 12 and 21 are defaults, 3 and 13 deleted. School 1
/// has chosen 11, and school 3 everyone's 1.
fn fill<S: Store>(store: &S) {
    let default = |theme: ThemeRecord| ThemeRecord { is_default: true, ..theme };
    let deleted = |theme: ThemeRecord| ThemeRecord { is_active: false, ..theme };
    let first = [of(1, 0), default(of(2, 0)), deleted(of(3, 0)), of(11, 1)];
    let second = [default(of(12, 1)), deleted(of(13, 1)), default(of(21, 2))];
    let chosen = |n, theme| SchoolRecord { theme_id: Some(theme_id(theme)), ..school(n) };
    let schools = vec![change(chosen(1, 11)), change(school(2)), change(chosen(3, 1))];
    for (n, (schools, themes)) in
        [(schools, first.map(change).to_vec()), (Vec::new(), second.map(change).to_vec())]
            .into_iter()
            .enumerate()
    {
        let at = at(i64::try_from(n).unwrap());
        let batch = Batch { at, schools, themes, ..Batch::default() };
        store.apply(&AccessScope::system(), &batch).unwrap();
    }
}

fn listed<S: Store>(store: &S, scope: &AccessScope, query: &ThemeQuery) -> (Vec<u128>, u64) {
    let page = store.themes(scope, query).unwrap();
    let ids = page.themes.iter().map(|stored| stored.record.id.0.as_u128()).collect();
    (ids, page.total.count)
}

fn themes_are_listed_newest_first_to_those_who_see_them<S: Store>(store: &S) {
    // S8.6, S3.14
    fill(store);
    let schools = |ids: &[u128]| Some(ids.iter().copied().map(school_id).collect::<Vec<_>>());
    let all = ThemeQuery { global: true, limit: 100, ..ThemeQuery::default() };
    let admin = AccessScope::school_admin(None, vec![school_id(1)]);
    let learner = AccessScope::learner(None, None);
    let system = AccessScope::system();
    for (scope, query, expected) in [
        (&system, all.clone(), vec![21, 13, 12, 11, 3, 2, 1]),
        (&admin, all.clone(), vec![13, 12, 11, 3, 2, 1]),
        (&learner, all.clone(), vec![3, 2, 1]),
        (&admin, ThemeQuery { global: false, ..all.clone() }, vec![13, 12, 11]),
        (&learner, ThemeQuery { global: false, ..all.clone() }, vec![]),
        (&admin, ThemeQuery { schools: schools(&[2]), ..all.clone() }, vec![3, 2, 1]),
        (&system, ThemeQuery { schools: schools(&[2]), ..all.clone() }, vec![21, 3, 2, 1]),
        (&system, ThemeQuery { schools: schools(&[]), ..all.clone() }, vec![3, 2, 1]),
        (&system, ThemeQuery { active: Some(false), ..all.clone() }, vec![13, 3]),
        (&admin, ThemeQuery { active: Some(true), ..all.clone() }, vec![12, 11, 2, 1]),
    ] {
        let total = u64::try_from(expected.len()).unwrap();
        assert_eq!(listed(store, scope, &query), (expected, total), "{scope:?} {query:?}");
    }
    let page = |skip, limit| listed(store, &system, &ThemeQuery { skip, limit, ..all.clone() });
    assert_eq!(page(2, 3), (vec![12, 11, 3], 7));
    assert_eq!(page(6, 3), (vec![1], 7));
    assert_eq!(page(9, 3), (vec![], 7));
    assert_eq!(page(0, 0), (vec![], 7));
}

fn a_deleted_theme_is_still_read_by_its_id<S: Store>(store: &S) {
    // S8.7
    fill(store);
    let admin = AccessScope::school_admin(None, vec![school_id(1)]);
    let stored = store.stored_theme(&admin, theme_id(13)).unwrap().unwrap();
    assert_eq!(stored.record, ThemeRecord { is_active: false, ..of(13, 1) });
    assert_eq!((stored.row_version, stored.created_at, stored.updated_at), (1, at(1), at(1)));
    for (scope, n, sees) in [
        (&admin, 1, true),
        (&admin, 21, false),
        (&AccessScope::anonymous(), 1, true),
        (&AccessScope::anonymous(), 11, false),
        (&AccessScope::system(), 21, true),
        (&AccessScope::system(), 99, false),
    ] {
        assert_eq!(
            store.stored_theme(scope, theme_id(n)).unwrap().is_some(),
            sees,
            "{scope:?} {n}"
        );
    }
}

fn a_conversation_picks_from_what_is_meant_for_it<S: Store>(store: &S) {
    // S8.11
    fill(store);
    let candidates = |scope: &AccessScope, ids: &[u128]| -> Vec<(u128, Vec<TenantId>)> {
        let ids: Vec<_> = ids.iter().copied().map(theme_id).collect();
        let found = store.theme_candidates(scope, &ids).unwrap();
        let facts = |found: crate::theme::ThemeCandidate| {
            (found.theme.record.id.0.as_u128(), found.chosen_by)
        };
        found.into_iter().map(facts).collect()
    };
    let [one, two, three] = [1, 2, 3].map(|n| Some(school_id(n)));
    let nobody = Vec::new;
    let of = AccessScope::conversation;
    assert_eq!(candidates(&of(None, None), &[]), [(2, nobody())]);
    assert_eq!(candidates(&of(None, None), &[1, 3, 11, 99]), [(1, nobody()), (2, nobody())]);
    let first = [(2, nobody()), (11, vec![school_id(1)]), (12, nobody())];
    assert_eq!(candidates(&of(one, None), &[13, 21]), first);
    let both = candidates(&of(one, two), &[21]);
    assert_eq!(both, [&first[..], &[(21, nobody())]].concat());
    assert_eq!(candidates(&of(three, None), &[]), [(1, vec![school_id(3)]), (2, nobody())]);
    // A school that nobody is of has no say.
    assert_eq!(candidates(&of(two, None), &[1]), [(1, nobody()), (2, nobody()), (21, nobody())]);
    let found = store.theme_candidates(&of(one, None), &[]).unwrap();
    let default = found.last().unwrap();
    let stored = store.stored_theme(&of(one, None), theme_id(12)).unwrap().unwrap();
    assert_eq!(default.theme, stored);
}
