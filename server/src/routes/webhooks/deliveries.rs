//! What is sent to a subscription (S3.178, S3.180).

#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::Json;
use axum::extract::State;
use chatflow_storage::DeliveryQuery;
use chatflow_storage::prelude::*;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::{WebhookDelivery, WebhookDeliveryPage, WebhookTested};
use super::{Admin, find};
use crate::app::Shared;
use crate::delivery::{Post, Sender};
use crate::error::{ApiError, chain};
use crate::events::test_payload;
use crate::host::now;
use crate::input::{Pagination, PathId, QueryOf};

/// A part of a long list, near its begin.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
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

/// What was sent to a subscription, the newest first.
#[utoipa::path(get, path = "/v1/cms/webhooks/{webhook_id}/deliveries", tag = "webhooks",
    security(("bearer" = [])), params(("webhook_id" = uuid::Uuid, Path), Part),
    responses((status = 200, body = WebhookDeliveryPage)))]
pub(super) async fn deliveries(
    State(app): Shared,
    Admin(caller): Admin,
    id: PathId,
    QueryOf { value: Part { skip, limit }, .. }: QueryOf<Part>,
) -> Result<Json<WebhookDeliveryPage>, ApiError> {
    let subscription = find(&app, &caller, id.0).await?.record.id;
    let end = skip.saturating_add(limit).saturating_add(1);
    let query = DeliveryQuery { subscription, before: None, limit: end };
    let rows = app.store.deliveries(&caller.scope, &query).await?;
    let pagination = Pagination::of_read(skip, limit, rows.len());
    let index = |number| usize::try_from(number).unwrap_or(usize::MAX);
    let rows = rows.into_iter().skip(index(skip)).take(index(limit));
    Ok(Json(WebhookDeliveryPage { pagination, data: rows.map(WebhookDelivery::of).collect() }))
}

/// Sends an event of the type `webhook_test` at once, and tells what came of it.
#[utoipa::path(post, path = "/v1/cms/webhooks/{webhook_id}/test", tag = "webhooks",
    security(("bearer" = [])), params(("webhook_id" = uuid::Uuid, Path)),
    responses((status = 200, body = WebhookTested)))]
pub(super) async fn test(
    State(app): Shared,
    Admin(caller): Admin,
    id: PathId,
) -> Result<Json<WebhookTested>, ApiError> {
    let stored = find(&app, &caller, id.0).await?;
    let outbound = app.options.outbound.as_ref();
    let outbound = outbound.ok_or_else(|| ApiError::not_configured("No request may leave"))?;
    let event = test_payload(&stored.record, app.emitter.service(), now())?;
    let sender = Sender {
        outbound,
        key: app.options.secrets_key.as_ref(),
        masker: &app.masker,
        service_name: app.emitter.service(),
    };
    let id = event.id.0;
    let post = Post {
        event_type: &event.event_type,
        event: id,
        correlation: &id.to_string(),
        payload: &event.payload,
        attempt: 1,
        at: event.created_at,
    };
    let posted = sender.post(&stored.record, post).await;
    let posted = posted.map_err(|error| ApiError::internal(chain(&error)))?;
    Ok(Json(WebhookTested {
        success: posted.error.is_none(),
        status_code: posted.status,
        response_time: posted.duration_ms,
        error: posted.error,
    }))
}
