//! Workers that are killed, too slow or many, and files that are not wanted any more (S5.44, S5.50).

use std::path::Path;
use std::time::{Duration, Instant};

use chatflow::Timestamp;
use chatflow_server::{
    AnalyticsOptions, ExportWorker, Exports, Job, JobSettings, Jobs, Outcome, make_exports,
};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, AnyStore, Blocking, EventQuery, ExportQuery, ExportState};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::scene::Scene;
use crate::real::{Place, Visitor, runtime};

const EXPORT: &str = "/v1/cms/analytics/export";

/// What is being written.
fn parts(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| Path::new(name).extension().is_some_and(|end| end == "part")).collect()
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).expect("a folder").count()
}

/// The server is killed while it writes; the next one writes all of it anew, and nothing of the first is left.
/// `forget` lets the lease of every export run out.
pub(crate) fn files_survive_kills(place: Place, forget: &dyn Fn()) {
    let mut scene = Scene::new(place, &[]);
    // Enough to be caught.
    for _ in 0..150 {
        Visitor::start(&scene.client, "asks", &json!({})).say("word");
    }
    let body = json!({"include": ["flows", "daily", "nodes", "sessions"]});
    let expected = scene.fetched(&scene.made("platform", EXPORT, &body)).len();
    let mut caught = 0;
    for _ in 0..20 {
        let before = files(&scene.folder);
        let id = scene.ask("platform", EXPORT, &body);
        let began = Instant::now();
        while parts(&scene.folder).is_empty() && began.elapsed() < Duration::from_secs(20) {
            std::thread::yield_now();
        }
        scene.server.kill();
        let left = parts(&scene.folder);
        forget();
        scene.come_again();
        let status = scene.ended("platform", &id);
        assert_eq!(status["status"], "completed", "{status}");
        assert_eq!(scene.fetched(&status).len(), expected, "the file is whole");
        assert!(scene.read(&status, "zip").is_none_or(|found| {
            found["sessions"].as_array().is_some_and(|rows| rows.len() == scene.visitors + 150)
        }));
        assert_eq!((parts(&scene.folder), files(&scene.folder)), (Vec::new(), before + 1));
        caught += usize::from(!left.is_empty());
        if caught == 2 {
            return;
        }
    }
    panic!("the server was killed in the middle {caught} times");
}

/// Several workers on one database and one folder: each export is made by one of them.
pub(crate) fn two_workers_share(stores: &[AnyStore; 2], scene: &Scene) {
    let ids: Vec<String> =
        (0..12).map(|_| scene.ask("platform", EXPORT, &json!({"format": "json"}))).collect();
    let runtime = runtime();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let workers: Vec<_> = stores
        .iter()
        .map(|store| {
            let mut stopped = stopped.clone();
            let stop = async move { drop(stopped.wait_for(|stop| *stop).await) };
            runtime.spawn(make_exports(store.clone(), worker(&scene.folder), stop))
        })
        .collect();
    for id in &ids {
        assert_eq!(scene.ended("platform", id)["status"], "completed");
    }
    stop.send_replace(true);
    for worker in workers {
        runtime.block_on(worker).expect("a worker ends");
    }
    let [store, _] = stores;
    let all = runtime
        .block_on(store.exports(&AccessScope::system(), ExportQuery::all(100)))
        .expect("exports");
    assert_eq!(all.len(), ids.len());
    assert!(all.iter().all(|export| export.attempts == 1), "{all:?}");
    assert_eq!(files(&scene.folder), ids.len());
    // S6.21: each was told of once.
    let query = EventQuery {
        event_type: Some("export_completed".to_owned()),
        limit: 100,
        ..EventQuery::default()
    };
    let events = runtime.block_on(store.events(&AccessScope::system(), &query)).expect("events");
    let mut told: Vec<String> = events
        .iter()
        .map(|event| serde_json::from_str::<Value>(&event.event.payload).expect("JSON"))
        .map(|payload| payload["export_id"].as_str().expect("a name").to_owned())
        .collect();
    told.sort_unstable();
    let mut ids = ids;
    ids.sort_unstable();
    assert_eq!(told, ids);
}

fn worker(folder: &Path) -> ExportWorker {
    let exports = Exports::new(folder, 1 << 30, b"another secret");
    let (analytics, service_name) = (AnalyticsOptions::default(), "chatflow".to_owned());
    ExportWorker { exports, analytics, sentiment: None, service_name }
}

fn open(place: &Place) -> AnyStore {
    AnyStore::new(Blocking(SqliteStore::open(place.database()).expect("the file opens")))
}

#[test]
fn files_survive_kills_on_a_file() {
    let place = Place::new();
    let database = place.database();
    let forget = || {
        let connection = Connection::open(&database).expect("the file opens");
        connection.busy_timeout(Duration::from_secs(10)).expect("it waits");
        let sql = "UPDATE analytics_exports SET locked_until = '2020-01-01T00:00:00.000Z' WHERE locked_until IS NOT NULL";
        connection.execute(sql, []).expect("the statement runs");
    };
    files_survive_kills(place, &forget);
}

/// A service that makes no files itself.
pub(crate) fn idle(place: Place) -> Scene {
    Scene::new(place, &[("FLOW_JOBS__ENABLED", "false")])
}

#[test]
fn of_two_workers_one_has_an_export_on_a_file() {
    let scene = idle(Place::new());
    let stores = [open(&scene.place), open(&scene.place)];
    two_workers_share(&stores, &scene);
}

#[test]
fn what_nobody_waits_for_is_not_made() {
    // S5.44, S5.46
    let scene = idle(Place::new());
    let id = scene.ask("platform", EXPORT, &json!({}));
    let path = format!("/v1/cms/analytics/exports/{id}");
    scene.get("platform", &format!("{path}/download")).refuses(409, "export_not_ready", "it waits");
    for _ in 0..2 {
        // S3.12
        assert_eq!(scene.send("platform", ("DELETE", &path), &Value::Null).status, 204);
    }
    let other = scene.ask("platform", EXPORT, &json!({"format": "json"}));
    let store = open(&scene.place);
    let stop = async {
        drop(tokio::time::timeout(Duration::from_mins(1), std::future::pending::<()>()).await);
    };
    let work = runtime().spawn(make_exports(store, worker(&scene.folder), stop));
    assert_eq!(scene.ended("platform", &other)["status"], "completed");
    work.abort();
    let status = scene.ended("platform", &id);
    assert_eq!((&status["status"], &status["download_url"]), (&json!("cancelled"), &Value::Null));
    scene.get("platform", &format!("{path}/download")).refuses(
        409,
        "export_not_ready",
        "cancelled",
    );
    assert_eq!(files(&scene.folder), 1);
}

#[test]
fn a_file_that_would_be_too_long_is_refused() {
    // S5.50
    let scene = Scene::new(Place::new(), &[("FLOW_EXPORTS__MAX_BYTES", "1000")]);
    for format in ["csv", "json", "ndjson", "xlsx"] {
        let body = json!({"format": format, "include": ["sessions", "flows"]});
        let status = scene.ended("platform", &scene.ask("platform", EXPORT, &body));
        assert_eq!(status["status"], "failed", "{status}");
        let error = status["error"].as_str().expect("a reason");
        assert!(error.contains("longer") && error.contains("fewer days"), "{error}");
        assert_eq!(files(&scene.folder), 0, "nothing is left of it");
    }
}

#[test]
fn files_expire() {
    // S5.44: after a week, and the row a month later.
    let scene = Scene::new(Place::new(), &[]);
    let status = scene.made("platform", EXPORT, &json!({}));
    let link = status["download_url"].as_str().expect("a link");
    let path =
        format!("/v1/cms/analytics/exports/{}", status["export_id"].as_str().expect("a name"));
    let store = open(&scene.place);
    let clear = |days: i64| {
        let since =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
        let at = i64::try_from(since.as_millis()).expect("a present") + days * 86_400_000;
        let settings = JobSettings { pause_ms: 0, ..JobSettings::default() };
        let jobs = Jobs::new(store.clone(), settings).expect("a process");
        let jobs = jobs
            .with_clock(move || Timestamp::from_millis(at))
            .with_exports(&worker(&scene.folder).exports);
        let job = Job::named("export-retention").expect("there is such a job");
        match runtime().block_on(jobs.run(job)).expect("it runs") {
            Outcome::Done(done) => done["exports"].clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((clear(6), files(&scene.folder)), (json!(0), 1));
    assert_eq!(scene.client.fetch(link, &[]).0, 200);
    assert_eq!((clear(8), files(&scene.folder)), (json!(1), 0));
    scene.client.get(link).refuses(410, "export_expired", "the file is gone");
    let shown = scene.get("platform", &format!("{path}/status"));
    assert_eq!(
        (&shown.body["status"], &shown.body["download_url"]),
        (&json!("expired"), &Value::Null)
    );
    assert_eq!(clear(36), json!(0));
    assert_eq!(clear(38), json!(1));
    scene.get("platform", &format!("{path}/status")).refuses(
        404,
        "export_not_found",
        "the row is gone",
    );
    let exports = runtime().block_on(store.exports(&AccessScope::system(), ExportQuery::all(9)));
    assert!(exports.expect("a list").iter().all(|export| export.state != ExportState::Expired));
}

#[test]
fn ten_an_hour_are_enough() {
    // S4.40
    let scene = Scene::new(
        Place::new(),
        &[("FLOW_RATE__ENABLED", "true"), ("FLOW_RATE__EXPORTS_PER_ACCOUNT", "2")],
    );
    for line in ["GET", "POST"] {
        assert_eq!(scene.send("platform", (line, EXPORT), &Value::Null).status, 200);
    }
    let refused = scene.get("platform", EXPORT);
    assert_eq!((refused.status, refused.header("x-ratelimit-limit")), (429, "2"), "{refused:?}");
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 600));
    assert_eq!(scene.get("admin", EXPORT).status, 200, "each counts for itself");
}
