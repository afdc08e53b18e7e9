//! Numbers over HTTP (S3.148 to S3.163), of sessions that are stored as conversations store them.

mod cohort;
mod overview;
mod rights;
mod rollups;
mod talk;
mod traffic;

use std::time::{SystemTime, UNIX_EPOCH};

use chatflow::{FlowId, Timestamp};
use chatflow_server::{Job, JobSettings, Jobs, Outcome};
use chatflow_storage::Day;
use serde_json::{Value, json};

use crate::real::{Managed, run_cases};

type Case = fn(&Managed);

/// Every case, to be run on each store.
const CASES: [(&str, Case); 10] = [
    ("cohort", cohort::the_worked_cohort_is_told_field_by_field),
    ("nothing", cohort::nothing_is_zeros),
    ("queries", cohort::queries_are_checked),
    ("overview", overview::all_flows_are_told_field_by_field),
    ("segments", overview::summaries_are_of_a_segment),
    ("rights", rights::numbers_are_told_to_their_school),
    ("closed days", rollups::closed_days_are_told_as_they_are_kept),
    ("deletion", rollups::deleting_sessions_leaves_closed_days),
    ("late ends", rollups::late_ends_are_counted_by_the_next_job),
    ("traffic", traffic::numbers_agree_with_each_other),
];

/// Runs every case.
pub(crate) fn run(serve: impl Fn() -> Managed) {
    run_cases(CASES, serve);
}

#[test]
fn numbers_are_told_on_a_file() {
    run(Managed::on_file);
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

fn ago(millis: i64) -> Timestamp {
    Timestamp::from_millis(now().as_millis() - millis)
}

/// A day as the service writes it.
fn date(day: Day) -> String {
    day.begins().to_string()[..10].to_owned()
}

/// The window from so many days before today until today.
fn period(days: i64) -> Value {
    let today = Day::of(now());
    json!({"start_date": date(Day(today.0 - days)), "end_date": date(today), "days": days})
}

/// A published flow hello → arms → again → bye.
fn line(managed: &Managed, who: &str, name: &str) -> FlowId {
    let option = |text: &str, value: &str| json!({"text": text, "value": value});
    let ask = |id: &str, options: Value| {
        json!({"id": id, "type": "question", "content": {
            "question": {"text": "?"}, "input_type": "choice", "options": options, "variable": format!("temp.{id}")}})
    };
    let say =
        |id: &str| json!({"id": id, "type": "message", "content": {"messages": [{"text": "x"}]}});
    let pets = json!([option("Cats", "cats"), option("Dogs", "dogs"), option("Birds", "birds")]);
    let more = json!([option("Yes", "yes"), option("No", "no")]);
    let link = |a: &str, b: &str| json!({"source": a, "target": b, "type": "default"});
    // The document's order is none of the conversation's.
    let graph = json!({
        "nodes": [say("bye"), ask("again", more), ask("arms", pets), say("hello")],
        "connections": [link("again", "bye"), link("hello", "arms"), link("arms", "again")],
    });
    let flow = json!({"name": name, "version": "1.0.0", "entry_node_id": "hello", "flow_data": graph,
        "visibility": "public"});
    let made = managed.send(who, ("POST", "/v1/cms/flows"), &flow);
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.body["id"].as_str().unwrap();
    let place = format!("/v1/cms/flows/{id}");
    let published = managed.send(who, ("PUT", &place), &json!({"publish": true}));
    assert_eq!(published.status, 200, "{published:?}");
    FlowId(id.parse().unwrap())
}

fn get(managed: &Managed, who: &str, path: &str) -> Value {
    let answer = managed.get(who, &format!("/v1/cms/{path}"));
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

/// Does a job now; what it did.
fn job(managed: &Managed, name: &str, settings: JobSettings) -> Value {
    let jobs = Jobs::new(managed.store.clone(), JobSettings { pause_ms: 0, ..settings }).unwrap();
    let job = Job::named(name).unwrap();
    match managed.wait(jobs.run(job)).unwrap() {
        Outcome::Done(done) => Value::Object(done),
        other => panic!("{name}: {other:?}"),
    }
}

fn roll_up(managed: &Managed) -> Value {
    job(managed, "analytics-rollup", JobSettings::default())
}
