//! Reading subscriptions (S3.173, S3.175).

use axum::Json;
use axum::extract::State;
use chatflow_storage::SubscriptionQuery;
use chatflow_storage::prelude::*;
use serde_json::Value;

use super::view::{Webhook, WebhookPage};
use super::{Admin, find};
use crate::app::Shared;
use crate::error::ApiError;
use crate::input::{Paged, PathId, QueryOf};

/// Totals are exact up to here (F43).
const MOST: u32 = 10_000;

/// The subscriptions that the caller looks after.
#[utoipa::path(get, path = "/v1/cms/webhooks", tag = "webhooks", security(("bearer" = [])),
    params(Paged), responses((status = 200, body = WebhookPage)))]
pub(super) async fn list(
    State(app): Shared,
    Admin(caller): Admin,
    QueryOf { value: paged, .. }: QueryOf<Paged>,
) -> Result<Json<Value>, ApiError> {
    // There are few of them, so that the list is read as a whole.
    let query = SubscriptionQuery { limit: MOST.saturating_add(1), ..SubscriptionQuery::default() };
    let all = app.store.subscriptions(&caller.scope, &query).await?;
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    let (total, is_capped) = (all.len().min(most), all.len() > most);
    let skip = usize::try_from(paged.skip).unwrap_or(usize::MAX);
    let limit = usize::try_from(paged.limit).unwrap_or(usize::MAX);
    let page: Vec<Webhook> = all.iter().skip(skip).take(limit).map(Webhook::of).collect();
    Ok(Json(paged.page(&page, u64::try_from(total).unwrap_or(u64::MAX), is_capped)))
}

/// One subscription.
#[utoipa::path(get, path = "/v1/cms/webhooks/{webhook_id}", tag = "webhooks",
    security(("bearer" = [])), params(("webhook_id" = uuid::Uuid, Path)),
    responses((status = 200, body = Webhook)))]
pub(super) async fn one(
    State(app): Shared,
    Admin(caller): Admin,
    id: PathId,
) -> Result<Json<Webhook>, ApiError> {
    Ok(Json(Webhook::of(&find(&app, &caller, id.0).await?)))
}
