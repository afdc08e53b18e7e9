//! Numbers of content over HTTP (S5.21 to S5.35; S3.155 to S3.157, S3.160, S3.164).

mod asked;
mod experiment;
mod lists;
mod numbers;
mod real;
mod talk;

use serde_json::{Value, json};

use crate::real::{Answer, Managed, run_cases};

type Case = fn(&Managed);

/// Every case, to be run on each store.
const CASES: [(&str, Case); 9] = [
    ("engagement", numbers::an_item_has_the_numbers_of_its_conversations),
    ("usage", numbers::an_item_is_used_where_and_when_it_was_shown),
    ("schools", numbers::a_school_is_told_of_its_own),
    ("worked example", experiment::the_worked_example_is_answered_as_written),
    ("arms", experiment::sessions_stand_for_the_arms_that_they_were_shown),
    ("lists", lists::the_best_and_all_together),
    ("requests", asked::what_is_asked_is_checked),
    ("nothing", asked::without_data_there_are_zeros),
    ("conversations", real::real_conversations_are_counted),
];

/// Runs every case.
pub(crate) fn run(serve: impl Fn() -> Managed) {
    run_cases(CASES, serve);
}

#[test]
fn content_is_counted_on_a_file() {
    run(Managed::on_file);
}

/// What is answered to somebody who may ask.
fn ok(managed: &Managed, who: &str, path: &str) -> Value {
    let answer: Answer = managed.get(who, path);
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    assert_eq!(answer.header("x-cache"), "miss");
    answer.body
}

/// Makes something and answers with its id.
fn made(managed: &Managed, who: &str, path: &str, body: &Value) -> String {
    let answer = managed.send(who, ("POST", path), body);
    assert_eq!(answer.status, 201, "{path} {body}: {answer:?}");
    answer.body["id"].as_str().expect("an id").to_owned()
}

/// An item of the platform, which everybody views, with these variants.
fn item(managed: &Managed, variants: &[&str]) -> String {
    let body = json!({"type": "question", "content": {"question_text": "Which book?", "text": ""},
        "tags": ["books"], "status": "draft", "visibility": "wriveted"});
    let id = made(managed, "platform", "/v1/cms/content", &body);
    for key in variants {
        let body = json!({"variant_key": key, "variant_data": {"question_text": key}});
        made(managed, "platform", &format!("/v1/cms/content/{id}/variants"), &body);
    }
    id
}

/// A flow of the platform of this name.
fn flow(managed: &Managed, name: &str) -> String {
    let body = json!({"name": name, "flow_data": {}, "visibility": "wriveted"});
    made(managed, "platform", "/v1/cms/flows", &body)
}

/// Counts what is not counted yet (F17); says how much that was.
fn count(managed: &Managed) -> u64 {
    use chatflow_storage::prelude::*;
    managed.wait(managed.store.count_content_events(1000)).expect("it counts")
}
