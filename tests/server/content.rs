//! The content library over HTTP (S3.20 to S3.62).

mod bulk;
mod edits;
mod guards;
mod isolation;
mod lists;
mod told;
mod variants;

use serde_json::{Value, json};

use crate::real::{Managed, run_cases};

type Case = fn(&Managed);

/// Every case, to be run on each store.
const CASES: [(&str, Case); 22] = [
    ("an item lives and dies", edits::an_item_lives_and_dies),
    ("versions rise", edits::versions_rise_with_the_body),
    ("statuses", edits::an_item_moves_as_its_editor_may),
    ("what is incomplete", edits::what_is_incomplete_is_not_published),
    ("bodies", edits::bodies_are_checked),
    ("tags", edits::tags_are_kept_once),
    ("a known state", edits::a_known_state_is_asked_for),
    ("places", edits::items_are_created_and_moved_as_the_tables_say),
    ("use", edits::what_a_published_flow_shows_stays),
    ("who may call", guards::each_endpoint_asks_who_calls),
    ("ids", guards::ids_are_checked),
    ("limits", guards::bodies_have_limits),
    ("isolation", isolation::each_principal_does_what_the_tables_say),
    ("filters", lists::lists_are_narrowed),
    ("queries", lists::queries_are_checked),
    ("random", lists::items_are_drawn_from_those_in_use),
    ("bulk", bulk::items_of_a_bulk_stand_for_themselves),
    ("atomic", bulk::an_atomic_bulk_is_done_or_not),
    ("bulk changes", bulk::many_are_changed_and_deleted_at_once),
    ("variants", variants::variants_live_and_die),
    ("performance", variants::counters_are_added_to),
    ("events", told::changes_are_told_and_written_down),
];

/// Runs every case.
pub(crate) fn run(serve: impl Fn() -> Managed) {
    run_cases(CASES, serve);
}

#[test]
fn content_is_managed_on_a_file() {
    run(Managed::on_file);
}

pub(super) const CONTENT: &str = "/v1/cms/content";

/// Makes an item as somebody and answers with it.
fn made(managed: &Managed, who: &str, body: &Value) -> Value {
    let mut whole = json!({"type": "fact", "content": {"text": "Octopuses have three hearts."}});
    whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    let answer = managed.send(who, ("POST", CONTENT), &whole);
    assert_eq!(answer.status, 201, "{whole}: {answer:?}");
    answer.body
}

/// The address of an item.
fn place(item: &Value) -> String {
    format!("{CONTENT}/{}", item["id"].as_str().unwrap())
}

fn shown(managed: &Managed, item: &Value) -> Value {
    managed.get("platform", &place(item)).body
}

/// The ids of a page.
fn ids(page: &Value) -> Vec<Value> {
    let data = page["data"].as_array().unwrap_or_else(|| panic!("{page}"));
    data.iter().map(|item| item["id"].clone()).collect()
}
