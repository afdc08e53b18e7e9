//! Writing what became of a claimed event.

use chatflow_storage::{EventStatus, SUBSCRIPTION_ENDS_AT, Settled, Settlement};
use sqlx::{PgConnection, Row};

use super::row;
use crate::column::{Json, Time, number, small_number};

/// One statement: the event, by the holder of its lock only; its attempt; what that says of the
/// subscription, which is locked first so that settlements at the same time count one after the
/// other; and the events to write if it is disabled. What was merely postponed keeps its error.
/// Answers with nothing if the lock is lost.
const SETTLE: &str = concat!(
    "WITH settled AS (
       UPDATE event_outbox SET
         status = CASE WHEN $23::text IS NOT NULL THEN $23::enum_event_outbox_status
           WHEN retry_count = 0 THEN 'pending' ELSE 'failed' END,
         retry_count = retry_count + $24, next_retry_at = $25,
         last_error = CASE WHEN $23 IS NULL THEN last_error ELSE $26 END,
         error_details = CASE WHEN $23 IS NULL THEN error_details ELSE $27 END,
         processed_at = $28, locked_by = NULL, locked_until = NULL, updated_at = $22
       WHERE id = $19 AND status = 'processing' AND locked_by = $20 AND locked_until = $21
       RETURNING subscription_id, retry_count - $24 AS failures
     ), standing AS (
       SELECT s.id, s.status, s.consecutive_failures, o.failures
       FROM settled AS o JOIN webhook_subscriptions AS s ON s.id = o.subscription_id
       WHERE $31::uuid IS NOT NULL
       FOR UPDATE OF s
     ), judged AS (
       SELECT id, failures, consecutive_failures,
         status <> 'disabled'
           AND ($29 OR ($24 > 0 AND consecutive_failures + 1 >= $30)) AS ends
       FROM standing
     ), health AS (
       UPDATE webhook_subscriptions AS s SET
         consecutive_failures = CASE WHEN $24 > 0 THEN j.consecutive_failures + 1
           WHEN $23 IS NOT NULL THEN 0 ELSE j.consecutive_failures END,
         last_failure_at = CASE WHEN $24 > 0 THEN $22 ELSE s.last_failure_at END,
         last_error = CASE WHEN $24 > 0 THEN $26 ELSE s.last_error END,
         last_success_at = CASE WHEN $24 = 0 AND $23 IS NOT NULL THEN $22
           ELSE s.last_success_at END,
         probe_until = NULL,
         status = CASE WHEN j.ends THEN 'disabled' ELSE s.status END,
         row_version = CASE WHEN j.ends THEN s.row_version + 1 ELSE s.row_version END,
         updated_at = CASE WHEN j.ends THEN $22 ELSE s.updated_at END
       FROM judged AS j WHERE s.id = j.id
     ), delivery AS (
       INSERT INTO webhook_deliveries (
         id, outbox_id, subscription_id, attempt, status_code, duration_ms, error,
         response_preview, created_at)
       SELECT $31, $19, j.id, j.failures + 1, $32, $33, $34, $35, $22 FROM judged AS j
     ), told AS (",
    row::insert!(),
    " FROM judged AS j CROSS JOIN ",
    row::given!(),
    " WHERE j.ends ORDER BY e.ordinal
     )
     SELECT coalesce(j.ends, false) AS ends FROM settled LEFT JOIN judged AS j ON true"
);

pub(super) async fn settle(
    connection: &mut PgConnection,
    settlement: &Settlement,
) -> sqlx::Result<Settled> {
    let update = settlement.update();
    let attempt = settlement.attempt.as_ref().map(chatflow_storage::Attempt::stored);
    let attempt = attempt.as_ref();
    let row = row::bind(sqlx::query(SETTLE), &settlement.on_disabled)
        .bind(settlement.event.0)
        .bind(&settlement.lock.holder)
        .bind(Time(settlement.lock.until))
        .bind(Time(settlement.at))
        .bind(update.status.map(EventStatus::as_str))
        .bind(i32::from(update.is_failure))
        .bind(update.next_retry_at.map(Time))
        .bind(update.last_error.as_deref())
        .bind(update.error_details.as_deref().map(Json))
        .bind(update.processed_at.map(Time))
        .bind(update.ends_subscription)
        .bind(small_number(SUBSCRIPTION_ENDS_AT))
        .bind(attempt.map(|attempt| attempt.id))
        .bind(attempt.and_then(|attempt| attempt.status_code).map(i32::from))
        .bind(attempt.map(|attempt| number(attempt.duration_ms)))
        .bind(attempt.and_then(|attempt| attempt.error.as_deref()))
        .bind(attempt.and_then(|attempt| attempt.response_preview.as_deref()))
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(Settled::LockLost) };
    Ok(if row.try_get("ends")? { Settled::Disabled } else { Settled::Done })
}
