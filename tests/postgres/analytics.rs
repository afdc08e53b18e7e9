//! Numbers over HTTP, on Postgres.

use super::place::{database, with_databases};
use crate::cli::stats::numbers_are_told_in_the_terminal;
use crate::real::{Managed, Place};
use crate::server::analytics;

#[test]
fn numbers_are_told_on_postgres_as_on_a_file() {
    with_databases(|database| Managed::on_server(&database.url), |serve| analytics::run(serve));
}

#[test]
fn numbers_are_told_in_the_terminal_on_postgres_as_of_a_file() {
    if let Some(database) = database() {
        numbers_are_told_in_the_terminal(&Place::beside(&database.url));
    }
}
