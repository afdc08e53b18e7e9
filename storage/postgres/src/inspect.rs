//! Looks a database over without writing to it.

mod indexes;
mod rows;
mod tables;

use std::error::Error;
use std::fmt;

use chatflow::FlowRef;
use chatflow_storage::{AsyncInspect, Finding, InspectError, InspectedPage, Tell, Versions};
use sqlx::{PgConnection, Row};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::fault::{boxed, cause};
use crate::migrate;
use crate::open::{OpenError, Options, explain, open, server, settings};
use crate::session::read;

/// A database opened for reading, as it was at one moment; others may go on writing to it.
///
/// It sees that moment for as long as it lives, and so long Postgres clears away no row that was
/// there then. It asks for no right but that of reading.
pub struct Inspector {
    server: String,
    connection: Mutex<PgConnection>,
}

/// The first query decides which moment is seen. What a user's sessions are limited to is meant
/// for the turns of a conversation and not for this; a savepoint lets reading go on after a failure.
const BEGIN: &str = "
BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SELECT pg_catalog.pg_current_snapshot();
SAVEPOINT part";

const HAS_VERSION: &str =
    "SELECT EXISTS (SELECT 1 FROM flow_versions WHERE flow_id = $1 AND seq = $2)";

/// The ids of a page of sessions, for when one of them cannot be read with the others.
const IDS: &str = "SELECT id FROM conversation_sessions WHERE id >= $1 ORDER BY id LIMIT $2";

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Inspector {
    /// Connects to the database at `url`, an address as [`PostgresStore::connect`] takes it, and
    /// leaves its tables as they are.
    ///
    /// # Errors
    /// [`OpenError`], if it cannot be read at all.
    ///
    /// [`PostgresStore::connect`]: crate::PostgresStore::connect
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let settings = settings(url)?.application_name("chatflow-inspector");
        let server = server(&settings);
        let mut connection = open(&settings, Options::default(), &server).await?;
        let begun = sqlx::raw_sql(BEGIN).execute(&mut connection).await;
        begun.map_err(|e| explain(&server, "begin to read", e))?;
        Ok(Self { server, connection: Mutex::new(connection) })
    }

    /// Where the database is, for messages: host, port and name.
    pub fn server(&self) -> &str {
        &self.server
    }

    async fn look(
        &self,
        connection: &mut PgConnection,
        tell: Tell<'_>,
    ) -> Result<(), InspectError> {
        let checked = indexes::check(connection, tell).await;
        settle(connection, "check the indexes", checked, tell).await?;
        match migrate::versions(connection, &self.server).await {
            Ok(versions) if versions.missing.is_empty() => {
                let compared = tables::compare(connection, tell).await;
                settle(connection, "compare the tables", compared, tell).await?;
            }
            Ok(versions) => tell(Finding::older(&versions)),
            Err(error @ OpenError::Store { .. }) => return Err(InspectError(error.into())),
            Err(error) => tell(Finding::foreign(&error)),
        }
        let doing = "look for the tables";
        let tables = rows::tables(connection).await.map_err(|error| failed(doing, error))?;
        if !tables.contains(SESSIONS) {
            return Ok(());
        }
        let checked = rows::references(connection, tell).await;
        settle(connection, "check the references", checked, tell).await?;
        let looked = rows::strays(connection, &tables, tell).await;
        settle(connection, "look for rows without a session", looked, tell).await?;
        let counted = rows::turns(connection, tell).await;
        settle(connection, "count the rows of sessions", counted, tell).await?;
        let looked = rows::versions(connection, tell).await;
        settle(connection, "look for the versions of sessions", looked, tell).await
    }
}

const SESSIONS: &str = "conversation_sessions";

impl AsyncInspect for Inspector {
    async fn versions(&self) -> Result<Versions, InspectError> {
        let mut connection = self.connection.lock().await;
        let versions = migrate::versions(&mut connection, &self.server).await;
        versions.map_err(|error| InspectError(error.into()))
    }

    async fn inspect(&self, tell: Tell<'_>) -> Result<(), InspectError> {
        self.look(&mut *self.connection.lock().await, tell).await
    }

    async fn sessions(
        &self,
        last: Option<&str>,
        limit: u32,
    ) -> Result<InspectedPage, InspectError> {
        let mut connection = self.connection.lock().await;
        let start = last.map_or(Some(Uuid::nil()), |id| Uuid::try_parse(id).ok().and_then(after));
        let page = page(&mut connection, start, limit).await;
        page.map_err(|error| failed("list the sessions", error))
    }

    async fn has_version(&self, flow: FlowRef) -> Result<bool, InspectError> {
        let mut connection = self.connection.lock().await;
        let query = sqlx::query(HAS_VERSION).bind(flow.id.0).bind(i64::from(flow.seq));
        let row = query.fetch_one(&mut *connection).await;
        let found = row.and_then(|row| row.try_get(0));
        found.map_err(|error| failed("look up a version of a flow", error))
    }
}

async fn page(
    connection: &mut PgConnection,
    start: Option<Uuid>,
    limit: u32,
) -> sqlx::Result<InspectedPage> {
    let Some(start) = start else { return Ok(InspectedPage::default()) };
    if !rows::tables(connection).await?.contains(SESSIONS) {
        return Ok(InspectedPage::default());
    }
    let (mut sessions, mut ids) = (Vec::new(), Vec::new());
    match read::page(connection, start, limit).await {
        Ok(listed) => {
            for found in listed {
                ids.push(found.as_ref().map_or_else(|(id, _)| *id, |session| session.head.id.0));
                sessions.push(found.map_err(|(id, error)| unreadable(id, error)));
            }
        }
        // One of them is in the way of the others.
        Err(error) if is_damage(&error) => {
            undo(connection).await?;
            let query = sqlx::query(IDS).bind(start).bind(i64::from(limit));
            for row in query.fetch_all(&mut *connection).await? {
                let id: Uuid = row.try_get(0)?;
                ids.push(id);
                match read::session(connection, chatflow::SessionId(id)).await {
                    Err(error) if is_damage(&error) => {
                        undo(connection).await?;
                        sessions.push(Err(unreadable(id, error)));
                    }
                    session => sessions.extend(session?.map(Ok)),
                }
            }
        }
        Err(error) => return Err(error),
    }
    let is_full = u32::try_from(ids.len()).is_ok_and(|count| count >= limit);
    Ok(InspectedPage { sessions, next: ids.last().filter(|_| is_full).map(Uuid::to_string) })
}

fn unreadable(id: Uuid, error: sqlx::Error) -> Finding {
    Finding::unreadable(&id.to_string(), format!("cannot read a session: {}", cause(error)))
}

/// The id that comes next in the order of ids, which is that of their bytes.
fn after(id: Uuid) -> Option<Uuid> {
    id.as_u128().checked_add(1).map(Uuid::from_u128)
}

/// Damage that keeps a part of the check from its end is a finding like others.
async fn settle(
    connection: &mut PgConnection,
    doing: &'static str,
    outcome: sqlx::Result<()>,
    tell: Tell<'_>,
) -> Result<(), InspectError> {
    let Err(error) = outcome else { return Ok(()) };
    if !is_damage(&error) {
        return Err(failed(doing, error));
    }
    undo(connection).await.map_err(|error| failed(doing, error))?;
    let cause: &(dyn Error + 'static) = &*cause(error);
    tell(Finding::stopped(doing, Some(cause)));
    Ok(())
}

/// After a failure a transaction does nothing until it has been taken back; nothing was written.
async fn undo(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql("ROLLBACK TO SAVEPOINT part").execute(connection).await.map(drop)
}

/// Whether the failure is of what is stored, and not of the server, the way to it or the user's
/// rights.
fn is_damage(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        // A value that the driver cannot read.
        return matches!(error, sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. });
    };
    error.code().is_some_and(|code| {
        // Data that is not what its type allows; files; what Postgres holds for impossible.
        ["22", "58", "XX"].iter().any(|class| code.starts_with(class))
            // A table or a column has gone.
            || ["42P01", "42703"].contains(&&*code)
    })
}

fn failed(doing: &'static str, error: sqlx::Error) -> InspectError {
    InspectError(boxed(doing, error))
}
