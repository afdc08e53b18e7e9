//! [`SessionAdminStore`] on SQLite.

mod list;

use chatflow::{SessionId, Timestamp};
use chatflow_storage::{
    AccessScope, ChangeNotice, Departure, Forgotten, SessionAdminStore, SessionPage, SessionQuery,
    SessionSummary, StoreError, UserId,
};
use rusqlite::{Connection, params};

use crate::column::{Id, Time, list as texts, number, uuid};
use crate::fault::Doing;
use crate::outbox;
use crate::pool::SqliteStore;

/// Which session a scope runs: ?1 all, else ?2 its schools.
macro_rules! run {
    () => {
        "(?1 OR school_id IN (SELECT value FROM json_each(?2)))"
    };
}

/// One that is as it was seen.
const MEANT: &str = concat!(
    "SELECT id FROM conversation_sessions WHERE id = ?3 AND (?4 IS NULL OR revision = ?4) AND ",
    run!()
);

/// Those that go on are few; without being told, SQLite would go through all that are old.
const IDLE: &str = concat!(
    "SELECT id FROM conversation_sessions INDEXED BY ix_conversation_sessions_active
     WHERE status = 'active' AND started_at < ?3 AND last_activity_at < ?3
       AND (lease_expires_at IS NULL OR lease_expires_at < ?4) AND ",
    run!(),
    " ORDER BY started_at, id LIMIT ?5"
);

const ABANDON: &str = "
UPDATE conversation_sessions SET
  status = 'abandoned', ended_at = last_activity_at, ended_reason = 'abandoned',
  lease_token = NULL, lease_expires_at = NULL
WHERE id = ?1 AND status = 'active' AND (lease_expires_at IS NULL OR lease_expires_at < ?2)";

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

    fn idle_sessions(
        &self,
        scope: &AccessScope,
        since: Timestamp,
        at: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        self.read_together("list idle sessions", |connection| {
            let schools = texts(scope.administers());
            let params = params![scope.is_system(), schools, Time(since), Time(at), limit];
            summaries(connection, IDLE, params)
        })
    }

    fn ended_sessions(
        &self,
        scope: &AccessScope,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        self.read_together("list ended sessions", |connection| {
            let schools = texts(scope.administers());
            let params = params![scope.is_system(), schools, Time(before), limit];
            summaries(connection, ENDED, params)
        })
    }

    fn abandon_sessions(
        &self,
        scope: &AccessScope,
        departures: &[Departure],
        at: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        self.depart("abandon sessions", scope, departures, |connection, id| {
            let mut statement = connection.prepare_cached(ABANDON)?;
            Ok(statement.execute(params![Id(id.0), Time(at)])? > 0)
        })
    }

    fn delete_sessions(
        &self,
        scope: &AccessScope,
        departures: &[Departure],
    ) -> Result<Vec<SessionId>, StoreError> {
        self.depart("delete sessions", scope, departures, |connection, id| {
            remove(connection, id)?;
            Ok(true)
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

impl SqliteStore {
    /// Lets the sessions go that are as they were seen, and tells of those that `go` lets go.
    fn depart(
        &self,
        doing: &'static str,
        scope: &AccessScope,
        departures: &[Departure],
        go: impl Fn(&Connection, SessionId) -> rusqlite::Result<bool>,
    ) -> Result<Vec<SessionId>, StoreError> {
        Departure::check(departures)?;
        let schools = texts(scope.administers());
        let (gone, has_events) = self.write(doing, |transaction| {
            let depart = || {
                let mut gone = Vec::new();
                for Departure { session, expected, .. } in departures {
                    let expected = expected.map(|revision| number(revision.0));
                    let params = params![scope.is_system(), schools, Id(session.0), expected];
                    let is_meant = transaction.prepare_cached(MEANT)?.exists(params)?;
                    if is_meant && go(transaction, *session)? {
                        gone.push(*session);
                    }
                }
                let events = Departure::told(departures, &gone);
                outbox::append(transaction, &events)?;
                gone.sort_unstable();
                Ok((gone, !events.is_empty()))
            };
            depart().doing(doing, transaction)
        })?;
        if has_events {
            self.observers.tell(&[ChangeNotice::Outbox]);
        }
        Ok(gone)
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

fn summaries(
    connection: &Connection,
    sql: &str,
    params: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<Vec<SessionSummary>> {
    let mut sessions = Vec::new();
    for id in ids(connection, sql, params)? {
        sessions.extend(list::one(connection, id)?);
    }
    Ok(sessions)
}

fn ids(
    connection: &Connection,
    sql: &str,
    params: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<Vec<SessionId>> {
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map(params, |row| uuid(row, "id").map(SessionId))?.collect()
}
