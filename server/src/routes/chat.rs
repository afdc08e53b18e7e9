//! Conversations (S3.138 to S3.147).

mod access;
mod admin;
mod begin;
mod history;
mod interact;
mod listing;
mod preview;
mod repeat;
mod session;
mod start;
mod theme;
mod turn;
mod wire;

use crate::routes::described::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(listing::flows))
        .routes(routes!(listing::flow))
        .routes(routes!(start::start))
        .routes(routes!(session::read))
        .routes(routes!(interact::interact))
        .routes(routes!(history::history))
        .routes(routes!(session::patch_state))
        .routes(routes!(session::end))
        .routes(routes!(admin::list))
        .routes(routes!(admin::read, admin::delete))
}
