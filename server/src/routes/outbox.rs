//! Events that did not arrive (S3.183, S3.184, S6.38).

#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    ChangeNotice, EventId, EventQuery, EventStatus, RetryError, StoreError, StoredEvent,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::Shared;
use crate::error::ApiError;
use crate::host::now;
use crate::identity::Platform;
use crate::input::{Pagination, PathId, QueryOf};
use crate::routes::described::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(retry))
}

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OutboxQuery {
    /// Only those that stand so; failed and dead ones if nothing is said.
    #[serde(default)]
    #[param(inline)]
    status: Option<OutboxStatus>,
    /// Only those of this type.
    #[serde(default)]
    #[param(max_length = 100)]
    event_type: Option<String>,
    /// Only those for this subscription.
    #[serde(default)]
    webhook_id: Option<Uuid>,
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

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OutboxStatus {
    Failed,
    DeadLetter,
}

/// An event and what stands in its way.
#[derive(Debug, Serialize, ToSchema)]
struct OutboxEvent {
    id: Uuid,
    event_type: String,
    destination: String,
    webhook_id: Option<Uuid>,
    /// `failed`, `dead_letter`, or where it stands since it is tried again.
    status: &'static str,
    priority: u8,
    retry_count: u32,
    max_retries: u32,
    #[schema(format = DateTime)]
    next_retry_at: Option<String>,
    last_error: Option<String>,
    correlation_id: Option<String>,
    session_id: Option<Uuid>,
    flow_id: Option<Uuid>,
    school_id: Option<Uuid>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: Option<String>,
}

/// A page of events, the newest first.
#[derive(Debug, Serialize, ToSchema)]
struct OutboxPage {
    pagination: Pagination,
    data: Vec<OutboxEvent>,
}

/// Events whose delivery has failed.
#[utoipa::path(get, path = "/v1/cms/outbox", tag = "webhooks", security(("bearer" = [])),
    params(OutboxQuery), responses((status = 200, body = OutboxPage)))]
async fn list(
    State(app): Shared,
    Platform(caller): Platform,
    QueryOf { value: asked, .. }: QueryOf<OutboxQuery>,
) -> Result<Json<OutboxPage>, ApiError> {
    let statuses = match asked.status {
        None => vec![EventStatus::Failed, EventStatus::DeadLetter],
        Some(OutboxStatus::Failed) => vec![EventStatus::Failed],
        Some(OutboxStatus::DeadLetter) => vec![EventStatus::DeadLetter],
    };
    let (skip, limit) = (asked.skip, asked.limit);
    let query = EventQuery {
        statuses,
        event_type: asked.event_type,
        subscription_id: asked.webhook_id.map(chatflow_storage::SubscriptionId),
        session_id: None,
        before: None,
        limit: skip.saturating_add(limit).saturating_add(1),
    };
    let rows = app.store.events(&caller.scope, &query).await?;
    let pagination = Pagination::of_read(skip, limit, rows.len());
    let index = |number| usize::try_from(number).unwrap_or(usize::MAX);
    let rows = rows.into_iter().skip(index(skip)).take(index(limit));
    Ok(Json(OutboxPage { pagination, data: rows.map(OutboxEvent::of).collect() }))
}

/// Puts an event whose delivery has failed back to the start of its tries.
#[utoipa::path(post, path = "/v1/cms/outbox/{event_id}/retry", tag = "webhooks",
    security(("bearer" = [])), params(("event_id" = Uuid, Path)),
    responses((status = 200, body = OutboxEvent)))]
async fn retry(
    State(app): Shared,
    Platform(caller): Platform,
    id: PathId,
) -> Result<Json<OutboxEvent>, ApiError> {
    let not_found = || ApiError::new(StatusCode::NOT_FOUND, "event_not_found", "Event not found");
    let event = EventId(id.0);
    app.store.retry_event(&caller.scope, event, now()).await.map_err(|error| match error {
        RetryError::NotFailed { status, .. } => {
            let detail = format!("The event is {}, not failed", status.as_str());
            ApiError::new(StatusCode::CONFLICT, "not_retryable", detail)
        }
        RetryError::Store(source) => ApiError::from(StoreError::Store(source)),
        RetryError::NotFound { .. } | _ => not_found(),
    })?;
    app.store.announce(&[ChangeNotice::Outbox]).await?;
    let stored = app.store.event(&caller.scope, event).await?;
    stored.map(|stored| Json(OutboxEvent::of(stored))).ok_or_else(not_found)
}

impl OutboxEvent {
    fn of(stored: StoredEvent) -> Self {
        let event = stored.event;
        Self {
            id: event.id.0,
            event_type: event.event_type,
            webhook_id: event.destination.subscription().map(|id| id.0),
            destination: event.destination.as_str().to_owned(),
            status: stored.status.as_str(),
            priority: event.priority.number(),
            retry_count: stored.retry_count,
            max_retries: event.max_retries,
            next_retry_at: stored.next_retry_at.map(|at| at.to_string()),
            last_error: stored.last_error,
            correlation_id: event.correlation_id,
            session_id: event.session_id.map(|id| id.0),
            flow_id: event.flow_id.map(|id| id.0),
            school_id: event.school_id.map(|id| id.0),
            created_at: event.created_at.to_string(),
            updated_at: stored.updated_at.map(|at| at.to_string()),
        }
    }
}
