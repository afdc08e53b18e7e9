//! [`OutboxStore`] on SQLite.

mod row;
mod settle;
mod stream;

use chatflow::{TenantId, Timestamp};
use chatflow_storage::{
    AccessScope, EventClaim, EventId, EventQuery, EventStatus, NewEvent, OldEvents, OutboxStore,
    RetryError, Settled, Settlement, StoreError, StoredEvent, StreamPage, StreamQuery,
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::column::{Id, Time, label, list, maybe_uuid, number};
use crate::fault::Doing;
use crate::pool::SqliteStore;

/// What a claim answers with, and every other read.
macro_rules! columns {
    () => {
        "seq, id, event_type, event_version, source_service, destination, routing_key, payload,
         headers, subscription_id, status, priority, retry_count, max_retries, next_retry_at,
         locked_by, locked_until, last_error, error_details, correlation_id, causation_id, user_id,
         session_id, flow_id, school_id, created_at, updated_at, processed_at"
    };
}

/// Rows of tenants that a scope owns: ?1 all, ?2 which.
macro_rules! owned {
    () => {
        "(?1 OR school_id IN (SELECT value FROM json_each(?2)))"
    };
}

const APPEND: &str = "
INSERT INTO event_outbox (
  id, event_type, event_version, source_service, destination, routing_key, payload, headers,
  subscription_id, status, priority, retry_count, max_retries, correlation_id, causation_id,
  user_id, session_id, flow_id, school_id, created_at, processed_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)";

/// S6.32, S6.33
const CLAIM: &str = concat!(
    "UPDATE event_outbox SET
       retry_count = retry_count + (status = 'processing'),
       status = 'processing', locked_by = ?2, locked_until = ?3, updated_at = ?1
     WHERE seq IN (
       SELECT o.seq FROM event_outbox AS o
       WHERE o.status IN ('pending', 'processing', 'failed')
         AND CASE o.status WHEN 'processing' THEN o.locked_until < ?1
           ELSE o.next_retry_at IS NULL OR o.next_retry_at <= ?1 END
         AND NOT EXISTS (
           SELECT 1 FROM event_outbox AS older
           WHERE older.subscription_id = o.subscription_id AND older.session_id = o.session_id
             AND older.seq < o.seq AND older.status IN ('pending', 'processing', 'failed'))
       ORDER BY o.priority DESC, o.seq LIMIT ?4)
     RETURNING ",
    columns!()
);

const RETRY: &str = "
UPDATE event_outbox SET
  status = 'pending', retry_count = 0, next_retry_at = NULL, last_error = NULL,
  error_details = NULL, processed_at = NULL, updated_at = ?2
WHERE id = ?1 AND status IN ('failed', 'dead_letter')";

const STANDING: &str = "SELECT status, school_id FROM event_outbox WHERE id = ?1";

const ONE: &str = concat!("SELECT ", columns!(), " FROM event_outbox WHERE id = ?3 AND ", owned!());

const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM event_outbox
      WHERE seq < ?3 AND (?4 = '[]' OR status IN (SELECT value FROM json_each(?4)))
        AND (?5 IS NULL OR event_type = ?5) AND (?6 IS NULL OR subscription_id = ?6)
        AND (?7 IS NULL OR session_id = ?7) AND ",
    owned!(),
    " ORDER BY seq DESC LIMIT ?8"
);

/// What is old of one status, the oldest first; the list of statuses names the index.
const DELETE: &str = "
DELETE FROM event_outbox WHERE seq IN (
  SELECT seq FROM event_outbox
  WHERE status = ?1 AND processed_at < ?2 AND status IN ('published', 'dead_letter')
  ORDER BY processed_at LIMIT ?3)";

/// Appends events to the outbox, in the transaction of what they tell of (S6.30).
pub(crate) fn append(connection: &Connection, events: &[NewEvent]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(APPEND)?;
    events.iter().try_for_each(|event| row::append(&mut statement, event))
}

/// The tenants that a scope owns, as one parameter.
pub(crate) fn owned(scope: &AccessScope) -> String {
    let owns = |id: &&TenantId| scope.owns(Some(**id));
    list(scope.owned().iter().filter(owns))
}

impl OutboxStore for SqliteStore {
    fn claim_events(&self, claim: &EventClaim) -> Result<Vec<StoredEvent>, StoreError> {
        self.write("claim events", |transaction| {
            let claimed = || {
                let mut statement = transaction.prepare_cached(CLAIM)?;
                let params = params![Time(claim.at), claim.holder, Time(claim.until), claim.limit];
                let rows = statement.query_map(params, row::stored)?;
                rows.collect::<rusqlite::Result<Vec<_>>>()
            };
            let mut claimed = claimed().doing("claim events", transaction)?;
            claimed.sort_by_key(|stored| (std::cmp::Reverse(stored.event.priority), stored.seq));
            Ok(claimed)
        })
    }

    fn settle_event(&self, settlement: &Settlement) -> Result<Settled, StoreError> {
        settlement.check()?;
        self.write("settle an event", |transaction| {
            settle::settle(transaction, settlement).doing("settle an event", transaction)
        })
    }

    fn retry_event(
        &self,
        scope: &AccessScope,
        event: EventId,
        at: Timestamp,
    ) -> Result<(), RetryError> {
        self.write("retry an event", |transaction| {
            let standing = || {
                let mut statement = transaction.prepare_cached(STANDING)?;
                let standing = |row: &rusqlite::Row<'_>| {
                    let status = label(row, "status", EventStatus::parse)?;
                    Ok((status, maybe_uuid(row, "school_id")?.map(TenantId)))
                };
                statement.query_row([Id(event.0)], standing).optional()
            };
            let standing = standing().doing("read an event", transaction)?;
            let Some((status, _)) = standing.filter(|(_, school)| scope.owns(*school)) else {
                return Err(RetryError::NotFound { event });
            };
            let retried = transaction
                .prepare_cached(RETRY)
                .and_then(|mut statement| statement.execute(params![Id(event.0), Time(at)]))
                .doing("retry an event", transaction)?;
            if retried == 0 { Err(RetryError::NotFailed { event, status }) } else { Ok(()) }
        })
    }

    fn stream_events(
        &self,
        scope: &AccessScope,
        query: &StreamQuery,
    ) -> Result<StreamPage, StoreError> {
        self.read_together("read the stream", |connection| stream::page(connection, scope, query))
    }

    fn event(
        &self,
        scope: &AccessScope,
        event: EventId,
    ) -> Result<Option<StoredEvent>, StoreError> {
        self.read("read an event", |connection| {
            let mut statement = connection.prepare_cached(ONE)?;
            let params = params![scope.is_system(), owned(scope), Id(event.0)];
            statement.query_row(params, row::stored).optional()
        })
    }

    fn events(
        &self,
        scope: &AccessScope,
        query: &EventQuery,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.read("list events", |connection| {
            let mut statement = connection.prepare_cached(LIST)?;
            let params = params![
                scope.is_system(),
                owned(scope),
                number(query.before.unwrap_or(u64::MAX)),
                list(query.statuses.iter().map(|status| status.as_str())),
                query.event_type,
                query.subscription_id.map(|id| Id(id.0)),
                query.session_id.map(|id| Id(id.0)),
                query.limit,
            ];
            statement.query_map(params, row::stored)?.collect()
        })
    }

    fn delete_events(&self, old: &OldEvents) -> Result<u64, StoreError> {
        self.write("delete old events", |transaction| {
            let delete = |status: EventStatus, before: Timestamp| {
                let mut statement = transaction.prepare_cached(DELETE)?;
                statement.execute(params![status.as_str(), Time(before), old.limit])
            };
            let published = delete(EventStatus::Published, old.published_before);
            let dead = delete(EventStatus::DeadLetter, old.dead_before);
            let deleted = published.and_then(|published| Ok(published.saturating_add(dead?)));
            let deleted = deleted.doing("delete old events", transaction)?;
            Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
        })
    }
}
