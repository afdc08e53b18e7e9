//! Variants of an item (S3.30 to S3.35).

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chatflow::ContentId;
use chatflow_storage::prelude::*;
use chatflow_storage::{CatalogVariant, ContentEdit, ContentStep, Record as _, ServiceAccountType};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::change::{not_found, subject};
use super::one::{apply, load};
use super::rules;
use super::teller::{Subject, Teller};
use super::variant_body::{
    Count, Counted, CreateVariant, UpdateVariant, Variant, VariantPage, odd_conditions,
};
use crate::app::{App, Shared};
use crate::author::Author;
use crate::error::ApiError;
use crate::identity::{Caller, CallerKind, Manager};
use crate::input::{JsonBody, Paged, PathId, QueryOf};

/// The item and the variant that a path names.
pub(super) struct VariantPath(ContentId, Uuid);

impl<S: Send + Sync> FromRequestParts<S> for VariantPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let PathId(content) = PathId::<0>::from_request_parts(parts, state).await?;
        let PathId(variant) = PathId::<1>::from_request_parts(parts, state).await?;
        Ok(Self(ContentId(content), variant))
    }
}

/// The variants of an item, the newest first.
#[utoipa::path(get, path = "/v1/cms/content/{content_id}/variants", tag = "content", security(("bearer" = [])),
    params(("content_id" = uuid::Uuid, Path), Paged), responses((status = 200, body = VariantPage)))]
pub(super) async fn list(
    State(app): Shared,
    Manager(caller): Manager,
    PathId(id): PathId,
    query: QueryOf<Paged>,
) -> Result<Json<Value>, ApiError> {
    // An item is shown with all its variants, so it has few.
    let all = all(&app, &caller, ContentId(id)).await?;
    let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let size = |n| usize::try_from(n).unwrap_or(usize::MAX);
    let page = all.iter().skip(size(query.value.skip)).take(size(query.value.limit));
    let data = page.map(Variant::of).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(query.value.page(&data, total, false)))
}

/// Adds a variant.
#[utoipa::path(post, path = "/v1/cms/content/{content_id}/variants", tag = "content", security(("bearer" = [])),
    params(("content_id" = uuid::Uuid, Path)),
    request_body = CreateVariant, responses((status = 201, body = Variant)))]
pub(super) async fn create(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    body: JsonBody<CreateVariant>,
) -> Result<Response, ApiError> {
    let about = editable(&app, &author.caller, ContentId(id)).await?;
    let data = Value::Object(body.value.variant_data.clone());
    let mut warnings = rules::check_html("variant_data", &data)?;
    warnings.extend(odd_conditions(&body.value.conditions));
    warnings.extend(body.warnings);
    let variant = body.value.record();
    let key = variant.key.clone();
    let edit = ContentEdit::AddVariant { content: ContentId(id), variant };
    let teller = Teller::new(&app, &author);
    let variant_id = chatflow_storage::variant_row_id(ContentId(id), &key);
    let step = step(&teller, about, ("create", variant_id), edit, &json!({"key": key})).await?;
    apply(&app.store, author.scope(), &teller, step).await??;
    let mut shown = Variant::of(&one(&app, &author.caller, ContentId(id), variant_id).await?)?;
    shown.warnings = warnings;
    let place = format!("/v1/cms/content/{id}/variants/{variant_id}");
    let mut response = (StatusCode::CREATED, Json(shown)).into_response();
    let place = HeaderValue::from_str(&place).map_err(ApiError::internal)?;
    response.headers_mut().insert(header::LOCATION, place);
    Ok(response)
}

/// Changes what is given of a variant; `performance_data` is replaced.
#[utoipa::path(put, path = "/v1/cms/content/{content_id}/variants/{variant_id}", tag = "content", security(("bearer" = [])),
    params(("content_id" = uuid::Uuid, Path), ("variant_id" = uuid::Uuid, Path)),
    request_body = UpdateVariant, responses((status = 200, body = Variant)))]
pub(super) async fn replace(
    State(app): Shared,
    author: Author,
    VariantPath(content, variant_id): VariantPath,
    body: JsonBody<UpdateVariant>,
) -> Result<Json<Variant>, ApiError> {
    change(&app, &author, (content, variant_id), body, false).await
}

/// Changes what is given of a variant; `performance_data` is merged key by key.
#[utoipa::path(patch, path = "/v1/cms/content/{content_id}/variants/{variant_id}", tag = "content", security(("bearer" = [])),
    params(("content_id" = uuid::Uuid, Path), ("variant_id" = uuid::Uuid, Path)),
    request_body = UpdateVariant, responses((status = 200, body = Variant)))]
pub(super) async fn merge(
    State(app): Shared,
    author: Author,
    VariantPath(content, variant_id): VariantPath,
    body: JsonBody<UpdateVariant>,
) -> Result<Json<Variant>, ApiError> {
    change(&app, &author, (content, variant_id), body, true).await
}

/// Deletes a variant.
#[utoipa::path(delete, path = "/v1/cms/content/{content_id}/variants/{variant_id}", tag = "content", security(("bearer" = [])),
    params(("content_id" = uuid::Uuid, Path), ("variant_id" = uuid::Uuid, Path)),
    responses((status = 204, description = "it is gone")))]
pub(super) async fn delete(
    State(app): Shared,
    author: Author,
    VariantPath(content, variant_id): VariantPath,
) -> Result<StatusCode, ApiError> {
    let about = editable(&app, &author.caller, content).await?;
    let known = one(&app, &author.caller, content, variant_id).await?;
    let key = known.record.key;
    let teller = Teller::new(&app, &author);
    let changes = json!({"key": key});
    let edit = ContentEdit::DeleteVariant { content, key };
    let step = step(&teller, about, ("delete", variant_id), edit, &changes).await?;
    apply(&app.store, author.scope(), &teller, step).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Adds to the counters of a variant.
#[utoipa::path(post, path = "/v1/cms/content/{content_id}/variants/{variant_id}/performance", tag = "content", security(("bearer" = [])),
    params(("content_id" = uuid::Uuid, Path), ("variant_id" = uuid::Uuid, Path)),
    request_body = Count, responses((status = 200, body = Counted)))]
pub(super) async fn count(
    State(app): Shared,
    author: Author,
    VariantPath(content, variant_id): VariantPath,
    body: JsonBody<Count>,
) -> Result<Json<Counted>, ApiError> {
    let record = load(&app.store, author.scope(), content).await?.stored.record;
    let is_counter = matches!(
        author.caller.kind,
        CallerKind::Service(ServiceAccountType::Backend | ServiceAccountType::School)
    );
    if !is_counter && !record.access().is_some_and(|row| author.scope().edits(&row)) {
        return Err(ApiError::forbidden());
    }
    let known = one(&app, &author.caller, content, variant_id).await?;
    let by = body.value.by()?;
    let teller = Teller::new(&app, &author);
    // At most one event for a variant and a minute (S6.24).
    let minute = teller.at.as_millis().div_euclid(60_000);
    let once = format!("{variant_id}:{minute}");
    let data = told(&record, variant_id);
    let about = subject(&record);
    let kind = "content_variant_performance_updated";
    let events = teller.events(about, kind, data, Some(&once)).await?;
    let edit = ContentEdit::Count { content, key: known.record.key, by };
    // Counting is not worth an entry in the audit log each time.
    let step = ContentStep { edit, events, audit: Vec::new() };
    apply(&app.store, author.scope(), &teller, step).await??;
    let shown = Variant::of(&one(&app, &author.caller, content, variant_id).await?)?;
    let message = "Performance data updated";
    Ok(Json(Counted { message, performance_data: shown.performance_data }))
}

async fn change(
    app: &App,
    author: &Author,
    (content, variant_id): (ContentId, Uuid),
    body: JsonBody<UpdateVariant>,
    merges: bool,
) -> Result<Json<Variant>, ApiError> {
    let (caller, teller) = (&author.caller, Teller::new(app, author));
    let about = editable(app, caller, content).await?;
    let known = one(app, caller, content, variant_id).await?;
    let given = body.value;
    if given.variant_key.as_ref().is_some_and(|key| *key != known.record.key) {
        let message = "cannot change: what is counted belongs to the key";
        return Err(ApiError::field(&["body", "variant_key"], "value_error.constant", message));
    }
    let mut warnings = Vec::new();
    if let Some(data) = &given.variant_data {
        warnings.extend(rules::check_html("variant_data", &Value::Object(data.clone()))?);
    }
    warnings.extend(given.conditions.as_ref().map(odd_conditions).unwrap_or_default());
    warnings.extend(body.warnings);
    let (change, names) = given.change(merges)?;
    if !names.is_empty() {
        let changes = json!({"key": known.record.key, "changed": names});
        let edit = ContentEdit::ChangeVariant { content, key: known.record.key, change };
        let step = step(&teller, about, ("update", variant_id), edit, &changes).await?;
        apply(&app.store, author.scope(), &teller, step).await??;
    }
    let mut shown = Variant::of(&one(app, caller, content, variant_id).await?)?;
    shown.warnings = warnings;
    Ok(Json(shown))
}

/// A change of a variant with what tells of it (S6.19).
async fn step(
    teller: &Teller<'_>,
    about: (Subject, Map<String, Value>),
    (action, variant): (&'static str, Uuid),
    edit: ContentEdit,
    changes: &Value,
) -> Result<ContentStep, ApiError> {
    let (about, mut data) = about;
    data.insert("variant_id".to_owned(), json!(variant));
    let kind = match action {
        "create" => "content_variant_created",
        "update" => "content_variant_updated",
        _ => "content_variant_deleted",
    };
    let mut changes = changes.clone();
    if let Some(changes) = changes.as_object_mut() {
        changes.insert("variant_id".to_owned(), json!(variant));
    }
    let audit = vec![teller.entry(about, &format!("variant_{action}"), &changes)?];
    let events = teller.events(about, kind, data, None).await?;
    Ok(ContentStep { edit, events, audit })
}

fn told(record: &chatflow_storage::ContentRecord, variant: Uuid) -> Map<String, Value> {
    let data = json!({"content_id": record.id, "variant_id": variant});
    data.as_object().cloned().unwrap_or_default()
}

/// Names an item that the caller may change, and says what events tell of it.
async fn editable(
    app: &App,
    caller: &Caller,
    content: ContentId,
) -> Result<(Subject, Map<String, Value>), ApiError> {
    let record = load(&app.store, &caller.scope, content).await?.stored.record;
    if !record.access().is_some_and(|row| caller.scope.edits(&row)) {
        return Err(ApiError::forbidden());
    }
    let data = Map::from_iter([("content_id".to_owned(), json!(record.id))]);
    Ok((subject(&record), data))
}

async fn all(
    app: &App,
    caller: &Caller,
    content: ContentId,
) -> Result<Vec<CatalogVariant>, ApiError> {
    app.store.catalog_variants(&caller.scope, content).await?.ok_or_else(not_found)
}

async fn one(
    app: &App,
    caller: &Caller,
    content: ContentId,
    variant: Uuid,
) -> Result<CatalogVariant, ApiError> {
    let all = all(app, caller, content).await?;
    let missing = || ApiError::new(StatusCode::NOT_FOUND, "variant_not_found", "Variant not found");
    all.into_iter().find(|known| known.id() == variant).ok_or_else(missing)
}
