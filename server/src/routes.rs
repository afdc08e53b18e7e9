//! One folder per resource: authenticate, load, drive, commit, render.

mod analytics;
mod chat;
mod content;
pub(crate) mod described;
mod events;
mod exports;
mod flows;
mod operations;
mod outbox;
mod page;
mod recommend;
mod themes;
mod traces;
mod webhooks;

use std::sync::Arc;

use crate::app::App;

use self::described::Routes;
pub(crate) use self::events::Reads;
pub(crate) use self::operations::while_starting;

/// All routes, with what they say of themselves.
pub(crate) fn all() -> Routes {
    Routes::new()
        .merge(chat::routes())
        .merge(content::routes())
        .merge(analytics::routes())
        .merge(flows::routes())
        .merge(themes::routes())
        .merge(traces::routes())
        .merge(events::routes())
        .merge(outbox::routes())
        .merge(webhooks::routes())
        .merge(exports::routes())
        .merge(recommend::routes())
        .merge(operations::routes())
}

/// The pages for people, which are no part of the described interface.
pub(crate) fn pages() -> axum::Router<Arc<App>> {
    page::routes()
}
