//! [`AsyncSessionAdminStore`] on Postgres; each call is one statement.

mod list;

use chatflow::{SessionId, Timestamp};
use chatflow_storage::{
    AccessScope, AsyncSessionAdminStore, Forgotten, SessionPage, SessionQuery, SessionSummary,
    StoreError, UserId,
};
use sqlx::postgres::PgRow;

use crate::column::{Time, count, tenants};
use crate::pool::PostgresStore;
use list::columns;

/// Which rows are a scope's own: $1 all, else $2 those of its schools.
macro_rules! own {
    () => {
        "($1 OR school_id = ANY ($2::uuid[]))"
    };
}

/// Deletes the sessions that are found, and answers with what they were. History, journal, traces
/// and request log go with them; content events stay, without them.
macro_rules! delete {
    ($which:literal, $and:literal) => {
        concat!(
            "WITH gone AS (SELECT id FROM conversation_sessions WHERE ",
            $which,
            " AND ",
            own!(),
            $and,
            "), effects AS (
               DELETE FROM task_idempotency_records
               WHERE session_id = ANY (ARRAY (SELECT id FROM gone))
             )
             DELETE FROM conversation_sessions AS s USING gone WHERE s.id = gone.id RETURNING ",
            columns!()
        )
    };
}

const DELETE: &str = delete!("id = $3", " FOR UPDATE");

/// What has ended has started before. What another process is deleting is left to it.
const DELETE_ENDED: &str = delete!(
    "started_at < $3 AND ended_at < $3",
    " ORDER BY started_at, id LIMIT $4 FOR UPDATE SKIP LOCKED"
);

/// A session whose turn is being written at that moment is not idle.
const ABANDON: &str = concat!(
    "WITH idle AS (
       SELECT id FROM conversation_sessions
       WHERE status = 'active' AND started_at < $3 AND last_activity_at < $3
         AND (lease_expires_at IS NULL OR lease_expires_at < $4) AND ",
    own!(),
    " ORDER BY started_at LIMIT $5 FOR UPDATE SKIP LOCKED
     )
     UPDATE conversation_sessions AS s SET
       status = 'abandoned', ended_at = s.last_activity_at, ended_reason = 'abandoned',
       lease_token = NULL, lease_expires_at = NULL
     FROM idle WHERE s.id = idle.id RETURNING ",
    columns!()
);

/// What was shown stays counted; who saw it, and what they answered, goes.
const FORGET: &str = concat!(
    "WITH gone AS (SELECT id FROM conversation_sessions WHERE user_id = $3 AND ",
    own!(),
    " FOR UPDATE
     ), effects AS (
       DELETE FROM task_idempotency_records
               WHERE session_id = ANY (ARRAY (SELECT id FROM gone))
     ), events AS (
       UPDATE content_events SET user_id = NULL, value = NULL
       WHERE session_id IN (SELECT id FROM gone) OR (user_id = $3 AND ",
    own!(),
    ")
     ), outbox AS (
       DELETE FROM event_outbox
       WHERE session_id IN (SELECT id FROM gone) OR (user_id = $3 AND ",
    own!(),
    ")
     ), deleted AS (
       DELETE FROM conversation_sessions AS s USING gone WHERE s.id = gone.id RETURNING s.id
     )
     SELECT count(*) AS sessions FROM deleted"
);

impl AsyncSessionAdminStore for PostgresStore {
    async fn list_sessions(
        &self,
        scope: &AccessScope,
        query: &SessionQuery,
    ) -> Result<SessionPage, StoreError> {
        let mut lent = self.lend("list sessions").await?;
        let page = list::page(lent.connection(), scope, query).await;
        lent.read(page)
    }

    async fn delete_session(
        &self,
        scope: &AccessScope,
        id: SessionId,
    ) -> Result<Option<SessionSummary>, StoreError> {
        let mut lent = self.lend("delete a session").await?;
        let row = sqlx::query(DELETE)
            .bind(scope.is_system())
            .bind(tenants(scope.administers()))
            .bind(id.0)
            .fetch_optional(lent.connection())
            .await;
        lent.wrote(row.and_then(|row| row.map(|row| list::summary(&row)).transpose()))
    }

    async fn abandon_sessions(
        &self,
        scope: &AccessScope,
        since: Timestamp,
        at: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let mut lent = self.lend("abandon sessions").await?;
        let rows = sqlx::query(ABANDON)
            .bind(scope.is_system())
            .bind(tenants(scope.administers()))
            .bind(Time(since))
            .bind(Time(at))
            .bind(i64::from(limit))
            .fetch_all(lent.connection())
            .await;
        lent.wrote(rows.and_then(|rows| oldest_first(&rows)))
    }

    async fn delete_ended_sessions(
        &self,
        scope: &AccessScope,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionId>, StoreError> {
        let mut lent = self.lend("delete ended sessions").await?;
        let rows = sqlx::query(DELETE_ENDED)
            .bind(scope.is_system())
            .bind(tenants(scope.administers()))
            .bind(Time(before))
            .bind(i64::from(limit))
            .fetch_all(lent.connection())
            .await;
        let deleted = lent.wrote(rows.and_then(|rows| oldest_first(&rows)))?;
        Ok(deleted.into_iter().map(|session| session.id).collect())
    }

    async fn forget_user(
        &self,
        scope: &AccessScope,
        user: UserId,
    ) -> Result<Forgotten, StoreError> {
        let mut lent = self.lend("forget a user").await?;
        let row = sqlx::query(FORGET)
            .bind(scope.is_system())
            .bind(tenants(scope.administers()))
            .bind(user.0)
            .fetch_one(lent.connection())
            .await;
        let forgotten = row.and_then(|row| Ok(Forgotten { sessions: count(&row, "sessions")? }));
        lent.wrote(forgotten)
    }
}

/// The order in which they started; a statement that changes rows answers in any.
fn oldest_first(rows: &[PgRow]) -> sqlx::Result<Vec<SessionSummary>> {
    let mut sessions = rows.iter().map(list::summary).collect::<sqlx::Result<Vec<_>>>()?;
    sessions.sort_unstable_by_key(|session| (session.started_at, session.id));
    Ok(sessions)
}
