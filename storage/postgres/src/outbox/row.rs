//! Rows of the outbox.

use chatflow::{FlowId, SessionId, TenantId};
use chatflow_storage::{
    Destination, EventId, EventLock, EventStatus, NewEvent, Priority, StoredEvent, SubscriptionId,
    UserId,
};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Postgres, Row};

use crate::column::{
    Json, Time, count, json, label, maybe_json, maybe_time, small_count, small_number, time,
};

/// New rows of events `e`. One for the stream is published at once (S6.30).
macro_rules! insert {
    () => {
        "INSERT INTO event_outbox (
           id, event_type, event_version, source_service, destination, routing_key, payload,
           headers, subscription_id, priority, max_retries, correlation_id, causation_id, user_id,
           session_id, flow_id, school_id, created_at, retry_count, status, processed_at)
         SELECT e.id, e.event_type, e.event_version, e.source_service, e.destination,
           e.routing_key, e.payload, e.headers, e.subscription_id, e.priority, e.max_retries,
           e.correlation_id, e.causation_id, e.user_id, e.session_id, e.flow_id, e.school_id,
           e.created_at, 0,
           CASE e.destination WHEN 'stream' THEN 'published' ELSE 'pending' END
             ::enum_event_outbox_status,
           CASE e.destination WHEN 'stream' THEN e.created_at END"
    };
}

/// The events `e` that [`bind`] binds, in their order.
macro_rules! given {
    () => {
        "unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
           WITH ORDINALITY AS e (
             id, event_type, event_version, source_service, destination, routing_key, payload,
             headers, subscription_id, priority, max_retries, correlation_id, causation_id, user_id,
             session_id, flow_id, school_id, created_at, ordinal)"
    };
}

pub(super) use {given, insert};

/// Binds `$1` to `$18`, the columns of new events.
pub(super) fn bind<'q>(
    query: Query<'q, Postgres, PgArguments>,
    events: &'q [NewEvent],
) -> Query<'q, Postgres, PgArguments> {
    fn all<'q, T>(events: &'q [NewEvent], of: impl Fn(&'q NewEvent) -> T) -> Vec<T> {
        events.iter().map(of).collect()
    }
    query
        .bind(all(events, |event| event.id.0))
        .bind(all(events, |event| event.event_type.as_str()))
        .bind(all(events, |event| event.event_version.as_str()))
        .bind(all(events, |event| event.source_service.as_str()))
        .bind(all(events, |event| event.destination.as_str()))
        .bind(all(events, |event| event.routing_key.as_deref()))
        .bind(all(events, |event| Json(event.payload.as_str())))
        .bind(all(events, |event| event.headers.as_deref().map(Json)))
        .bind(all(events, |event| event.destination.subscription().map(|id| id.0)))
        .bind(all(events, |event| i16::from(event.priority.number())))
        .bind(all(events, |event| small_number(event.max_retries)))
        .bind(all(events, |event| event.correlation_id.as_deref()))
        .bind(all(events, |event| event.causation_id.as_deref()))
        .bind(all(events, |event| event.user_id.map(|id| id.0)))
        .bind(all(events, |event| event.session_id.map(|id| id.0)))
        .bind(all(events, |event| event.flow_id.map(|id| id.0)))
        .bind(all(events, |event| event.school_id.map(|id| id.0)))
        .bind(all(events, |event| Time(event.created_at)))
}

pub(super) fn stored(row: &PgRow) -> sqlx::Result<StoredEvent> {
    let holder: Option<String> = row.try_get("locked_by")?;
    let lock = holder.zip(maybe_time(row, "locked_until")?);
    Ok(StoredEvent {
        seq: count(row, "seq")?,
        event: event(row)?,
        status: label(row, "status", EventStatus::parse)?,
        retry_count: small_count(row, "retry_count")?,
        next_retry_at: maybe_time(row, "next_retry_at")?,
        lock: lock.map(|(holder, until)| EventLock { holder, until }),
        last_error: row.try_get("last_error")?,
        error_details: maybe_json(row, "error_details")?,
        updated_at: maybe_time(row, "updated_at")?,
        processed_at: maybe_time(row, "processed_at")?,
    })
}

pub(super) fn event(row: &PgRow) -> sqlx::Result<NewEvent> {
    let subscription = row.try_get::<Option<_>, _>("subscription_id")?.map(SubscriptionId);
    let priority: i16 = row.try_get("priority")?;
    Ok(NewEvent {
        id: EventId(row.try_get("id")?),
        event_type: row.try_get("event_type")?,
        event_version: row.try_get("event_version")?,
        source_service: row.try_get("source_service")?,
        destination: Destination::parse(row.try_get("destination")?, subscription),
        routing_key: row.try_get("routing_key")?,
        payload: json(row, "payload")?,
        headers: maybe_json(row, "headers")?,
        // The column holds no other numbers.
        priority: Priority::from_number(i64::from(priority)).unwrap_or_default(),
        max_retries: small_count(row, "max_retries")?,
        correlation_id: row.try_get("correlation_id")?,
        causation_id: row.try_get("causation_id")?,
        user_id: row.try_get::<Option<_>, _>("user_id")?.map(UserId),
        session_id: row.try_get::<Option<_>, _>("session_id")?.map(SessionId),
        flow_id: row.try_get::<Option<_>, _>("flow_id")?.map(FlowId),
        school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
        created_at: time(row, "created_at")?,
    })
}
