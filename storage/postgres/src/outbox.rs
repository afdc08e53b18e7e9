//! [`AsyncOutboxStore`] on Postgres.

mod row;
mod settle;
mod stream;

use chatflow::{TenantId, Timestamp};
use chatflow_storage::{
    AccessScope, AsyncOutboxStore, EventClaim, EventId, EventQuery, EventStatus, NewEvent,
    OldEvents, RetryError, Settled, Settlement, StoreError, StoredEvent, StreamPage, StreamQuery,
};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::column::{Time, label, number};
use crate::pool::PostgresStore;

macro_rules! columns {
    () => {
        "o.seq, o.id, o.event_type, o.event_version, o.source_service, o.destination, o.routing_key,
         o.payload, o.headers, o.subscription_id, o.status::text AS status, o.priority,
         o.retry_count, o.max_retries, o.next_retry_at, o.locked_by, o.locked_until, o.last_error,
         o.error_details, o.correlation_id, o.causation_id, o.user_id, o.session_id, o.flow_id,
         o.school_id, o.created_at, o.updated_at, o.processed_at"
    };
}

/// Rows of tenants that a scope owns: $1 all, $2 which.
macro_rules! owned {
    () => {
        "($1 OR o.school_id = ANY ($2))"
    };
}

const APPEND: &str = concat!(row::insert!(), " FROM ", row::given!(), " ORDER BY e.ordinal");

/// S6.32, S6.33. Rows that another claim has locked are passed over, and one that it has claimed
/// meanwhile is looked at again before it is locked here.
const CLAIM: &str = concat!(
    "WITH due AS (
       SELECT o.seq FROM event_outbox AS o
       WHERE o.status IN ('pending', 'processing', 'failed')
         AND CASE o.status WHEN 'processing' THEN o.locked_until < $1
           ELSE o.next_retry_at IS NULL OR o.next_retry_at <= $1 END
         AND NOT EXISTS (
           SELECT 1 FROM event_outbox AS older
           WHERE older.subscription_id = o.subscription_id AND older.session_id = o.session_id
             AND older.seq < o.seq AND older.status IN ('pending', 'processing', 'failed'))
       ORDER BY o.priority DESC, o.seq LIMIT $4
       FOR UPDATE SKIP LOCKED
     )
     UPDATE event_outbox AS o SET
       retry_count = o.retry_count + (o.status = 'processing')::int,
       status = 'processing', locked_by = $2, locked_until = $3, updated_at = $1
     WHERE o.seq = ANY (ARRAY (SELECT seq FROM due))
     RETURNING ",
    columns!()
);

/// Answers with where the event stood.
const RETRY: &str = concat!(
    "WITH standing AS (
       SELECT o.seq, o.status FROM event_outbox AS o WHERE o.id = $3 AND ",
    owned!(),
    " FOR UPDATE
     ), retried AS (
       UPDATE event_outbox AS o SET
         status = 'pending', retry_count = 0, next_retry_at = NULL, last_error = NULL,
         error_details = NULL, processed_at = NULL, updated_at = $4
       FROM standing AS s
       WHERE o.seq = s.seq AND s.status IN ('failed', 'dead_letter')
     )
     SELECT s.status::text AS status FROM standing AS s"
);

const ONE: &str =
    concat!("SELECT ", columns!(), " FROM event_outbox AS o WHERE o.id = $3 AND ", owned!());

const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM event_outbox AS o
      WHERE o.seq < $3 AND (cardinality($4) = 0 OR o.status::text = ANY ($4))
        AND ($5 IS NULL OR o.event_type = $5) AND ($6 IS NULL OR o.subscription_id = $6)
        AND ($7 IS NULL OR o.session_id = $7) AND ",
    owned!(),
    " ORDER BY o.seq DESC LIMIT $8"
);

/// What is old of either status, the oldest first.
const DELETE: &str = "
WITH old AS (
  (SELECT seq FROM event_outbox WHERE status = 'published' AND processed_at < $1
   ORDER BY processed_at LIMIT $3)
  UNION ALL
  (SELECT seq FROM event_outbox WHERE status = 'dead_letter' AND processed_at < $2
   ORDER BY processed_at LIMIT $3)
)
DELETE FROM event_outbox AS o
WHERE o.seq = ANY (ARRAY (SELECT seq FROM old)) AND o.status IN ('published', 'dead_letter')";

/// Appends events to the outbox, in the transaction of what they tell of (S6.30).
pub(crate) async fn append(connection: &mut PgConnection, events: &[NewEvent]) -> sqlx::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    row::bind(sqlx::query(APPEND), events).execute(connection).await.map(drop)
}

/// The tenants that a scope owns, as one parameter.
pub(crate) fn owned(scope: &AccessScope) -> Vec<Uuid> {
    let owns = |id: &&TenantId| scope.owns(Some(**id));
    scope.owned().iter().filter(owns).map(|id| id.0).collect()
}

impl AsyncOutboxStore for PostgresStore {
    async fn claim_events(&self, claim: &EventClaim) -> Result<Vec<StoredEvent>, StoreError> {
        let mut lent = self.lend("claim events").await?;
        let rows = sqlx::query(CLAIM)
            .bind(Time(claim.at))
            .bind(&claim.holder)
            .bind(Time(claim.until))
            .bind(i64::from(claim.limit))
            .fetch_all(lent.connection())
            .await;
        let mut claimed = lent.wrote(rows.and_then(|rows| stored(&rows)))?;
        claimed.sort_by_key(|stored| (std::cmp::Reverse(stored.event.priority), stored.seq));
        Ok(claimed)
    }

    async fn settle_event(&self, settlement: &Settlement) -> Result<Settled, StoreError> {
        settlement.check()?;
        let mut lent = self.lend("settle an event").await?;
        let settled = settle::settle(lent.connection(), settlement).await;
        lent.wrote(settled)
    }

    async fn retry_event(
        &self,
        scope: &AccessScope,
        event: EventId,
        at: Timestamp,
    ) -> Result<(), RetryError> {
        let mut lent = self.lend("retry an event").await?;
        let row = sqlx::query(RETRY)
            .bind(scope.is_system())
            .bind(owned(scope))
            .bind(event.0)
            .bind(Time(at))
            .fetch_optional(lent.connection())
            .await;
        let status = |row: &PgRow| label(row, "status", EventStatus::parse);
        let status = row.and_then(|row| row.as_ref().map(status).transpose());
        match lent.wrote(status)? {
            None => Err(RetryError::NotFound { event }),
            Some(EventStatus::Failed | EventStatus::DeadLetter) => Ok(()),
            Some(status) => Err(RetryError::NotFailed { event, status }),
        }
    }

    async fn stream_events(
        &self,
        scope: &AccessScope,
        query: &StreamQuery,
    ) -> Result<StreamPage, StoreError> {
        let mut lent = self.lend("read the stream").await?;
        let page = stream::page(lent.connection(), scope, query).await;
        lent.read(page)
    }

    async fn event(
        &self,
        scope: &AccessScope,
        event: EventId,
    ) -> Result<Option<StoredEvent>, StoreError> {
        let mut lent = self.lend("read an event").await?;
        let row = sqlx::query(ONE)
            .bind(scope.is_system())
            .bind(owned(scope))
            .bind(event.0)
            .fetch_optional(lent.connection())
            .await;
        lent.read(row.and_then(|row| row.as_ref().map(row::stored).transpose()))
    }

    async fn events(
        &self,
        scope: &AccessScope,
        query: &EventQuery,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let mut lent = self.lend("list events").await?;
        let rows = sqlx::query(LIST)
            .bind(scope.is_system())
            .bind(owned(scope))
            .bind(number(query.before.unwrap_or(u64::MAX)))
            .bind(query.statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>())
            .bind(query.event_type.as_deref())
            .bind(query.subscription_id.map(|id| id.0))
            .bind(query.session_id.map(|id| id.0))
            .bind(i64::from(query.limit))
            .fetch_all(lent.connection())
            .await;
        lent.read(rows.and_then(|rows| stored(&rows)))
    }

    async fn delete_events(&self, old: &OldEvents) -> Result<u64, StoreError> {
        let mut lent = self.lend("delete old events").await?;
        let deleted = sqlx::query(DELETE)
            .bind(Time(old.published_before))
            .bind(Time(old.dead_before))
            .bind(i64::from(old.limit))
            .execute(lent.connection())
            .await;
        Ok(lent.wrote(deleted)?.rows_affected())
    }
}

fn stored(rows: &[PgRow]) -> sqlx::Result<Vec<StoredEvent>> {
    rows.iter().map(row::stored).collect()
}
