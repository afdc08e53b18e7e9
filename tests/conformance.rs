//! What whole conversations must do.

mod bad_input;
mod citations;
mod coverage;
mod defects;
pub(crate) mod demo;
mod diagnostics;
mod draws;
mod extensions;
mod guest;
pub(crate) mod huey;
mod journal;
mod mutations;
mod nodes;
mod protocol;
mod race;
mod rules;
mod schemas;
pub(crate) mod transcripts;
mod turn_ends;

use std::path::PathBuf;

use chatflow_sqlite::{Durability, Options, SqliteStore};
use chatflow_storage::MemoryStore;
use chatflow_tests::conversation::{Opening, Played, StoredHost, World, publish};
use serde_json::Value;

/// The repository's folder.
fn root() -> PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Opens an SQLite file as a process does that has just started.
fn open_file(folder: &tempfile::TempDir) -> SqliteStore {
    let options = Options { durability: Durability::Normal, readers: 1, ..Options::default() };
    SqliteStore::open_with(folder.path().join("chat.db"), options).unwrap()
}

/// Plays on every store there is; each must give what `expected` has.
fn every_store_agrees(world: &World, opening: &Opening, answers: &[Value], expected: &Played) {
    let memory = MemoryStore::new();
    publish(world, &memory, opening.at);
    let played = StoredHost::new(world, false).play(|| &memory, opening, &mut answers.iter());
    assert_eq!(played.to_text(), expected.to_text(), "in the memory store");
    let sqlite = SqliteStore::open_in_memory().unwrap();
    publish(world, &sqlite, opening.at);
    let played = StoredHost::new(world, false).play(|| &sqlite, opening, &mut answers.iter());
    assert_eq!(played.to_text(), expected.to_text(), "in SQLite, in memory");
    let folder = tempfile::tempdir().unwrap();
    publish(world, &open_file(&folder), opening.at);
    let reopened = || Box::new(open_file(&folder));
    let played = StoredHost::new(world, false).play(reopened, opening, &mut answers.iter());
    assert_eq!(played.to_text(), expected.to_text(), "in an SQLite file, opened anew each turn");
}
