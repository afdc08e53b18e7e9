//! [`SessionAdminStore`] on SQLite.

mod list;

use chatflow::{SessionId, Timestamp};
use chatflow_storage::{
    AccessScope, Forgotten, SessionAdminStore, SessionPage, SessionQuery, SessionSummary,
    StoreError, UserId,
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::column::{Id, Time, list as texts, uuid};
use crate::fault::Doing;
use crate::pool::SqliteStore;

/// Which session a scope runs: ?1 all, else ?2 its schools.
macro_rules! run {
    () => {
        "(?1 OR school_id IN (SELECT value FROM json_each(?2)))"
    };
}

const ONE: &str = concat!("SELECT id FROM conversation_sessions WHERE id = ?3 AND ", run!());

/// Those that go on are few; without being told, SQLite would go through all that are old.
const IDLE: &str = concat!(
    "SELECT id FROM conversation_sessions INDEXED BY ix_conversation_sessions_active
     WHERE status = 'active' AND started_at < ?3 AND last_activity_at < ?3
       AND (lease_expires_at IS NULL OR lease_expires_at < ?4) AND ",
    run!(),
    " ORDER BY started_at LIMIT ?5"
);

const ABANDON: &str = "
UPDATE conversation_sessions SET
  status = 'abandoned', ended_at = last_activity_at, ended_reason = 'abandoned',
  lease_token = NULL, lease_expires_at = NULL
WHERE id = ?1";

/// What has ended has started before.
const ENDED: &str = concat!(
    "SELECT id FROM conversation_sessions WHERE started_at < ?3 AND ended_at < ?3 AND ",
    run!(),
    " ORDER BY started_at, id LIMIT ?4"
);

const OF_USER: &str =
    concat!("SELECT id FROM conversation_sessions WHERE user_id = ?3 AND ", run!());

/// History, journal, traces and request log go with it; content events stay, without it.
const DELETE: &str = "DELETE FROM conversation_sessions WHERE id = ?1";

const DELETE_EFFECTS: &str = "DELETE FROM task_idempotency_records WHERE session_id = ?1";

/// What was shown stays counted; who saw it, and what they answered, goes.
const FORGET_EVENTS: &str = "
UPDATE content_events SET user_id = NULL, value = NULL WHERE session_id = ?1";

const FORGET_OUTBOX: &str = "DELETE FROM event_outbox WHERE session_id = ?1";

impl SessionAdminStore for SqliteStore {
    fn list_sessions(
        &self,
        scope: &AccessScope,
        query: &SessionQuery,
    ) -> Result<SessionPage, StoreError> {
        self.read_together("list sessions", |connection| list::page(connection, scope, query))
    }

    fn delete_session(
        &self,
        scope: &AccessScope,
        id: SessionId,
    ) -> Result<Option<SessionSummary>, StoreError> {
        self.write("delete a session", |transaction| {
            let delete = || {
                let params = params![scope.is_system(), texts(scope.administers()), Id(id.0)];
                let mut statement = transaction.prepare_cached(ONE)?;
                let found = statement.query_row(params, |row| uuid(row, "id")).optional()?;
                let Some(id) = found.map(SessionId) else { return Ok(None) };
                let summary = list::one(transaction, id)?;
                remove(transaction, id)?;
                Ok(summary)
            };
            delete().doing("delete a session", transaction)
        })
    }

    fn abandon_sessions(
        &self,
        scope: &AccessScope,
        since: Timestamp,
        at: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        self.write("abandon sessions", |transaction| {
            let schools = texts(scope.administers());
            let params = params![scope.is_system(), schools, Time(since), Time(at), limit];
            let abandon = || {
                let mut abandoned = Vec::new();
                for id in ids(transaction, IDLE, params)? {
                    transaction.prepare_cached(ABANDON)?.execute([Id(id.0)])?;
                    abandoned.extend(list::one(transaction, id)?);
                }
                Ok(abandoned)
            };
            abandon().doing("abandon sessions", transaction)
        })
    }

    fn delete_ended_sessions(
        &self,
        scope: &AccessScope,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionId>, StoreError> {
        self.write("delete ended sessions", |transaction| {
            let schools = texts(scope.administers());
            let params = params![scope.is_system(), schools, Time(before), limit];
            let delete = || {
                let ids = ids(transaction, ENDED, params)?;
                for id in &ids {
                    remove(transaction, *id)?;
                }
                Ok(ids)
            };
            delete().doing("delete ended sessions", transaction)
        })
    }

    fn forget_user(&self, scope: &AccessScope, user: UserId) -> Result<Forgotten, StoreError> {
        self.write("forget a user", |transaction| {
            let schools = texts(scope.administers());
            let params = params![scope.is_system(), schools, Id(user.0)];
            let forget = || {
                let ids = ids(transaction, OF_USER, params)?;
                for id in &ids {
                    transaction.prepare_cached(FORGET_EVENTS)?.execute([Id(id.0)])?;
                    transaction.prepare_cached(FORGET_OUTBOX)?.execute([Id(id.0)])?;
                    remove(transaction, *id)?;
                }
                forget_rest(transaction, scope, user)?;
                Ok(Forgotten { sessions: u64::try_from(ids.len()).unwrap_or(u64::MAX) })
            };
            forget().doing("forget a user", transaction)
        })
    }
}

fn remove(connection: &Connection, id: SessionId) -> rusqlite::Result<()> {
    connection.prepare_cached(DELETE_EFFECTS)?.execute([Id(id.0)])?;
    connection.prepare_cached(DELETE)?.execute([Id(id.0)])?;
    Ok(())
}

/// Events of the user whose sessions went before.
fn forget_rest(connection: &Connection, scope: &AccessScope, user: UserId) -> rusqlite::Result<()> {
    let schools = texts(scope.administers());
    for sql in [
        concat!(
            "UPDATE content_events SET user_id = NULL, value = NULL WHERE user_id = ?3 AND ",
            run!()
        ),
        concat!("DELETE FROM event_outbox WHERE user_id = ?3 AND ", run!()),
    ] {
        connection.prepare_cached(sql)?.execute(params![scope.is_system(), schools, Id(user.0)])?;
    }
    Ok(())
}

fn ids(
    connection: &Connection,
    sql: &str,
    params: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<Vec<SessionId>> {
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map(params, |row| uuid(row, "id").map(SessionId))?.collect()
}
