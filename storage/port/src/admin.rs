//! Sessions as those who look after them see them (S4.41–S4.44).

mod record;

use chatflow::{SessionId, Timestamp};

use crate::error::StoreError;
use crate::id::UserId;
use crate::role::role;
use crate::scope::AccessScope;

pub use record::{Forgotten, SessionCursor, SessionPage, SessionQuery, SessionSummary, Total};

role! {
    /// Lists, ends and deletes sessions across conversations.
    ///
    /// A scope lists the sessions of the schools that it runs or teaches at, and touches those of
    /// the schools that it runs; the platform and the jobs of the system do both for all. Sessions
    /// without a school are the platform's.
    SessionAdminStore, async AsyncSessionAdminStore, dyn DynSessionAdminStore {
        /// A page of sessions, the newest first (S4.41, F43).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn list_sessions(
            &self, scope: &AccessScope, query: &SessionQuery
        ) -> Result<SessionPage, StoreError>;

        /// Deletes a session with its history, journal, traces, request log and records of effects,
        /// and answers with what it was; content events stay, without it (S4.42).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn delete_session(
            &self, scope: &AccessScope, id: SessionId
        ) -> Result<Option<SessionSummary>, StoreError>;

        /// Abandons at most `limit` active sessions whose last activity was before `since`, and
        /// answers with them; they ended when they were last active (S4.43).
        ///
        /// A session with a lease that is live `at` that moment is left alone. The revision stays,
        /// since the journal has an entry for each: a turn that was under way commits and makes the
        /// session active again.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn abandon_sessions(
            &self, scope: &AccessScope, since: Timestamp, at: Timestamp, limit: u32
        ) -> Result<Vec<SessionSummary>, StoreError>;

        /// Deletes at most `limit` sessions that ended before a moment, as
        /// [`SessionAdminStore::delete_session`] does, and answers with them (S4.44).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn delete_ended_sessions(
            &self, scope: &AccessScope, before: Timestamp, limit: u32
        ) -> Result<Vec<SessionId>, StoreError>;

        /// Deletes every session of a user, with all that belongs to it, and takes the user and what
        /// they answered out of content events (F3, S12.12).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn forget_user(&self, scope: &AccessScope, user: UserId) -> Result<Forgotten, StoreError>;
    }
}
