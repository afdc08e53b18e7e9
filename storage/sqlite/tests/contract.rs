//! The contract suite over a file and over memory.

#![expect(clippy::unwrap_used, reason = "the lints spare test functions but not what they call")]

use std::sync::Mutex;

use chatflow_sqlite::{Durability, Options, SqliteStore};
use chatflow_storage::contract;
use tempfile::TempDir;

/// Makes a store in a file of its own for each case; the directories go when the test ends.
fn in_files(durability: Durability) -> impl Fn() -> SqliteStore {
    let directories = Mutex::new(Vec::new());
    move || {
        let directory = TempDir::new().unwrap();
        let options = Options { durability, ..Options::default() };
        let store = SqliteStore::open_with(directory.path().join("chatflow.db"), options).unwrap();
        directories.lock().unwrap().push(directory);
        store
    }
}

fn in_memory() -> SqliteStore {
    SqliteStore::open_in_memory().unwrap()
}

#[test]
fn flows_in_a_file_hold_the_contract() {
    contract::flows(in_files(Durability::Normal));
}

#[test]
fn flows_in_memory_hold_the_contract() {
    contract::flows(in_memory);
}

#[test]
fn contents_in_a_file_hold_the_contract() {
    contract::contents(in_files(Durability::Normal));
}

#[test]
fn contents_in_memory_hold_the_contract() {
    contract::contents(in_memory);
}

#[test]
fn the_catalog_in_a_file_holds_the_contract() {
    contract::catalog(in_files(Durability::Normal));
}

#[test]
fn the_catalog_in_memory_holds_the_contract() {
    contract::catalog(in_memory);
}

#[test]
fn the_library_in_a_file_holds_the_contract() {
    contract::library(in_files(Durability::Normal));
}

#[test]
fn the_library_in_memory_holds_the_contract() {
    contract::library(in_memory);
}

#[test]
fn references_in_a_file_hold_the_contract() {
    contract::references(in_files(Durability::Normal));
}

#[test]
fn references_in_memory_hold_the_contract() {
    contract::references(in_memory);
}

#[test]
fn events_in_a_file_hold_the_contract() {
    contract::events(in_files(Durability::Normal));
}

#[test]
fn events_in_memory_hold_the_contract() {
    contract::events(in_memory);
}

#[test]
fn sessions_in_a_file_hold_the_contract() {
    contract::sessions(in_files(Durability::Full));
}

#[test]
fn sessions_in_memory_hold_the_contract() {
    contract::sessions(in_memory);
}

#[test]
fn accounts_in_a_file_hold_the_contract() {
    contract::accounts(in_files(Durability::Normal));
}

#[test]
fn accounts_in_memory_hold_the_contract() {
    contract::accounts(in_memory);
}

#[test]
fn settings_and_jobs_in_a_file_hold_the_contract() {
    contract::work(in_files(Durability::Normal));
}

#[test]
fn settings_and_jobs_in_memory_hold_the_contract() {
    contract::work(in_memory);
}

#[test]
fn effects_in_a_file_hold_the_contract() {
    contract::effects(in_files(Durability::Normal));
}

#[test]
fn effects_in_memory_hold_the_contract() {
    contract::effects(in_memory);
}

#[test]
fn the_administration_of_sessions_in_a_file_holds_the_contract() {
    contract::session_admin(in_files(Durability::Normal));
}

#[test]
fn the_administration_of_sessions_in_memory_holds_the_contract() {
    contract::session_admin(in_memory);
}

#[test]
fn the_catalog_of_flows_in_a_file_holds_the_contract() {
    contract::flow_catalog(in_files(Durability::Normal));
}

#[test]
fn the_catalog_of_flows_in_memory_holds_the_contract() {
    contract::flow_catalog(in_memory);
}

#[test]
fn evidence_in_a_file_holds_the_contract() {
    contract::evidence(in_files(Durability::Normal));
}

#[test]
fn evidence_in_memory_holds_the_contract() {
    contract::evidence(in_memory);
}

#[test]
fn traces_in_a_file_hold_the_contract() {
    contract::traces(in_files(Durability::Normal));
}

#[test]
fn traces_in_memory_hold_the_contract() {
    contract::traces(in_memory);
}

#[test]
fn counters_in_a_file_hold_the_contract() {
    contract::performance(in_files(Durability::Normal));
}

#[test]
fn counters_in_memory_hold_the_contract() {
    contract::performance(in_memory);
}

#[test]
fn engagement_in_a_file_holds_the_contract() {
    contract::engagement(in_files(Durability::Normal));
}

#[test]
fn engagement_in_memory_holds_the_contract() {
    contract::engagement(in_memory);
}

#[test]
fn analytics_in_a_file_hold_the_contract() {
    contract::analytics(in_files(Durability::Normal));
}

#[test]
fn analytics_in_memory_hold_the_contract() {
    contract::analytics(in_memory);
}

#[test]
fn the_audit_log_in_a_file_holds_the_contract() {
    contract::audit(in_files(Durability::Normal));
}

#[test]
fn the_audit_log_in_memory_holds_the_contract() {
    contract::audit(in_memory);
}

#[test]
fn exports_in_a_file_hold_the_contract() {
    contract::exports(in_files(Durability::Normal));
}

#[test]
fn exports_in_memory_hold_the_contract() {
    contract::exports(in_memory);
}

#[test]
fn months_in_a_file_hold_the_contract() {
    contract::months(in_files(Durability::Normal));
}

#[test]
fn months_in_memory_hold_the_contract() {
    contract::months(in_memory);
}
