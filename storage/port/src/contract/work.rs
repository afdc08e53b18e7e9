//! Settings and the leases of jobs.

use super::Case;
use super::fixture::{HOSTILE, at, json};
use crate::blocking::Store;
use crate::job::{JobRecord, JobRequest};

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        the_first_setting_stands,
        processes_that_start_at_once_agree_on_a_setting,
        a_job_is_free_until_it_is_taken,
        a_live_lease_keeps_others_out_and_one_that_ran_out_does_not,
        only_the_holder_of_a_live_lease_renews_it,
        a_result_ends_the_lease,
        of_many_takers_one_has_the_job,
        what_is_not_json_is_refused,
    ]
}

fn the_first_setting_stands<S: Store>(store: &S) {
    // F33
    for (n, text) in HOSTILE.into_iter().enumerate() {
        let key = format!("{n} {text}");
        assert_eq!(store.setting(&key).unwrap(), None);
        let spaced = format!(" {} ", json(text));
        assert_eq!(store.settle_setting(&key, &spaced).unwrap(), spaced);
        assert_eq!(store.settle_setting(&key, "{\"second\":true}").unwrap(), spaced);
        assert_eq!(store.setting(&key).unwrap(), Some(spaced));
    }
    assert_eq!(store.setting("0").unwrap(), None);
}

fn processes_that_start_at_once_agree_on_a_setting<S: Store>(store: &S) {
    for round in 0..5 {
        let key = format!("key {round}");
        let told: Vec<_> = std::thread::scope(|threads| {
            let settle = |n| store.settle_setting(&key, &format!("\"{n}\"")).unwrap();
            let all: Vec<_> = (0..8).map(|n| threads.spawn(move || settle(n))).collect();
            all.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let stands = store.setting(&key).unwrap().unwrap();
        assert!(told.iter().all(|told| *told == stands), "{told:?}");
    }
}

fn request(owner: &str, now: i64, until: i64) -> JobRequest<'_> {
    JobRequest { job: "sweep", owner, until: at(until), at: at(now) }
}

fn a_job_is_free_until_it_is_taken<S: Store>(store: &S) {
    // S1.69
    assert_eq!(store.job("sweep").unwrap(), None);
    assert!(store.take_job(request("a", 0, 100)).unwrap());
    let taken = JobRecord {
        owner: "a".into(),
        lease_until: at(100),
        last_started_at: Some(at(0)),
        last_finished_at: None,
        last_result: None,
    };
    assert_eq!(store.job("sweep").unwrap(), Some(taken));
    // Each job has a lease of its own.
    assert!(store.take_job(JobRequest { job: "rollup", ..request("b", 0, 100) }).unwrap());
    assert_eq!(store.job("Sweep").unwrap(), None);
}

fn a_live_lease_keeps_others_out_and_one_that_ran_out_does_not<S: Store>(store: &S) {
    assert!(store.take_job(request("a", 0, 100)).unwrap());
    let before = store.job("sweep").unwrap();
    assert!(!store.take_job(request("b", 99, 300)).unwrap());
    assert_eq!(store.job("sweep").unwrap(), before);
    // One's own is begun anew, and at its end it is anybody's.
    assert!(store.take_job(request("a", 50, 200)).unwrap());
    assert_eq!(store.job("sweep").unwrap().unwrap().last_started_at, Some(at(50)));
    assert!(!store.take_job(request("b", 199, 300)).unwrap());
    assert!(store.take_job(request("b", 200, 300)).unwrap());
    assert_eq!(store.job("sweep").unwrap().unwrap().owner, "b");
}

fn only_the_holder_of_a_live_lease_renews_it<S: Store>(store: &S) {
    assert!(!store.renew_job(request("a", 0, 100)).unwrap());
    assert_eq!(store.job("sweep").unwrap(), None);
    assert!(store.take_job(request("a", 0, 100)).unwrap());
    assert!(!store.renew_job(request("b", 10, 900)).unwrap());
    assert!(store.renew_job(request("a", 99, 200)).unwrap());
    let renewed = store.job("sweep").unwrap().unwrap();
    assert_eq!((renewed.lease_until, renewed.last_started_at), (at(200), Some(at(0))));
    assert!(!store.renew_job(request("a", 200, 900)).unwrap());
    assert_eq!(store.job("sweep").unwrap(), Some(renewed));
}

fn a_result_ends_the_lease<S: Store>(store: &S) {
    let result = json("done");
    assert!(!store.finish_job("sweep", "a", at(1), &result).unwrap());
    assert!(store.take_job(request("a", 0, 100)).unwrap());
    assert!(!store.finish_job("sweep", "b", at(1), &result).unwrap());
    assert!(store.finish_job("sweep", "a", at(10), &result).unwrap());
    let finished = JobRecord {
        owner: "a".into(),
        lease_until: at(10),
        last_started_at: Some(at(0)),
        last_finished_at: Some(at(10)),
        last_result: Some(result.clone()),
    };
    assert_eq!(store.job("sweep").unwrap(), Some(finished.clone()));
    assert!(!store.renew_job(request("a", 10, 100)).unwrap());
    // The next run keeps the last result until it has one.
    assert!(store.take_job(request("b", 10, 100)).unwrap());
    assert!(!store.finish_job("sweep", "a", at(20), &json("late")).unwrap());
    let taken = JobRecord {
        owner: "b".into(),
        lease_until: at(100),
        last_started_at: Some(at(10)),
        ..finished
    };
    assert_eq!(store.job("sweep").unwrap(), Some(taken));
}

fn of_many_takers_one_has_the_job<S: Store>(store: &S) {
    // Each round begins when the lease of the round before runs out.
    for round in 0..5 {
        let owners: Vec<_> = (0..8).map(|n| format!("process {round} {n}")).collect();
        let now = round * 100;
        let taken: Vec<_> = std::thread::scope(|threads| {
            let take = |owner: &str| store.take_job(request(owner, now, now + 100)).unwrap();
            let all: Vec<_> =
                owners.iter().map(|owner| threads.spawn(move || take(owner))).collect();
            all.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let winners: Vec<_> =
            owners.iter().zip(taken).filter(|(_, taken)| *taken).map(|(owner, _)| owner).collect();
        assert_eq!(winners, [&store.job("sweep").unwrap().unwrap().owner]);
    }
}

fn what_is_not_json_is_refused<S: Store>(store: &S) {
    assert!(store.settle_setting("key", "not JSON").is_err());
    assert_eq!(store.setting("key").unwrap(), None);
    assert!(store.take_job(request("a", 0, 100)).unwrap());
    let before = store.job("sweep").unwrap();
    assert!(store.finish_job("sweep", "a", at(1), "{").is_err());
    assert_eq!(store.job("sweep").unwrap(), before);
}
