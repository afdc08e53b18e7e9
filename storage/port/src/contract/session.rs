//! Creating and reading sessions.

use chatflow::{Revision, Timestamp};
use uuid::Uuid;

use super::Case;
use super::fixture::{
    HOSTILE, at, commit, full_turn, json, new_session, rows_of, school_id, session_id, snapshot,
    theme_id, turn,
};
use crate::blocking::Store;
use crate::id::UserId;
use crate::session::{
    CreateError, HistoryQuery, InteractionType, JournalRow, NewSession, SessionHead, SessionStatus,
    Snapshot, StoredSession, Turn,
};

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        a_session_is_read_back_as_it_was_created,
        a_session_needs_no_row_of_the_library,
        an_id_is_used_once,
        a_creation_that_fails_half_way_leaves_nothing,
        hostile_texts_survive_in_every_column,
        json_comes_back_byte_for_byte,
        the_first_and_the_last_moment_survive,
        a_megabyte_of_state_survives,
        history_is_numbered_without_gaps_and_paged,
        sessions_do_not_see_each_other,
        a_session_without_a_journal_has_none,
        what_a_preview_runs_stays_with_it,
        what_does_not_exist_is_empty,
    ]
}

fn load<S: Store>(store: &S, n: u128) -> StoredSession {
    store.load_session(session_id(n)).unwrap().unwrap()
}

fn a_session_is_read_back_as_it_was_created<S: Store>(store: &S) {
    let head = SessionHead {
        user_id: Some(UserId(Uuid::from_u128(3))),
        school_id: Some(school_id(1)),
        theme_id: Some(theme_id(1)),
        trace_enabled: true,
        ..new_session(1).head
    };
    let snapshot = Snapshot {
        status: SessionStatus::Completed,
        ended_at: Some(at(7)),
        ended_reason: Some("completed".into()),
        ..snapshot("over at once")
    };
    let new = NewSession { head, snapshot, ..new_session(1) };
    store.create_session(&new).unwrap();
    let stored = StoredSession {
        head: new.head.clone(),
        snapshot: new.snapshot.clone(),
        revision: Revision(1),
        last_activity_at: at(0),
        lease: None,
    };
    assert_eq!(load(store, 1), stored);
    let entry = new.turn.journal.clone().unwrap();
    let journal = [JournalRow { revision: Revision(1), at: at(0), entry }];
    assert_eq!(store.journal(session_id(1)).unwrap(), journal);
    let all = HistoryQuery { session: session_id(1), after_seq: 0, kinds: None, skip: 0, limit: 9 };
    let rows: Vec<_> = store.history(all).unwrap().rows.into_iter().map(|row| row.row).collect();
    assert_eq!(rows, new.turn.history);
}

fn a_session_needs_no_row_of_the_library<S: Store>(store: &S) {
    // F44: nothing of the library is stored here.
    let mut new = new_session(1);
    new.head.school_id = Some(school_id(55));
    new.head.theme_id = Some(theme_id(55));
    new.snapshot.current_flow_id = None;
    new.snapshot.current_node_id = None;
    store.create_session(&new).unwrap();
    assert_eq!(load(store, 1).head, new.head);
}

fn an_id_is_used_once<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    let before = rows_of(store, 1);
    let again = NewSession { snapshot: snapshot("again"), turn: turn("x", 5), ..new_session(1) };
    let error = store.create_session(&again).unwrap_err();
    assert!(matches!(error, CreateError::Exists { .. }), "{error:?}");
    assert_eq!(rows_of(store, 1), before);
    // F44: two sessions may even share a token digest.
    store.create_session(&new_session(2)).unwrap();
}

fn a_creation_that_fails_half_way_leaves_nothing<S: Store>(store: &S) {
    let mut new = new_session(1);
    new.turn.history[1].content = "not JSON".into();
    let error = store.create_session(&new).unwrap_err();
    assert!(matches!(error, CreateError::Store(_)), "{error:?}");
    assert_eq!(store.load_session(session_id(1)).unwrap(), None);
    assert_eq!(store.journal(session_id(1)).unwrap(), []);
    store.create_session(&new_session(1)).unwrap();
}

fn hostile_texts_survive_in_every_column<S: Store>(store: &S) {
    for (n, text) in (1..).zip(HOSTILE) {
        let mut new = new_session(n);
        new.snapshot = snapshot(text);
        new.snapshot.ended_reason = Some(text.into());
        new.head.flow_version = Some(text.into());
        new.turn = turn(text, 3);
        new.turn.history[0].path = Some(json(text));
        store.create_session(&new).unwrap();
        store.commit(&commit(n, 1, text)).unwrap();
        let stored = load(store, n);
        assert_eq!((&stored.head, &stored.snapshot), (&new.head, &snapshot(text)));
        let all =
            HistoryQuery { session: session_id(n), after_seq: 0, kinds: None, skip: 0, limit: 9 };
        let rows: Vec<_> = store.history(all).unwrap().rows.into_iter().map(|r| r.row).collect();
        assert_eq!(rows, [new.turn.history, turn(text, 2).history].concat());
        let entries: Vec<_> =
            store.journal(session_id(n)).unwrap().into_iter().map(|row| row.entry).collect();
        assert_eq!(entries, [turn(text, 0).journal.unwrap(), turn(text, 0).journal.unwrap()]);
    }
}

/// A hash over a text holds only if nobody tidies the text.
fn json_comes_back_byte_for_byte<S: Store>(store: &S) {
    let texts = [
        "{ \"b\" : 1,\n\t\"a\":1.0, \"a\" : -0 }",
        "{\"n\":1e999,\"m\":123456789012345678901234567890,\"x\":0.10}",
        "{\"u\":\"\\u0000\\ud83d\\ude00\\u00E9 é \\/\"}",
        "{\"half a pair\":\"\\ud800\"}",
        " {} ",
    ];
    for (n, text) in (1..).zip(texts) {
        let mut new = new_session(n);
        (new.snapshot.state, new.snapshot.engine) = (text.into(), text.into());
        new.snapshot.info = text.into();
        new.turn.history[0].content = text.into();
        new.turn.history[0].path = Some(text.into());
        let entry = new.turn.journal.as_mut().unwrap();
        (entry.input, entry.outcomes) = (text.into(), text.into());
        store.create_session(&new).unwrap();
        assert_eq!(load(store, n).snapshot, new.snapshot);
        let all =
            HistoryQuery { session: session_id(n), after_seq: 0, kinds: None, skip: 0, limit: 1 };
        assert_eq!(store.history(all).unwrap().rows[0].row, new.turn.history[0]);
        assert_eq!(
            Some(&store.journal(session_id(n)).unwrap()[0].entry),
            new.turn.journal.as_ref()
        );
    }
}

fn the_first_and_the_last_moment_survive<S: Store>(store: &S) {
    for (n, millis) in (1..).zip([i64::MIN, -1, 0, i64::MAX]) {
        let moment = Timestamp::from_millis(millis);
        let mut new = new_session(n);
        new.head.started_at = moment;
        new.snapshot.ended_at = Some(moment);
        new.turn.history[0].created_at = moment;
        store.create_session(&new).unwrap();
        let stored = load(store, n);
        assert_eq!((&stored.head, &stored.snapshot), (&new.head, &new.snapshot));
        assert_eq!(stored.last_activity_at, moment);
        assert_eq!(store.journal(session_id(n)).unwrap()[0].at, moment);
        let all =
            HistoryQuery { session: session_id(n), after_seq: 0, kinds: None, skip: 0, limit: 1 };
        assert_eq!(store.history(all).unwrap().rows[0].row.created_at, moment);
    }
}

fn a_megabyte_of_state_survives<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    let mut big = commit(1, 1, "big");
    big.snapshot.state = json(&"ā\"\\🌊".repeat(100_000));
    assert!(big.snapshot.state.len() > 1_000_000);
    store.commit(&big).unwrap();
    assert_eq!(load(store, 1).snapshot, big.snapshot);
    store.commit(&commit(1, 2, "small")).unwrap();
    assert_eq!(load(store, 1).snapshot, snapshot("small"));
}

fn history_is_numbered_without_gaps_and_paged<S: Store>(store: &S) {
    use InteractionType::{Action, Input, Message};
    store.create_session(&new_session(1)).unwrap();
    for revision in 1..10 {
        let rows = usize::try_from(revision % 4).unwrap();
        let turn = turn(&revision.to_string(), rows);
        store.commit(&commit(1, revision, "x").with(turn)).unwrap();
        // A turn that loses its race takes no number.
        store.commit(&commit(1, revision, "lost")).unwrap_err();
    }
    let session = session_id(1);
    let page = |after_seq, skip, limit| {
        let page =
            store.history(HistoryQuery { session, after_seq, kinds: None, skip, limit }).unwrap();
        (page.rows.iter().map(|row| row.seq).collect::<Vec<_>>(), page.total)
    };
    let total = 2 + (1 + 2 + 3) * 2 + 1;
    assert_eq!(page(0, 0, 100), ((1..=total).collect(), total));
    assert_eq!(page(0, 0, 3), (vec![1, 2, 3], total));
    assert_eq!(page(0, 4, 2), (vec![5, 6], total));
    assert_eq!(page(10, 1, 2), (vec![12, 13], total - 10));
    // S4.24: the rows of a turn are an input, a message and an action, or as many of them as it has.
    let of = |kinds: &[InteractionType], skip, limit| {
        let query = HistoryQuery {
            session,
            after_seq: 2,
            kinds: Some(kinds.iter().copied().collect()),
            skip,
            limit,
        };
        let page = store.history(query).unwrap();
        assert!(page.rows.iter().all(|row| kinds.contains(&row.row.kind)));
        (page.rows.iter().map(|row| row.seq).collect::<Vec<_>>(), page.total)
    };
    assert_eq!(of(&[Action], 0, 9), (vec![8, 14], 2));
    assert_eq!(of(&[Input, Action], 1, 3), (vec![4, 6, 8], 9));
    assert_eq!(of(&[Input, Message, Action], 0, 100).1, total - 2);
    assert_eq!(of(&[], 0, 9), (vec![], 0));
    assert_eq!(page(0, 0, 0), (vec![], total));
    assert_eq!(page(0, 100, 10), (vec![], total));
    assert_eq!(page(u64::MAX, u64::MAX, u64::MAX), (vec![], 0));
}

fn sessions_do_not_see_each_other<S: Store>(store: &S) {
    for n in [1, 2] {
        store.create_session(&new_session(n)).unwrap();
    }
    let before = rows_of(store, 2);
    store.commit(&commit(1, 1, "only mine")).unwrap();
    assert_eq!(rows_of(store, 2), before);
}

fn what_a_preview_runs_stays_with_it<S: Store>(store: &S) {
    // S4.14, F20: beside turns of either size, byte for byte, whatever comes after.
    let texts = [r#"{ "flows" : [{"id":1.0}], "\u00e4": "ä" }"#, "[]"];
    for (n, text) in (1..).zip(texts) {
        let preview = Some(text.to_owned());
        let turn = if n == 1 { turn("start", 2) } else { full_turn(5, "start", "one") };
        store.create_session(&NewSession { turn, preview, ..new_session(n) }).unwrap();
        store.commit(&commit(n, 1, "second")).unwrap();
        assert_eq!(store.preview(session_id(n)).unwrap().as_deref(), Some(text));
        assert_eq!(load(store, n).revision, Revision(2));
    }
    store.create_session(&new_session(3)).unwrap();
    for n in [3, 9] {
        assert_eq!(store.preview(session_id(n)).unwrap(), None);
    }
    let broken = NewSession { preview: Some("{".into()), ..new_session(4) };
    store.create_session(&broken).unwrap_err();
    let again = NewSession { preview: Some("{}".into()), ..new_session(1) };
    store.create_session(&again).unwrap_err();
    assert_eq!(store.preview(session_id(4)).unwrap(), None);
    assert_eq!(store.preview(session_id(1)).unwrap().as_deref(), Some(texts[0]));
}

fn a_session_without_a_journal_has_none<S: Store>(store: &S) {
    let quiet = Turn { journal: None, ..turn("start", 1) };
    store.create_session(&NewSession { turn: quiet.clone(), ..new_session(1) }).unwrap();
    store.commit(&commit(1, 1, "x").with(quiet)).unwrap();
    assert_eq!(store.journal(session_id(1)).unwrap(), []);
    store.commit(&commit(1, 2, "y")).unwrap();
    let revisions: Vec<_> =
        store.journal(session_id(1)).unwrap().iter().map(|row| row.revision).collect();
    assert_eq!(revisions, [Revision(3)]);
}

fn what_does_not_exist_is_empty<S: Store>(store: &S) {
    assert_eq!(store.load_session(session_id(1)).unwrap(), None);
    assert_eq!(store.journal(session_id(1)).unwrap(), []);
    let all = HistoryQuery { session: session_id(1), after_seq: 0, kinds: None, skip: 0, limit: 9 };
    assert_eq!(store.history(all).unwrap().total, 0);
}
