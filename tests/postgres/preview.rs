//! Previews of drafts, on Postgres.

use std::cell::RefCell;

use chatflow_postgres::PostgresStore;
use chatflow_storage::AnyStore;

use super::place::database;
use super::service::Pair;
use crate::real::{Place, Served, runtime};
use crate::server::preview::{elsewhere, run_all};

#[test]
fn drafts_are_tried_on_a_server() {
    let Some(first) = database() else { return };
    // They are dropped after the last case.
    let databases = RefCell::new(vec![first]);
    run_all(|| {
        let database = database().expect("the server is still there");
        let store = runtime().block_on(PostgresStore::connect(&database.url)).unwrap();
        databases.borrow_mut().push(database);
        Served::on(AnyStore::new(store))
    });
}

#[test]
fn a_preview_goes_on_at_another_server() {
    let Some(database) = database() else { return };
    let pair = Pair::signed(database);
    let place = Place::beside(&pair.database.url);
    elsewhere(&place, &pair.clients());
}
