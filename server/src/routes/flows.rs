//! Flows (S3.63 to S3.123).

mod batch;
mod cel;
mod change;
mod clone;
mod connections;
mod create;
mod detail;
mod document;
mod fields;
mod list;
mod nodes;
mod positions;
mod relink;
mod remove;
mod snapshots;
mod update;
mod validate;
mod versions;

use crate::routes::described::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(list::read, update::update, remove::delete))
        .routes(routes!(remove::restore))
        .routes(routes!(clone::clone))
        .routes(routes!(validate::stored))
        .routes(routes!(validate::unsaved))
        .routes(routes!(cel::evaluate_cel))
        .routes(routes!(versions::list))
        .routes(routes!(versions::read))
        .routes(routes!(versions::restore))
        .routes(routes!(document::export))
        .routes(routes!(document::import))
        .routes(routes!(snapshots::regenerate))
        .routes(routes!(nodes::list, nodes::create))
        .routes(routes!(positions::update))
        .routes(routes!(nodes::read, nodes::update, nodes::delete))
        .routes(routes!(connections::list, connections::create))
        .routes(routes!(connections::update, connections::delete))
        .routes(routes!(batch::change))
}
