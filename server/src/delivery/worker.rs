//! Claims events, delivers them, and writes what became of them (S6.31 to S6.37, S6.46).

use std::sync::Arc;
use std::time::Duration;

use chatflow::Timestamp;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, Attempt, ChangeNotice, Circuit, DeliveryOutcome, Destination,
    EventClaim, Jitter, Observed as _, Settled, Settlement, StoreError, StoredEvent,
    StoredSubscription, SubscriptionId, SubscriptionStatus, reconnect_delay, retry_at,
};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::DeliveryOptions;
use super::webhook::{Post, Posted, Sender};
use crate::cli::log;
use crate::error::chain;
use crate::events::disabled_event;
use crate::token::random_id;

/// How long a claim holds: longer than any delivery (S6.32).
const LOCK_MS: i64 = 120_000;
/// How long what nobody may deliver now waits.
const PAUSE_MS: i64 = 60_000;
/// How long a probe may take beyond the time-out of its subscription.
const PROBE_MS: i64 = 30_000;
/// How long deliveries under way may take when the worker is to stop (S6.36).
const FAREWELL: Duration = Duration::from_secs(10);
/// How often a settlement is tried while the store fails.
const SETTLE_TRIES: u32 = 5;

/// What a batch came to (S6.37).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Processed {
    /// How many events were claimed.
    pub processed: u64,
    /// How many of them arrived.
    pub succeeded: u64,
    /// How many failed and are tried again.
    pub failed: u64,
    /// How many are given up.
    pub dead_lettered: u64,
    /// How many were not tried.
    pub skipped: u64,
}

/// Delivers events until `shutdown` comes; then what is under way has ten seconds to end.
///
/// Several may run on one database, in one process or in many. It relies on somebody calling
/// [`look`](chatflow_storage::Changes::look); where nobody does, it finds events by looking itself.
pub async fn deliver(
    store: AnyStore,
    options: DeliveryOptions,
    shutdown: impl Future<Output = ()>,
) {
    let wake = Arc::new(Notify::new());
    let bell = Arc::clone(&wake);
    let _watch = store.observers().watch(move |notice| {
        if matches!(notice, ChangeNotice::Outbox | ChangeNotice::Resync) {
            bell.notify_one();
        }
    });
    let mut worker = Worker::new(store, options);
    let mut running = JoinSet::new();
    let mut failures = 0_u32;
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let room = worker.job.options.concurrency.max(1).saturating_sub(running.len());
        let mut pause = worker.job.options.poll;
        match worker.claim(room).await {
            Ok(events) => {
                failures = 0;
                for event in events {
                    let job = Arc::clone(&worker.job);
                    running.spawn(async move { job.process(event).await });
                }
            }
            Err(error) => {
                log(format_args!("error: cannot claim events: {}", chain(&error)));
                failures = failures.saturating_add(1);
                pause = reconnect_delay(failures, worker.job.jitter());
            }
        }
        tokio::select! {
            () = &mut shutdown => break,
            // A settled event may let another of its session go.
            Some(_) = running.join_next() => {}
            () = wake.notified() => {}
            () = sleep(pause) => {}
        }
    }
    // What is not settled by then is delivered again when its lock has run out.
    let _ = timeout(FAREWELL, async { while running.join_next().await.is_some() {} }).await;
}

/// Claims and delivers one batch (S6.37).
///
/// # Errors
/// [`StoreError`] if nothing can be claimed.
pub async fn deliver_batch(
    store: AnyStore,
    options: DeliveryOptions,
) -> Result<Processed, StoreError> {
    let room = options.concurrency;
    let mut worker = Worker::new(store, options);
    let mut processed = Processed::default();
    let mut running = JoinSet::new();
    for event in worker.claim(room).await? {
        let job = Arc::clone(&worker.job);
        running.spawn(async move { job.process(event).await });
    }
    while let Some(ended) = running.join_next().await {
        processed.processed = processed.processed.saturating_add(1);
        let counter = match ended.ok().flatten() {
            Some(DeliveryOutcome::Published) => &mut processed.succeeded,
            Some(DeliveryOutcome::Failed { .. }) => &mut processed.failed,
            Some(DeliveryOutcome::Dead { .. } | DeliveryOutcome::Gone { .. }) => {
                &mut processed.dead_lettered
            }
            Some(DeliveryOutcome::Postponed { .. }) | None => &mut processed.skipped,
        };
        *counter = counter.saturating_add(1);
    }
    Ok(processed)
}

struct Worker {
    job: Arc<Job>,
    holder: String,
    /// When the last claim ends, so that no two claims look the same.
    last: i64,
}

/// What each delivery needs.
struct Job {
    store: AnyStore,
    options: DeliveryOptions,
    scope: AccessScope,
}

impl Worker {
    fn new(store: AnyStore, options: DeliveryOptions) -> Self {
        // Without randomness the process's number has to do.
        let name = random_id().map(|id| id.simple().to_string());
        let holder = name.unwrap_or_else(|_| format!("process-{}", std::process::id()));
        let job = Job { store, options, scope: AccessScope::system() };
        Self { job: Arc::new(job), holder, last: i64::MIN }
    }

    async fn claim(&mut self, room: usize) -> Result<Vec<StoredEvent>, StoreError> {
        let limit = u32::try_from(room).unwrap_or(u32::MAX);
        if limit == 0 {
            return Ok(Vec::new());
        }
        let at = self.job.now();
        self.last = at.as_millis().saturating_add(LOCK_MS).max(self.last.saturating_add(1));
        let until = Timestamp::from_millis(self.last);
        let claim = EventClaim { holder: self.holder.clone(), at, until, limit };
        self.job.store.claim_events(&claim).await
    }
}

impl Job {
    fn now(&self) -> Timestamp {
        (self.options.clock)()
    }

    fn jitter(&self) -> Jitter {
        let random = self.options.jitter.then(getrandom::u64).and_then(Result::ok);
        random.map_or(Jitter::NONE, Jitter::from_random)
    }

    /// Delivers an event and settles it; `None` if that could not be written.
    async fn process(&self, event: StoredEvent) -> Option<DeliveryOutcome> {
        let lock = event.lock.clone()?;
        let delivered = match &event.event.destination {
            Destination::Webhook(id) => self.to_subscription(&event, *id).await,
            Destination::Handler(name) => Ok(self.to_handler(&event, name).await),
            // Nobody delivers those; they are published when they are written.
            Destination::Stream => Ok(Delivered::only(DeliveryOutcome::Published)),
        };
        let delivered = delivered.unwrap_or_else(|error| {
            log(format_args!("error: cannot read a subscription: {}", chain(&error)));
            self.wait(PAUSE_MS)
        });
        let outcome = delivered.outcome.clone();
        let settlement = Settlement {
            event: event.event.id,
            lock,
            at: self.now(),
            outcome: delivered.outcome,
            attempt: delivered.attempt,
            on_disabled: delivered.on_disabled,
        };
        for failures in 1..=SETTLE_TRIES {
            match self.store.settle_event(&settlement).await {
                Ok(Settled::Done) => return Some(outcome),
                Ok(Settled::Disabled) => {
                    log(format_args!("warning: a subscription is disabled: it failed too often"));
                    return Some(outcome);
                }
                Ok(Settled::LockLost) => return None,
                Err(error) => {
                    log(format_args!("error: cannot settle an event: {}", chain(&error)));
                    sleep(reconnect_delay(failures, self.jitter())).await;
                }
            }
        }
        None
    }

    async fn to_subscription(
        &self,
        event: &StoredEvent,
        id: SubscriptionId,
    ) -> Result<Delivered, StoreError> {
        let dead = |error: &str| {
            let (error, details) = (error.to_owned(), None);
            Ok(Delivered::only(DeliveryOutcome::Dead { error, details }))
        };
        let Some(known) = self.store.subscription(&self.scope, id).await? else {
            return dead("the subscription is deleted");
        };
        match known.record.status {
            SubscriptionStatus::Active => {}
            SubscriptionStatus::Paused => return Ok(self.wait(PAUSE_MS)),
            SubscriptionStatus::Disabled => return dead("the subscription is disabled"),
        }
        match known.health.circuit(self.now()) {
            Circuit::Closed => {}
            Circuit::Open { until } => {
                return Ok(Delivered::only(DeliveryOutcome::Postponed { until }));
            }
            Circuit::Probe => {
                let seconds = i64::from(known.record.timeout_seconds);
                let until = seconds.saturating_mul(1000).saturating_add(PROBE_MS);
                let until = later(self.now(), until);
                if !self.store.take_probe(id, &known.health, until).await? {
                    // Somebody else has it; what it finds out decides.
                    return Ok(self.wait(1000));
                }
            }
        }
        Ok(self.send(event, &known).await)
    }

    async fn send(&self, event: &StoredEvent, to: &StoredSubscription) -> Delivered {
        let options = &self.options;
        let sender = Sender {
            outbound: &options.outbound,
            key: options.key.as_ref(),
            masker: &options.masker,
            service_name: &options.service_name,
        };
        let id = event.event.id.0;
        let own_id = id.to_string();
        let post = Post {
            event_type: &event.event.event_type,
            event: id,
            correlation: event.event.correlation_id.as_deref().unwrap_or(&own_id),
            payload: &event.event.payload,
            attempt: event.retry_count.saturating_add(1),
            at: self.now(),
        };
        let posted = match sender.post(&to.record, post).await {
            Ok(posted) => posted,
            Err(error) => {
                log(format_args!("error: {error}"));
                return self.wait(PAUSE_MS);
            }
        };
        let outcome = self.outcome(event, &posted);
        let Ok(attempt_id) = random_id() else { return self.wait(PAUSE_MS) };
        let attempt = Attempt {
            id: attempt_id,
            status_code: posted.status,
            duration_ms: posted.duration_ms,
            error: posted.error,
            response_preview: posted.preview,
        };
        let on_disabled = disabled_event(&to.record, &options.service_name, self.now());
        Delivered {
            outcome,
            attempt: Some(attempt),
            on_disabled: on_disabled.into_iter().collect(),
        }
    }

    /// S6.34, S6.35, S6.45
    fn outcome(&self, event: &StoredEvent, posted: &Posted) -> DeliveryOutcome {
        match (&posted.error, posted.status) {
            (None, _) => DeliveryOutcome::Published,
            (Some(error), Some(410)) => DeliveryOutcome::Gone { error: error.clone() },
            (Some(error), _) => self.failed(event, error.clone()),
        }
    }

    fn failed(&self, event: &StoredEvent, error: String) -> DeliveryOutcome {
        match retry_at(event, self.now(), self.jitter()) {
            Some(retry_at) => DeliveryOutcome::Failed { error, details: None, retry_at },
            None => DeliveryOutcome::Dead { error, details: None },
        }
    }

    /// S6.31: the longest prefix wins.
    async fn to_handler(&self, event: &StoredEvent, name: &str) -> Delivered {
        let fits = self.options.handlers.iter().filter(|(prefix, _)| name.starts_with(prefix));
        let Some((_, handler)) = fits.max_by_key(|(prefix, _)| prefix.len()) else {
            let error = "unknown destination".to_owned();
            return Delivered::only(DeliveryOutcome::Dead { error, details: None });
        };
        Delivered::only(match handler.deliver(&event.event).await {
            Ok(()) => DeliveryOutcome::Published,
            Err(error) => self.failed(event, error),
        })
    }

    fn wait(&self, millis: i64) -> Delivered {
        Delivered::only(DeliveryOutcome::Postponed { until: later(self.now(), millis) })
    }
}

/// What became of an event.
struct Delivered {
    outcome: DeliveryOutcome,
    attempt: Option<Attempt>,
    on_disabled: Vec<chatflow_storage::NewEvent>,
}

impl Delivered {
    fn only(outcome: DeliveryOutcome) -> Self {
        Self { outcome, attempt: None, on_disabled: Vec::new() }
    }
}

fn later(at: Timestamp, millis: i64) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_add(millis))
}
