//! Reading the stream.
//!
//! Transactions commit in another order than they take numbers. So the stream is in the order of
//! transaction ids, and what was written by one that is not older than every transaction under way
//! is held back: nothing can be stored any more before what a reader has seen (F43). A transaction
//! that writes for long, in any database of the server, delays the stream as long.

use chatflow_storage::{AccessScope, StreamCursor, StreamEvent, StreamPage, StreamQuery};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::{owned, row};
use crate::column::{count, number};

/// One row at least, so that the horizon is known.
const STREAM: &str = "
WITH horizon AS MATERIALIZED (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin)
SELECT h.xmin::text AS horizon, o.written_by::text AS epoch, o.seq, o.id, o.event_type,
  o.event_version, o.source_service, o.destination, o.routing_key, o.payload, o.headers,
  o.subscription_id, o.priority, o.max_retries, o.correlation_id, o.causation_id, o.user_id,
  o.session_id, o.flow_id, o.school_id, o.created_at
FROM horizon AS h LEFT JOIN LATERAL (
  SELECT s.written_by, s.seq, s.id, s.event_type, s.event_version, s.source_service, s.destination,
    s.routing_key, s.payload, s.headers, s.subscription_id, s.priority, s.max_retries,
    s.correlation_id, s.causation_id, s.user_id, s.session_id, s.flow_id, s.school_id, s.created_at
  FROM event_outbox AS s
  WHERE s.destination = 'stream' AND s.written_by < h.xmin
    AND (s.written_by, s.seq) > ($3::text::xid8, $4)
    AND ($1 OR s.school_id = ANY ($2))
    AND (cardinality($5) = 0 OR s.event_type = ANY ($5))
    AND ($6 IS NULL OR s.flow_id = $6) AND ($7 IS NULL OR s.session_id = $7)
  ORDER BY s.written_by, s.seq LIMIT $8
) AS o ON true
ORDER BY o.written_by, o.seq";

pub(super) async fn page(
    connection: &mut PgConnection,
    scope: &AccessScope,
    query: &StreamQuery,
) -> sqlx::Result<StreamPage> {
    // Without a position: behind everything.
    let nowhere = StreamCursor { epoch: u64::MAX, seq: 0, at: query.at };
    let after = query.after.unwrap_or(nowhere);
    let rows = sqlx::query(STREAM)
        .bind(scope.is_system())
        .bind(owned(scope))
        .bind(after.epoch.to_string())
        .bind(number(after.seq))
        .bind(&query.event_types)
        .bind(query.flow_id.map(|id| id.0))
        .bind(query.session_id.map(|id| id.0))
        .bind(i64::from(query.limit))
        .fetch_all(connection)
        .await?;
    let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    let horizon = number_of(first.try_get("horizon")?)?;
    // The last place before the horizon.
    let seq = i64::MAX.unsigned_abs();
    let end = StreamCursor { epoch: horizon.saturating_sub(1), seq, at: query.at };
    if query.after.is_some() && after.place() > end.place() {
        return Ok(StreamPage { events: Vec::new(), next: end, is_lost: true });
    }
    let has_event =
        |row: &&PgRow| row.try_get::<Option<&str>, _>("epoch").is_ok_and(|e| e.is_some());
    let events = rows.iter().filter(has_event).map(event).collect::<sqlx::Result<_>>()?;
    Ok(StreamPage::of(events, query, end))
}

fn event(row: &PgRow) -> sqlx::Result<StreamEvent> {
    let event = row::event(row)?;
    let epoch = number_of(row.try_get("epoch")?)?;
    let cursor = StreamCursor { epoch, seq: count(row, "seq")?, at: event.created_at };
    Ok(StreamEvent { cursor, event })
}

/// A transaction id, of which the driver knows no type.
fn number_of(text: &str) -> sqlx::Result<u64> {
    text.parse().map_err(|error: std::num::ParseIntError| sqlx::Error::Decode(error.into()))
}
