//! What turns leave for those who look later: events of content, and answers to be repeated.

mod record;

use chatflow::{SessionId, Timestamp};

use crate::error::StoreError;
use crate::role::role;
use crate::scope::AccessScope;

pub use record::{
    AnsweredRequest, ContentEvent, ContentEventKind, ContentEventPage, ContentEventQuery,
    NewContentEvent, RecalledRequest, SessionEventQuery, conversion_id, interaction_id,
};

role! {
    /// Reads what [`Turn`](crate::Turn)s wrote beside history and journal.
    ///
    /// Whoever asks about one session has shown its token or the right to it before.
    EvidenceStore, async AsyncEvidenceStore, dyn DynEvidenceStore {
        /// What a session was shown and did with it, in order.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn session_content_events(
            &self, query: SessionEventQuery
        ) -> Result<ContentEventPage, StoreError>;

        /// What became of a content item, newest first; of the sessions whose school the scope
        /// reports on (S2.30).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn content_events(
            &self, scope: &AccessScope, query: &ContentEventQuery
        ) -> Result<ContentEventPage, StoreError>;

        /// The answer that a session gave to a request before, unless it has expired (S4.37).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn recall_request(
            &self, session: SessionId, request_key: &str, at: Timestamp
        ) -> Result<Option<RecalledRequest>, StoreError>;

        /// Deletes at most `limit` answers that have expired; says how many there were.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn sweep_requests(&self, at: Timestamp, limit: u64) -> Result<u64, StoreError>;
    }
}
