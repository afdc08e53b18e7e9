//! Previews of drafts, on Postgres.

use super::place::{database, with_databases};
use super::service::{Pair, served};
use crate::real::Place;
use crate::server::preview::{elsewhere, run_all};

#[test]
fn drafts_are_tried_on_a_server() {
    with_databases(served, |serve| run_all(serve));
}

#[test]
fn a_preview_goes_on_at_another_server() {
    let Some(database) = database() else { return };
    let pair = Pair::signed(database);
    let place = Place::beside(&pair.database.url);
    elsewhere(&place, &pair.clients());
}
