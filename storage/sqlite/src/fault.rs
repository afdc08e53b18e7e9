//! What SQLite says when it breaks, with what was being done.

use std::error::Error;

use chatflow_storage::StoreError;

/// A failure of SQLite.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing}")]
struct Fault {
    doing: &'static str,
    #[source]
    source: rusqlite::Error,
}

/// Boxes an error of SQLite, for the sources of the port's errors.
pub(crate) fn boxed(doing: &'static str, source: rusqlite::Error) -> Box<dyn Error + Send + Sync> {
    Box::new(Fault { doing, source })
}

/// Names what was being done when SQLite failed.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Store(boxed(doing, source)))
    }
}
