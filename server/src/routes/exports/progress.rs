//! How far exports are, and stopping them (S3.169, S3.171, S3.172, S5.44, S5.45).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chatflow_storage::ExportState;
use chatflow_storage::prelude::*;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::view::{ExportPage, ExportStatus};
use super::{exports, find, program};
use crate::analytics::Reporter;
use crate::app::Shared;
use crate::error::ApiError;
use crate::host::now;
use crate::input::{Pagination, PathText, QueryOf};

/// Which exports.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportFilter {
    /// Only those that stand so.
    #[param(inline)]
    status: Option<ExportStanding>,
    /// How many rows to pass over.
    #[serde(default)]
    #[param(minimum = 0, maximum = 10_000, default = 0)]
    skip: u32,
    /// How many rows to answer with at most.
    #[serde(default = "usual")]
    #[param(minimum = 0, maximum = 1000, default = 100)]
    limit: u32,
}

const fn usual() -> u32 {
    100
}

/// Where an export stands.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ExportStanding {
    Preparing,
    Processing,
    Completed,
    Failed,
    Cancelled,
    Expired,
}

impl From<ExportStanding> for ExportState {
    fn from(standing: ExportStanding) -> Self {
        match standing {
            ExportStanding::Preparing => Self::Preparing,
            ExportStanding::Processing => Self::Processing,
            ExportStanding::Completed => Self::Completed,
            ExportStanding::Failed => Self::Failed,
            ExportStanding::Cancelled => Self::Cancelled,
            ExportStanding::Expired => Self::Expired,
        }
    }
}

/// The exports of the caller, and of the schools that they run.
#[utoipa::path(get, path = "/v1/cms/analytics/exports", tag = "analytics",
    security(("bearer" = [])), params(ExportFilter), responses((status = 200, body = ExportPage)))]
pub(super) async fn list(
    State(app): Shared,
    reporter: Reporter,
    QueryOf { value: asked, .. }: QueryOf<ExportFilter>,
) -> Result<Json<ExportPage>, ApiError> {
    let exports = exports(&app)?;
    let (skip, limit) = (asked.skip, asked.limit);
    let query = chatflow_storage::ExportQuery {
        asker: program(&reporter.caller),
        state: asked.status.map(Into::into),
        ..chatflow_storage::ExportQuery::all(skip.saturating_add(limit).saturating_add(1))
    };
    let rows = app.store.exports(reporter.scope(), query).await?;
    let pagination = Pagination::of_read(skip, limit, rows.len());
    let index = |number| usize::try_from(number).unwrap_or(usize::MAX);
    let (rows, at) = (rows.iter().skip(index(skip)).take(index(limit)), now());
    let data = rows.map(|record| ExportStatus::of(record, exports, at)).collect();
    Ok(Json(ExportPage { pagination, data }))
}

/// Where an export stands, and, when it is done, where its file is.
#[utoipa::path(get, path = "/v1/cms/analytics/exports/{export_id}/status", tag = "analytics",
    security(("bearer" = [])), params(("export_id" = String, Path)),
    responses((status = 200, body = ExportStatus)))]
pub(super) async fn status(
    State(app): Shared,
    reporter: Reporter,
    PathText(id): PathText,
) -> Result<Json<ExportStatus>, ApiError> {
    let record = find(&app, &reporter, &id).await?;
    Ok(Json(ExportStatus::of(&record, exports(&app)?, now())))
}

/// Stops an export that is not done yet.
#[utoipa::path(delete, path = "/v1/cms/analytics/exports/{export_id}", tag = "analytics",
    security(("bearer" = [])), params(("export_id" = String, Path)),
    responses((status = 204, description = "Nobody makes it any more")))]
pub(super) async fn cancel(
    State(app): Shared,
    reporter: Reporter,
    PathText(id): PathText,
) -> Result<StatusCode, ApiError> {
    let record = find(&app, &reporter, &id).await?;
    let asker = program(&reporter.caller);
    let is_stopped = app.store.cancel_export(reporter.scope(), asker, record.id, now()).await?;
    if is_stopped || record.state == ExportState::Cancelled {
        return Ok(StatusCode::NO_CONTENT);
    }
    let detail = "The export has ended; its file goes by itself when it expires";
    Err(ApiError::new(StatusCode::CONFLICT, "export_ended", detail))
}
