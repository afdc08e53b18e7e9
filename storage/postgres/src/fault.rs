//! What Postgres says when it breaks, with what was being done.

use std::error::Error;
use std::time::Duration;

use chatflow_storage::StoreError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

type Cause = Box<dyn Error + Send + Sync>;

/// A failure of Postgres or of the way to it: the source of the port's errors.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Fault(#[from] Kind);

#[derive(Debug, thiserror::Error)]
enum Kind {
    /// Nothing was stored.
    #[error("cannot {doing}")]
    Failed {
        doing: &'static str,
        may_pass: bool,
        #[source]
        source: Cause,
    },
    /// The server may have done it all the same.
    #[error(
        "cannot tell whether the server did this: {doing}; the connection broke before it answered, \
         so read what is stored before trying again"
    )]
    Unknown {
        doing: &'static str,
        #[source]
        source: Cause,
    },
    /// Every connection was in use, or none could be made, for as long as the options allow.
    #[error(
        "cannot {doing}: no connection to Postgres within {waited:?}; is the server up, and \
         `Options::max_connections` large enough?"
    )]
    NoConnection { doing: &'static str, waited: Duration },
}

impl Fault {
    /// Whether nothing was stored and the same call may go well later, as when Postgres is being
    /// started again. False where the outcome is not known.
    pub fn may_pass(&self) -> bool {
        match self.0 {
            Kind::Failed { may_pass, .. } => may_pass,
            Kind::NoConnection { .. } => true,
            Kind::Unknown { .. } => false,
        }
    }
}

/// Boxes an error of Postgres, for the sources of the port's errors.
pub(crate) fn boxed(doing: &'static str, error: sqlx::Error) -> Cause {
    let may_pass = is_lost(&error) || is_short_of_something(&error);
    Box::new(Fault(Kind::Failed { doing, may_pass, source: cause(error) }))
}

/// A failure to read, or to write before anything was sent.
pub(crate) fn failed(doing: &'static str, error: sqlx::Error) -> StoreError {
    StoreError::Store(boxed(doing, error))
}

/// A failure to write: what the server refused is not stored, what it did not answer may be.
pub(crate) fn unsure(doing: &'static str, error: sqlx::Error) -> StoreError {
    if is_lost(&error) {
        return StoreError::Store(Box::new(Fault(Kind::Unknown { doing, source: cause(error) })));
    }
    failed(doing, error)
}

/// No connection in time.
pub(crate) fn no_connection(doing: &'static str, waited: Duration) -> StoreError {
    StoreError::Store(Box::new(Fault(Kind::NoConnection { doing, waited })))
}

/// Whether the connection cannot be used again, and what was asked last may or may not be done.
///
/// A server that ends a connection says so in place of an answer, even if it has just committed.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    let last_word = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
        .is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic));
    last_word
        || matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::WorkerCrashed
        )
}

/// Whether the server lacks connections, memory or disk, or cannot be written to for now.
fn is_short_of_something(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code.starts_with("53") || code == "25006")
}

/// The driver's wrappers repeat what they wrap; what is inside says it once.
pub(crate) fn cause(error: sqlx::Error) -> Cause {
    if let sqlx::Error::Database(error) = error {
        return error.into_error();
    }
    if let sqlx::Error::Io(error) = error {
        return error.into();
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost() -> sqlx::Error {
        sqlx::Error::Io(std::io::ErrorKind::UnexpectedEof.into())
    }

    #[test]
    fn only_a_lost_connection_leaves_the_outcome_open() {
        let StoreError::Store(open) = unsure("commit a turn", lost()) else { panic!() };
        assert!(open.to_string().contains("cannot tell whether"), "{open}");
        assert!(open.source().is_some_and(|source| source.to_string().contains("end of file")));
        let StoreError::Store(refused) = unsure("commit a turn", sqlx::Error::RowNotFound) else {
            panic!()
        };
        assert_eq!(refused.to_string(), "cannot commit a turn");
        let StoreError::Store(read) = failed("read a session", lost()) else { panic!() };
        assert_eq!(read.to_string(), "cannot read a session");
        let may_pass = [open, refused, read]
            .map(|fault| fault.downcast_ref::<Fault>().is_some_and(Fault::may_pass));
        assert_eq!(may_pass, [false, false, true]);
    }
}
