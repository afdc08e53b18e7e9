//! Writing what became of a claimed event.

use chatflow_storage::{
    Attempt, EventStatus, EventUpdate, SUBSCRIPTION_ENDS_AT, Settled, Settlement, SubscriptionId,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::append;
use crate::column::{Id, Time, maybe_uuid, number};

/// By the holder of the lock only. What was merely postponed keeps its error.
const SETTLE: &str = "
UPDATE event_outbox SET
  status = coalesce(?5, CASE retry_count WHEN 0 THEN 'pending' ELSE 'failed' END),
  retry_count = retry_count + ?6, next_retry_at = ?7,
  last_error = CASE WHEN ?5 IS NULL THEN last_error ELSE ?8 END,
  error_details = CASE WHEN ?5 IS NULL THEN error_details ELSE ?9 END,
  processed_at = ?10, locked_by = NULL, locked_until = NULL, updated_at = ?4
WHERE id = ?1 AND status = 'processing' AND locked_by = ?2 AND locked_until = ?3
RETURNING subscription_id, retry_count - ?6 AS failures";

const STANDING: &str =
    "SELECT status, consecutive_failures FROM webhook_subscriptions WHERE id = ?1";

const RECORD: &str = "
INSERT INTO webhook_deliveries (
  id, outbox_id, subscription_id, attempt, status_code, duration_ms, error, response_preview,
  created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const WELL: &str = "
UPDATE webhook_subscriptions SET
  consecutive_failures = 0, last_success_at = ?2, probe_until = NULL
WHERE id = ?1";

const UNWELL: &str = "
UPDATE webhook_subscriptions SET
  consecutive_failures = consecutive_failures + 1, last_failure_at = ?2, last_error = ?3,
  probe_until = NULL
WHERE id = ?1";

const DISABLE: &str = "
UPDATE webhook_subscriptions SET
  status = 'disabled', row_version = row_version + 1, updated_at = ?2
WHERE id = ?1";

pub(super) fn settle(
    connection: &Connection,
    settlement: &Settlement,
) -> rusqlite::Result<Settled> {
    let update = settlement.update();
    let written = write(connection, settlement, &update)?;
    let Some((subscription, failures)) = written else { return Ok(Settled::LockLost) };
    let Some((id, attempt)) = subscription.zip(settlement.attempt.as_ref()) else {
        return Ok(Settled::Done);
    };
    let standing = connection
        .prepare_cached(STANDING)?
        .query_row([Id(id.0)], |row| {
            Ok((row.get::<_, String>("status")?, row.get::<_, u32>("consecutive_failures")?))
        })
        .optional()?;
    let Some((status, failed)) = standing else { return Ok(Settled::Done) };
    record(connection, settlement, id, attempt, failures.saturating_add(1))?;
    if update.is_failure {
        let params = params![Id(id.0), Time(settlement.at), update.last_error];
        connection.prepare_cached(UNWELL)?.execute(params)?;
    } else if update.status.is_some() {
        connection.prepare_cached(WELL)?.execute(params![Id(id.0), Time(settlement.at)])?;
    }
    let ends = update.is_failure && failed.saturating_add(1) >= SUBSCRIPTION_ENDS_AT;
    if status == "disabled" || !(ends || update.ends_subscription) {
        return Ok(Settled::Done);
    }
    connection.prepare_cached(DISABLE)?.execute(params![Id(id.0), Time(settlement.at)])?;
    append(connection, &settlement.on_disabled)?;
    Ok(Settled::Disabled)
}

/// Whose event it is and how often its delivery had failed, unless the lock is lost.
fn write(
    connection: &Connection,
    settlement: &Settlement,
    update: &EventUpdate,
) -> rusqlite::Result<Option<(Option<SubscriptionId>, u32)>> {
    let mut statement = connection.prepare_cached(SETTLE)?;
    let params = params![
        Id(settlement.event.0),
        settlement.lock.holder,
        Time(settlement.lock.until),
        Time(settlement.at),
        update.status.map(EventStatus::as_str),
        update.is_failure,
        update.next_retry_at.map(Time),
        update.last_error,
        update.error_details,
        update.processed_at.map(Time),
    ];
    let written = statement.query_row(params, |row| {
        Ok((maybe_uuid(row, "subscription_id")?.map(SubscriptionId), row.get("failures")?))
    });
    written.optional()
}

fn record(
    connection: &Connection,
    settlement: &Settlement,
    subscription: SubscriptionId,
    attempt: &Attempt,
    number_of: u32,
) -> rusqlite::Result<()> {
    let attempt = attempt.stored();
    connection.prepare_cached(RECORD)?.execute(params![
        Id(attempt.id),
        Id(settlement.event.0),
        Id(subscription.0),
        number_of,
        attempt.status_code,
        number(attempt.duration_ms),
        attempt.error,
        attempt.response_preview,
        Time(settlement.at),
    ])?;
    Ok(())
}
