//! Numbers of content over HTTP, on Postgres.

use super::place::with_databases;
use crate::real::Managed;
use crate::server::engagement;

#[test]
fn content_is_counted_on_postgres_as_on_a_file() {
    with_databases(|database| Managed::on_server(&database.url), |serve| engagement::run(serve));
}
