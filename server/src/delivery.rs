//! Delivers events of the outbox (section 6.3, section 6.4).
//!
//! Delivery is at least once: an event whose worker dies between the receiver's answer and the
//! settlement is sent again, under the same `X-Event-ID`.

mod seal;
mod sign;
#[cfg(test)]
mod tests;
mod webhook;
mod worker;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chatflow::{Masker, Timestamp};
use chatflow_storage::{LOOK_AGAIN, NewEvent};

use crate::host::now;
use crate::outbound::Outbound;

pub(crate) use seal::SubscriptionSecrets;
pub use seal::{SecretsKey, SecretsKeyError};
pub(crate) use webhook::{Post, Sender, is_own_header};
pub use worker::{Processed, deliver, deliver_batch};

/// Delivers events to a destination of the host's own (S6.31).
#[async_trait]
pub trait OutboxDelivery: fmt::Debug + Send + Sync {
    /// Delivers one event; it may come again.
    ///
    /// # Errors
    /// What went wrong, for people; it is tried again later.
    async fn deliver(&self, event: &NewEvent) -> Result<(), String>;
}

/// How events are delivered.
#[derive(Clone)]
pub struct DeliveryOptions {
    /// Sends what goes to subscriptions.
    pub outbound: Outbound,
    /// Opens the secrets of subscriptions. Without it what must be signed waits.
    pub key: Option<SecretsKey>,
    /// Masks what is kept of answers.
    pub masker: Masker,
    /// Who delivers to other destinations: prefixes such as `slack:` or `internal:mail`.
    pub handlers: Vec<(String, Arc<dyn OutboxDelivery>)>,
    /// How the service is called.
    pub service_name: String,
    /// How many deliveries run at a time (S6.36).
    pub concurrency: usize,
    /// How long to wait before looking again where nobody calls (F17).
    pub poll: Duration,
    /// Whether delays vary, so that not all who wait come back at once (S6.34).
    pub jitter: bool,
    /// The present.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl DeliveryOptions {
    /// The usual ones.
    pub fn new(outbound: Outbound, masker: Masker) -> Self {
        Self {
            outbound,
            key: None,
            masker,
            handlers: Vec::new(),
            service_name: "chatflow".to_owned(),
            concurrency: 8,
            poll: LOOK_AGAIN,
            jitter: true,
            clock: Arc::new(now),
        }
    }
}

impl fmt::Debug for DeliveryOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryOptions")
            .field("service_name", &self.service_name)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}
