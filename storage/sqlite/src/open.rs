//! Opening a database.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};

use crate::fault::{Fault, FaultKind};
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
    /// How many connections read at most, and at least one; each is opened when it is first needed.
    pub readers: usize,
    /// How long to wait for another program's lock.
    pub patience: Duration,
    /// How many pages the file may grow to, where room is scarce; a write beyond fails as on a
    /// full disk. A page has 4096 bytes.
    pub max_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        let patience = Duration::from_secs(5);
        Self { durability: Durability::Full, readers: 4, patience, max_pages: None }
    }
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file holds something else.
    #[error("`{path}` is not an SQLite database (help: name another file)")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The database holds another program's tables.
    #[error("`{path}` is another program's database (help: name another file)")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A migration of this program differs from the one that was applied (S1.10).
    #[error(
        "migration {version} (`{name}`) was changed after it was applied (help: use a released program)"
    )]
    ChangedMigration {
        /// Its number.
        version: u32,
        /// Its name.
        name: &'static str,
    },
    /// A newer program wrote the database (S1.10).
    #[error(
        "the database is at version {found}, this program knows {known} (help: use a newer program)"
    )]
    Newer {
        /// The newest migration in the database.
        found: u32,
        /// The newest migration in this program.
        known: u32,
    },
    /// The path is a folder's.
    #[error("`{path}` is a folder (help: name a file in it)")]
    IsAFolder {
        /// The path.
        path: PathBuf,
    },
    /// There is no such folder.
    #[error("there is no folder for `{path}` (help: make it first)")]
    NoFolder {
        /// The file.
        path: PathBuf,
    },
    /// There is no such file, where one must be.
    #[error("there is no database `{path}` (help: name one that exists)")]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The file may only be read.
    #[error("`{path}` is read-only (help: let the program write it and its folder)")]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// SQLite failed; the fault says what was being done.
    #[error(transparent)]
    Store(Box<Fault>),
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
        let opened = connect(Connection::open(path), options);
        let mut writer = opened.map_err(|e| explain(path, e))?;
        // SQLite falls back to reading without a word.
        if writer.is_readonly(MAIN_DB).map_err(|e| explain(path, ("open the file", e)))? {
            return Err(OpenError::ReadOnly { path: path.to_owned() });
        }
        migrate(&mut writer, path)?;
        // The working folder may be another one by the time that a reader is wanted.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        // Nor may it make a new file, should somebody have moved this one.
        let flags = OpenFlags::default().difference(OpenFlags::SQLITE_OPEN_CREATE);
        let open_reader = move || {
            let reader = connect(Connection::open_with_flags(&path, flags), options).ok()?;
            reader.pragma_update(None, "query_only", true).ok()?;
            Some(reader)
        };
        Ok(Self::new(writer, options.readers.max(1), open_reader, options.patience))
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
        Ok(Self::new(writer, 0, || None, options.patience))
    }
}

/// An error of SQLite and what was being done.
pub(crate) type Failed = (&'static str, rusqlite::Error);

pub(crate) fn explain(path: &Path, (doing, source): Failed) -> OpenError {
    let fault = Fault::new(doing, path, source);
    let path = path.to_path_buf();
    match fault.kind() {
        FaultKind::NotADatabase => OpenError::NotADatabase { path },
        FaultKind::ReadOnly => OpenError::ReadOnly { path },
        // SQLite has one word for all that keeps a file from being opened.
        FaultKind::CannotOpen if path.is_dir() => OpenError::IsAFolder { path },
        FaultKind::CannotOpen if !folder(&path).is_dir() => OpenError::NoFolder { path },
        FaultKind::DiskFull
        | FaultKind::Locked
        | FaultKind::CannotOpen
        | FaultKind::Damaged
        | FaultKind::Disk
        | FaultKind::Other => OpenError::Store(Box::new(fault)),
    }
}

/// The folder that a file is in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Sets up a connection (S1.9).
fn connect(opened: rusqlite::Result<Connection>, options: Options) -> Result<Connection, Failed> {
    let connection = opened.map_err(|e| ("open the file", e))?;
    let set_up = || {
        connection.busy_timeout(options.patience)?;
        use_wal(&connection, options.patience)?;
        let synchronous = match options.durability {
            Durability::Full => "FULL",
            Durability::Normal => "NORMAL",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        if let Some(pages) = options.max_pages {
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        }
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
fn use_wal(connection: &Connection, patience: Duration) -> rusqlite::Result<()> {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        let switched = connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()));
        match switched {
            Err(error)
                if waited < patience
                    && error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) =>
            {
                std::thread::sleep(PAUSE);
                waited = waited.saturating_add(PAUSE);
            }
            switched => return switched,
        }
    }
}
