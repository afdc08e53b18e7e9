//! Numbers of flows, nodes and content, and of all together (S3.148 to S3.164).

mod compare;
mod content;
mod flow;
mod live;
mod node;
mod overview;
mod sessions;

use chatflow::TenantId;

use crate::analytics::{Reporter, Source};
use crate::app::App;
use crate::error::ApiError;
use crate::host::now;
use crate::routes::described::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(flow::read))
        .routes(routes!(flow::funnel))
        .routes(routes!(flow::performance))
        .routes(routes!(compare::read))
        .routes(routes!(node::read))
        .routes(routes!(node::responses))
        .routes(routes!(node::paths))
        .routes(routes!(overview::dashboard))
        .routes(routes!(live::read))
        .routes(routes!(overview::top))
        .routes(routes!(overview::summary))
        .routes(routes!(sessions::list))
        .merge(content::routes())
}

/// What the caller is told of now.
async fn source(
    app: &App,
    reporter: &Reporter,
    school: Option<TenantId>,
) -> Result<Source, ApiError> {
    let raw_days = app.options.analytics.raw_days;
    Ok(Source::open(&app.store, (reporter.scope(), school), raw_days, now()).await?)
}
