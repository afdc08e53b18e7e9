//! A trigger that tells `flow_events` of sessions, for programs that listen there (S1.53, S6.25).
//!
//! It is no part of the migrations, since commits that notify wait for each other (F17): who switches it
//! on pays for it with each turn. It is switched in the database, so all servers on it agree.

use sqlx::{Connection as _, PgConnection};

use crate::migrate::LOCK;
use crate::open::{OpenError, Options, explain, open, server, settings};
use crate::pool::PostgresStore;

const ON: &str = include_str!("session_notify/on.sql");
const OFF: &str = include_str!("session_notify/off.sql");

/// What the database has of it: both triggers and the text of the function.
const FOUND: &str = "
SELECT
  (SELECT count(*) FROM pg_catalog.pg_trigger
   WHERE tgrelid = to_regclass('conversation_sessions') AND NOT tgisinternal AND tgenabled = 'O'
     AND tgname IN ('conversation_sessions_notify_flow_event_trigger',
                    'conversation_sessions_notify_flow_event_change_trigger')) AS triggers,
  (SELECT p.prosrc FROM pg_catalog.pg_proc AS p
   JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
   WHERE p.proname = 'notify_flow_event' AND n.nspname = current_schema()) AS body";

impl PostgresStore {
    /// Switches on or off that the database at `url` notifies `flow_events` of its sessions. Says whether
    /// that changed anything. Servers that do so at the same time take turns; turns of conversations that
    /// are under way are waited for.
    ///
    /// # Errors
    /// [`OpenError`]; then it is as it was.
    pub async fn set_session_notify(url: &str, on: bool) -> Result<bool, OpenError> {
        // The tables must be there.
        drop(Self::connect(url).await?);
        let settings = settings(url)?.application_name("chatflow");
        let server = server(&settings);
        let mut connection = open(&settings, Options::default(), &server).await?;
        let changed = switch(&mut connection, on)
            .await
            .map_err(|error| explain(&server, "switch notices of sessions", error));
        drop(connection.close().await);
        changed
    }
}

async fn switch(connection: &mut PgConnection, on: bool) -> sqlx::Result<bool> {
    // Without a look each start of a server would stop all turns for a moment.
    if is_as_wanted(connection, on).await? {
        return Ok(false);
    }
    let mut change = connection.begin().await?;
    sqlx::raw_sql(LOCK).execute(&mut *change).await?;
    // Another server may have been faster.
    if is_as_wanted(&mut change, on).await? {
        return Ok(false);
    }
    sqlx::raw_sql(if on { ON } else { OFF }).execute(&mut *change).await?;
    change.commit().await?;
    Ok(true)
}

async fn is_as_wanted(connection: &mut PgConnection, on: bool) -> sqlx::Result<bool> {
    let (triggers, body): (i64, Option<String>) =
        sqlx::query_as(FOUND).fetch_one(connection).await?;
    // An older program may have written another function.
    let is_ours = || body.as_deref().is_some_and(|body| !body.is_empty() && ON.contains(body));
    Ok(if on { triggers == 2 && is_ours() } else { triggers == 0 && body.is_none() })
}
