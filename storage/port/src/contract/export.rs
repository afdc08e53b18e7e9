//! Jobs that make files of analytics.

use chatflow::Timestamp;
use uuid::Uuid;

use super::Case;
use super::fixture::{HOSTILE, at, json, school_id, user_id};
use crate::blocking::Store;
use crate::export::{
    EXPORT_ATTEMPTS, EXPORT_GIVEN_UP, ExportClaim, ExportFile, ExportId, ExportKind, ExportLease,
    ExportOutcome, ExportProgress, ExportQuery, ExportRecord, ExportState, NewExport, OldExports,
    RemovedExports,
};
use crate::id::ServiceAccountId;
use crate::scope::AccessScope;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        an_export_goes_its_way,
        an_export_may_fail_or_be_cancelled,
        the_oldest_is_taken_up_first_and_each_by_one_worker,
        what_a_lost_worker_had_is_taken_up_again,
        after_four_lost_workers_it_is_given_up,
        the_same_export_is_made_once,
        exports_are_listed_and_paged,
        each_sees_what_it_asked_for_and_what_its_schools_did,
        exports_that_break_a_rule_are_refused,
        old_exports_expire_and_are_forgotten,
    ]
}

use ExportState::{Cancelled, Completed, Expired, Failed, Preparing, Processing};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn id(n: u128) -> ExportId {
    ExportId(Uuid::from_u128(n))
}

fn seconds(n: i64) -> Timestamp {
    at(n * 1000)
}

/// Export `n` of user 1 and school 1, at second `n`, which expires after 7 days.
fn new(n: u128) -> NewExport {
    let second = i64::try_from(n).unwrap() * 1000;
    NewExport {
        id: id(n),
        kind: ExportKind::General,
        format: "csv".into(),
        params: json(HOSTILE[4]),
        requested_by: Some(user_id(1)),
        service_account_id: None,
        school_id: Some(school_id(1)),
        created_at: at(second),
        expires_at: at(second + 7 * DAY),
        same_since: None,
    }
}

/// What is stored of it while it waits.
fn waiting(n: u128) -> ExportRecord {
    let new = new(n);
    ExportRecord {
        id: new.id,
        kind: new.kind,
        format: new.format,
        params: new.params,
        state: Preparing,
        progress: 0,
        file: None,
        error: None,
        requested_by: new.requested_by,
        service_account_id: new.service_account_id,
        school_id: new.school_id,
        created_at: new.created_at,
        started_at: None,
        completed_at: None,
        expires_at: new.expires_at,
        attempts: 0,
    }
}

fn file(n: u128) -> ExportFile {
    let path = format!("exports/{n} {}", HOSTILE[5]);
    ExportFile { path, size: 1 << 40, sha256: "f".repeat(64), records: 1 << 33 }
}

fn all<S: Store>(store: &S) -> Vec<ExportRecord> {
    store.exports(&AccessScope::system(), ExportQuery::all(100)).unwrap()
}

fn numbers(records: &[ExportRecord]) -> Vec<u128> {
    records.iter().map(|record| record.id.0.as_u128()).collect()
}

/// A claim at that second, for a minute.
fn claim<S: Store>(store: &S, holder: &str, second: i64) -> Option<ExportRecord> {
    let (at, until) = (seconds(second), seconds(second + 60));
    store.claim_export(&ExportClaim { holder: holder.into(), at, until }).unwrap()
}

fn report<S: Store>(store: &S, lease: &ExportLease, progress: u32, second: i64) -> bool {
    let (at, until) = (seconds(second), seconds(second + 60));
    let lease = lease.clone();
    store.report_export(&ExportProgress { lease, progress, at, until }).unwrap()
}

fn settle<S: Store>(store: &S, lease: &ExportLease, outcome: &ExportOutcome, at: i64) -> bool {
    store.settle_export(lease, outcome, seconds(at)).unwrap()
}

/// S5.44.
fn an_export_goes_its_way<S: Store>(store: &S) {
    assert_eq!(store.create_export(&new(1)).unwrap(), waiting(1));
    assert_eq!(all(store), [waiting(1)]);
    let taken = ExportRecord {
        state: Processing,
        started_at: Some(seconds(10)),
        attempts: 1,
        ..waiting(1)
    };
    assert_eq!(claim(store, "one", 10), Some(taken.clone()));
    assert_eq!(claim(store, "two", 10), None);
    let lease = taken.lease("one");
    assert!(report(store, &lease, 40, 69));
    assert_eq!(all(store), [ExportRecord { progress: 40, ..taken.clone() }]);
    // Its lease was prolonged.
    assert_eq!(claim(store, "two", 128), None);
    let done = ExportOutcome::Completed(file(1));
    assert!(settle(store, &lease, &done, 128));
    let completed = ExportRecord {
        state: Completed,
        progress: 100,
        file: Some(file(1)),
        completed_at: Some(seconds(128)),
        ..taken
    };
    assert_eq!(all(store), std::slice::from_ref(&completed));
    // What has ended stays as it is.
    assert!(!settle(store, &lease, &ExportOutcome::Failed("late".into()), 129));
    assert!(!report(store, &lease, 50, 129));
    assert!(!store.cancel_export(&AccessScope::system(), None, id(1), seconds(130)).unwrap());
    assert_eq!(claim(store, "two", 1000), None);
    assert_eq!(all(store), [completed]);
}

fn an_export_may_fail_or_be_cancelled<S: Store>(store: &S) {
    for n in 1..=3 {
        store.create_export(&new(n)).unwrap();
    }
    let failing = claim(store, "one", 10).unwrap();
    let why = ExportOutcome::Failed(HOSTILE[0].into());
    assert!(settle(store, &failing.lease("one"), &why, 11));
    let running = claim(store, "one", 12).unwrap();
    let platform = AccessScope::system();
    for n in [2, 3] {
        assert!(store.cancel_export(&platform, None, id(n), seconds(20)).unwrap());
        assert!(!store.cancel_export(&platform, None, id(n), seconds(21)).unwrap());
    }
    assert!(!report(store, &running.lease("one"), 10, 22), "the worker is told to stop");
    assert!(!settle(store, &running.lease("one"), &ExportOutcome::Completed(file(2)), 22));
    assert_eq!(claim(store, "one", 23), None);
    let (at, error) = (Some(seconds(11)), Some(HOSTILE[0].into()));
    let ended = Some(seconds(20));
    let expected = [
        ExportRecord { state: Cancelled, completed_at: ended, ..waiting(3) },
        ExportRecord { state: Cancelled, completed_at: ended, ..running },
        ExportRecord { state: Failed, completed_at: at, error, ..failing },
    ];
    assert_eq!(all(store), expected);
}

fn the_oldest_is_taken_up_first_and_each_by_one_worker<S: Store>(store: &S) {
    for n in [3, 1, 2] {
        store.create_export(&new(n)).unwrap();
    }
    assert_eq!(claim(store, "one", 10).map(|record| record.id), Some(id(1)));
    for n in 4..=40 {
        store.create_export(&new(n)).unwrap();
    }
    let worker = |name: &'static str| {
        let mut taken = Vec::new();
        while let Some(record) = claim(store, name, 50) {
            assert_eq!((record.state, record.attempts), (Processing, 1));
            taken.push(record.id);
        }
        taken
    };
    let mut taken = std::thread::scope(|scope| {
        let workers: Vec<_> =
            ["a", "b", "c", "d"].map(|name| scope.spawn(move || worker(name))).into();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
    });
    taken.sort_unstable();
    assert_eq!(taken, (2..=40).map(id).collect::<Vec<_>>(), "none twice, none left");
}

/// Of several that find a lost export, one gets it, and what the lost one says is not heard.
fn what_a_lost_worker_had_is_taken_up_again<S: Store>(store: &S) {
    store.create_export(&new(1)).unwrap();
    let lost = claim(store, "one", 10).unwrap();
    assert!(report(store, &lost.lease("one"), 70, 20));
    assert_eq!(claim(store, "two", 79), None);
    assert!(
        !report(store, &lost.lease("one"), 80, 80),
        "a lease that has run out is not prolonged"
    );
    let found: Vec<_> = std::thread::scope(|scope| {
        // A worker that was started anew may have its old name.
        let claims: Vec<_> = (0..4).map(|_| scope.spawn(|| claim(store, "one", 80))).collect();
        claims.into_iter().filter_map(|claim| claim.join().unwrap()).collect()
    });
    let again =
        ExportRecord { progress: 0, attempts: 2, started_at: Some(seconds(80)), ..lost.clone() };
    assert_eq!(found, std::slice::from_ref(&again));
    assert!(!report(store, &lost.lease("one"), 90, 81));
    assert!(!settle(store, &lost.lease("one"), &ExportOutcome::Completed(file(9)), 81));
    assert!(!settle(store, &again.lease("two"), &ExportOutcome::Completed(file(9)), 81));
    assert_eq!(all(store), std::slice::from_ref(&again));
    // It is late, but nobody else has it.
    assert!(settle(store, &again.lease("one"), &ExportOutcome::Completed(file(1)), 1000));
    assert_eq!(all(store)[0].file, Some(file(1)));
}

/// S5.44: back to work at most three times.
fn after_four_lost_workers_it_is_given_up<S: Store>(store: &S) {
    store.create_export(&new(1)).unwrap();
    store.create_export(&new(2)).unwrap();
    let mut second = 10;
    for attempt in 1..=EXPORT_ATTEMPTS {
        let taken = claim(store, "one", second).unwrap();
        assert_eq!((taken.id, taken.attempts), (id(1), attempt));
        second += 60;
    }
    let next = claim(store, "two", second).unwrap();
    assert_eq!(next.id, id(2));
    let given_up = &all(store)[1];
    assert_eq!((given_up.state, given_up.attempts), (Failed, EXPORT_ATTEMPTS));
    assert_eq!(given_up.error.as_deref(), Some(EXPORT_GIVEN_UP));
    assert_eq!(given_up.completed_at, Some(seconds(second)));
}

/// S5.42.
fn the_same_export_is_made_once<S: Store>(store: &S) {
    store.create_export(&new(1)).unwrap();
    let since = Some(seconds(1));
    let same = NewExport { same_since: since, ..new(2) };
    assert_eq!(store.create_export(&same).unwrap(), waiting(1));
    let taken = claim(store, "one", 10).unwrap();
    assert_eq!(store.create_export(&same).unwrap(), taken);
    for (n, other) in (10..).zip([
        NewExport { same_since: None, ..same.clone() },
        NewExport { same_since: Some(seconds(100)), ..same.clone() },
        NewExport { requested_by: Some(user_id(2)), ..same.clone() },
        NewExport { requested_by: None, ..same.clone() },
        NewExport { service_account_id: Some(ServiceAccountId(Uuid::nil())), ..same.clone() },
        NewExport { school_id: None, ..same.clone() },
        NewExport { kind: ExportKind::Content, ..same.clone() },
        NewExport { format: "json".into(), ..same.clone() },
        NewExport { params: "{}".into(), ..same.clone() },
    ]) {
        let other = NewExport { id: id(n), created_at: seconds(2), ..other };
        assert_eq!(store.create_export(&other).unwrap().id, id(n));
    }
    // What failed does not stand for another.
    let failed = ExportOutcome::Failed("no room".into());
    assert!(settle(store, &taken.lease("one"), &failed, 11));
    let made = std::thread::scope(|scope| {
        let create = |n| {
            let again = NewExport {
                params: "{\"again\":1}".into(),
                created_at: seconds(20),
                ..NewExport { id: id(n), ..same.clone() }
            };
            move || store.create_export(&again).unwrap().id
        };
        let all: Vec<_> = (50..58).map(|n| scope.spawn(create(n))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(made, [made[0]; 8], "of those that come at once, one is made");
}

fn exports_are_listed_and_paged<S: Store>(store: &S) {
    for n in 1..=5 {
        // Two of one moment.
        let created_at = if n == 4 { seconds(3) } else { new(n).created_at };
        store.create_export(&NewExport { created_at, ..new(n) }).unwrap();
    }
    let listed = |query| numbers(&store.exports(&AccessScope::system(), query).unwrap());
    assert_eq!(listed(ExportQuery::all(100)), [5, 4, 3, 2, 1]);
    claim(store, "one", 10).unwrap();
    let of = |state| listed(ExportQuery { state: Some(state), ..ExportQuery::all(100) });
    assert_eq!((of(Preparing), of(Processing), of(Failed)), (vec![5, 4, 3, 2], vec![1], vec![]));
    assert_eq!(listed(ExportQuery::one(id(3))), [3]);
    assert_eq!(listed(ExportQuery::one(id(9))), []);
    let mut query = ExportQuery::all(2);
    let mut paged = Vec::new();
    loop {
        let page = store.exports(&AccessScope::system(), query).unwrap();
        let Some(last) = page.last() else { break };
        query.after = Some(last.cursor());
        paged.extend(numbers(&page));
    }
    assert_eq!(paged, [5, 4, 3, 2, 1]);
}

/// S5.45, S2.28: of exports of schools 1, 2 and none, and of a program's.
fn each_sees_what_it_asked_for_and_what_its_schools_did<S: Store>(store: &S) {
    let program = ServiceAccountId(Uuid::from_u128(77));
    let (one, two) = (school_id(1), school_id(2));
    let by = |n, user, school| NewExport { requested_by: user, school_id: school, ..new(n) };
    let (me, other) = (user_id(1), user_id(2));
    for export in [
        by(1, Some(me), Some(one)),
        by(2, Some(other), Some(two)),
        by(3, Some(other), None),
        NewExport { service_account_id: Some(program), ..by(4, None, Some(two)) },
    ] {
        store.create_export(&export).unwrap();
    }
    for (scope, asker, expected) in [
        (AccessScope::system(), None, vec![4, 3, 2, 1]),
        (AccessScope::platform(Some(me)), None, vec![4, 3, 2, 1]),
        (AccessScope::school_admin(Some(user_id(9)), vec![one]), None, vec![1]),
        (AccessScope::school_admin(Some(other), vec![one]), None, vec![3, 2, 1]),
        (AccessScope::school_admin(None, vec![one, two]), None, vec![4, 2, 1]),
        (AccessScope::educator(me, two), None, vec![1]),
        (AccessScope::educator(user_id(9), one), None, vec![]),
        (AccessScope::reader(vec![one]), Some(program), vec![4]),
        (AccessScope::reader(vec![two]), None, vec![]),
        (AccessScope::learner(None, Some(one)), None, vec![]),
        (AccessScope::anonymous(), None, vec![]),
    ] {
        let query = ExportQuery { asker, ..ExportQuery::all(100) };
        let seen = numbers(&store.exports(&scope, query).unwrap());
        assert_eq!(seen, expected, "{scope:?}");
        // What one does not see one does not cancel.
        for n in (1..=4).filter(|n| !expected.contains(n)) {
            assert!(!store.cancel_export(&scope, asker, id(n), at(0)).unwrap(), "{scope:?}");
        }
    }
    assert!(all(store).iter().all(|record| record.state == Preparing));
    let reader = AccessScope::reader(vec![one]);
    assert!(store.cancel_export(&reader, Some(program), id(4), at(0)).unwrap());
}

fn exports_that_break_a_rule_are_refused<S: Store>(store: &S) {
    store.create_export(&new(1)).unwrap();
    for broken in [
        NewExport { format: String::new(), ..new(2) },
        NewExport { format: "x".repeat(11), ..new(2) },
        NewExport { params: "[]".into(), ..new(2) },
        // Its name is taken.
        NewExport { params: "{}".into(), ..new(1) },
    ] {
        assert!(store.create_export(&broken).is_err(), "{broken:?}");
    }
    let lease = claim(store, "one", 10).unwrap().lease("one");
    let short = ExportFile { sha256: "f".into(), ..file(1) };
    let nameless = ExportFile { path: String::new(), ..file(1) };
    for broken in [
        ExportOutcome::Completed(short),
        ExportOutcome::Completed(nameless),
        ExportOutcome::Failed("nul \0".into()),
    ] {
        assert!(store.settle_export(&lease, &broken, at(0)).is_err(), "{broken:?}");
    }
    assert_eq!(all(store)[0].state, Processing);
    assert_eq!(all(store).len(), 1);
}

/// S5.44.
fn old_exports_expire_and_are_forgotten<S: Store>(store: &S) {
    for n in 1..=4 {
        store.create_export(&new(n)).unwrap();
    }
    for n in 1..=3 {
        let lease = claim(store, "one", 10).unwrap().lease("one");
        assert!(settle(store, &lease, &ExportOutcome::Completed(file(n)), 11));
    }
    let week = 7 * DAY / 1000;
    let remove = |expired, forgotten, limit| {
        let (expired_at, forgotten_at) = (seconds(week + expired), seconds(week + forgotten));
        store.remove_exports(OldExports { expired_at, forgotten_at, limit }).unwrap()
    };
    let paths = |files: &[u128]| files.iter().map(|n| file(*n).path).collect::<Vec<_>>();
    assert_eq!(remove(0, 0, 9), RemovedExports::default());
    let removed = remove(2, 0, 1);
    assert_eq!(removed, RemovedExports { files: paths(&[1]), expired: 1, forgotten: 0 });
    let removed = remove(2, 0, 9);
    assert_eq!(removed, RemovedExports { files: paths(&[2]), expired: 1, forgotten: 0 });
    let states = || all(store).iter().map(|record| record.state).collect::<Vec<_>>();
    assert_eq!(states(), [Preparing, Completed, Expired, Expired]);
    assert_eq!(all(store)[3].file, Some(file(1)), "who downloads it is told what it was");
    // What has not expired yet does so before it is forgotten.
    let removed = remove(100, 100, 9);
    assert_eq!(removed, RemovedExports { files: paths(&[1, 2, 3]), expired: 1, forgotten: 3 });
    assert_eq!(states(), [Expired]);
    let removed = remove(100, 100, 9);
    assert_eq!(removed, RemovedExports { files: paths(&[3]), expired: 0, forgotten: 1 });
    assert_eq!(states(), []);
}
