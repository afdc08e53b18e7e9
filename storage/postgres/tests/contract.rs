//! The contract suite, each case on a database of its own.

use chatflow_postgres::PostgresStore;
use chatflow_storage::{Waiting, contract};

use crate::place::{Database, template};

/// Makes stores, or nothing where there is no server.
fn stores() -> Option<impl Fn() -> Waiting<PostgresStore, Database>> {
    let template = template()?;
    Some(move || {
        let database = template.clone_database();
        let store = database.open();
        Waiting::new(store, database)
    })
}

#[test]
fn flows_hold_the_contract() {
    let Some(stores) = stores() else { return };
    contract::flows(stores);
}

#[test]
fn contents_hold_the_contract() {
    let Some(stores) = stores() else { return };
    contract::contents(stores);
}

#[test]
fn the_catalog_holds_the_contract() {
    let Some(stores) = stores() else { return };
    contract::catalog(stores);
}

#[test]
fn the_library_holds_the_contract() {
    let Some(stores) = stores() else { return };
    contract::library(stores);
}

#[test]
fn references_hold_the_contract() {
    let Some(stores) = stores() else { return };
    contract::references(stores);
}

#[test]
fn events_hold_the_contract() {
    let Some(stores) = stores() else { return };
    contract::events(stores);
}

#[test]
fn sessions_hold_the_contract() {
    let Some(stores) = stores() else { return };
    contract::sessions(stores);
}

#[test]
fn accounts_hold_the_contract() {
    let Some(stores) = stores() else { return };
    contract::accounts(stores);
}

#[test]
fn settings_and_jobs_hold_the_contract() {
    let Some(stores) = stores() else { return };
    contract::work(stores);
}

#[test]
fn effects_hold_the_contract() {
    let Some(stores) = stores() else { return };
    contract::effects(stores);
}

#[test]
fn the_administration_of_sessions_holds_the_contract() {
    let Some(stores) = stores() else { return };
    contract::session_admin(stores);
}

#[test]
fn the_catalog_of_flows_holds_the_contract() {
    let Some(stores) = stores() else { return };
    contract::flow_catalog(stores);
}

#[test]
fn evidence_holds_the_contract() {
    let Some(stores) = stores() else { return };
    contract::evidence(stores);
}

#[test]
fn traces_hold_the_contract() {
    let Some(stores) = stores() else { return };
    contract::traces(stores);
}

#[test]
fn counters_hold_the_contract() {
    let Some(stores) = stores() else { return };
    contract::performance(stores);
}

#[test]
fn engagement_holds_the_contract() {
    let Some(stores) = stores() else { return };
    contract::engagement(stores);
}

#[test]
fn analytics_hold_the_contract() {
    let Some(stores) = stores() else { return };
    contract::analytics(stores);
}

#[test]
fn the_audit_log_holds_the_contract() {
    let Some(stores) = stores() else { return };
    contract::audit(stores);
}

#[test]
fn exports_hold_the_contract() {
    let Some(stores) = stores() else { return };
    contract::exports(stores);
}

#[test]
fn months_hold_the_contract() {
    let Some(stores) = stores() else { return };
    contract::months(stores);
}
