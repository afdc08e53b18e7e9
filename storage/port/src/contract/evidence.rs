//! Reading content events and answers.

use super::Case;
use super::fixture::{
    answered, at, commit, content_id, impression, interaction, new_session, school_id, session_id,
    turn, user_id,
};
use crate::blocking::Store;
use crate::evidence::{ContentEventKind, ContentEventQuery, SessionEventQuery};
use crate::scope::AccessScope;
use crate::session::{Commit, NewSession, Turn};

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        events_of_an_item_are_paged_and_filtered,
        events_of_an_item_are_seen_by_those_who_count_them,
        events_of_a_session_are_paged,
        answers_expire_and_are_swept,
    ]
}

fn all() -> ContentEventQuery {
    let content = content_id(7);
    ContentEventQuery { content, kind: None, from: None, to: None, skip: 0, limit: 100 }
}

/// Session `n` of school `n`, which was shown item 7 at second `n` and answered a second later.
fn talk<S: Store>(store: &S, n: u128) {
    let shown = impression(n, 7, Some("a"));
    let mut new = new_session(n);
    let second = i64::try_from(n).unwrap() * 1000;
    (new.head.school_id, new.head.started_at) = (Some(school_id(n)), at(second));
    let content_events = vec![shown.clone(), impression(n + 100, 8, None)];
    store
        .create_session(&NewSession { turn: Turn { content_events, ..turn("x", 1) }, ..new })
        .unwrap();
    let content_events = vec![interaction(&shown, "\"yes\"")];
    let commit = commit(n, 1, "x").with(Turn { content_events, ..turn("x", 1) });
    store.commit(&Commit { at: at(second + 1000), ..commit }).unwrap();
}

fn events_of_an_item_are_paged_and_filtered<S: Store>(store: &S) {
    for n in 1..5 {
        talk(store, n * 10);
    }
    let scope = AccessScope::system();
    let count = |query: ContentEventQuery| {
        let page = store.content_events(&scope, &query).unwrap();
        (page.rows.len(), page.total)
    };
    let page = store.content_events(&scope, &all()).unwrap();
    assert!(page.rows.is_sorted_by_key(|row| std::cmp::Reverse(row.created_at)));
    assert_eq!((page.rows.len(), page.total), (8, 8));
    assert_eq!(page.rows[0].event.value.as_deref(), Some("\"yes\""));
    assert_eq!(page.rows[0].session_id, Some(session_id(40)));
    let shown = ContentEventQuery { kind: Some(ContentEventKind::Impression), ..all() };
    assert_eq!(count(shown), (4, 4));
    let none = ContentEventQuery { kind: Some(ContentEventKind::Conversion), ..all() };
    assert_eq!(count(none), (0, 0));
    assert_eq!(count(ContentEventQuery { skip: 3, limit: 2, ..all() }), (2, 8));
    let second = store.content_events(&scope, &ContentEventQuery { skip: 1, limit: 1, ..all() });
    assert_eq!(second.unwrap().rows, page.rows[1..2]);
    assert_eq!(count(ContentEventQuery { from: Some(at(30_000)), ..all() }), (4, 4));
    assert_eq!(count(ContentEventQuery { to: Some(at(10_000)), ..all() }), (1, 1));
    assert_eq!(count(ContentEventQuery { skip: 100, ..all() }), (0, 8));
    assert_eq!(count(ContentEventQuery { content: content_id(99), ..all() }), (0, 0));
}

fn events_of_an_item_are_seen_by_those_who_count_them<S: Store>(store: &S) {
    // S2.30.
    talk(store, 1);
    talk(store, 2);
    for (scope, expected) in [
        (AccessScope::platform(None), 4),
        (AccessScope::school_admin(None, vec![school_id(1)]), 2),
        (AccessScope::educator(user_id(1), school_id(2)), 2),
        (AccessScope::school_admin(None, vec![school_id(3)]), 0),
        (AccessScope::learner(None, Some(school_id(1))), 0),
        (AccessScope::anonymous(), 0),
    ] {
        let page = store.content_events(&scope, &all()).unwrap();
        assert_eq!((page.rows.len(), page.total), (expected, expected as u64), "{scope:?}");
    }
}

fn events_of_a_session_are_paged<S: Store>(store: &S) {
    talk(store, 1);
    talk(store, 2);
    let page = |skip, limit| {
        let query = SessionEventQuery { session: session_id(1), skip, limit };
        let page = store.session_content_events(query).unwrap();
        (page.rows.iter().map(|row| (row.revision.0, row.ordinal)).collect::<Vec<_>>(), page.total)
    };
    assert_eq!(page(0, 100), (vec![(1, 1), (1, 2), (2, 1)], 3));
    assert_eq!(page(1, 1), (vec![(1, 2)], 3));
    assert_eq!(page(0, 0), (vec![], 3));
    assert_eq!(page(u64::MAX, u64::MAX), (vec![], 3));
}

fn answers_expire_and_are_swept<S: Store>(store: &S) {
    // S4.37: kept for a while.
    for n in 1..4 {
        store.create_session(&new_session(n)).unwrap();
        let mut answer = answered("one", "x");
        answer.expires_at = at(2000 * i64::try_from(n).unwrap());
        let turn = Turn { answered: Some(answer), ..turn("x", 1) };
        store.commit(&commit(n, 1, "x").with(turn)).unwrap();
    }
    let recalls =
        |n, millis| store.recall_request(session_id(n), "one", at(millis)).unwrap().is_some();
    assert!(recalls(1, 1999) && !recalls(1, 2000));
    assert!(store.recall_request(session_id(1), "ONE", at(0)).unwrap().is_none());
    assert!(!recalls(9, 0));
    assert_eq!(store.sweep_requests(at(1999), 10).unwrap(), 0);
    assert_eq!(store.sweep_requests(at(4000), 1).unwrap(), 1);
    assert_eq!(store.sweep_requests(at(4000), 10).unwrap(), 1);
    assert_eq!(store.sweep_requests(at(4000), 10).unwrap(), 0);
    assert_eq!([1, 2, 3].map(|n| recalls(n, 0)), [false, false, true]);
}
