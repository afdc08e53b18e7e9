//! Commits and leases (F9).

use chatflow::{Revision, Timestamp};
use uuid::Uuid;

use super::Case;
use super::fixture::{at, commit, new_session, rows_of, session_id, snapshot, turn};
use crate::blocking::Store;
use crate::id::LeaseToken;
use crate::session::{Commit, CommitError, LeaseMark, LeaseRequest};

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        a_commit_replaces_the_snapshot_and_raises_the_revision_by_one,
        a_stale_commit_is_a_conflict_and_leaves_nothing,
        a_commit_that_fails_half_way_leaves_nothing,
        an_unknown_session_is_not_found,
        of_two_commits_at_once_one_wins,
        many_commits_at_once_lose_no_turn,
        a_lease_keeps_other_turns_out,
        a_lease_that_ran_out_keeps_nobody_out,
        a_holder_commits_even_after_its_lease_ran_out,
        a_lease_is_refused_like_a_commit,
        a_commit_ends_the_lease,
        only_the_holder_gives_a_lease_back,
        of_two_leases_at_once_one_is_given,
    ]
}

const MINE: LeaseToken = LeaseToken(Uuid::from_u128(11));
const THEIRS: LeaseToken = LeaseToken(Uuid::from_u128(22));

fn lease(expected: u64, token: LeaseToken, until: Timestamp, now: Timestamp) -> LeaseRequest {
    let expected = Revision(expected);
    LeaseRequest { session: session_id(1), expected, token, until, at: now, mark: None }
}

fn with_lease(commit: Commit, token: LeaseToken, now: Timestamp) -> Commit {
    Commit { lease: Some(token), at: now, ..commit }
}

/// Commits, which must fail, and sees that every row is as it was.
fn refused<S: Store>(store: &S, commit: &Commit) -> CommitError {
    let before = rows_of(store, 1);
    let error = store.commit(commit).unwrap_err();
    assert_eq!(rows_of(store, 1), before, "{error}");
    error
}

fn a_commit_replaces_the_snapshot_and_raises_the_revision_by_one<S: Store>(store: &S) {
    let new = new_session(1);
    store.create_session(&new).unwrap();
    for revision in 1..4 {
        let next = store.commit(&commit(1, revision, &format!("turn {revision}"))).unwrap();
        assert_eq!(next.revision, Revision(revision + 1));
    }
    let stored = store.load_session(session_id(1)).unwrap().unwrap();
    assert_eq!((stored.head, stored.revision), (new.head, Revision(4)));
    assert_eq!((stored.snapshot, stored.last_activity_at), (snapshot("turn 3"), at(1000)));
    let journal = store.journal(session_id(1)).unwrap();
    let revisions: Vec<_> = journal.iter().map(|row| (row.revision.0, row.at)).collect();
    assert_eq!(revisions, [(1, at(0)), (2, at(1000)), (3, at(1000)), (4, at(1000))]);
}

fn a_stale_commit_is_a_conflict_and_leaves_nothing<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    store.commit(&commit(1, 1, "first")).unwrap();
    for expected in [0, 1, 3, u64::MAX] {
        match refused(store, &commit(1, expected, "late")) {
            CommitError::Conflict { expected: e, actual } => {
                assert_eq!((e, actual), (Revision(expected), Revision(2)));
            }
            other => panic!("{other:?}"),
        }
    }
}

fn a_commit_that_fails_half_way_leaves_nothing<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    let mut last_row = commit(1, 1, "bad").with(turn("bad", 4));
    last_row.turn.history[3].content = "{".into();
    let mut journal = commit(1, 1, "bad");
    journal.turn.journal.as_mut().unwrap().outcomes = "not JSON".into();
    let mut state = commit(1, 1, "bad");
    state.snapshot.state = "\"unfinished".into();
    for bad in [last_row, journal, state] {
        let error = refused(store, &bad);
        assert!(matches!(error, CommitError::Store(_)), "{error:?}");
    }
    store.commit(&commit(1, 1, "good")).unwrap();
}

fn an_unknown_session_is_not_found<S: Store>(store: &S) {
    let error = refused(store, &commit(1, 1, "x"));
    assert!(matches!(error, CommitError::NotFound { .. }), "{error:?}");
    let error = store.take_lease(&lease(1, MINE, at(10), at(0))).unwrap_err();
    assert!(matches!(error, CommitError::NotFound { .. }), "{error:?}");
    store.release_lease(session_id(1), MINE).unwrap();
}

fn of_two_commits_at_once_one_wins<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    for revision in 1..20 {
        let race = |text: &str| store.commit(&commit(1, revision, text));
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
        let Revision(actual) = match lost {
            CommitError::Conflict { actual, .. } => actual,
            other => panic!("{other:?}"),
        };
        assert_eq!(actual, revision + 1);
        let stored = store.load_session(session_id(1)).unwrap().unwrap();
        assert_eq!(stored.snapshot, snapshot(winner));
        let journal = store.journal(session_id(1)).unwrap();
        assert_eq!(journal.last().unwrap().entry, turn(winner, 0).journal.unwrap());
    }
}

fn many_commits_at_once_lose_no_turn<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    // Each thread retries until it has committed five turns.
    let work = |name: &str| {
        let mut done = 0;
        let mut revision = 1;
        while done < 5 {
            match store.commit(&commit(1, revision, name)) {
                Ok(next) => (done, revision) = (done + 1, next.revision.0),
                Err(CommitError::Conflict { actual, .. }) => revision = actual.0,
                Err(other) => panic!("{other:?}"),
            }
        }
    };
    std::thread::scope(|threads| {
        for name in ["a", "b", "c", "d"] {
            threads.spawn(move || work(name));
        }
    });
    let stored = store.load_session(session_id(1)).unwrap().unwrap();
    assert_eq!(stored.revision, Revision(21));
    let journal = store.journal(session_id(1)).unwrap();
    let revisions: Vec<_> = journal.iter().map(|row| row.revision.0).collect();
    assert_eq!(revisions, (1..22).collect::<Vec<_>>());
    let all = crate::session::HistoryQuery {
        session: session_id(1),
        after_seq: 0,
        kinds: None,
        skip: 0,
        limit: 100,
    };
    let seqs: Vec<_> = store.history(all).unwrap().rows.iter().map(|row| row.seq).collect();
    assert_eq!(seqs, (1..43).collect::<Vec<_>>());
}

fn a_lease_keeps_other_turns_out<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    store.take_lease(&lease(1, THEIRS, at(2000), at(0))).unwrap();
    let stored = store.load_session(session_id(1)).unwrap().unwrap();
    assert_eq!(stored.lease, Some(LeaseMark { token: THEIRS, until: at(2000) }));
    // A lease is no turn.
    assert_eq!((stored.revision, stored.last_activity_at), (Revision(1), at(0)));
    for intruder in [commit(1, 1, "x"), with_lease(commit(1, 1, "x"), MINE, at(2000))] {
        match refused(store, &intruder) {
            CommitError::Busy { until } => assert_eq!(until, at(2000)),
            other => panic!("{other:?}"),
        }
    }
    // The revision is looked at first.
    let error = refused(store, &commit(1, 7, "x"));
    assert!(matches!(error, CommitError::Conflict { .. }), "{error:?}");
    store.commit(&with_lease(commit(1, 1, "theirs"), THEIRS, at(1999))).unwrap();
}

fn a_lease_that_ran_out_keeps_nobody_out<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    store.take_lease(&lease(1, THEIRS, at(500), at(0))).unwrap();
    store.commit(&Commit { at: at(501), ..commit(1, 1, "x") }).unwrap();
    let error = refused(store, &with_lease(commit(1, 1, "late"), THEIRS, at(600)));
    assert!(matches!(error, CommitError::Conflict { .. }), "{error:?}");
}

fn a_holder_commits_even_after_its_lease_ran_out<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    store.take_lease(&lease(1, MINE, at(500), at(0))).unwrap();
    store.commit(&with_lease(commit(1, 1, "x"), MINE, at(90_000))).unwrap();
    // But not if another turn took the lease meanwhile.
    store.take_lease(&lease(2, MINE, at(91_000), at(90_500))).unwrap();
    store.take_lease(&lease(2, THEIRS, at(99_000), at(92_000))).unwrap();
    let error = refused(store, &with_lease(commit(1, 2, "y"), MINE, at(93_000)));
    assert!(matches!(error, CommitError::Busy { .. }), "{error:?}");
}

fn a_lease_is_refused_like_a_commit<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    let error = store.take_lease(&lease(2, MINE, at(500), at(0))).unwrap_err();
    assert!(matches!(error, CommitError::Conflict { .. }), "{error:?}");
    assert_eq!(store.load_session(session_id(1)).unwrap().unwrap().lease, None);
    store.take_lease(&lease(1, MINE, at(500), at(0))).unwrap();
    for token in [THEIRS, MINE] {
        let error = store.take_lease(&lease(1, token, at(900), at(500))).unwrap_err();
        assert!(matches!(error, CommitError::Busy { .. }), "{error:?}");
    }
    store.take_lease(&lease(1, THEIRS, at(900), at(501))).unwrap();
}

fn a_commit_ends_the_lease<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    store.take_lease(&lease(1, MINE, at(5000), at(0))).unwrap();
    store.commit(&with_lease(commit(1, 1, "x"), MINE, at(10))).unwrap();
    assert_eq!(store.load_session(session_id(1)).unwrap().unwrap().lease, None);
    store.commit(&commit(1, 2, "y")).unwrap();
}

fn only_the_holder_gives_a_lease_back<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    store.take_lease(&lease(1, MINE, at(5000), at(0))).unwrap();
    store.release_lease(session_id(1), THEIRS).unwrap();
    let error = refused(store, &commit(1, 1, "x"));
    assert!(matches!(error, CommitError::Busy { .. }), "{error:?}");
    store.release_lease(session_id(1), MINE).unwrap();
    store.commit(&commit(1, 1, "x")).unwrap();
}

fn of_two_leases_at_once_one_is_given<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    let race = |token| store.take_lease(&lease(1, token, at(500), at(0)));
    let (one, two) = std::thread::scope(|threads| {
        let one = threads.spawn(|| race(MINE));
        let two = threads.spawn(|| race(THEIRS));
        (one.join().unwrap(), two.join().unwrap())
    });
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let lost = one.err().or_else(|| two.err());
    assert!(matches!(lost, Some(CommitError::Busy { .. })), "{lost:?}");
}
