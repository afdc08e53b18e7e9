//! Opening a database.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use crate::fault::boxed;
use crate::migrate::migrate;
use crate::pool::SqliteStore;

/// When a commit counts as written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Durability {
    /// When it is on the disk: no turn is lost when the power fails.
    #[default]
    Full,
    /// When the system has it: the last turns may be lost when the power fails, the file stays
    /// sound, and commits are several times faster.
    Normal,
}

/// How a database is opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    /// When a commit counts as written.
    pub durability: Durability,
    /// How many connections read; at least one does.
    pub readers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { durability: Durability::Full, readers: 4 }
    }
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file holds something else.
    #[error("`{path}` is not an SQLite database")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The database holds another program's tables.
    #[error("`{path}` is another program's database")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A migration of this program differs from the one that was applied (S1.10).
    #[error("migration {version} (`{name}`) was changed after it was applied")]
    ChangedMigration {
        /// Its number.
        version: u32,
        /// Its name.
        name: &'static str,
    },
    /// A newer program wrote the database (S1.10).
    #[error("the database is at version {found}, this program knows {known}")]
    Newer {
        /// The newest migration in the database.
        found: u32,
        /// The newest migration in this program.
        known: u32,
    },
    /// SQLite failed; the source says what it was doing.
    #[error("cannot open the database `{path}`")]
    Store {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl SqliteStore {
    /// Opens a database file, creates it if need be, and brings its tables up to date.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(path, Options::default())
    }

    /// As [`SqliteStore::open`], with options.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_with(path: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let connect = || connect(Connection::open(path), options).map_err(|e| explain(path, e));
        let mut writer = connect()?;
        migrate(&mut writer, path)?;
        let mut readers = Vec::new();
        for _ in 0..options.readers.max(1) {
            let reader = connect()?;
            reader
                .pragma_update(None, "query_only", true)
                .map_err(|e| explain(path, ("set up a reader", e)))?;
            readers.push(reader);
        }
        Ok(Self::new(writer, readers))
    }

    /// Opens an empty database that lives as long as the store.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_in_memory() -> Result<Self, OpenError> {
        let path = Path::new(":memory:");
        let options = Options::default();
        let mut writer =
            connect(Connection::open_in_memory(), options).map_err(|e| explain(path, e))?;
        migrate(&mut writer, path)?;
        Ok(Self::new(writer, Vec::new()))
    }
}

/// An error of SQLite and what was being done.
pub(crate) type Failed = (&'static str, rusqlite::Error);

pub(crate) fn explain(path: &Path, (doing, source): Failed) -> OpenError {
    let path = path.to_path_buf();
    if source.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
        return OpenError::NotADatabase { path };
    }
    OpenError::Store { path, source: boxed(doing, source) }
}

/// Sets up a connection (S1.9).
fn connect(opened: rusqlite::Result<Connection>, options: Options) -> Result<Connection, Failed> {
    let connection = opened.map_err(|e| ("open the file", e))?;
    let set_up = || {
        connection.busy_timeout(Duration::from_secs(5))?;
        use_wal(&connection)?;
        let synchronous = match options.durability {
            Durability::Full => "FULL",
            Durability::Normal => "NORMAL",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(())
    };
    set_up().map_err(|e| ("set up the connection", e))?;
    Ok(connection)
}

/// Switches to the write-ahead log.
///
/// SQLite answers `busy` at once, without its time-out, to one of two processes that switch a new
/// file at the same time; whoever comes second finds it switched.
fn use_wal(connection: &Connection) -> rusqlite::Result<()> {
    const ATTEMPTS: u32 = 100;
    let mut attempt = 0_u32;
    loop {
        let switched = connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()));
        attempt = attempt.saturating_add(1);
        match switched {
            Err(error)
                if attempt < ATTEMPTS
                    && error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            switched => return switched,
        }
    }
}
