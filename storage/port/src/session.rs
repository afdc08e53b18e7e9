//! Sessions, their history and their journal.

mod record;

use std::error::Error;

use chatflow::{Revision, SessionId, Timestamp};

use crate::error::StoreError;
use crate::id::LeaseToken;
use crate::role::role;

pub use record::{
    Commit, Committed, HistoryPage, HistoryQuery, HistoryRow, InteractionType, InteractionTypes,
    JournalEntry, JournalRow, LeaseMark, LeaseRequest, NewHistoryRow, NewSession, SessionHead,
    SessionMark, SessionStatus, Snapshot, StoredSession, TraceLevel, Turn,
};

/// Why a session was not created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// There is a session with this id.
    #[error("session {session} exists already")]
    Exists {
        /// The id.
        session: SessionId,
    },
    /// The store broke; the source says what it was doing.
    #[error("the store failed")]
    Store(#[source] Box<dyn Error + Send + Sync>),
}

/// Why a session was not written: nothing of the write is stored (F9).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// There is no such session.
    #[error("no session {session}")]
    NotFound {
        /// The id.
        session: SessionId,
    },
    /// Another turn was committed first.
    #[error("session is at revision {actual}, not {expected}")]
    Conflict {
        /// What the caller read.
        expected: Revision,
        /// What is stored.
        actual: Revision,
    },
    /// The session was changed otherwise than by a turn since the caller kept it.
    #[error("session {session} was changed since it was kept")]
    Changed {
        /// The id.
        session: SessionId,
    },
    /// Another turn holds the lease.
    #[error("another turn holds the session until {until}")]
    Busy {
        /// When its lease ends, unless the turn commits before.
        until: Timestamp,
    },
    /// The request was answered by another turn, whose answer can be recalled (S4.37).
    #[error("session {session} has answered this request")]
    Answered {
        /// The id.
        session: SessionId,
    },
    /// The store broke; the source says what it was doing.
    #[error("the store failed")]
    Store(#[source] Box<dyn Error + Send + Sync>),
}

impl From<StoreError> for CreateError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Store(source) => Self::Store(source),
        }
    }
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Store(source) => Self::Store(source),
        }
    }
}

role! {
    /// Keeps sessions. Whoever holds a session's token may read it, so there is no scope here.
    SessionStore, async AsyncSessionStore, dyn DynSessionStore {
        /// Writes a session at revision 1 with its first rows, in one transaction.
        ///
        /// # Errors
        /// [`CreateError`]; then nothing is stored.
        fn create_session(&self, new: &NewSession) -> Result<(), CreateError>;

        /// Reads a session by its id, the only key there is (F44).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn load_session(&self, id: SessionId) -> Result<Option<StoredSession>, StoreError>;

        /// Takes the lease for a turn that is about to have an outside effect (F9).
        ///
        /// # Errors
        /// [`CommitError`]: the revision or the mark differs, or a lease, even one's own, is live.
        fn take_lease(&self, lease: &LeaseRequest) -> Result<(), CommitError>;

        /// Gives a lease back without a commit; nothing happens if `token` does not hold it.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn release_lease(&self, id: SessionId, token: LeaseToken) -> Result<(), StoreError>;

        /// Writes one turn in one transaction (F9).
        ///
        /// Guarded by the revision, by the mark if there is one, and by the lease: a turn commits if it holds
        /// the lease or if no lease is live. The revision grows by one and the lease ends. A request that has an answer
        /// which has not expired is not answered again; of all refusals that is told first.
        ///
        /// # Errors
        /// [`CommitError`]; then nothing is stored.
        fn commit(&self, commit: &Commit) -> Result<Committed, CommitError>;

        /// A page of the history, oldest first (S4.23); empty for a session that does not exist.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError>;

        /// The whole journal, oldest first (F3); empty for a session that does not exist.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn journal(&self, id: SessionId) -> Result<Vec<JournalRow>, StoreError>;

        /// What a preview runs, see [`NewSession::preview`]; `None` for any other session.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn preview(&self, id: SessionId) -> Result<Option<String>, StoreError>;
    }
}
