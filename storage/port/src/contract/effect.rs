//! Claims of outside effects.

use chatflow::Revision;
use uuid::Uuid;

use super::Case;
use super::fixture::{HOSTILE, at, commit, json, new_session, rows_of, session_id};
use crate::blocking::Store;
use crate::effect::{Claim, EffectClaim, other_request_key};
use crate::id::LeaseToken;
use crate::session::{Commit, CommitError, LeaseMark, LeaseRequest};

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        a_new_effect_runs_and_a_completed_one_does_not,
        a_live_claim_is_in_progress_at_once,
        a_failed_or_run_out_claim_is_taken_over,
        a_claim_that_was_taken_over_records_nothing,
        another_request_under_the_same_key_runs_as_new,
        an_expired_record_counts_as_none,
        expired_records_are_swept_unless_they_are_live,
        a_claim_takes_the_lease_with_it,
        a_refused_lease_claims_nothing,
        of_many_claims_at_once_one_runs,
        of_many_claims_with_a_lease_one_runs,
        hostile_keys_and_results_survive,
    ]
}

const MINE: LeaseToken = LeaseToken(Uuid::from_u128(11));

/// Live until 100, kept until 1000.
fn claim(key: &str) -> EffectClaim {
    EffectClaim {
        key: key.into(),
        request_hash: "a".repeat(64),
        session: session_id(1),
        node_id: "hook".into(),
        revision: Revision(1),
        at: at(0),
        until: at(100),
        expires_at: at(1000),
        lease: None,
    }
}

fn later(now: i64) -> EffectClaim {
    EffectClaim { at: at(now), until: at(now + 100), expires_at: at(now + 1000), ..claim("k") }
}

fn lease(token: LeaseToken, expected: u64) -> LeaseRequest {
    let (session, expected) = (session_id(1), Revision(expected));
    LeaseRequest { session, expected, token, until: at(5000), at: at(0), mark: None }
}

fn runs<S: Store>(store: &S, claim: &EffectClaim) -> u32 {
    match store.claim_effect(claim).unwrap() {
        Claim::Run { attempt } => attempt,
        other => panic!("{other:?}"),
    }
}

fn a_new_effect_runs_and_a_completed_one_does_not<S: Store>(store: &S) {
    // S9.3, F11; no session is needed, as a start turn has none yet.
    assert_eq!(runs(store, &claim("k")), 1);
    let result = format!(" {} ", json("sent"));
    assert!(store.complete_effect("k", 1, at(5), Some(&result)).unwrap());
    for now in [0, 50, 500, 1000] {
        let done = Claim::Done { result: Some(result.clone()) };
        assert_eq!(store.claim_effect(&later(now)).unwrap(), done);
    }
    // It is recorded once.
    assert!(!store.complete_effect("k", 1, at(6), None).unwrap());
    assert!(!store.fail_effect("k", 1, "late").unwrap());
    assert_eq!(runs(store, &claim("other")), 1);
    assert!(store.complete_effect("other", 1, at(5), None).unwrap());
    assert_eq!(store.claim_effect(&claim("other")).unwrap(), Claim::Done { result: None });
}

fn a_live_claim_is_in_progress_at_once<S: Store>(store: &S) {
    assert_eq!(runs(store, &claim("k")), 1);
    for now in [0, 99, 100] {
        let found = store.claim_effect(&later(now)).unwrap();
        assert_eq!(found, Claim::InProgress { until: at(100) });
    }
    assert!(store.complete_effect("k", 1, at(5), None).unwrap());
}

fn a_failed_or_run_out_claim_is_taken_over<S: Store>(store: &S) {
    // F11: `failed` is re-claimable, as often as it takes.
    for attempt in 1..9 {
        assert_eq!(runs(store, &claim("k")), attempt);
        assert!(store.fail_effect("k", attempt, "no answer").unwrap());
    }
    assert_eq!(runs(store, &claim("k")), 9);
    assert_eq!(runs(store, &later(101)), 10);
    assert_eq!(store.claim_effect(&later(102)).unwrap(), Claim::InProgress { until: at(201) });
}

fn a_claim_that_was_taken_over_records_nothing<S: Store>(store: &S) {
    assert_eq!(runs(store, &claim("k")), 1);
    assert_eq!(runs(store, &later(101)), 2);
    assert!(!store.complete_effect("k", 1, at(102), Some("1")).unwrap());
    assert!(!store.fail_effect("k", 1, "late").unwrap());
    assert!(store.complete_effect("k", 2, at(103), Some("2")).unwrap());
    let done = Claim::Done { result: Some("2".into()) };
    assert_eq!(store.claim_effect(&later(104)).unwrap(), done);
    assert!(!store.complete_effect("nothing", 1, at(0), None).unwrap());
    assert!(!store.fail_effect("nothing", 1, "x").unwrap());
}

fn another_request_under_the_same_key_runs_as_new<S: Store>(store: &S) {
    let other = EffectClaim { request_hash: "b".repeat(64), ..claim("k") };
    assert_eq!(runs(store, &claim("k")), 1);
    assert_eq!(store.claim_effect(&other).unwrap(), Claim::OtherRequest);
    assert!(store.complete_effect("k", 1, at(1), Some("1")).unwrap());
    assert_eq!(store.claim_effect(&other).unwrap(), Claim::OtherRequest);
    let key = other_request_key("k", &other.request_hash);
    let renamed = EffectClaim { key: key.clone(), ..other };
    assert_eq!(runs(store, &renamed), 1);
    assert!(store.complete_effect(&key, 1, at(2), Some("2")).unwrap());
    let done = |result: &str| Claim::Done { result: Some(result.into()) };
    assert_eq!(store.claim_effect(&renamed).unwrap(), done("2"));
    assert_eq!(store.claim_effect(&claim("k")).unwrap(), done("1"));
}

fn an_expired_record_counts_as_none<S: Store>(store: &S) {
    // S9.3: whatever it was, even another request.
    assert_eq!(runs(store, &claim("k")), 1);
    assert!(store.complete_effect("k", 1, at(5), Some("1")).unwrap());
    let other = EffectClaim { request_hash: "b".repeat(64), ..later(1001) };
    assert_eq!(runs(store, &other), 1);
    assert_eq!(store.claim_effect(&later(1001)).unwrap(), Claim::OtherRequest);
    assert!(store.complete_effect("k", 1, at(1002), Some("2")).unwrap());
    let done = Claim::Done { result: Some("2".into()) };
    assert_eq!(store.claim_effect(&EffectClaim { at: at(2001), ..other }).unwrap(), done);
}

fn expired_records_are_swept_unless_they_are_live<S: Store>(store: &S) {
    // S9.8
    for key in ["done", "failed", "run out"] {
        assert_eq!(runs(store, &claim(key)), 1);
    }
    assert!(store.complete_effect("done", 1, at(5), None).unwrap());
    assert!(store.fail_effect("failed", 1, "x").unwrap());
    assert_eq!(runs(store, &EffectClaim { until: at(9000), ..claim("live") }), 1);
    assert_eq!(runs(store, &EffectClaim { expires_at: at(2000), ..claim("young") }), 1);
    assert_eq!(store.sweep_effects(at(1000), 10).unwrap(), 0);
    assert_eq!(store.sweep_effects(at(1001), 2).unwrap(), 2);
    assert_eq!(store.sweep_effects(at(1001), 10).unwrap(), 1);
    assert_eq!(store.sweep_effects(at(1001), 10).unwrap(), 0);
    // What is gone runs as new; what stayed does not.
    for key in ["done", "failed", "run out"] {
        assert_eq!(runs(store, &claim(key)), 1);
    }
    for key in ["live", "young"] {
        let found = store.claim_effect(&claim(key)).unwrap();
        assert!(matches!(found, Claim::InProgress { .. }), "{found:?}");
    }
}

fn a_claim_takes_the_lease_with_it<S: Store>(store: &S) {
    // F9, F11: the second claim of a turn holds the lease already.
    store.create_session(&new_session(1)).unwrap();
    let with_lease = EffectClaim { lease: Some(lease(MINE, 1)), ..claim("k") };
    assert_eq!(runs(store, &with_lease), 1);
    assert_eq!(runs(store, &claim("k#1")), 1);
    let stored = store.load_session(session_id(1)).unwrap().unwrap();
    assert_eq!(stored.lease, Some(LeaseMark { token: MINE, until: at(5000) }));
    assert_eq!((stored.revision, stored.last_activity_at), (Revision(1), at(0)));
    let busy = store.commit(&commit(1, 1, "other")).unwrap_err();
    assert!(matches!(busy, CommitError::Busy { .. }), "{busy:?}");
    assert!(store.complete_effect("k", 1, at(5), Some("1")).unwrap());
    store.commit(&Commit { lease: Some(MINE), ..commit(1, 1, "mine") }).unwrap();
    // The lease stands whatever the claim comes to.
    let again = EffectClaim { lease: Some(lease(MINE, 2)), ..claim("k") };
    assert_eq!(store.claim_effect(&again).unwrap(), Claim::Done { result: Some("1".into()) });
    let stored = store.load_session(session_id(1)).unwrap().unwrap();
    assert_eq!(stored.lease, Some(LeaseMark { token: MINE, until: at(5000) }));
}

fn a_refused_lease_claims_nothing<S: Store>(store: &S) {
    let with = |expected| EffectClaim { lease: Some(lease(MINE, expected)), ..claim("k") };
    let missing = store.claim_effect(&with(1)).unwrap_err();
    assert!(matches!(missing, CommitError::NotFound { .. }), "{missing:?}");
    store.create_session(&new_session(1)).unwrap();
    let before = rows_of(store, 1);
    let stale = store.claim_effect(&with(2)).unwrap_err();
    assert!(
        matches!(stale, CommitError::Conflict { expected: Revision(2), actual: Revision(1) }),
        "{stale:?}"
    );
    assert_eq!(rows_of(store, 1), before);
    store.take_lease(&lease(LeaseToken(Uuid::from_u128(22)), 1)).unwrap();
    let before = rows_of(store, 1);
    let busy = store.claim_effect(&with(1)).unwrap_err();
    assert!(matches!(busy, CommitError::Busy { until } if until == at(5000)), "{busy:?}");
    assert_eq!(rows_of(store, 1), before);
    assert_eq!(runs(store, &claim("k")), 1);
}

fn of_many_claims_at_once_one_runs<S: Store>(store: &S) {
    for round in 0..5 {
        // New in the first rounds, failed in the last.
        let key = format!("k{}", round.min(2));
        let found: Vec<_> = std::thread::scope(|threads| {
            let all: Vec<_> = (0..8)
                .map(|_| threads.spawn(|| store.claim_effect(&claim(&key)).unwrap()))
                .collect();
            all.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let run = found.iter().find_map(|claim| match claim {
            Claim::Run { attempt } => Some(*attempt),
            _ => None,
        });
        let waiting = found.iter().filter(|claim| matches!(claim, Claim::InProgress { .. }));
        assert_eq!(waiting.count(), 7, "{found:?}");
        assert!(store.fail_effect(&key, run.unwrap(), "x").unwrap());
    }
}

fn of_many_claims_with_a_lease_one_runs<S: Store>(store: &S) {
    store.create_session(&new_session(1)).unwrap();
    let found: Vec<_> = std::thread::scope(|threads| {
        let claim = |n| {
            let lease = Some(lease(LeaseToken(Uuid::from_u128(n)), 1));
            (n, store.claim_effect(&EffectClaim { lease, ..claim("k") }))
        };
        let all: Vec<_> = (1..9).map(|n| threads.spawn(move || claim(n))).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let won: Vec<_> = found.iter().filter(|(_, claim)| claim.is_ok()).map(|(n, _)| *n).collect();
    let busy = found.iter().filter(|(_, claim)| matches!(claim, Err(CommitError::Busy { .. })));
    assert_eq!((won.len(), busy.count()), (1, 7), "{found:?}");
    let stored = store.load_session(session_id(1)).unwrap().unwrap();
    assert_eq!(stored.lease.map(|lease| lease.token), Some(LeaseToken(Uuid::from_u128(won[0]))));
}

fn hostile_keys_and_results_survive<S: Store>(store: &S) {
    for text in HOSTILE {
        let hostile = EffectClaim { node_id: text.into(), ..claim(text) };
        assert_eq!(runs(store, &hostile), 1);
        assert!(store.fail_effect(text, 1, text).unwrap());
        assert_eq!(runs(store, &hostile), 2);
        assert!(store.complete_effect(text, 2, at(1), Some("{")).is_err());
        assert!(store.complete_effect(text, 2, at(1), Some(&json(text))).unwrap());
        let done = Claim::Done { result: Some(json(text)) };
        assert_eq!(store.claim_effect(&hostile).unwrap(), done);
    }
}
