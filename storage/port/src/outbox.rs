//! The outbox: events that were written with what they tell of, and wait to be delivered.

mod event;
mod policy;
mod record;
mod settlement;
mod stream;

use std::error::Error;

use chatflow::Timestamp;

use crate::error::StoreError;
use crate::id::EventId;
use crate::role::role;
use crate::scope::AccessScope;

pub use event::{Destination, InvalidEvent, NewEvent, Priority, check_event};
pub(crate) use policy::later;
pub use policy::{
    CIRCUIT_OPENS_AT, Jitter, SUBSCRIPTION_ENDS_AT, circuit_pause, reconnect_delay, retry_at,
    retry_delay,
};
pub use record::{EventClaim, EventLock, EventQuery, EventStatus, OldEvents, StoredEvent};
pub use settlement::{Attempt, DeliveryOutcome, EventUpdate, Settled, Settlement};
pub use stream::{StreamCursor, StreamEvent, StreamPage, StreamQuery};

/// Why an event is not tried again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RetryError {
    /// There is none, or the scope may not touch it.
    #[error("no event {}", .event.0)]
    NotFound {
        /// The id.
        event: EventId,
    },
    /// Its delivery has not failed (S6.38).
    #[error("event {} is {}, not failed", .event.0, .status.as_str())]
    NotFailed {
        /// The id.
        event: EventId,
        /// Where it stands.
        status: EventStatus,
    },
    /// The store broke; the source says what it was doing.
    #[error("the store failed")]
    Store(#[source] Box<dyn Error + Send + Sync>),
}

impl From<StoreError> for RetryError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Store(source) => Self::Store(source),
        }
    }
}

role! {
    /// The outbox, for those who deliver, follow and look after events.
    ///
    /// Events are written by the commits of what they tell of: see [`Batch`](crate::Batch).
    OutboxStore, async AsyncOutboxStore, dyn DynOutboxStore {
        /// Locks events that are due, the most urgent first, then the oldest (S6.32).
        ///
        /// Due are those that wait, those whose next try has come, and those whose lock has run
        /// out. Of the events of one session for one subscription only the oldest that is neither
        /// delivered nor dead (S6.33). What another claim is just locking is passed over. Whoever let
        /// its lock run out may have delivered the event: that counts as a try that failed, so that
        /// the next one is known for a repetition (S6.42).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn claim_events(&self, claim: &EventClaim) -> Result<Vec<StoredEvent>, StoreError>;

        /// Writes what became of a claimed event; with it the attempt and the health of its
        /// subscription, in one transaction (S6.34, S6.46).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks; then nothing is stored.
        fn settle_event(&self, settlement: &Settlement) -> Result<Settled, StoreError>;

        /// Puts a failed or dead event back to the start of its tries (S6.38).
        ///
        /// # Errors
        /// [`RetryError`]; then nothing is stored.
        fn retry_event(
            &self, scope: &AccessScope, event: EventId, at: Timestamp
        ) -> Result<(), RetryError>;

        /// What is behind a position in the stream, of what the scope owns (S6.49).
        ///
        /// No event is ever passed over, however late its transaction commits (F43).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn stream_events(
            &self, scope: &AccessScope, query: &StreamQuery
        ) -> Result<StreamPage, StoreError>;

        /// One event, if the scope owns it.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn event(
            &self, scope: &AccessScope, event: EventId
        ) -> Result<Option<StoredEvent>, StoreError>;

        /// Events that the scope owns, the newest first.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn events(
            &self, scope: &AccessScope, query: &EventQuery
        ) -> Result<Vec<StoredEvent>, StoreError>;

        /// Deletes old events, at most as many as asked, and says how many they were (S6.39).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn delete_events(&self, old: &OldEvents) -> Result<u64, StoreError>;
    }
}
