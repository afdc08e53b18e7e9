//! What is managed over HTTP.

use super::place::{database, with_databases};
use crate::real::{Managed, Place};
use crate::server::{operations, themes, traces};

/// Gives each call a database of its own, as long as there is a server.
fn places(check: impl FnOnce(&dyn Fn() -> Place)) {
    with_databases(|database| Place::beside(&database.url), check);
}

#[test]
fn themes_are_kept() {
    places(|make| themes::on_another_store(make));
}

#[test]
fn traces_are_shown() {
    places(|make| traces::on_another_store(make));
}

#[test]
fn each_operation_is_what_the_description_says() {
    if let Some(database) = database() {
        operations::run(&Managed::on_server(&database.url));
    }
}
