//! Many items at once (S3.27 to S3.29, S3.49 to S3.51).

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chatflow::ContentId;
use chatflow_storage::prelude::*;
use chatflow_storage::{CatalogContent, ContentStep, ContentWork};
use serde_json::{Value, json};
use uuid::Uuid;

use super::body::{
    BulkDelete, BulkDeleted, BulkDone, BulkError, BulkRequest, BulkResult, BulkUpdate, BulkUpdated,
    CreateContent, Operation, RefusedContent, UpdateContent,
};
use super::change::{self, Doing, id_of, not_found};
use super::one::{crowded, is_late};
use super::rules;
use super::teller::Teller;
use crate::app::{App, Shared};
use crate::author::Author;
use crate::error::ApiError;
use crate::identity::Caller;
use crate::input::{JsonBody, LARGE, read_value};

/// How often items are planned anew because somebody else was faster.
const ROUNDS: usize = 8;

/// One thing to do.
enum Wish {
    Create(CreateContent),
    Update(Uuid, UpdateContent),
    Delete(Uuid),
}

impl Wish {
    const fn id(&self) -> Option<Uuid> {
        match self {
            Self::Create(_) => None,
            Self::Update(id, _) | Self::Delete(id) => Some(*id),
        }
    }
}

/// What became of a wish: the item's id and version.
type Outcome = Result<(Uuid, u32), ApiError>;

/// The outcomes of wishes, by their places in the request.
type Outcomes = BTreeMap<usize, Outcome>;

/// Creates, changes or deletes many items.
#[utoipa::path(post, path = "/v1/cms/content/bulk", tag = "content", security(("bearer" = [])),
    request_body = BulkRequest, responses((status = 200, body = BulkResult)))]
pub(super) async fn many(
    State(app): Shared,
    author: Author,
    body: JsonBody<BulkRequest, LARGE>,
) -> Result<Json<BulkResult>, ApiError> {
    let BulkRequest { operation, items, atomic } = body.value;
    let mut ids = Vec::new();
    let mut wishes = Vec::new();
    for item in items {
        ids.push(id_of(&item).ok().filter(|_| operation != Operation::Create));
        wishes.push(wish(&app, operation, item));
    }
    let teller = Teller::new(&app, &author);
    let outcomes = fulfil(&app, &author, &teller, wishes, atomic).await?;
    let mut result = BulkResult::default();
    for (index, outcome) in outcomes {
        match outcome {
            Ok((id, version)) => result.results.push(BulkDone { index, id, version }),
            Err(error) => {
                let id = ids.get(index).copied().flatten();
                let (code, error) = (error.code(), error.message());
                result.errors.push(BulkError { index, id, code, error });
            }
        }
    }
    (result.success_count, result.error_count) = (result.results.len(), result.errors.len());
    if atomic && result.error_count > 0 {
        return Err(ApiError::with_detail(StatusCode::CONFLICT, "bulk_aborted", json!(result)));
    }
    Ok(Json(result))
}

/// Makes the same change to many items.
#[utoipa::path(patch, path = "/v1/cms/content/bulk", tag = "content", security(("bearer" = [])),
    request_body = BulkUpdate, responses((status = 200, body = BulkUpdated)))]
pub(super) async fn update(
    State(app): Shared,
    author: Author,
    body: JsonBody<BulkUpdate, LARGE>,
) -> Result<Json<BulkUpdated>, ApiError> {
    let BulkUpdate { content_ids, updates } = body.value;
    // What is wrong with the change itself is wrong for all.
    if let Some(tags) = &updates.tags {
        rules::tags(tags)?;
    }
    if let Some(content) = &updates.content {
        rules::check_html("content", &Value::Object(content.clone()))?;
    }
    let ids = each_once(content_ids);
    let wishes = ids.iter().map(|id| Ok(Wish::Update(*id, updates.clone()))).collect();
    let teller = Teller::new(&app, &author);
    let outcomes = fulfil(&app, &author, &teller, wishes, false).await?;
    let (updated_count, errors) = counted(&ids, outcomes);
    Ok(Json(BulkUpdated { updated_count, errors }))
}

/// Deletes many items.
#[utoipa::path(delete, path = "/v1/cms/content/bulk", tag = "content", security(("bearer" = [])),
    request_body = BulkDelete, responses((status = 200, body = BulkDeleted)))]
pub(super) async fn delete(
    State(app): Shared,
    author: Author,
    body: JsonBody<BulkDelete, LARGE>,
) -> Result<Json<BulkDeleted>, ApiError> {
    let ids = each_once(body.value.content_ids);
    let wishes = ids.iter().map(|id| Ok(Wish::Delete(*id))).collect();
    let teller = Teller::new(&app, &author);
    let outcomes = fulfil(&app, &author, &teller, wishes, false).await?;
    let (deleted_count, errors) = counted(&ids, outcomes);
    Ok(Json(BulkDeleted { deleted_count, errors }))
}

fn each_once(ids: Vec<Uuid>) -> Vec<Uuid> {
    let mut seen = BTreeSet::new();
    ids.into_iter().filter(|id| seen.insert(*id)).collect()
}

fn counted(ids: &[Uuid], outcomes: Outcomes) -> (usize, Vec<RefusedContent>) {
    let refused = outcomes.into_iter().filter_map(|(index, outcome)| {
        let (error, content_id) = (outcome.err()?, *ids.get(index)?);
        let (code, error) = (error.code(), error.message());
        Some(RefusedContent { content_id, code, error })
    });
    let errors: Vec<_> = refused.collect();
    (ids.len().saturating_sub(errors.len()), errors)
}

fn wish(app: &App, operation: Operation, item: Value) -> Result<Wish, ApiError> {
    Ok(match operation {
        Operation::Create => Wish::Create(read_value(app, item)?),
        Operation::Update => Wish::Update(id_of(&item)?, read_value(app, item)?),
        Operation::Delete => Wish::Delete(id_of(&item)?),
    })
}

/// Plans all wishes and does them in one transaction; what somebody else was faster with is planned
/// anew. If they are one whole and one is refused, nothing is done and only refusals are told.
async fn fulfil(
    app: &App,
    author: &Author,
    teller: &Teller<'_>,
    wishes: Vec<Result<Wish, ApiError>>,
    is_whole: bool,
) -> Result<Outcomes, ApiError> {
    let caller = &author.caller;
    let ids: Vec<_> = wishes.iter().map(|wish| wish.as_ref().ok().and_then(Wish::id)).collect();
    let mut outcomes = Outcomes::new();
    let mut open = Vec::new();
    for (index, wish) in wishes.into_iter().enumerate() {
        match wish {
            Ok(wish) => open.push((index, wish)),
            Err(error) => {
                outcomes.insert(index, Err(error));
            }
        }
    }
    for _ in 0..ROUNDS {
        let (steps, planned) = plan(app, caller, teller, &open, &mut outcomes).await?;
        let is_refused = outcomes.values().any(Result::is_err);
        let mut late = BTreeSet::new();
        if !(is_whole && is_refused) {
            let work = ContentWork { at: teller.at, steps, is_whole };
            let done = app.store.edit_contents(&caller.scope, &work).await?;
            for ((index, outcome), done) in planned.into_iter().zip(done) {
                match done {
                    Ok(()) => outcomes.insert(index, Ok(outcome)),
                    Err(error) if is_late(&error) => {
                        late.insert(index);
                        None
                    }
                    Err(error) => outcomes.insert(index, Err(error.into())),
                };
            }
        }
        if late.is_empty() {
            open.clear();
            break;
        }
        // Of a whole nothing was done, so all of it is planned again.
        open.retain(|(index, _)| is_whole || late.contains(index));
        outcomes.retain(|index, _| open.iter().all(|(open, _)| open != index));
    }
    outcomes.extend(open.into_iter().map(|(index, _)| (index, Err(crowded()))));
    let refused = outcomes.iter().filter_map(|(index, outcome)| {
        Some((ids.get(*index).copied().flatten(), outcome.as_ref().err()?))
    });
    author.known.may_not(refused);
    if is_whole && outcomes.values().any(Result::is_err) {
        outcomes.retain(|_, outcome| outcome.is_err());
    }
    Ok(outcomes)
}

/// The steps for the wishes, with the places of their outcomes and what those will be. A wish sees what
/// those before it do.
async fn plan(
    app: &App,
    caller: &Caller,
    teller: &Teller<'_>,
    open: &[(usize, Wish)],
    outcomes: &mut Outcomes,
) -> Result<(Vec<ContentStep>, Vec<(usize, (Uuid, u32))>), ApiError> {
    let ids: Vec<_> = open.iter().filter_map(|(_, wish)| wish.id().map(ContentId)).collect();
    let known = app.store.catalog_contents(&caller.scope, &ids).await?;
    let mut known: BTreeMap<Uuid, CatalogContent> =
        known.into_iter().map(|content| (content.stored.record.id.0, content)).collect();
    let (mut steps, mut planned) = (Vec::new(), Vec::new());
    for (index, wish) in open {
        match step(caller, teller, wish, &mut known).await {
            Ok((Some(step), outcome)) => {
                steps.push(step);
                planned.push((*index, outcome));
            }
            Ok((None, outcome)) => {
                outcomes.insert(*index, Ok(outcome));
            }
            Err(error) => {
                outcomes.insert(*index, Err(error));
            }
        }
    }
    Ok((steps, planned))
}

async fn step(
    caller: &Caller,
    teller: &Teller<'_>,
    wish: &Wish,
    known: &mut BTreeMap<Uuid, CatalogContent>,
) -> Result<(Option<ContentStep>, (Uuid, u32)), ApiError> {
    let planned = match wish {
        Wish::Create(body) => change::create(teller, caller, body).await?,
        Wish::Update(id, update) => {
            let old = known.get(id).ok_or_else(not_found)?;
            change::update(teller, caller, old, Doing::Update(update)).await?
        }
        Wish::Delete(id) => {
            let old = known.get(id).ok_or_else(not_found)?;
            let version = old.version;
            let step = change::delete(teller, caller, old, false).await?;
            known.remove(id);
            return Ok((Some(step), (*id, version)));
        }
    };
    let outcome = (planned.after.stored.record.id.0, planned.after.version);
    known.insert(outcome.0, planned.after);
    Ok((planned.step, outcome))
}
