//! Events as they stand in the outbox.

use chatflow::{SessionId, Timestamp};

use super::event::{Destination, NewEvent};
use crate::id::SubscriptionId;
use crate::text_enum::text_enum;

text_enum! {
    /// Where an event stands (S1.64).
    EventStatus {
        /// Nobody has tried to deliver it.
        Pending = "pending",
        /// Somebody is delivering it.
        Processing = "processing",
        /// It is delivered.
        Published = "published",
        /// The last try failed; there will be another.
        Failed = "failed",
        /// It will not be tried again.
        DeadLetter = "dead_letter",
    }
}

impl EventStatus {
    /// Whether it may still be delivered.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Processing | Self::Failed)
    }
}

/// Who is delivering an event. No two claims of an event have the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventLock {
    /// Who: at most 64 characters.
    pub holder: String,
    /// Afterwards anybody may claim the event.
    pub until: Timestamp,
}

/// An event as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredEvent {
    /// The order in which events were written, by which those of a session are delivered.
    pub seq: u64,
    /// What was written.
    pub event: NewEvent,
    /// Where it stands.
    pub status: EventStatus,
    /// How often delivery has failed.
    pub retry_count: u32,
    /// Not to be tried before.
    pub next_retry_at: Option<Timestamp>,
    /// Who is delivering it.
    pub lock: Option<EventLock>,
    /// What went wrong last; at most 2,000 characters.
    pub last_error: Option<String>,
    /// More about it: JSON.
    pub error_details: Option<String>,
    /// When it was last claimed or settled.
    pub updated_at: Option<Timestamp>,
    /// When it was delivered or given up.
    pub processed_at: Option<Timestamp>,
}

impl StoredEvent {
    /// What becomes of a new event under this number: one for the stream is published at once
    /// (S6.30).
    pub fn new(seq: u64, event: NewEvent) -> Self {
        let is_published = event.destination == Destination::Stream;
        Self {
            seq,
            status: if is_published { EventStatus::Published } else { EventStatus::Pending },
            retry_count: 0,
            next_retry_at: None,
            lock: None,
            last_error: None,
            error_details: None,
            updated_at: None,
            processed_at: is_published.then_some(event.created_at),
            event,
        }
    }
}

/// Asks for events to deliver.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventClaim {
    /// Who asks: at most 64 characters.
    pub holder: String,
    /// The present.
    pub at: Timestamp,
    /// When others may claim what is not settled: later than every earlier claim of this holder
    /// that may still be settled.
    pub until: Timestamp,
    /// How many at most.
    pub limit: u32,
}

/// Asks for events to look at.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventQuery {
    /// Only those that stand so; empty for all.
    pub statuses: Vec<EventStatus>,
    /// Only those of this type.
    pub event_type: Option<String>,
    /// Only those for this subscription.
    pub subscription_id: Option<SubscriptionId>,
    /// Only those of this session.
    pub session_id: Option<SessionId>,
    /// Only those with a lower number.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: u32,
}

/// Which events are old.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OldEvents {
    /// Those that were published before.
    pub published_before: Timestamp,
    /// Those that were given up before.
    pub dead_before: Timestamp,
    /// How many of each to delete at most.
    pub limit: u32,
}
