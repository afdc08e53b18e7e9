//! [`AsyncSessionAdminStore`] on Postgres; each call is one statement, and one for the events of what goes.

mod list;

use chatflow::{SessionId, Timestamp};
use chatflow_storage::{
    AccessScope, AsyncSessionAdminStore, ChangeNotice, Departure, Forgotten, SessionPage,
    SessionQuery, SessionSummary, StoreError, UserId,
};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, Row};

use crate::column::{Time, count, number, tenants};
use crate::fault::failed;
use crate::outbox;
use crate::pool::{Lent, PostgresStore};
use list::columns;

/// Which rows are a scope's own: $1 all, else $2 those of its schools.
macro_rules! own {
    () => {
        "($1 OR school_id = ANY ($2::uuid[]))"
    };
}

/// Those that are as they were seen: $3 and $4 are their ids and revisions.
macro_rules! meant {
    ($and:literal) => {
        concat!(
            "SELECT s.id FROM conversation_sessions AS s
             JOIN unnest($3, $4) AS d (id, revision) ON d.id = s.id
             WHERE (d.revision IS NULL OR d.revision = s.revision)",
            $and,
            " AND ",
            own!(),
            " ORDER BY s.id FOR UPDATE OF s"
        )
    };
}

/// History, journal, traces and request log go with them; content events stay, without them.
const DELETE: &str = concat!(
    "WITH gone AS (",
    meant!(""),
    "), effects AS (
       DELETE FROM task_idempotency_records
       WHERE session_id = ANY (ARRAY (SELECT id FROM gone))
     )
     DELETE FROM conversation_sessions AS s USING gone WHERE s.id = gone.id RETURNING s.id"
);

const ABANDON: &str = concat!(
    "WITH gone AS (",
    meant!(" AND s.status = 'active' AND (s.lease_expires_at IS NULL OR s.lease_expires_at < $5)"),
    ")
     UPDATE conversation_sessions AS s SET
       status = 'abandoned', ended_at = s.last_activity_at, ended_reason = 'abandoned',
       lease_token = NULL, lease_expires_at = NULL
     FROM gone WHERE s.id = gone.id RETURNING s.id"
);

const IDLE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM conversation_sessions AS s
      WHERE status = 'active' AND started_at < $3 AND last_activity_at < $3
        AND (lease_expires_at IS NULL OR lease_expires_at < $4) AND ",
    own!(),
    " ORDER BY started_at, id LIMIT $5"
);

/// What has ended has started before.
const ENDED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM conversation_sessions AS s WHERE started_at < $3 AND ended_at < $3 AND ",
    own!(),
    " ORDER BY started_at, id LIMIT $4"
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

    async fn idle_sessions(
        &self,
        scope: &AccessScope,
        since: Timestamp,
        at: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let mut lent = self.lend("list idle sessions").await?;
        let rows = sqlx::query(IDLE)
            .bind(scope.is_system())
            .bind(tenants(scope.administers()))
            .bind(Time(since))
            .bind(Time(at))
            .bind(i64::from(limit))
            .fetch_all(lent.connection())
            .await;
        lent.read(rows.and_then(|rows| rows.iter().map(list::summary).collect()))
    }

    async fn ended_sessions(
        &self,
        scope: &AccessScope,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let mut lent = self.lend("list ended sessions").await?;
        let rows = sqlx::query(ENDED)
            .bind(scope.is_system())
            .bind(tenants(scope.administers()))
            .bind(Time(before))
            .bind(i64::from(limit))
            .fetch_all(lent.connection())
            .await;
        lent.read(rows.and_then(|rows| rows.iter().map(list::summary).collect()))
    }

    async fn abandon_sessions(
        &self,
        scope: &AccessScope,
        departures: &[Departure],
        at: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        let lent = self.lend("abandon sessions").await?;
        self.depart(lent, meant(ABANDON, scope, departures).bind(Time(at)), departures).await
    }

    async fn delete_sessions(
        &self,
        scope: &AccessScope,
        departures: &[Departure],
    ) -> Result<Vec<SessionId>, StoreError> {
        let lent = self.lend("delete sessions").await?;
        self.depart(lent, meant(DELETE, scope, departures), departures).await
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

impl PostgresStore {
    /// Lets sessions go by a statement that answers with their ids, and tells of them.
    async fn depart(
        &self,
        mut lent: Lent<'_>,
        statement: Query<'_, Postgres, PgArguments>,
        departures: &[Departure],
    ) -> Result<Vec<SessionId>, StoreError> {
        Departure::check(departures)?;
        if departures.iter().all(|departure| departure.events.is_empty()) {
            let gone = gone(lent.connection(), statement).await;
            return lent.wrote(gone);
        }
        lent.begin("BEGIN").await?;
        let connection = lent.connection();
        let told = async {
            let gone = gone(&mut *connection, statement).await?;
            let events = Departure::told(departures, &gone);
            outbox::append(connection, &events).await?;
            Ok((gone, events))
        };
        let told: sqlx::Result<_> = told.await;
        match told {
            Ok((gone, events)) => {
                lent.commit().await?;
                if !events.is_empty() {
                    self.wire.observers.tell(&[ChangeNotice::Outbox]);
                }
                Ok(gone)
            }
            Err(error) => {
                lent.roll_back().await;
                Err(failed("let sessions go", error))
            }
        }
    }
}

/// Binds `$1` to `$4`.
fn meant<'q>(
    sql: &'static str,
    scope: &AccessScope,
    departures: &[Departure],
) -> Query<'q, Postgres, PgArguments> {
    let ids: Vec<_> = departures.iter().map(|departure| departure.session.0).collect();
    let seen = |departure: &Departure| departure.expected.map(|revision| number(revision.0));
    let revisions: Vec<Option<i64>> = departures.iter().map(seen).collect();
    let query = sqlx::query(sql).bind(scope.is_system()).bind(tenants(scope.administers()));
    query.bind(ids).bind(revisions)
}

async fn gone(
    connection: &mut PgConnection,
    statement: Query<'_, Postgres, PgArguments>,
) -> sqlx::Result<Vec<SessionId>> {
    let rows = statement.fetch_all(connection).await?;
    let id = |row: &PgRow| row.try_get("id").map(SessionId);
    let mut gone = rows.iter().map(id).collect::<sqlx::Result<Vec<_>>>()?;
    gone.sort_unstable();
    Ok(gone)
}
