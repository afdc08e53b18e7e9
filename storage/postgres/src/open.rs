//! Connecting to a database.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection, PgConnection, Row};

use crate::fault::{boxed, cause};
use crate::migrate::migrate;
use crate::month;
use crate::pool::PostgresStore;

/// How a database is used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    /// How many connections there may be at a time; at least one.
    pub max_connections: u32,
    /// How long a call waits for a connection, and for one to be made, before it fails.
    pub acquire_timeout: Duration,
    /// How many statements each connection keeps prepared, at least one. The store has about forty;
    /// with fewer a call may cost more round trips.
    pub statement_cache: usize,
}

impl Default for Options {
    fn default() -> Self {
        let acquire_timeout = Duration::from_secs(5);
        Self { max_connections: 10, acquire_timeout, statement_cache: 100 }
    }
}

/// Why a database was not opened. No message shows a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The address cannot be read.
    #[error(
        "this is no address of a Postgres database; write `postgres://user:password@host:5432/database`, \
         with `%XX` for signs that have a meaning in addresses"
    )]
    Address(#[source] Box<dyn Error + Send + Sync>),
    /// Nobody answers.
    #[error(
        "cannot reach Postgres at `{server}`; see that it runs there and that this machine may connect"
    )]
    Unreachable {
        /// Host, port and database.
        server: String,
        /// The cause.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server answers and does not let us in.
    #[error(
        "Postgres at `{server}` refused the connection; see to the user, the password and the database"
    )]
    Refused {
        /// Host, port and database.
        server: String,
        /// The cause.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The database cannot hold what is to be stored.
    #[error("the database at `{server}` cannot be used: {problem}")]
    Unsuitable {
        /// Host, port and database.
        server: String,
        /// What is wrong, and what would be right.
        problem: &'static str,
    },
    /// The database holds another program's tables.
    #[error(
        "the database at `{server}` holds another program's tables; create one for Chatflow alone, or a schema \
         of its own with `?options[search_path]=chatflow` at the end of the address"
    )]
    Foreign {
        /// Host, port and database.
        server: String,
    },
    /// A migration of this program differs from the one that was applied (S1.10).
    #[error(
        "migration {version} (`{name}`) was changed after it was applied; run the program that applied it, or \
         restore the file"
    )]
    ChangedMigration {
        /// Its number.
        version: u32,
        /// Its name.
        name: &'static str,
    },
    /// A newer program wrote the database (S1.10).
    #[error(
        "the database is at version {found}, this program knows {known}; run the newer program"
    )]
    Newer {
        /// The newest migration in the database.
        found: u32,
        /// The newest migration in this program.
        known: u32,
    },
    /// Postgres failed; the source says what it was doing.
    #[error("cannot prepare the database at `{server}`")]
    Store {
        /// Host, port and database.
        server: String,
        /// The cause.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl PostgresStore {
    /// Connects to the database at `url` and brings its tables up to date.
    ///
    /// The address is `postgres://user:password@host:port/database`, with `?sslmode=require` and
    /// its kin; what it leaves out is taken from `PGHOST` and its kin. Servers that start at the
    /// same time take turns.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        Self::connect_with(url, Options::default()).await
    }

    /// As [`PostgresStore::connect`], with options.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn connect_with(url: &str, options: Options) -> Result<Self, OpenError> {
        let settings = settings(url)?
            .application_name("chatflow")
            .statement_cache_capacity(options.statement_cache.max(1))
            // Nobody hears it, and it costs each statement a little.
            .disable_statement_logging();
        let server = server(&settings);
        let mut first = open(&settings, options, &server).await?;
        migrate(&mut first, &server).await?;
        adopt(&mut first).await.map_err(|error| explain(&server, "adopt old events", error))?;
        month::keep_up(&mut first)
            .await
            .map_err(|error| explain(&server, "make partitions", error))?;
        Ok(Self::new(server, settings, options, first))
    }
}

pub(crate) fn settings(url: &str) -> Result<PgConnectOptions, OpenError> {
    // The driver takes any scheme, and so half a password for the name of a database.
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(OpenError::Address("it does not start with `postgres://`".into()));
    }
    PgConnectOptions::from_str(url).map_err(|error| OpenError::Address(cause(error)))
}

pub(crate) async fn open(
    settings: &PgConnectOptions,
    options: Options,
    server: &str,
) -> Result<PgConnection, OpenError> {
    let connect = PgConnection::connect_with(settings);
    let server = server.to_owned();
    match tokio::time::timeout(options.acquire_timeout, connect).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error @ sqlx::Error::Database(_))) => {
            Err(OpenError::Refused { server, source: cause(error) })
        }
        Ok(Err(error)) => Err(OpenError::Unreachable { server, source: cause(error) }),
        Err(late) => Err(OpenError::Unreachable { server, source: late.into() }),
    }
}

/// Rows of the stream that no transaction of this server can have written.
macro_rules! foreign {
    () => {
        "destination = 'stream' AND written_by >= pg_snapshot_xmax(pg_current_snapshot())"
    };
}

/// Events that came with a copy from another server, whose transactions had higher numbers, would
/// be held back from the stream until this one has as many; they go to its begin (F43). Where there are
/// none, nothing is written: a standby and a role that only reads can be connected to.
async fn adopt(connection: &mut PgConnection) -> sqlx::Result<()> {
    let look = concat!("SELECT EXISTS (SELECT 1 FROM event_outbox WHERE ", foreign!(), ")");
    let found = sqlx::raw_sql(look).fetch_one(&mut *connection).await?;
    if found.try_get(0)? {
        let take = concat!("UPDATE event_outbox SET written_by = '0' WHERE ", foreign!());
        sqlx::query(take).execute(connection).await?;
    }
    Ok(())
}

/// Where the database is, for messages.
pub(crate) fn server(settings: &PgConnectOptions) -> String {
    let host = match settings.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => format!("{}:{}", settings.get_host(), settings.get_port()),
    };
    // Without a name the server takes the user's.
    let database = settings.get_database().unwrap_or_else(|| settings.get_username());
    format!("{host}/{database}")
}

/// A failure while the tables were brought up to date.
pub(crate) fn explain(server: &str, doing: &'static str, error: sqlx::Error) -> OpenError {
    OpenError::Store { server: server.to_owned(), source: boxed(doing, error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_server_has_no_password() {
        let settings = settings("postgres://me:secret@db.example:6543/chat");
        assert_eq!(
            settings.map(|settings| server(&settings)).ok().as_deref(),
            Some("db.example:6543/chat")
        );
    }
}
