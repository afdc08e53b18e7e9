//! Files of analytics of conversations in Postgres.

use chatflow_storage::AnyStore;

use super::place::{database, with_databases};
use crate::real::Place;
use crate::server::exports;

#[test]
fn files_tell_what_happened_to_whom_may_know() {
    with_databases(|database| Place::beside(&database.url), |make| exports::on_another_store(make));
}

#[test]
fn files_survive_kills() {
    let Some(database) = database() else { return };
    let sql = "UPDATE analytics_exports SET locked_until = now() - interval '1 day' WHERE locked_until IS NOT NULL";
    exports::files_survive_kills(Place::beside(&database.url), &|| database.execute(sql));
}

#[test]
fn of_two_workers_one_has_an_export() {
    let Some(database) = database() else { return };
    let scene = exports::idle(Place::beside(&database.url));
    let stores = [(); 2].map(|()| AnyStore::new(database.connect()));
    exports::two_workers_share(&stores, &scene);
    // Before their database.
    drop(scene);
}
