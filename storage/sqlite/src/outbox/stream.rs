//! Reading the stream. One writes at a time here, so that numbers are given in the order of
//! commits.

use chatflow_storage::{AccessScope, StreamCursor, StreamEvent, StreamPage, StreamQuery};
use rusqlite::{Connection, Row, params};

use super::{owned, row};
use crate::changes::last_event;
use crate::column::{Id, count, list, number};

const STREAM: &str = "
SELECT seq, id, event_type, event_version, source_service, destination, routing_key, payload,
  headers, subscription_id, priority, max_retries, correlation_id, causation_id, user_id,
  session_id, flow_id, school_id, created_at
FROM event_outbox
WHERE destination = 'stream' AND seq > ?3
  AND (?1 OR school_id IN (SELECT value FROM json_each(?2)))
  AND (?4 = '[]' OR event_type IN (SELECT value FROM json_each(?4)))
  AND (?5 IS NULL OR flow_id = ?5) AND (?6 IS NULL OR session_id = ?6)
ORDER BY seq LIMIT ?7";

pub(super) fn page(
    connection: &Connection,
    scope: &AccessScope,
    query: &StreamQuery,
) -> rusqlite::Result<StreamPage> {
    let seq = last_event(connection)?.unsigned_abs();
    let end = StreamCursor { epoch: 0, seq, at: query.at };
    let after = query.after.unwrap_or(end);
    if after.place() > end.place() {
        return Ok(StreamPage { events: Vec::new(), next: end, is_lost: true });
    }
    let mut statement = connection.prepare_cached(STREAM)?;
    let params = params![
        scope.is_system(),
        owned(scope),
        number(after.seq),
        list(&query.event_types),
        query.flow_id.map(|id| Id(id.0)),
        query.session_id.map(|id| Id(id.0)),
        query.limit,
    ];
    let read = |row: &Row<'_>| {
        let event = row::event(row)?;
        let cursor = StreamCursor { epoch: 0, seq: count(row, "seq")?, at: event.created_at };
        Ok(StreamEvent { cursor, event })
    };
    let events = statement.query_map(params, read)?.collect::<rusqlite::Result<_>>()?;
    Ok(StreamPage::of(events, query, end))
}
