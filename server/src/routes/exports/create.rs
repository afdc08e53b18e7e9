//! Asking for files (S3.165 to S3.168, S5.41 to S5.43).

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use chatflow::{ContentId, FlowId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{ExportId, ExportKind, UserId};
use serde_json::json;

use super::ask::{Asked, ExportQuery, NewExport};
use super::estimate::Estimate;
use super::view::ExportStarted;
use super::{exports, program};
use crate::analytics::{Reporter, Window};
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::exports::{Dataset, KEPT_MS};
use crate::host::now;
use crate::input::{JsonBody, PathId, QueryOf};
use crate::token::random_id;

/// Within this time the same export is not made twice (S5.42).
const AGAIN_MS: i64 = 60_000;

/// Which export is asked for.
struct Wish {
    kind: ExportKind,
    /// Its tables, unless some are named.
    usual: &'static [Dataset],
    /// The same may be there already (S5.42).
    may_be_same: bool,
}

const GENERAL: Wish =
    Wish { kind: ExportKind::General, usual: &Dataset::USUAL, may_be_same: false };

/// Has a file made. Asked again within a minute, it answers with the export that is there.
#[utoipa::path(get, path = "/v1/cms/analytics/export", tag = "analytics", security(("bearer" = [])),
    params(ExportQuery), responses((status = 200, body = ExportStarted)))]
pub(super) async fn by_query(
    State(app): Shared,
    reporter: Reporter,
    QueryOf { value: asked, .. }: QueryOf<ExportQuery>,
) -> Result<Response, ApiError> {
    begin(&app, &reporter, asked.into(), Wish { may_be_same: true, ..GENERAL }).await
}

/// Has a file made.
#[utoipa::path(post, path = "/v1/cms/analytics/export", tag = "analytics", security(("bearer" = [])),
    request_body = NewExport, responses((status = 200, body = ExportStarted)))]
pub(super) async fn by_body(
    State(app): Shared,
    reporter: Reporter,
    JsonBody { value: asked, .. }: JsonBody<NewExport>,
) -> Result<Response, ApiError> {
    begin(&app, &reporter, asked.try_into()?, GENERAL).await
}

/// Has a file of one flow made; `flow_ids` is passed over.
#[utoipa::path(post, path = "/v1/cms/flows/{flow_id}/analytics/export", tag = "analytics",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path)),
    request_body = NewExport, responses((status = 200, body = ExportStarted)))]
pub(super) async fn of_flow(
    State(app): Shared,
    reporter: Reporter,
    id: PathId,
    JsonBody { value: asked, .. }: JsonBody<NewExport>,
) -> Result<Response, ApiError> {
    let mut asked = Asked::try_from(asked)?;
    asked.flows = vec![id.0];
    begin(&app, &reporter, asked, Wish { kind: ExportKind::Flow, ..GENERAL }).await
}

/// Has a file of content made.
#[utoipa::path(post, path = "/v1/cms/content/analytics/export", tag = "analytics",
    security(("bearer" = [])), request_body = NewExport,
    responses((status = 200, body = ExportStarted)))]
pub(super) async fn of_content(
    State(app): Shared,
    reporter: Reporter,
    JsonBody { value: asked, .. }: JsonBody<NewExport>,
) -> Result<Response, ApiError> {
    let wish = Wish { kind: ExportKind::Content, usual: &Dataset::OF_CONTENT, may_be_same: false };
    begin(&app, &reporter, asked.try_into()?, wish).await
}

/// Keeps what is asked for, and wakes a worker.
async fn begin(
    app: &App,
    reporter: &Reporter,
    mut asked: Asked,
    wish: Wish,
) -> Result<Response, ApiError> {
    let exports = exports(app)?;
    asked.settle();
    look_up(app, reporter, &asked).await?;
    let created_at = now();
    let (ask, format) = asked.ask(reporter, wish.usual, created_at)?;
    let (first, last) = ask.days();
    let estimate = Estimate::of(app, reporter, &ask, Window { first, last }).await?;
    let later = |millis: i64| Timestamp::from_millis(created_at.as_millis().saturating_add(millis));
    let new = chatflow_storage::NewExport {
        id: ExportId(random_id()?),
        kind: wish.kind,
        format: format.name().to_owned(),
        params: json!(ask).to_string(),
        requested_by: reporter.caller.user_id().map(UserId),
        service_account_id: program(&reporter.caller),
        school_id: ask.asker.school(),
        created_at,
        expires_at: later(KEPT_MS),
        same_since: wish.may_be_same.then(|| later(-AGAIN_MS)),
    };
    let record = app.store.create_export(&new).await?;
    exports.bell.notify_one();
    let mut response = Json(ExportStarted::of(&record, estimate)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Flows and items that are named must be there for the caller (S5.3).
async fn look_up(app: &App, reporter: &Reporter, asked: &Asked) -> Result<(), ApiError> {
    let scope = reporter.scope();
    if !asked.flows.is_empty() {
        let ids: Vec<FlowId> = asked.flows.iter().copied().map(FlowId).collect();
        let found = app.store.flow_drafts(scope, &ids).await?;
        if found.len() < ids.len() {
            return Err(ApiError::flow_not_found());
        }
    }
    if !asked.contents.is_empty() {
        let ids: Vec<ContentId> = asked.contents.iter().copied().map(ContentId).collect();
        let found = app.store.catalog_contents(scope, &ids).await?;
        if found.len() < ids.len() {
            return Err(ApiError::content_not_found());
        }
    }
    Ok(())
}
