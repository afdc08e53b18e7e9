//! Rows of subscriptions and deliveries.

use chatflow::{FlowId, TenantId};
use chatflow_storage::{
    DeliveryRecord, EventId, Health, SealedSecret, StoredSubscription, SubscriptionId,
    SubscriptionMethod, SubscriptionRecord, SubscriptionStatus, UserId,
};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, Row, params};

use crate::column::{Id, Time, count, label, list, maybe_time, maybe_uuid, number, time, uuid};

const SAVE: &str = "
INSERT INTO webhook_subscriptions (
  id, name, url, secret, method, headers, timeout_seconds, max_retries, event_types, flow_id,
  school_id, status, consecutive_failures, last_success_at, last_failure_at, last_error,
  probe_until, created_by, row_version, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
  ?21)
ON CONFLICT (id) DO UPDATE SET
  name = excluded.name, url = excluded.url, secret = excluded.secret, method = excluded.method,
  headers = excluded.headers, timeout_seconds = excluded.timeout_seconds,
  max_retries = excluded.max_retries, event_types = excluded.event_types,
  flow_id = excluded.flow_id, school_id = excluded.school_id, status = excluded.status,
  consecutive_failures = excluded.consecutive_failures, probe_until = excluded.probe_until,
  created_by = excluded.created_by, row_version = excluded.row_version,
  updated_at = excluded.updated_at";

pub(super) fn save(connection: &Connection, new: &StoredSubscription) -> rusqlite::Result<()> {
    let (record, health) = (&new.record, &new.health);
    connection.prepare_cached(SAVE)?.execute(params![
        Id(record.id.0),
        record.name,
        record.url,
        record.secret.as_ref().map(|secret| &secret.0),
        record.method.as_str(),
        record.headers,
        record.timeout_seconds,
        record.max_retries,
        list(&record.event_types),
        record.flow_id.map(|id| Id(id.0)),
        record.school_id.map(|id| Id(id.0)),
        record.status.as_str(),
        health.consecutive_failures,
        health.last_success_at.map(Time),
        health.last_failure_at.map(Time),
        health.last_error,
        health.probe_until.map(Time),
        record.created_by.map(|id| Id(id.0)),
        number(new.row_version),
        Time(new.created_at),
        Time(new.updated_at),
    ])?;
    Ok(())
}

pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<StoredSubscription> {
    Ok(StoredSubscription {
        record: record(row)?,
        health: Health {
            consecutive_failures: row.get("consecutive_failures")?,
            last_success_at: maybe_time(row, "last_success_at")?,
            last_failure_at: maybe_time(row, "last_failure_at")?,
            last_error: row.get("last_error")?,
            probe_until: maybe_time(row, "probe_until")?,
        },
        row_version: count(row, "row_version")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

fn record(row: &Row<'_>) -> rusqlite::Result<SubscriptionRecord> {
    let event_types: String = row.get("event_types")?;
    Ok(SubscriptionRecord {
        id: SubscriptionId(uuid(row, "id")?),
        name: row.get("name")?,
        url: row.get("url")?,
        secret: row.get::<_, Option<Vec<u8>>>("secret")?.map(SealedSecret),
        method: label(row, "method", SubscriptionMethod::parse)?,
        headers: row.get("headers")?,
        timeout_seconds: row.get("timeout_seconds")?,
        max_retries: row.get("max_retries")?,
        event_types: serde_json::from_str(&event_types).map_err(FromSqlError::other)?,
        flow_id: maybe_uuid(row, "flow_id")?.map(FlowId),
        school_id: maybe_uuid(row, "school_id")?.map(TenantId),
        status: label(row, "status", SubscriptionStatus::parse)?,
        created_by: maybe_uuid(row, "created_by")?.map(UserId),
    })
}

pub(super) fn delivery(row: &Row<'_>) -> rusqlite::Result<DeliveryRecord> {
    Ok(DeliveryRecord {
        id: uuid(row, "id")?,
        event: EventId(uuid(row, "outbox_id")?),
        subscription: SubscriptionId(uuid(row, "subscription_id")?),
        attempt: row.get("attempt")?,
        status_code: row.get("status_code")?,
        duration_ms: count(row, "duration_ms")?,
        error: row.get("error")?,
        response_preview: row.get("response_preview")?,
        created_at: time(row, "created_at")?,
    })
}
