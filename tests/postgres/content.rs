//! The content library over HTTP, on Postgres.

use std::sync::Mutex;

use super::place::database;
use crate::real::Managed;
use crate::server::content;

#[test]
fn content_is_managed_on_postgres_as_on_a_file() {
    if database().is_none() {
        return;
    }
    // The databases go when all cases are done.
    let kept = Mutex::new(Vec::new());
    content::run(|| {
        let database = database().expect("the server is still there");
        let managed = Managed::on_server(&database.url);
        kept.lock().expect("nobody panics with it").push(database);
        managed
    });
}
