//! Managing flows over HTTP, on Postgres.

use super::place::with_databases;
use super::service::served;
use crate::server::flows::run_all;

#[test]
fn flows_are_managed_on_a_server() {
    with_databases(served, |serve| run_all(serve));
}
