//! What SQLite says when it breaks, with what was being done, where, and what cures it.

use std::error::Error;
use std::path::{Path, PathBuf};

use chatflow_storage::StoreError;
use rusqlite::{Connection, ErrorCode, ffi};

/// A failure of SQLite. It is the source of the port's errors, which can be cast down to it.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} in `{}`: {kind}", .database.display())]
pub struct Fault {
    doing: &'static str,
    database: PathBuf,
    kind: FaultKind,
    #[source]
    source: rusqlite::Error,
}

/// What kind of failure it is; its text says what to do. A write that failed has stored nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// There is no room for more.
    #[error("the disk is full; nothing of it was stored (help: free space and try again)")]
    DiskFull,
    /// The file or its folder may not be written.
    #[error(
        "the file or its folder is read-only; nothing of it was stored (help: let the program write both)"
    )]
    ReadOnly,
    /// Somebody else holds the lock for longer than the time-out.
    #[error(
        "another program holds the lock; nothing of it was stored (help: try again; if it lasts, end the program that holds it)"
    )]
    Locked,
    /// The file cannot be opened or made.
    #[error(
        "the file cannot be opened or made (help: let the program read and write the file and its folder)"
    )]
    CannotOpen,
    /// The pages of the file contradict each other.
    #[error(
        "the file is damaged (help: stop all that use it, run `chatflow db check`, restore a backup)"
    )]
    Damaged,
    /// The file is something else.
    #[error("the file is not an SQLite database (help: name another file)")]
    NotADatabase,
    /// The system could not read or write.
    #[error(
        "the disk cannot be read or written (help: look at the system's log; then run `chatflow db check`)"
    )]
    Disk,
    /// Any other.
    #[error("SQLite failed")]
    Other,
}

impl Fault {
    pub(crate) fn new(doing: &'static str, database: &Path, source: rusqlite::Error) -> Self {
        Self { doing, database: database.to_owned(), kind: FaultKind::of(&source), source }
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// Whether the same request may succeed later without a change to the data.
    pub fn may_pass(&self) -> bool {
        match self.kind {
            FaultKind::DiskFull
            | FaultKind::ReadOnly
            | FaultKind::Locked
            | FaultKind::CannotOpen
            | FaultKind::Disk => true,
            FaultKind::Damaged | FaultKind::NotADatabase | FaultKind::Other => false,
        }
    }
}

impl FaultKind {
    fn of(error: &rusqlite::Error) -> Self {
        // The index of the log finds no room before the log does.
        let extended = error.sqlite_error().map(|error| error.extended_code);
        if extended == Some(ffi::SQLITE_IOERR_SHMSIZE) {
            return Self::DiskFull;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::CannotOpen) => Self::CannotOpen,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged,
            Some(ErrorCode::NotADatabase) => Self::NotADatabase,
            Some(ErrorCode::SystemIoFailure) => Self::Disk,
            _ => Self::Other,
        }
    }
}

/// Boxes an error of SQLite, for the sources of the port's errors.
pub(crate) fn boxed(
    doing: &'static str,
    connection: &Connection,
    source: rusqlite::Error,
) -> Box<dyn Error + Send + Sync> {
    let database = connection.path().filter(|path| !path.is_empty()).unwrap_or(":memory:");
    Box::new(Fault::new(doing, Path::new(database), source))
}

/// Names what was being done, and where, when SQLite failed.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str, connection: &Connection) -> Result<T, StoreError>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, doing: &'static str, connection: &Connection) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Store(boxed(doing, connection, source)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_apart_by_their_code() {
        let kind =
            |code| FaultKind::of(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        for (code, expected) in [
            (ffi::SQLITE_FULL, FaultKind::DiskFull),
            (ffi::SQLITE_IOERR_SHMSIZE, FaultKind::DiskFull),
            (ffi::SQLITE_IOERR_WRITE, FaultKind::Disk),
            (ffi::SQLITE_BUSY_RECOVERY, FaultKind::Locked),
            (ffi::SQLITE_READONLY_DIRECTORY, FaultKind::ReadOnly),
            (ffi::SQLITE_CANTOPEN_ISDIR, FaultKind::CannotOpen),
            (ffi::SQLITE_CORRUPT_INDEX, FaultKind::Damaged),
            (ffi::SQLITE_NOTADB, FaultKind::NotADatabase),
            (ffi::SQLITE_CONSTRAINT_CHECK, FaultKind::Other),
        ] {
            assert_eq!(kind(code), expected, "{code}");
        }
    }

    #[test]
    fn what_may_pass_is_not_what_is_wrong_with_the_file() {
        let fault = |code| {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            Fault::new("try", Path::new("a.db"), error)
        };
        assert!(fault(ffi::SQLITE_FULL).may_pass());
        assert!(!fault(ffi::SQLITE_CORRUPT).may_pass());
        let text = fault(ffi::SQLITE_BUSY).to_string();
        assert!(text.starts_with("cannot try in `a.db`: another program holds the lock"), "{text}");
    }
}
