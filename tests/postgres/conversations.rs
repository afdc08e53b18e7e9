//! Whole conversations leave in Postgres what they leave in memory and in SQLite, byte for byte.

use chatflow_tests::conversation::{Opening, Played, StoredHost, World, publish};
use serde_json::Value;

use super::place::database;
use crate::conformance::{demo, huey, transcripts};

/// Plays through stores that are opened anew for each turn, as by a process that has just started.
fn postgres_agrees(world: &World, opening: &Opening, answers: &[Value], expected: &Played) {
    let Some(database) = database() else { return };
    publish(world, &database.open(), opening.at);
    let reopened = || Box::new(database.open());
    let played = StoredHost::new(world, false).play(reopened, opening, &mut answers.iter());
    assert_eq!(played.to_text(), expected.to_text(), "in Postgres, opened anew each turn");
}

#[test]
fn golden_conversations_leave_the_same_bytes() {
    transcripts::golden_conversations_agree(postgres_agrees);
}

#[test]
fn the_demo_leaves_the_same_bytes() {
    demo::the_demo_agrees(postgres_agrees);
}

#[test]
fn huey_leaves_the_same_bytes() {
    huey::huey_agrees(postgres_agrees);
}

#[test]
fn huey_finds_books_for_every_school_age_and_level() {
    let Some(_) = database() else { return };
    huey::huey_finds_books(|| database().expect("the server is still there").into_store());
}
