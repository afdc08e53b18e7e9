//! What became of a claimed event, and what that does to its row.

use std::error::Error;

use chatflow::Timestamp;
use uuid::Uuid;

use super::event::{NewEvent, check_event};
use super::record::{EventLock, EventStatus};
use crate::error::StoreError;
use crate::id::EventId;

/// How a delivery ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DeliveryOutcome {
    /// It arrived.
    Published,
    /// It did not; there will be another try.
    Failed {
        /// What went wrong; cut at 2,000 characters.
        error: String,
        /// More about it: JSON.
        details: Option<String>,
        /// When to try again; [`retry_at`](crate::retry_at) says it.
        retry_at: Timestamp,
    },
    /// It did not, and will not be tried again.
    Dead {
        /// What went wrong; cut at 2,000 characters.
        error: String,
        /// More about it: JSON.
        details: Option<String>,
    },
    /// The receiver is gone for good: as dead, and its subscription is disabled (S6.35).
    Gone {
        /// What went wrong; cut at 2,000 characters.
        error: String,
    },
    /// It was not tried; that does not count (S6.46).
    Postponed {
        /// When to try.
        until: Timestamp,
    },
}

/// One request to a receiver (S1.66). Its number is one more than the failures before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// Its id.
    pub id: Uuid,
    /// What the receiver answered, if it did.
    pub status_code: Option<u16>,
    /// How long it took.
    pub duration_ms: u64,
    /// What went wrong.
    pub error: Option<String>,
    /// How the answer begins, masked; cut at 500 characters.
    pub response_preview: Option<String>,
}

/// Ends a claim.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settlement {
    /// The event.
    pub event: EventId,
    /// The lock, as it was claimed.
    pub lock: EventLock,
    /// The present.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: DeliveryOutcome,
    /// The request to the receiver, if there was one: it is recorded, and counts for or against
    /// the subscription, unless that is deleted.
    pub attempt: Option<Attempt>,
    /// Events to write if this disables the subscription (S6.46).
    pub on_disabled: Vec<NewEvent>,
}

/// What a settlement did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Settled {
    /// It is written.
    Done,
    /// It is written, and the subscription is now disabled.
    Disabled,
    /// Somebody else has claimed or settled the event since: nothing is written.
    LockLost,
}

/// The columns that a settlement writes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventUpdate {
    /// `None` puts the event back to where it was before its claim.
    pub status: Option<EventStatus>,
    /// Whether it counts as a failure.
    pub is_failure: bool,
    /// When to try next.
    pub next_retry_at: Option<Timestamp>,
    /// What went wrong; kept as it is when the event is put back.
    pub last_error: Option<String>,
    /// More about it; kept as it is when the event is put back.
    pub error_details: Option<String>,
    /// When it was done with.
    pub processed_at: Option<Timestamp>,
    /// Whether its subscription ends.
    pub ends_subscription: bool,
}

impl Settlement {
    /// Checks what cannot be cut to fit: every store does before it writes.
    ///
    /// # Errors
    /// [`StoreError`] that says what is wrong.
    pub fn check(&self) -> Result<(), StoreError> {
        let boxed = |error: Box<dyn Error + Send + Sync>| StoreError::Store(error);
        self.on_disabled.iter().try_for_each(check_event).map_err(|error| boxed(error.into()))?;
        let details = self.update().error_details;
        let json = details
            .as_deref()
            .map_or(Ok(()), |text| serde_json::from_str::<serde::de::IgnoredAny>(text).map(drop));
        json.map_err(|error| boxed(error.into()))
    }

    /// What to write; the same for every store.
    pub fn update(&self) -> EventUpdate {
        let none = EventUpdate {
            status: None,
            is_failure: false,
            next_retry_at: None,
            last_error: None,
            error_details: None,
            processed_at: None,
            ends_subscription: false,
        };
        let failure = |error: &str, details: &Option<String>| EventUpdate {
            status: Some(EventStatus::DeadLetter),
            is_failure: true,
            last_error: Some(cut(error, 2000)),
            error_details: details.clone(),
            processed_at: Some(self.at),
            ..none.clone()
        };
        match &self.outcome {
            DeliveryOutcome::Published => EventUpdate {
                status: Some(EventStatus::Published),
                processed_at: Some(self.at),
                ..none
            },
            DeliveryOutcome::Failed { error, details, retry_at } => EventUpdate {
                status: Some(EventStatus::Failed),
                next_retry_at: Some(*retry_at),
                processed_at: None,
                ..failure(error, details)
            },
            DeliveryOutcome::Dead { error, details } => failure(error, details),
            DeliveryOutcome::Gone { error } => {
                EventUpdate { ends_subscription: true, ..failure(error, &None) }
            }
            DeliveryOutcome::Postponed { until } => {
                EventUpdate { next_retry_at: Some(*until), ..none }
            }
        }
    }
}

impl Attempt {
    /// As it is stored: cut, and without what a store cannot hold.
    #[must_use]
    pub fn stored(&self) -> Self {
        Self {
            error: self.error.as_deref().map(|text| cut(text, 2000)),
            response_preview: self.response_preview.as_deref().map(|text| cut(text, 500)),
            ..self.clone()
        }
    }
}

/// The first characters of a text, without U+0000, which Postgres cannot hold.
fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}
