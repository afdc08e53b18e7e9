//! Numbers over HTTP, on Postgres.

use super::place::with_databases;
use crate::real::Managed;
use crate::server::analytics;

#[test]
fn numbers_are_told_on_postgres_as_on_a_file() {
    with_databases(|database| Managed::on_server(&database.url), |serve| analytics::run(serve));
}
