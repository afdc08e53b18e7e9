//! Numbers of flows, nodes and content, and of all together (S3.148 to S3.164).

mod content;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().merge(content::routes())
}
