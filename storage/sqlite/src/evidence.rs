//! [`EvidenceStore`] on SQLite.

use chatflow::{ContentId, FlowId, ImpressionId, Revision, SessionId, TenantId, Timestamp};
use chatflow_storage::{
    AccessScope, AnsweredRequest, ContentEvent, ContentEventKind, ContentEventPage,
    ContentEventQuery, EvidenceStore, NewContentEvent, RecalledRequest, SessionEventQuery,
    StoreError, UserId,
};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use crate::column::{Id, Time, count, label, list, maybe_node, maybe_uuid, number, time, uuid};
use crate::fault::Doing;
use crate::pool::SqliteStore;

macro_rules! event {
    ($rest:literal) => {
        concat!(
            "SELECT e.id, e.event, e.content_id, e.variant_key, e.session_id, e.flow_id, e.node_id,
               e.school_id, e.user_id, e.impression_id, e.value, e.created_at, e.revision,
               e.ordinal
             FROM content_events AS e ",
            $rest
        )
    };
}

const OF_SESSION: &str = event!(
    "WHERE e.session_id = ?1
     ORDER BY e.revision, e.ordinal LIMIT ?3 OFFSET ?2"
);

const COUNT_OF_SESSION: &str = "SELECT count(*) AS total FROM content_events WHERE session_id = ?1";

/// ?2 all schools, ?3 those that are counted; of a time that is not given the first or last.
const OF_CONTENT: &str = event!(
    "WHERE e.content_id = ?1
       AND (?2 OR e.school_id IN (SELECT s.value FROM json_each(?3) AS s))
       AND (?4 IS NULL OR e.event = ?4) AND e.created_at BETWEEN ?5 AND ?6
     ORDER BY e.created_at DESC, e.id DESC LIMIT ?8 OFFSET ?7"
);

const COUNT_OF_CONTENT: &str = "
SELECT count(*) AS total FROM content_events AS e
WHERE e.content_id = ?1
  AND (?2 OR e.school_id IN (SELECT s.value FROM json_each(?3) AS s))
  AND (?4 IS NULL OR e.event = ?4) AND e.created_at BETWEEN ?5 AND ?6";

const RECALL: &str = "
SELECT request_key, body_hash, status, response, created_at, expires_at
FROM chat_request_log WHERE session_id = ?1 AND request_key = ?2 AND expires_at > ?3";

const SWEEP: &str = "
DELETE FROM chat_request_log WHERE rowid IN (
  SELECT r.rowid FROM chat_request_log AS r WHERE r.expires_at <= ?1 LIMIT ?2)";

impl EvidenceStore for SqliteStore {
    fn session_content_events(
        &self,
        query: SessionEventQuery,
    ) -> Result<ContentEventPage, StoreError> {
        self.read_together("read content events", |connection| {
            let session = Id(query.session.0);
            let params = params![session, number(query.skip), number(query.limit)];
            let rows = events(connection, OF_SESSION, params)?;
            let mut statement = connection.prepare_cached(COUNT_OF_SESSION)?;
            let total = statement.query_row([session], |row| count(row, "total"))?;
            Ok(ContentEventPage { rows, total })
        })
    }

    fn content_events(
        &self,
        scope: &AccessScope,
        query: &ContentEventQuery,
    ) -> Result<ContentEventPage, StoreError> {
        self.read_together("read content events", |connection| {
            let (content, schools) = (Id(query.content.0), list(scope.counted()));
            let (all, kind) = (scope.is_system(), query.kind.map(ContentEventKind::as_str));
            let from = Time(query.from.unwrap_or_else(|| Timestamp::from_millis(i64::MIN)));
            let to = Time(query.to.unwrap_or_else(|| Timestamp::from_millis(i64::MAX)));
            let (skip, limit) = (number(query.skip), number(query.limit));
            let params = params![content, all, schools, kind, from, to, skip, limit];
            let rows = events(connection, OF_CONTENT, params)?;
            let mut statement = connection.prepare_cached(COUNT_OF_CONTENT)?;
            let params = params![content, all, schools, kind, from, to];
            let total = statement.query_row(params, |row| count(row, "total"))?;
            Ok(ContentEventPage { rows, total })
        })
    }

    fn recall_request(
        &self,
        session: SessionId,
        request_key: &str,
        at: Timestamp,
    ) -> Result<Option<RecalledRequest>, StoreError> {
        self.read("recall an answer", |connection| {
            let mut statement = connection.prepare_cached(RECALL)?;
            statement.query_row(params![Id(session.0), request_key, Time(at)], recalled).optional()
        })
    }

    fn sweep_requests(&self, at: Timestamp, limit: u64) -> Result<u64, StoreError> {
        self.write("sweep answers", |transaction| {
            let swept = transaction
                .prepare_cached(SWEEP)
                .and_then(|mut statement| statement.execute(params![Time(at), number(limit)]))
                .doing("sweep answers", transaction)?;
            Ok(u64::try_from(swept).unwrap_or(u64::MAX))
        })
    }
}

fn events(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> rusqlite::Result<Vec<ContentEvent>> {
    connection.prepare_cached(sql)?.query_map(params, event)?.collect()
}

fn event(row: &Row<'_>) -> rusqlite::Result<ContentEvent> {
    Ok(ContentEvent {
        event: NewContentEvent {
            id: uuid(row, "id")?,
            kind: label(row, "event", ContentEventKind::parse)?,
            content_id: ContentId(uuid(row, "content_id")?),
            variant_key: row.get("variant_key")?,
            flow_id: maybe_uuid(row, "flow_id")?.map(FlowId),
            node_id: maybe_node(row, "node_id")?,
            impression_id: maybe_uuid(row, "impression_id")?.map(ImpressionId),
            value: row.get("value")?,
        },
        session_id: maybe_uuid(row, "session_id")?.map(SessionId),
        school_id: maybe_uuid(row, "school_id")?.map(TenantId),
        user_id: maybe_uuid(row, "user_id")?.map(UserId),
        revision: Revision(count(row, "revision")?),
        ordinal: row.get("ordinal")?,
        created_at: time(row, "created_at")?,
    })
}

fn recalled(row: &Row<'_>) -> rusqlite::Result<RecalledRequest> {
    Ok(RecalledRequest {
        answered: AnsweredRequest {
            request_key: row.get("request_key")?,
            body_hash: row.get("body_hash")?,
            status: row.get("status")?,
            response: row.get("response")?,
            expires_at: time(row, "expires_at")?,
        },
        created_at: time(row, "created_at")?,
    })
}
