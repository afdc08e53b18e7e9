//! Managing flows over HTTP, on Postgres.

use std::cell::RefCell;

use chatflow_postgres::PostgresStore;
use chatflow_storage::AnyStore;

use super::place::database;
use crate::real::{Served, runtime};
use crate::server::flows::run_all;

#[test]
fn flows_are_managed_on_a_server() {
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
