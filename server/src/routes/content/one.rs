//! One item: made, read, changed, deleted (S3.22 to S3.26).

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chatflow::ContentId;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, ApplyError, CatalogContent, ContentStep, ContentWork, EditError,
};
use serde::Deserialize;

use super::body::{ChangeStatus, CreateContent, UpdateContent};
use super::change::{self, Doing, not_found};
use super::detail::ContentDetail;
use super::teller::Teller;
use crate::app::{App, Shared};
use crate::author::Author;
use crate::error::ApiError;
use crate::identity::Signed;
use crate::input::{Condition, JsonBody, PathId, QueryOf, put_tag};

/// How often a change is planned anew because somebody else was faster.
const ROUNDS: usize = 8;

/// An item.
#[utoipa::path(get, path = "/v1/cms/content/{content_id}", tag = "content", security(("bearer" = [])),
    params(("content_id" = uuid::Uuid, Path)),
    responses((status = 200, body = ContentDetail), (status = 304, description = "as `If-None-Match` says")))]
pub(super) async fn read(
    State(app): Shared,
    Signed(caller): Signed,
    PathId(id): PathId,
    condition: Condition,
) -> Result<Response, ApiError> {
    let content = load(&app.store, &caller.scope, ContentId(id)).await?;
    let detail = ContentDetail::of(&content)?;
    Ok(condition.answer(content.stored.row_version, Json(detail)))
}

/// Makes an item.
#[utoipa::path(post, path = "/v1/cms/content", tag = "content", security(("bearer" = [])),
    request_body = CreateContent, responses((status = 201, body = ContentDetail)))]
pub(super) async fn create(
    State(app): Shared,
    author: Author,
    body: JsonBody<CreateContent>,
) -> Result<Response, ApiError> {
    let teller = Teller::new(&app, &author);
    let planned = change::create(&teller, &author.caller, &body.value).await?;
    if let Some(step) = planned.step {
        apply(&app.store, author.scope(), &teller, step).await??;
    }
    let warnings = [planned.warnings, body.warnings].concat();
    let detail = ContentDetail::of(&planned.after)?.with_warnings(warnings);
    let place = format!("/v1/cms/content/{}", detail.id);
    let mut response = (StatusCode::CREATED, Json(detail)).into_response();
    put_tag(&mut response, planned.after.stored.row_version);
    let place = HeaderValue::from_str(&place).map_err(ApiError::internal)?;
    response.headers_mut().insert(header::LOCATION, place);
    Ok(response)
}

/// Changes what is given of an item.
#[utoipa::path(put, path = "/v1/cms/content/{content_id}", tag = "content", security(("bearer" = [])),
    params(("content_id" = uuid::Uuid, Path)),
    request_body = UpdateContent, responses((status = 200, body = ContentDetail)))]
pub(super) async fn update(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    body: JsonBody<UpdateContent>,
) -> Result<Response, ApiError> {
    let doing = Doing::Update(&body.value);
    do_to(&app, &author, ContentId(id), doing, body.warnings).await
}

/// Moves an item to another status.
#[utoipa::path(post, path = "/v1/cms/content/{content_id}/status", tag = "content", security(("bearer" = [])),
    params(("content_id" = uuid::Uuid, Path)),
    request_body = ChangeStatus, responses((status = 200, body = ContentDetail)))]
pub(super) async fn set_status(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    body: JsonBody<ChangeStatus>,
) -> Result<Response, ApiError> {
    let doing = Doing::SetStatus(body.value.status.0, body.value.comment.as_deref());
    do_to(&app, &author, ContentId(id), doing, body.warnings).await
}

/// What may be said of an item that goes.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DeleteQuery {
    /// Also if published flows use it.
    #[serde(default)]
    #[param(required = false, default = false)]
    force: bool,
}

/// Deletes an item with its variants.
#[utoipa::path(delete, path = "/v1/cms/content/{content_id}", tag = "content", security(("bearer" = [])),
    params(("content_id" = uuid::Uuid, Path), DeleteQuery),
    responses((status = 204, description = "it is gone")))]
pub(super) async fn delete(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    query: QueryOf<DeleteQuery>,
) -> Result<StatusCode, ApiError> {
    let teller = Teller::new(&app, &author);
    for _ in 0..ROUNDS {
        let content = load(&app.store, author.scope(), ContentId(id)).await?;
        author.condition.check(content.stored.row_version)?;
        let force = query.value.force;
        let step = change::delete(&teller, &author.caller, &content, force).await?;
        match apply(&app.store, author.scope(), &teller, step).await? {
            Err(error) if is_late(&error) => {}
            done => return done.map(|()| StatusCode::NO_CONTENT).map_err(ApiError::from),
        }
    }
    Err(crowded())
}

async fn do_to(
    app: &App,
    author: &Author,
    id: ContentId,
    doing: Doing<'_>,
    ignored: Vec<String>,
) -> Result<Response, ApiError> {
    let teller = Teller::new(app, author);
    for _ in 0..ROUNDS {
        let content = load(&app.store, author.scope(), id).await?;
        author.condition.check(content.stored.row_version)?;
        let planned = change::update(&teller, &author.caller, &content, doing).await?;
        let done = match planned.step {
            Some(step) => apply(&app.store, author.scope(), &teller, step).await?,
            None => Ok(()),
        };
        match done {
            Err(error) if is_late(&error) => continue,
            done => done?,
        }
        let warnings = [planned.warnings, ignored].concat();
        let detail = ContentDetail::of(&planned.after)?.with_warnings(warnings);
        let mut response = Json(detail).into_response();
        put_tag(&mut response, planned.after.stored.row_version);
        return Ok(response);
    }
    Err(crowded())
}

/// An item that the caller may see.
pub(super) async fn load(
    store: &AnyStore,
    scope: &AccessScope,
    id: ContentId,
) -> Result<CatalogContent, ApiError> {
    store.catalog_contents(scope, &[id]).await?.pop().ok_or_else(not_found)
}

/// Does one step.
pub(super) async fn apply(
    store: &AnyStore,
    scope: &AccessScope,
    teller: &Teller<'_>,
    step: ContentStep,
) -> Result<Result<(), EditError>, ApiError> {
    let work = ContentWork { at: teller.at, steps: vec![step], is_whole: false };
    let mut outcomes = store.edit_contents(scope, &work).await?;
    outcomes.pop().ok_or_else(|| ApiError::internal("a step was not done"))
}

/// Whether somebody else has changed the item since it was read.
pub(super) fn is_late(error: &EditError) -> bool {
    matches!(error, EditError::Refused(ApplyError::Conflict { .. }))
}

/// Others were faster each time.
pub(super) fn crowded() -> ApiError {
    let detail = "Others are changing this at the same time; try again";
    ApiError::new(StatusCode::CONFLICT, "version_conflict", detail)
}
