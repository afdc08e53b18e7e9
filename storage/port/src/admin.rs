//! Sessions as those who look after them see them (S4.41–S4.44).

mod record;

use chatflow::{SessionId, Timestamp};

use crate::error::StoreError;
use crate::id::UserId;
use crate::role::role;
use crate::scope::AccessScope;

pub use record::{
    Departure, Forgotten, SessionCursor, SessionPage, SessionQuery, SessionSummary, Total,
};

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

        /// At most `limit` active sessions whose last activity was before `since` and which no lease
        /// that is live `at` that moment holds, in the order in which they started (S4.43).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn idle_sessions(
            &self, scope: &AccessScope, since: Timestamp, at: Timestamp, limit: u32
        ) -> Result<Vec<SessionSummary>, StoreError>;

        /// At most `limit` sessions that ended before a moment, in the order in which they started
        /// (S4.44).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn ended_sessions(
            &self, scope: &AccessScope, before: Timestamp, limit: u32
        ) -> Result<Vec<SessionSummary>, StoreError>;

        /// Abandons those of the sessions that are still active, as they were seen and not held, with
        /// the events that tell of them, in one transaction; answers with their ids, in order. They
        /// ended when they were last active (S4.43).
        ///
        /// The revision stays, since the journal has an entry for each: a turn that was under way
        /// commits and makes the session active again.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks; then nothing is stored.
        fn abandon_sessions(
            &self, scope: &AccessScope, departures: &[Departure], at: Timestamp
        ) -> Result<Vec<SessionId>, StoreError>;

        /// Deletes those of the sessions that are as they were seen, with their history, journal,
        /// traces, request log and records of effects, and writes the events that tell of them, in one
        /// transaction; answers with their ids, in order. Content events stay, without them (S4.42).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks; then nothing is deleted.
        fn delete_sessions(
            &self, scope: &AccessScope, departures: &[Departure]
        ) -> Result<Vec<SessionId>, StoreError>;

        /// Deletes every session of a user, with all that belongs to it, and takes the user and what
        /// they answered out of content events (F3, S12.12).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn forget_user(&self, scope: &AccessScope, user: UserId) -> Result<Forgotten, StoreError>;
    }
}
