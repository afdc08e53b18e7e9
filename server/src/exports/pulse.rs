//! A sign of life of a worker, and what it hears in return.

use std::time::{Duration, Instant};

use chatflow::Timestamp;
use chatflow_storage::prelude::*;
use chatflow_storage::{AnyStore, ExportLease, ExportProgress};
use tokio::sync::watch;

use super::fault::Fault;
use crate::host::now;

/// How long a worker has an export without a word, in milliseconds (S5.44).
pub(super) const LEASE_MS: i64 = 5 * 60_000;

/// How often it says how far it is.
const EACH: Duration = Duration::from_secs(1);

/// What is told of an export on the way, and whether it goes on.
pub(crate) enum Pulse {
    /// Nobody watches.
    Still,
    /// The row says how far it is, and whether somebody has cancelled it.
    Beating(Box<Beat>),
}

/// What a worker tells.
pub(crate) struct Beat {
    pub(super) store: AnyStore,
    pub(super) lease: ExportLease,
    pub(super) last: Option<Instant>,
    pub(super) percent: u32,
    pub(super) stop: watch::Receiver<bool>,
}

/// The end of a lease that begins at this moment.
pub(super) fn until(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_add(LEASE_MS))
}

impl Pulse {
    /// Tells that `done` parts of `all` are done, not more often than it helps.
    pub(crate) async fn at(&mut self, done: usize, all: usize) -> Result<(), Fault> {
        let Self::Beating(beat) = self else { return Ok(()) };
        // The last hundredth is the file itself.
        let percent = done.saturating_mul(99).checked_div(all).unwrap_or(99).min(99);
        beat.percent = u32::try_from(percent).unwrap_or(99);
        beat.tell(Some(EACH)).await
    }

    /// Shows that the work goes on, however far it is.
    pub(crate) async fn still(&mut self) -> Result<(), Fault> {
        match self {
            Self::Still => Ok(()),
            Self::Beating(beat) => beat.tell(Some(EACH)).await,
        }
    }

    /// The same at once: whoever has taken over is heard of now.
    pub(super) async fn now(&mut self) -> Result<(), Fault> {
        match self {
            Self::Still => Ok(()),
            Self::Beating(beat) => beat.tell(None).await,
        }
    }
}

impl Beat {
    async fn tell(&mut self, each: Option<Duration>) -> Result<(), Fault> {
        if *self.stop.borrow() {
            return Err(Fault::Stopped);
        }
        let is_early = self.last.zip(each).is_some_and(|(last, each)| last.elapsed() < each);
        if is_early {
            return Ok(());
        }
        self.last = Some(Instant::now());
        let at = now();
        let lease = self.lease.clone();
        let progress = ExportProgress { lease, progress: self.percent, at, until: until(at) };
        let is_ours = self.store.report_export(&progress).await?;
        if is_ours { Ok(()) } else { Err(Fault::Stopped) }
    }
}
