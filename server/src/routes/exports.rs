//! Files of analytics: asking for them, how far they are, and fetching them (S3.165 to S3.172, section 5.6).

#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

mod ask;
mod create;
mod download;
mod estimate;
mod progress;
mod range;
mod view;

use axum::http::StatusCode;
use chatflow_storage::prelude::*;
use chatflow_storage::{ExportId, ExportQuery, ExportRecord, ServiceAccountId};

use crate::analytics::Reporter;
use crate::app::App;
use crate::error::ApiError;
use crate::exports::Exports;
use crate::identity::{Caller, CallerKind};
use crate::routes::described::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(create::by_query, create::by_body))
        .routes(routes!(create::of_flow))
        .routes(routes!(create::of_content))
        .routes(routes!(progress::list))
        .routes(routes!(progress::cancel))
        .routes(routes!(progress::status))
        .routes(routes!(download::download))
}

/// Where files are kept, if the operator has said so.
fn exports(app: &App) -> Result<&Exports, ApiError> {
    let missing = || ApiError::not_configured("This service has no folder for exports");
    app.options.exports.as_ref().ok_or_else(missing)
}

/// The program that asks, which sees its own.
fn program(caller: &Caller) -> Option<ServiceAccountId> {
    match caller.kind {
        CallerKind::Service(_) => Some(ServiceAccountId(caller.id)),
        CallerKind::User(_) => None,
    }
}

/// An export that the caller sees (S5.45).
async fn find(app: &App, reporter: &Reporter, id: &str) -> Result<ExportRecord, ApiError> {
    let id: ExportId = id.parse().map_err(|_| not_found())?;
    let query = ExportQuery { asker: program(&reporter.caller), ..ExportQuery::one(id) };
    let found = app.store.exports(reporter.scope(), query).await?;
    found.into_iter().next().ok_or_else(not_found)
}

/// There is no such export, or it is somebody else's.
fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "export_not_found", "Export not found")
}
