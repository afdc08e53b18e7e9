//! Rows of subscriptions and deliveries.

use chatflow::{FlowId, TenantId};
use chatflow_storage::{
    DeliveryRecord, EventId, Health, SealedSecret, StoredSubscription, SubscriptionId,
    SubscriptionMethod, SubscriptionRecord, SubscriptionStatus, UserId,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::column::{
    Json, Time, count, json, label, maybe_time, number, small_count, small_number, time,
};

const SAVE: &str = "
INSERT INTO webhook_subscriptions (
  id, name, url, secret, method, headers, timeout_seconds, max_retries, event_types, flow_id,
  school_id, status, consecutive_failures, probe_until, created_by, row_version, created_at,
  updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::enum_webhook_subscription_status, $13,
  $14, $15, $16, $17, $18)
ON CONFLICT (id) DO UPDATE SET
  name = excluded.name, url = excluded.url, secret = excluded.secret, method = excluded.method,
  headers = excluded.headers, timeout_seconds = excluded.timeout_seconds,
  max_retries = excluded.max_retries, event_types = excluded.event_types,
  flow_id = excluded.flow_id, school_id = excluded.school_id, status = excluded.status,
  consecutive_failures = excluded.consecutive_failures, probe_until = excluded.probe_until,
  created_by = excluded.created_by, row_version = excluded.row_version,
  updated_at = excluded.updated_at";

pub(super) async fn save(
    connection: &mut PgConnection,
    new: &StoredSubscription,
) -> sqlx::Result<()> {
    let (record, health) = (&new.record, &new.health);
    let saved = sqlx::query(SAVE)
        .bind(record.id.0)
        .bind(&record.name)
        .bind(&record.url)
        .bind(record.secret.as_ref().map(|secret| secret.0.as_slice()))
        .bind(record.method.as_str())
        .bind(Json(record.headers.as_str()))
        .bind(small_number(record.timeout_seconds))
        .bind(small_number(record.max_retries))
        .bind(&record.event_types)
        .bind(record.flow_id.map(|id| id.0))
        .bind(record.school_id.map(|id| id.0))
        .bind(record.status.as_str())
        .bind(small_number(health.consecutive_failures))
        .bind(health.probe_until.map(Time))
        .bind(record.created_by.map(|id| id.0))
        .bind(number(new.row_version))
        .bind(Time(new.created_at))
        .bind(Time(new.updated_at))
        .execute(connection)
        .await;
    saved.map(drop)
}

pub(super) fn stored(row: &PgRow) -> sqlx::Result<StoredSubscription> {
    Ok(StoredSubscription {
        record: record(row)?,
        health: Health {
            consecutive_failures: small_count(row, "consecutive_failures")?,
            last_success_at: maybe_time(row, "last_success_at")?,
            last_failure_at: maybe_time(row, "last_failure_at")?,
            last_error: row.try_get("last_error")?,
            probe_until: maybe_time(row, "probe_until")?,
        },
        row_version: count(row, "row_version")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

fn record(row: &PgRow) -> sqlx::Result<SubscriptionRecord> {
    Ok(SubscriptionRecord {
        id: SubscriptionId(row.try_get("id")?),
        name: row.try_get("name")?,
        url: row.try_get("url")?,
        secret: row.try_get::<Option<Vec<u8>>, _>("secret")?.map(SealedSecret),
        method: label(row, "method", SubscriptionMethod::parse)?,
        headers: json(row, "headers")?,
        timeout_seconds: small_count(row, "timeout_seconds")?,
        max_retries: small_count(row, "max_retries")?,
        event_types: row.try_get("event_types")?,
        flow_id: row.try_get::<Option<_>, _>("flow_id")?.map(FlowId),
        school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
        status: label(row, "status", SubscriptionStatus::parse)?,
        created_by: row.try_get::<Option<_>, _>("created_by")?.map(UserId),
    })
}

pub(super) fn delivery(row: &PgRow) -> sqlx::Result<DeliveryRecord> {
    let code: Option<i32> = row.try_get("status_code")?;
    Ok(DeliveryRecord {
        id: row.try_get("id")?,
        event: EventId(row.try_get("outbox_id")?),
        subscription: SubscriptionId(row.try_get("subscription_id")?),
        attempt: small_count(row, "attempt")?,
        // The column holds no greater numbers.
        status_code: code.and_then(|code| u16::try_from(code).ok()),
        duration_ms: count(row, "duration_ms")?,
        error: row.try_get("error")?,
        response_preview: row.try_get("response_preview")?,
        created_at: time(row, "created_at")?,
    })
}
