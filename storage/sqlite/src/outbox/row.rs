//! A row of the outbox.

use chatflow::{FlowId, SessionId, TenantId};
use chatflow_storage::{
    Destination, EventId, EventLock, EventStatus, NewEvent, Priority, StoredEvent, SubscriptionId,
    UserId,
};
use rusqlite::{CachedStatement, Row, params};

use crate::column::{Id, Time, count, label, maybe_time, maybe_uuid, time, uuid};

pub(super) fn append(
    statement: &mut CachedStatement<'_>,
    event: &NewEvent,
) -> rusqlite::Result<()> {
    // Its number does not matter here.
    let stored = StoredEvent::new(0, event.clone());
    statement.execute(params![
        Id(event.id.0),
        event.event_type,
        event.event_version,
        event.source_service,
        event.destination.as_str(),
        event.routing_key,
        event.payload,
        event.headers,
        event.destination.subscription().map(|id| Id(id.0)),
        stored.status.as_str(),
        event.priority.number(),
        event.max_retries,
        event.correlation_id,
        event.causation_id,
        event.user_id.map(|id| Id(id.0)),
        event.session_id.map(|id| Id(id.0)),
        event.flow_id.map(|id| Id(id.0)),
        event.school_id.map(|id| Id(id.0)),
        Time(event.created_at),
        stored.processed_at.map(Time),
    ])?;
    Ok(())
}

pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<StoredEvent> {
    let holder: Option<String> = row.get("locked_by")?;
    let lock = holder.zip(maybe_time(row, "locked_until")?);
    Ok(StoredEvent {
        seq: count(row, "seq")?,
        event: event(row)?,
        status: label(row, "status", EventStatus::parse)?,
        retry_count: row.get("retry_count")?,
        next_retry_at: maybe_time(row, "next_retry_at")?,
        lock: lock.map(|(holder, until)| EventLock { holder, until }),
        last_error: row.get("last_error")?,
        error_details: row.get("error_details")?,
        updated_at: maybe_time(row, "updated_at")?,
        processed_at: maybe_time(row, "processed_at")?,
    })
}

pub(super) fn event(row: &Row<'_>) -> rusqlite::Result<NewEvent> {
    let subscription = maybe_uuid(row, "subscription_id")?.map(SubscriptionId);
    Ok(NewEvent {
        id: EventId(uuid(row, "id")?),
        event_type: row.get("event_type")?,
        event_version: row.get("event_version")?,
        source_service: row.get("source_service")?,
        destination: Destination::parse(row.get("destination")?, subscription),
        routing_key: row.get("routing_key")?,
        payload: row.get("payload")?,
        headers: row.get("headers")?,
        // The column holds no other numbers.
        priority: Priority::from_number(row.get("priority")?).unwrap_or_default(),
        max_retries: row.get("max_retries")?,
        correlation_id: row.get("correlation_id")?,
        causation_id: row.get("causation_id")?,
        user_id: maybe_uuid(row, "user_id")?.map(UserId),
        session_id: maybe_uuid(row, "session_id")?.map(SessionId),
        flow_id: maybe_uuid(row, "flow_id")?.map(FlowId),
        school_id: maybe_uuid(row, "school_id")?.map(TenantId),
        created_at: time(row, "created_at")?,
    })
}
