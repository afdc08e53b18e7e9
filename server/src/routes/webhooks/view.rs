//! Subscriptions as they are shown: never with their secret, save once (S6.40).

use std::collections::BTreeMap;

use chatflow_storage::{DeliveryRecord, StoredSubscription};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::input::Pagination;

/// From so many failures in a row on a receiver is not well.
const UNWELL: u32 = 5;

/// A subscription to events.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Webhook {
    id: Uuid,
    name: String,
    url: String,
    #[schema(example = "POST")]
    method: &'static str,
    headers: BTreeMap<String, String>,
    /// Everything if it is empty.
    event_types: Vec<String>,
    flow_id: Option<Uuid>,
    /// Its school; null for the platform.
    school_id: Option<Uuid>,
    /// `active`, `paused` or `disabled`.
    status: &'static str,
    timeout_seconds: u32,
    max_retries: u32,
    /// What signs the events; shown once, when it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    secret: Option<String>,
    has_secret: bool,
    consecutive_failures: u32,
    /// Whether fewer than five attempts in a row have failed.
    is_healthy: bool,
    #[schema(format = DateTime)]
    last_success_at: Option<String>,
    #[schema(format = DateTime)]
    last_failure_at: Option<String>,
    last_error: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: Option<String>,
}

/// A page of subscriptions, in the order of their ids.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookPage {
    pub(super) pagination: Pagination,
    pub(super) data: Vec<Webhook>,
}

/// What came of one attempt to deliver an event.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookDelivery {
    id: Uuid,
    /// The event, as `X-Event-ID` names it.
    event_id: Uuid,
    webhook_id: Uuid,
    attempt: u32,
    /// What the receiver answered, if it did.
    status_code: Option<u16>,
    duration_ms: u64,
    error: Option<String>,
    /// How the answer begins, masked.
    response_preview: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// A page of deliveries, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookDeliveryPage {
    pub(super) pagination: Pagination,
    pub(super) data: Vec<WebhookDelivery>,
}

/// What came of a test.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookTested {
    pub(super) success: bool,
    pub(super) status_code: Option<u16>,
    /// In milliseconds.
    pub(super) response_time: u64,
    pub(super) error: Option<String>,
}

impl Webhook {
    pub(super) fn of(stored: &StoredSubscription) -> Self {
        let StoredSubscription { record, health, .. } = stored;
        Self {
            id: record.id.0,
            name: record.name.clone(),
            url: record.url.clone(),
            method: record.method.as_str(),
            headers: serde_json::from_str(&record.headers).unwrap_or_default(),
            event_types: record.event_types.clone(),
            flow_id: record.flow_id.map(|id| id.0),
            school_id: record.school_id.map(|id| id.0),
            status: record.status.as_str(),
            timeout_seconds: record.timeout_seconds,
            max_retries: record.max_retries,
            secret: None,
            has_secret: record.secret.is_some(),
            consecutive_failures: health.consecutive_failures,
            is_healthy: health.consecutive_failures < UNWELL,
            last_success_at: health.last_success_at.map(|at| at.to_string()),
            last_failure_at: health.last_failure_at.map(|at| at.to_string()),
            last_error: health.last_error.clone(),
            created_at: stored.created_at.to_string(),
            updated_at: (stored.row_version > 1).then(|| stored.updated_at.to_string()),
        }
    }

    /// With the secret, this once.
    pub(super) fn with_secret(self, secret: String) -> Self {
        Self { secret: Some(secret), ..self }
    }
}

impl WebhookDelivery {
    pub(super) fn of(record: DeliveryRecord) -> Self {
        Self {
            id: record.id,
            event_id: record.event.0,
            webhook_id: record.subscription.0,
            attempt: record.attempt,
            status_code: record.status_code,
            duration_ms: record.duration_ms,
            error: record.error,
            response_preview: record.response_preview,
            created_at: record.created_at.to_string(),
        }
    }
}
