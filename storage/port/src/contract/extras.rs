//! What a turn writes beside history and journal, in its own transaction.

use chatflow::{ImpressionId, Revision};

use super::Case;
use super::fixture::{
    HOSTILE, answered, at, commit, content_id, event, full_turn, hook, impression, interaction,
    json, new_session, rows_of, school_id, session_id, traced, turn, user_id,
};
use crate::blocking::Store;
use crate::evidence::{
    ContentEvent, ContentEventKind, RecalledRequest, SessionEventQuery, conversion_id,
};
use crate::outbox::{EventQuery, EventStatus, NewEvent};
use crate::scope::AccessScope;
use crate::session::{Commit, CommitError, NewSession, Turn};
use crate::trace::{TraceQuery, TraceRow, TraceTotals};

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        a_turn_writes_all_it_brings,
        a_first_turn_writes_all_it_brings,
        a_refused_turn_writes_nothing_of_it,
        what_breaks_half_way_leaves_nothing,
        hostile_texts_survive,
        the_last_impression_of_each_pair_converts_once,
        what_is_recorded_already_is_not_recorded_twice,
        a_request_is_answered_once,
        an_answer_that_expired_is_replaced,
        of_two_turns_with_one_key_one_commits,
        events_of_a_turn_are_written_with_it,
    ]
}

fn events<S: Store>(store: &S, n: u128) -> Vec<ContentEvent> {
    let query = SessionEventQuery { session: session_id(n), skip: 0, limit: 100 };
    store.session_content_events(query).unwrap().rows
}

/// Id, item, variant and impression of each conversion of session 1.
fn conversions<S: Store>(store: &S) -> Vec<(u128, Option<String>, ImpressionId)> {
    let all = events(store, 1).into_iter().map(|row| row.event);
    let is_one = |kind| kind == ContentEventKind::Conversion;
    all.filter(|event| is_one(event.kind))
        .map(|event| {
            let impression = event.impression_id.unwrap();
            assert_eq!((event.id, event.value), (conversion_id(impression), None));
            (event.content_id.0.as_u128(), event.variant_key, impression)
        })
        .collect()
}

fn a_turn_writes_all_it_brings<S: Store>(store: &S) {
    // S5.21 to S5.24, F18, S4.37.
    let mut new = new_session(1);
    (new.head.school_id, new.head.user_id) = (Some(school_id(1)), Some(user_id(4)));
    store.create_session(&new).unwrap();
    assert_eq!(events(store, 1), []);
    let turn = full_turn(1, "all", "one");
    store.commit(&commit(1, 1, "x").with(turn.clone())).unwrap();
    let rows = events(store, 1);
    let told: Vec<_> = rows.iter().map(|row| row.event.clone()).collect();
    assert_eq!(told[..3], turn.content_events);
    // Two items were shown, and the session is over.
    assert_eq!(told.len(), 5);
    for (row, ordinal) in rows.iter().zip(1..) {
        assert_eq!((row.revision, row.ordinal), (Revision(2), ordinal));
        assert_eq!((row.session_id, row.school_id), (Some(session_id(1)), Some(school_id(1))));
        assert_eq!((row.user_id, row.created_at), (Some(user_id(4)), at(1000)));
    }
    let all = TraceQuery { session: session_id(1), from: Revision(0), limit: 9 };
    let trace = store.session_trace(&AccessScope::system(), all).unwrap();
    let row = TraceRow { revision: Revision(2), at: at(1000), turn: turn.trace.unwrap() };
    assert_eq!(trace.rows, [row]);
    assert_eq!(trace.totals, TraceTotals { turns: 1, steps: 2, errors: 1, duration_ms: 30 });
    let recalled = store.recall_request(session_id(1), "one", at(1999)).unwrap();
    let answered = turn.answered.unwrap();
    assert_eq!(recalled, Some(RecalledRequest { answered, created_at: at(1000) }));
    // The turn after it brings nothing, and nothing is added.
    store.commit(&commit(1, 2, "plain")).unwrap();
    assert_eq!(events(store, 1), rows);
    let journal = store.journal(session_id(1)).unwrap();
    assert_eq!(journal.len(), 3);
}

fn a_first_turn_writes_all_it_brings<S: Store>(store: &S) {
    let turn = full_turn(1, "all", "one");
    store.create_session(&NewSession { turn: turn.clone(), ..new_session(1) }).unwrap();
    let rows = events(store, 1);
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|row| (row.revision, row.created_at) == (Revision(1), at(0))));
    let before = rows_of(store, 1);
    assert!(before.contains("all") && before.contains("\"one\""));
    // Of a session that is there nothing is added.
    let again = NewSession { turn: full_turn(2, "again", "two"), ..new_session(1) };
    store.create_session(&again).unwrap_err();
    assert_eq!(rows_of(store, 1), before);
    assert_eq!(events(store, 2), []);
}

fn a_refused_turn_writes_nothing_of_it<S: Store>(store: &S) {
    // R2.3, F9.
    store.create_session(&new_session(1)).unwrap();
    store.commit(&commit(1, 1, "first")).unwrap();
    let before = rows_of(store, 1);
    let late = commit(1, 1, "late").with(full_turn(1, "late", "one"));
    let error = store.commit(&late).unwrap_err();
    assert!(matches!(error, CommitError::Conflict { actual: Revision(2), .. }), "{error:?}");
    assert_eq!(rows_of(store, 1), before);
    let nobody = Commit { session: session_id(2), ..late };
    let error = store.commit(&nobody).unwrap_err();
    assert!(matches!(error, CommitError::NotFound { .. }), "{error:?}");
    assert_eq!(events(store, 2), []);
}

fn what_breaks_half_way_leaves_nothing<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    let before = rows_of(store, 1);
    let bad = |change: &dyn Fn(&mut Turn)| {
        let mut turn = full_turn(1, "bad", "one");
        change(&mut turn);
        commit(1, 1, "bad").with(turn)
    };
    for commit in [
        bad(&|turn| turn.content_events[0].value = Some("1, \"id\": 2".into())),
        bad(&|turn| turn.trace.as_mut().unwrap().steps = "[".into()),
        bad(&|turn| turn.trace.as_mut().unwrap().state = Some("{".into())),
        bad(&|turn| turn.answered.as_mut().unwrap().response = "not JSON".into()),
    ] {
        let error = store.commit(&commit).unwrap_err();
        assert!(matches!(error, CommitError::Store(_)), "{error:?}");
        assert_eq!(rows_of(store, 1), before);
    }
    store.commit(&bad(&|_| ())).unwrap();
}

fn hostile_texts_survive<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    for ((text, revision), n) in HOSTILE.into_iter().zip(1..).zip(1_u128..) {
        let mut shown = impression(n, n, Some(text));
        shown.node_id = Some(text.into());
        let value = if n % 2 == 0 { "null".to_owned() } else { json(text) };
        let turn = Turn {
            content_events: vec![shown.clone(), interaction(&shown, &value)],
            trace: Some(traced(1, text)),
            answered: Some(answered(text, text)),
            ..turn(text, 1)
        };
        store.commit(&commit(1, revision, text).with(turn.clone())).unwrap();
        let told: Vec<_> = events(store, 1).into_iter().map(|row| row.event).collect();
        assert_eq!(told[told.len() - 2..], turn.content_events);
        let from = Revision(revision + 1);
        let query = TraceQuery { session: session_id(1), from, limit: 9 };
        let trace = store.session_trace(&AccessScope::system(), query).unwrap();
        assert_eq!(trace.rows[0].turn, turn.trace.unwrap());
        let recalled = store.recall_request(session_id(1), text, at(0)).unwrap();
        assert_eq!(recalled.unwrap().answered, turn.answered.unwrap());
    }
}

fn the_last_impression_of_each_pair_converts_once<S: Store>(store: &S) {
    // S5.23.
    let shown = [
        impression(1, 7, Some("a")),
        impression(2, 7, Some("b")),
        impression(3, 7, None),
        impression(4, 8, Some("a")),
    ];
    let turn_of = |content_events, converts| Turn { content_events, converts, ..turn("x", 1) };
    let first = NewSession { turn: turn_of(shown.to_vec(), false), ..new_session(1) };
    store.create_session(&first).unwrap();
    // Another session is another matter.
    let other =
        NewSession { turn: turn_of(vec![impression(90, 9, None)], false), ..new_session(2) };
    store.create_session(&other).unwrap();
    let again = vec![impression(5, 7, Some("b"))];
    store.commit(&commit(1, 1, "x").with(turn_of(again, false))).unwrap();
    assert_eq!(conversions(store), []);
    // In the last turn one is shown twice, and one that was shown before once more.
    let last = vec![impression(6, 9, None), impression(7, 7, None), impression(8, 9, None)];
    store.commit(&commit(1, 2, "x").with(turn_of(last, true))).unwrap();
    let a = || Some("a".to_owned());
    let of = |n: u128| ImpressionId::derived(&n.to_string());
    let expected = [
        (7, a(), of(1)),
        (7, Some("b".to_owned()), of(5)),
        (7, None, of(7)),
        (8, a(), of(4)),
        (9, None, of(8)),
    ];
    assert_eq!(conversions(store), expected);
    let rows = events(store, 1);
    let ordinals: Vec<_> = rows.iter().map(|row| (row.revision.0, row.ordinal)).collect();
    assert_eq!(ordinals[..6], [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (3, 1)]);
    assert_eq!(ordinals[6..], [(3, 2), (3, 3), (3, 4), (3, 5), (3, 6), (3, 7), (3, 8)]);
    let nodes: Vec<_> = rows[8..].iter().map(|row| row.event.node_id.clone().unwrap()).collect();
    assert_eq!(nodes, ["node 1", "node 5", "node 7", "node 4", "node 8"].map(Into::into));
    // Never twice for a pair, whatever is shown later.
    let late = vec![impression(10, 7, Some("a")), impression(11, 1, None)];
    store.commit(&commit(1, 3, "x").with(turn_of(late, true))).unwrap();
    let all = conversions(store);
    assert_eq!((all.len(), &all[5]), (6, &(1, None, of(11))));
    assert_eq!(events(store, 2).len(), 1);
}

fn what_is_recorded_already_is_not_recorded_twice<S: Store>(store: &S) {
    // S5.22: an analysis must never keep a conversation from going on.
    store.create_session(&new_session(1)).unwrap();
    let shown = impression(1, 7, None);
    let twice = vec![shown.clone(), interaction(&shown, "1"), shown.clone()];
    let own = |content_events| Turn { content_events, ..turn("x", 1) };
    store.commit(&commit(1, 1, "x").with(own(twice))).unwrap();
    let again = vec![interaction(&shown, "2"), shown, impression(2, 7, None)];
    store.commit(&commit(1, 2, "y").with(own(again))).unwrap();
    let rows: Vec<_> = events(store, 1)
        .iter()
        .map(|row| (row.revision.0, row.ordinal, row.event.value.clone()))
        .collect();
    assert_eq!(rows, [(2, 1, None), (2, 2, Some("1".into())), (3, 3, None)]);
    let of_item = store.content_events(
        &AccessScope::system(),
        &crate::evidence::ContentEventQuery {
            content: content_id(7),
            kind: None,
            from: None,
            to: None,
            skip: 0,
            limit: 9,
        },
    );
    assert_eq!(of_item.unwrap().total, 3);
}

fn with_answer(expected: u64, key: &str, text: &str) -> Commit {
    let turn = Turn { answered: Some(answered(key, text)), ..turn(text, 1) };
    commit(1, expected, text).with(turn)
}

fn a_request_is_answered_once<S: Store>(store: &S) {
    // S4.37.
    store.create_session(&new_session(1)).unwrap();
    store.commit(&with_answer(1, "one", "first")).unwrap();
    let before = rows_of(store, 1);
    // Whatever else could be said of the commit.
    for expected in [1, 2, 7] {
        let error = store.commit(&with_answer(expected, "one", "again")).unwrap_err();
        assert!(matches!(error, CommitError::Answered { .. }), "{error:?}");
        assert_eq!(rows_of(store, 1), before);
    }
    store.commit(&with_answer(2, "two", "another")).unwrap();
    // Keys are a session's own.
    store.create_session(&new_session(2)).unwrap();
    let elsewhere = Commit { session: session_id(2), ..with_answer(1, "one", "elsewhere") };
    store.commit(&elsewhere).unwrap();
}

fn an_answer_that_expired_is_replaced<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    store.commit(&with_answer(1, "one", "first")).unwrap();
    let late = Commit { at: at(2000), ..with_answer(2, "one", "second") };
    let fresh = |commit: Commit| {
        let mut commit = commit;
        commit.turn.answered.as_mut().unwrap().expires_at = at(9000);
        commit
    };
    store.commit(&fresh(late)).unwrap();
    let recalled = store.recall_request(session_id(1), "one", at(8999)).unwrap().unwrap();
    assert_eq!((recalled.answered.response, recalled.created_at), (json("second"), at(2000)));
}

fn of_two_turns_with_one_key_one_commits<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    for n in 1..16 {
        let race = |text: &str| {
            let turn = Turn { answered: Some(answered(&n.to_string(), text)), ..turn(text, 1) };
            store.commit(&commit(1, n, text).with(turn))
        };
        let (one, two) = std::thread::scope(|threads| {
            let one = threads.spawn(|| race("one"));
            let two = threads.spawn(|| race("two"));
            (one.join().unwrap(), two.join().unwrap())
        });
        let (winner, lost) = match (one, two) {
            (Ok(_), Err(lost)) => ("one", lost),
            (Err(lost), Ok(_)) => ("two", lost),
            other => panic!("{other:?}"),
        };
        assert!(matches!(lost, CommitError::Answered { .. }), "{lost:?}");
        let recalled = store.recall_request(session_id(1), &n.to_string(), at(0)).unwrap();
        assert_eq!(recalled.unwrap().answered.response, json(winner));
    }
}

fn events_of_a_turn_are_written_with_it<S: Store>(store: &S) {
    // S6.30: in their order, as the session's, and not at all if the turn is refused.
    let turn_of = |ids: [u128; 2]| {
        let events = vec![event(ids[0]), hook(ids[1], 1, 9)];
        Turn { events, ..turn("x", 1) }
    };
    let stored = || {
        let all = EventQuery { limit: 100, ..EventQuery::default() };
        let mut events = store.events(&AccessScope::system(), &all).unwrap();
        events.sort_by_key(|event| event.seq);
        events.iter().map(|stored| (stored.event.clone(), stored.status)).collect::<Vec<_>>()
    };
    store.create_session(&NewSession { turn: turn_of([1, 2]), ..new_session(1) }).unwrap();
    store.commit(&commit(1, 1, "x").with(turn_of([4, 3]))).unwrap();
    let own = |event: NewEvent| NewEvent { session_id: Some(session_id(1)), ..event };
    let expected = [
        (own(event(1)), EventStatus::Published),
        (own(hook(2, 1, 1)), EventStatus::Pending),
        (own(event(4)), EventStatus::Published),
        (own(hook(3, 1, 1)), EventStatus::Pending),
    ];
    assert_eq!(stored(), expected);
    let before = rows_of(store, 1);
    store.commit(&commit(1, 1, "late").with(turn_of([5, 6]))).unwrap_err();
    store.create_session(&NewSession { turn: turn_of([5, 6]), ..new_session(1) }).unwrap_err();
    // One that breaks a rule, and one whose id is taken.
    let mut bad = turn_of([5, 6]);
    bad.events[1].payload = "not JSON".into();
    for turn in [bad, turn_of([5, 1])] {
        let error = store.commit(&commit(1, 2, "bad").with(turn)).unwrap_err();
        assert!(matches!(error, CommitError::Store(_)), "{error:?}");
    }
    assert_eq!((stored().len(), rows_of(store, 1)), (4, before));
}
