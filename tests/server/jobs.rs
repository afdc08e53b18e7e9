//! Background jobs: done by whoever comes first, once (S1.69, appendix C).

use std::path::Path;
use std::sync::Barrier;

use chatflow::{SessionId, Timestamp};
use chatflow_server::{JOBS, Job, JobSettings, Jobs, Outcome};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, AuditQuery, BlockOn, Blocking, Change, EventQuery, JobRequest,
    SessionQuery, SessionStatus, StoredEvent, SubscriptionId, SubscriptionMethod,
    SubscriptionRecord, SubscriptionStatus,
};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::real::{Client, HILLSIDE, Place, Server, Visitor, chatflow, finish};

const HOUR: i64 = 3_600_000;

/// A runtime of one test.
struct Own(Runtime);

impl BlockOn for Own {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

/// The present of the server, which runs by the real clock, and so many hours more.
fn hours_on(hours: i64) -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    let now = i64::try_from(now.as_millis()).expect("a present");
    Timestamp::from_millis(now + hours * HOUR)
}

fn job(name: &str) -> &'static Job {
    Job::named(name).expect("there is such a job")
}

/// A process at that time.
fn process(store: &AnyStore, at: Timestamp) -> Jobs {
    let settings = JobSettings { pause_ms: 0, ..JobSettings::default() };
    Jobs::new(store.clone(), settings).expect("a process").with_clock(move || at)
}

fn done(counts: &Value) -> Outcome {
    Outcome::Done(counts.as_object().expect("counts").clone())
}

/// Two processes on one database, where `client` has started conversations by the real clock.
pub(crate) fn two_processes(stores: &[AnyStore; 2], client: &Client, runtime: &impl BlockOn) {
    let run_both = |name: &str, at: Timestamp| {
        let both = stores.each_ref().map(|store| process(store, at));
        let barrier = Barrier::new(both.len());
        let outcomes: Vec<Outcome> = std::thread::scope(|threads| {
            let run = |jobs: &Jobs| {
                barrier.wait();
                runtime.block_on(jobs.run_due(job(name))).expect("the job runs")
            };
            let all: Vec<_> = both.iter().map(|jobs| threads.spawn(move || run(jobs))).collect();
            all.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        let (did, did_not): (Vec<_>, Vec<_>) =
            outcomes.into_iter().partition(|outcome| matches!(outcome, Outcome::Done(_)));
        let passed = |outcome: &Outcome| matches!(outcome, Outcome::NotDue(_) | Outcome::Elsewhere);
        assert!(did_not.iter().all(passed), "{name}: {did_not:?}");
        did
    };
    let [store, _] = stores;
    runtime.block_on(subscribe(store));
    for _ in 0..3 {
        Visitor::start(client, "counter", &json!({}));
    }

    // S4.43: a day later nobody goes on with them.
    assert_eq!(
        run_both("abandon-sessions", hours_on(1)),
        [done(&json!({"sessions_abandoned": 0}))]
    );
    assert_eq!(
        run_both("abandon-sessions", hours_on(25)),
        [done(&json!({"sessions_abandoned": 3}))]
    );
    assert_eq!(run_both("abandon-sessions", hours_on(25)), []);
    let query = SessionQuery { limit: 10, ..SessionQuery::default() };
    let system = AccessScope::system();
    let listed = runtime.block_on(store.list_sessions(&system, &query)).expect("a list");
    assert_eq!(listed.sessions.len(), 3);
    for session in &listed.sessions {
        assert_eq!(session.status, SessionStatus::Abandoned);
        assert_eq!(session.ended_at, Some(session.last_activity_at));
    }
    let mut ended: Vec<_> = listed.sessions.iter().map(|session| session.id).collect();
    ended.sort_unstable();
    assert_eq!(runtime.block_on(told(store, "session_status_changed")), ended);

    // S4.44: 0 days keep them.
    assert_eq!(run_both("session-retention", hours_on(26)), [Outcome::Done(Map::new())]);
    let settings = JobSettings { sessions: 30, pause_ms: 0, ..JobSettings::default() };
    let run_at = |days: i64, name| {
        let jobs = Jobs::new(store.clone(), settings).expect("a process");
        let jobs = jobs.with_clock(move || hours_on(24 * days));
        runtime.block_on(jobs.run(job(name))).expect("it runs")
    };
    // What has not been counted stays, however old it is.
    for (days, deleted) in [(29, 0), (31, 0), (32, 3), (61, 0)] {
        if days == 32 {
            let taken = json!({"days_taken": 1, "days_left_as_they_were": 0});
            assert_eq!(run_at(days, "analytics-rollup"), done(&taken));
        }
        let outcome = run_at(days, "session-retention");
        assert_eq!(outcome, done(&json!({"sessions_deleted": deleted})), "after {days} days");
    }
    assert_eq!(runtime.block_on(told(store, "session_deleted")), ended);
    for job in JOBS {
        let at = hours_on(24 * 900);
        assert_eq!(run_both(job.name, at).len(), 1, "{job:?}");
        let record = runtime.block_on(store.job(job.name)).expect("a record").expect("it ran");
        assert_eq!((record.last_finished_at, record.lease_until), (Some(at), at), "{job:?}");
    }
}

/// Somebody who wants to know how sessions end.
async fn subscribe(store: &AnyStore) {
    let record = SubscriptionRecord {
        id: SubscriptionId(Uuid::from_u128(7)),
        name: "Somebody".to_owned(),
        url: "https://somebody.example/".to_owned(),
        secret: None,
        method: SubscriptionMethod::Post,
        headers: "{}".to_owned(),
        timeout_seconds: 30,
        max_retries: 3,
        event_types: ["session_status_changed", "session_deleted"].map(str::to_owned).to_vec(),
        flow_id: None,
        school_id: None,
        status: SubscriptionStatus::Active,
        created_by: None,
    };
    let change = Change { expected: None, record };
    let at = hours_on(0);
    store.write_subscription(&AccessScope::system(), &change, at).await.expect("a subscription");
}

/// The sessions of which the subscriber is told that they were abandoned or deleted (S6.3, S6.6, S6.41).
async fn told(store: &AnyStore, event_type: &str) -> Vec<SessionId> {
    let query = EventQuery { limit: 100, ..EventQuery::default() };
    let events = store.events(&AccessScope::system(), &query).await.expect("events");
    let is_sent = |stored: &StoredEvent| stored.event.destination.subscription().is_some();
    let mut sessions = Vec::new();
    let is_meant = |stored: &StoredEvent| stored.event.event_type == event_type;
    for stored in events.into_iter().filter(is_sent).filter(is_meant) {
        let payload: Value = serde_json::from_str(&stored.event.payload).expect("JSON");
        let is_deleted = event_type == "session_deleted";
        let status = if is_deleted { Value::Null } else { json!("abandoned") };
        assert_eq!(payload["data"]["status"], status);
        sessions.extend(stored.event.session_id);
    }
    sessions.sort_unstable();
    sessions
}

fn open(place: &Place) -> AnyStore {
    AnyStore::new(Blocking(SqliteStore::open(place.database()).expect("the file opens")))
}

#[test]
fn of_two_processes_one_does_the_work() {
    let place = Place::with_flows();
    let server = quiet(&place);
    let runtime = Own(Runtime::new().expect("a runtime"));
    two_processes(&[open(&place), open(&place)], &server.client(), &runtime);
}

/// A server that does no jobs.
fn quiet(place: &Place) -> Server {
    let config = place.file("quiet.toml", "jobs.enabled = false");
    Server::start(&place.database(), &[Path::new("--config"), &config])
}

#[test]
fn a_process_that_is_too_slow_stops() {
    let place = Place::with_flows();
    let runtime = Own(Runtime::new().expect("a runtime"));
    let store = open(&place);
    // Each look at the clock finds it eleven minutes later, and the lease run out.
    let begin = hours_on(0).as_millis();
    let minutes = std::sync::atomic::AtomicI64::new(0);
    let jobs = Jobs::new(store.clone(), JobSettings::default()).expect("a process");
    let jobs = jobs.with_clock(move || {
        let passed = minutes.fetch_add(11, std::sync::atomic::Ordering::Relaxed);
        Timestamp::from_millis(begin + passed * 60_000)
    });
    let outcome = runtime.block_on(jobs.run(job("sweep"))).expect("it runs");
    assert_eq!(outcome, Outcome::Interrupted);
    let record = runtime.block_on(store.job("sweep")).expect("a record").expect("it began");
    assert_eq!(record.last_finished_at, None);
    // Whoever comes next begins anew.
    let next = process(&store, hours_on(2));
    let outcome = runtime.block_on(next.run_due(job("sweep"))).expect("it runs");
    assert_eq!(outcome, done(&json!({"requests": 0, "effects": 0})));
}

#[test]
fn jobs_are_run_by_hand() {
    let place = Place::with_flows();
    let chatflow = |words: &[&str]| {
        finish(chatflow().arg("job").args(words).arg("--db").arg(place.database()))
    };
    let listed = chatflow(&[]);
    assert_eq!(listed.code, 0, "{listed:?}");
    for job in JOBS {
        assert!(listed.out.contains(job.name) && listed.out.contains("never done"), "{listed:?}");
        let ran = chatflow(&[job.name]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    assert_eq!(chatflow(&["sweep"]).out, "effects 0\nrequests 0\n");
    assert!(!chatflow(&[]).out.contains("never done"));
    let unknown = chatflow(&["sleep"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("no job `sleep`"), "{unknown:?}");
    let runtime = Own(Runtime::new().expect("a runtime"));
    let request =
        JobRequest { job: "sweep", owner: "another", until: hours_on(1), at: hours_on(0) };
    assert!(runtime.block_on(open(&place).take_job(request)).expect("a lease"));
    let busy = chatflow(&["sweep"]);
    assert_eq!(busy.code, 1);
    assert!(busy.err.contains("another process"), "{busy:?}");
}

#[test]
fn jobs_that_are_told_to_stop_leave_their_leases() {
    let place = Place::with_flows();
    let store = open(&place);
    let runtime = Own(Runtime::new().expect("a runtime"));
    for _ in 0..20 {
        let jobs = process(&store, hours_on(0));
        runtime.block_on(async { jobs.start().stop().await });
        for job in JOBS {
            let record = runtime.block_on(store.job(job.name)).expect("a record");
            let is_free = record.is_none_or(|record| record.lease_until <= hours_on(0));
            assert!(is_free, "{job:?}");
        }
    }
}

#[test]
fn a_user_is_forgotten_by_hand() {
    // S12.12, F3
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let pupil = place.user("student", &["--school", HILLSIDE]);
    let body = json!({"flow_id": client.flow("counter")});
    let mine = client.send_json(("POST", "/v1/chat/start"), &[pupil.header()], &body);
    let mine = Visitor::of(&client, &mine);
    let other = Visitor::start(&client, "counter", &json!({}));
    let database = place.database();
    let forget = |user: &str| {
        finish(chatflow().args(["session", "forget-user", user, "--db"]).arg(&database))
    };
    let forgotten = forget(&pupil.id);
    assert_eq!((forgotten.code, forgotten.out.as_str()), (0, "sessions_deleted 1\n"));
    let reads = |visitor: &Visitor| client.get(&visitor.path("")).status;
    assert_eq!((reads(&mine), reads(&other)), (404, 200));
    assert_eq!(forget(&pupil.id).out, "sessions_deleted 0\n");
    assert_eq!(forget("7").code, 2);
    let runtime = Own(Runtime::new().expect("a runtime"));
    let query = AuditQuery { limit: 9, ..AuditQuery::default() };
    let audit = runtime.block_on(open(&place).audit_log(&AccessScope::system(), &query));
    let audit = audit.expect("an audit log");
    let told: Vec<_> = audit.iter().map(|entry| entry.resource_id.as_str()).collect();
    assert_eq!(told, [pupil.id.as_str(); 2]);
}

#[test]
fn a_server_does_the_jobs_that_are_due_and_ends_with_them() {
    let place = Place::with_flows();
    let config = place.file("jobs.toml", "[chat]\nretention_days = 30\n");
    let runtime = Own(Runtime::new().expect("a runtime"));
    let store = open(&place);
    let server = Server::start(&place.database(), &[Path::new("--config"), &config]);
    let client = server.client();
    for job in JOBS {
        // Every request gives the server's other tasks a turn.
        let is_done = || runtime.block_on(store.job(job.name)).expect("a record");
        let mut record = is_done();
        for _ in 0..20_000 {
            if record.as_ref().is_some_and(|record| record.last_finished_at.is_some()) {
                break;
            }
            assert_eq!(client.get("/healthz").status, 200);
            record = is_done();
        }
        let finished = record.as_ref().and_then(|record| record.last_finished_at);
        assert!(finished.is_some(), "{job:?} {record:?}");
    }
    let record = runtime.block_on(store.job("session-retention")).expect("a record");
    let result = record.and_then(|record| record.last_result).expect("a result");
    assert_eq!(result, "{\"sessions_deleted\":0}");
}
