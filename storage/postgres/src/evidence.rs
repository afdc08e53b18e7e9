//! [`AsyncEvidenceStore`] on Postgres.

use chatflow::{ContentId, FlowId, ImpressionId, Revision, SessionId, TenantId, Timestamp};
use chatflow_storage::{
    AccessScope, AnsweredRequest, AsyncEvidenceStore, ContentEvent, ContentEventKind,
    ContentEventPage, ContentEventQuery, NewContentEvent, RecalledRequest, SessionEventQuery,
    StoreError, UserId,
};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::column::{
    Time, count, json, label, maybe_json, maybe_node, number, small_count, tenants, time,
};
use crate::pool::PostgresStore;

/// The total comes in every row; an empty page is one row without an id.
macro_rules! page {
    ($where:literal, $order:literal, $limit:literal) => {
        concat!(
            "SELECT t.total, e.id, e.event, e.content_id, e.variant_key, e.session_id, e.flow_id,
               e.node_id, e.school_id, e.user_id, e.impression_id, e.value, e.created_at,
               e.revision, e.ordinal
             FROM (SELECT count(*) AS total FROM content_events AS e WHERE ",
            $where,
            ") AS t
             LEFT JOIN LATERAL (
               SELECT e.id, e.event::text AS event, e.content_id, e.variant_key, e.session_id,
                 e.flow_id, e.node_id, e.school_id, e.user_id, e.impression_id, e.value,
                 e.created_at, e.revision, e.ordinal
               FROM content_events AS e WHERE ",
            $where,
            " ORDER BY ",
            $order,
            $limit,
            ") AS e ON true ORDER BY ",
            $order
        )
    };
}

const OF_SESSION: &str = page!("e.session_id = $1", "e.revision, e.ordinal", " LIMIT $3 OFFSET $2");

/// $2 all schools, $3 those that are counted.
const OF_CONTENT: &str = page!(
    "e.content_id = $1 AND ($2 OR e.school_id = ANY ($3))
     AND ($4 IS NULL OR e.event = $4::enum_content_event) AND e.created_at BETWEEN $5 AND $6",
    "e.created_at DESC, e.id DESC",
    " LIMIT $8 OFFSET $7"
);

const RECALL: &str = "
SELECT request_key, body_hash, status, response, created_at, expires_at
FROM chat_request_log WHERE session_id = $1 AND request_key = $2 AND expires_at > $3";

/// What another sweep holds is its business.
const SWEEP: &str = "
DELETE FROM chat_request_log WHERE ctid = ANY (ARRAY(
  SELECT r.ctid FROM chat_request_log AS r WHERE r.expires_at <= $1
  ORDER BY r.expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))";

impl AsyncEvidenceStore for PostgresStore {
    async fn session_content_events(
        &self,
        query: SessionEventQuery,
    ) -> Result<ContentEventPage, StoreError> {
        let mut lent = self.lend("read content events").await?;
        let rows = sqlx::query(OF_SESSION)
            .bind(query.session.0)
            .bind(number(query.skip))
            .bind(number(query.limit))
            .fetch_all(lent.connection())
            .await;
        lent.read(rows.and_then(|rows| page(&rows)))
    }

    async fn content_events(
        &self,
        scope: &AccessScope,
        query: &ContentEventQuery,
    ) -> Result<ContentEventPage, StoreError> {
        let mut lent = self.lend("read content events").await?;
        let rows = sqlx::query(OF_CONTENT)
            .bind(query.content.0)
            .bind(scope.is_system())
            .bind(tenants(scope.counted()))
            .bind(query.kind.map(ContentEventKind::as_str))
            .bind(Time(query.from.unwrap_or_else(|| Timestamp::from_millis(i64::MIN))))
            .bind(Time(query.to.unwrap_or_else(|| Timestamp::from_millis(i64::MAX))))
            .bind(number(query.skip))
            .bind(number(query.limit))
            .fetch_all(lent.connection())
            .await;
        lent.read(rows.and_then(|rows| page(&rows)))
    }

    async fn recall_request(
        &self,
        session: SessionId,
        request_key: &str,
        at: Timestamp,
    ) -> Result<Option<RecalledRequest>, StoreError> {
        let mut lent = self.lend("recall an answer").await?;
        let row = sqlx::query(RECALL)
            .bind(session.0)
            .bind(request_key)
            .bind(Time(at))
            .fetch_optional(lent.connection())
            .await;
        lent.read(row.and_then(|row| row.map(|row| recalled(&row)).transpose()))
    }

    async fn sweep_requests(&self, at: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let mut lent = self.lend("sweep answers").await?;
        let swept =
            sqlx::query(SWEEP).bind(Time(at)).bind(number(limit)).execute(lent.connection()).await;
        lent.wrote(swept.map(|swept| swept.rows_affected()))
    }
}

fn page(rows: &[PgRow]) -> sqlx::Result<ContentEventPage> {
    let mut page = ContentEventPage::default();
    for row in rows {
        page.total = count(row, "total")?;
        if let Some(id) = row.try_get("id")? {
            page.rows.push(event(row, id)?);
        }
    }
    Ok(page)
}

fn event(row: &PgRow, id: Uuid) -> sqlx::Result<ContentEvent> {
    Ok(ContentEvent {
        event: NewContentEvent {
            id,
            kind: label(row, "event", ContentEventKind::parse)?,
            content_id: ContentId(row.try_get("content_id")?),
            variant_key: row.try_get("variant_key")?,
            flow_id: row.try_get::<Option<_>, _>("flow_id")?.map(FlowId),
            node_id: maybe_node(row, "node_id")?,
            impression_id: row.try_get::<Option<_>, _>("impression_id")?.map(ImpressionId),
            value: maybe_json(row, "value")?,
        },
        session_id: row.try_get::<Option<_>, _>("session_id")?.map(SessionId),
        school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
        user_id: row.try_get::<Option<_>, _>("user_id")?.map(UserId),
        revision: Revision(count(row, "revision")?),
        ordinal: small_count(row, "ordinal")?,
        created_at: time(row, "created_at")?,
    })
}

fn recalled(row: &PgRow) -> sqlx::Result<RecalledRequest> {
    let status = u16::try_from(small_count(row, "status")?);
    Ok(RecalledRequest {
        answered: AnsweredRequest {
            request_key: row.try_get("request_key")?,
            body_hash: row.try_get("body_hash")?,
            status: status.map_err(|error| sqlx::Error::Decode(error.into()))?,
            response: json(row, "response")?,
            expires_at: time(row, "expires_at")?,
        },
        created_at: time(row, "created_at")?,
    })
}
