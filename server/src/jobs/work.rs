//! What a job works with.

use std::sync::Arc;
use std::time::Duration;

use chatflow::Timestamp;
use chatflow_storage::prelude::*;
use chatflow_storage::{AnyStore, JobRequest};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::{Clock, Interruption, JobSettings, later};
use crate::events::Emitter;
use crate::exports::Folder;

/// How long a job is one's own without a word, in milliseconds (appendix C).
pub(super) const LEASE_MS: i64 = 10 * 60_000;

/// A job's hold on the store while it runs.
pub(crate) struct Work {
    pub(super) store: AnyStore,
    pub(super) settings: JobSettings,
    pub(super) clock: Clock,
    pub(super) emitter: Arc<Emitter>,
    pub(super) exports: Option<Folder>,
    pub(super) job: &'static str,
    pub(super) owner: String,
    pub(super) lease_until: Timestamp,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) done: Map<String, Value>,
}

impl Work {
    /// The present.
    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The moment so many days ago.
    pub(super) fn days_ago(&self, days: u32) -> Timestamp {
        later(self.now(), i64::from(days).saturating_mul(-86_400_000))
    }

    /// The store, for batches that outlive a borrow.
    pub(super) fn store(&self) -> AnyStore {
        self.store.clone()
    }

    /// Does batches of at most `most` things until one has fewer, and notes how many there were.
    pub(super) async fn repeat<B, E>(
        &mut self,
        what: &str,
        most: u64,
        mut batch: impl FnMut() -> B,
    ) -> Result<(), Interruption>
    where
        B: Future<Output = Result<u64, E>>,
        Interruption: From<E>,
    {
        let mut sum = 0_u64;
        self.done.insert(what.to_owned(), json!(sum));
        loop {
            self.go_on().await?;
            let count = batch().await?;
            sum = sum.saturating_add(count);
            self.done.insert(what.to_owned(), json!(sum));
            if count < most {
                return Ok(());
            }
            // Whoever waits to write, or for this thread, goes first (S7.26).
            tokio::time::sleep(Duration::from_millis(self.settings.pause_ms.into())).await;
        }
    }

    /// Whether the job may go on: nobody has stopped it, and it is still this process's.
    pub(super) async fn go_on(&mut self) -> Result<(), Interruption> {
        if *self.stop.borrow() {
            return Err(Interruption::Stopped);
        }
        let at = self.now();
        if self.lease_until.as_millis().saturating_sub(at.as_millis()) > LEASE_MS / 2 {
            return Ok(());
        }
        let until = later(at, LEASE_MS);
        let request = JobRequest { job: self.job, owner: &self.owner, until, at };
        if !self.store.renew_job(request).await? {
            return Err(Interruption::Overtaken);
        }
        self.lease_until = until;
        Ok(())
    }
}
