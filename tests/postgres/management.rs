//! What is managed over HTTP.

use std::cell::RefCell;

use super::place::database;
use crate::real::{Managed, Place};
use crate::server::{operations, themes, traces};

/// Gives each call a database of its own, as long as there is a server.
fn places(check: impl Fn(&dyn Fn() -> Place)) {
    let Some(first) = database() else { return };
    // They are dropped at the end, after the servers that use them.
    let all = RefCell::new(vec![first]);
    check(&|| {
        let next = database().expect("there was a server");
        let place = Place::beside(&next.url);
        all.borrow_mut().push(next);
        place
    });
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
