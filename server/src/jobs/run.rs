//! Running jobs: by hand, and when they are due.

use std::sync::Arc;
use std::time::Duration;

use chatflow_storage::prelude::*;
use chatflow_storage::{JobRequest, StoreError};
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::work::{LEASE_MS, Work};
use super::{Interruption, JOBS, Job, JobError, Jobs, Outcome, later};
use crate::error::chain;

/// How long to wait at most before looking whether a job is due, and after a failure.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// How long jobs that are told to stop may take to end the batch that they are at.
const LAST_BATCH: Duration = Duration::from_secs(10);

/// Jobs that run when they are due.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Jobs {
    /// Runs a job, due or not, unless another process is at it.
    ///
    /// # Errors
    /// [`JobError`] if the store breaks.
    pub async fn run(&self, job: &Job) -> Result<Outcome, JobError> {
        let (_never, stop) = watch::channel(false);
        self.attempt(job, When::Now, stop).await
    }

    /// Runs a job if it is due and no other process is at it.
    ///
    /// # Errors
    /// [`JobError`] if the store breaks.
    pub async fn run_due(&self, job: &Job) -> Result<Outcome, JobError> {
        let (_never, stop) = watch::channel(false);
        self.attempt(job, When::Due, stop).await
    }

    /// Runs all jobs from now on, each when it is due. Must be called within a runtime.
    pub fn start(self) -> Running {
        let (stop, stopped) = watch::channel(false);
        let jobs = Arc::new(self);
        let mut tasks = JoinSet::new();
        for job in JOBS {
            tasks.spawn(keep(Arc::clone(&jobs), job, stopped.clone()));
        }
        Running { stop, tasks }
    }

    async fn attempt(
        &self,
        job: &Job,
        when: When,
        stop: watch::Receiver<bool>,
    ) -> Result<Outcome, JobError> {
        let failed = |source: StoreError| JobError::Store { job: job.name, source: source.into() };
        let at = (self.clock)();
        if let Some(due) = self.due(job, when).await.map_err(failed)? {
            return Ok(Outcome::NotDue(due));
        }
        let request = |until| JobRequest { job: job.name, owner: &self.owner, until, at };
        let until = later(at, LEASE_MS);
        if !self.store.take_job(request(until)).await.map_err(failed)? {
            return Ok(Outcome::Elsewhere);
        }
        // Another process may have done it between the look and the taking.
        if let Some(due) = self.due(job, when).await.map_err(failed)? {
            self.store.renew_job(request(at)).await.map_err(failed)?;
            return Ok(Outcome::NotDue(due));
        }
        let mut work = Work {
            store: self.store.clone(),
            settings: self.settings,
            clock: Arc::clone(&self.clock),
            emitter: Arc::clone(&self.emitter),
            exports: self.exports.clone(),
            job: job.name,
            owner: self.owner.clone(),
            lease_until: until,
            stop,
            done: Map::new(),
        };
        let ended = (job.work)(&mut work).await;
        self.conclude(job, work.done, ended).await
    }

    /// When a job that is not due yet will be.
    async fn due(&self, job: &Job, when: When) -> Result<Option<chatflow::Timestamp>, StoreError> {
        if when == When::Now {
            return Ok(None);
        }
        let one = self.looking.lock().await;
        let record = self.store.job(job.name).await?;
        drop(one);
        Ok(job.due(record.as_ref()).filter(|due| *due > (self.clock)()))
    }

    /// Gives the lease back: with a result, or so that somebody tries again.
    async fn conclude(
        &self,
        job: &Job,
        done: Map<String, Value>,
        ended: Result<(), Interruption>,
    ) -> Result<Outcome, JobError> {
        let failed = |source: StoreError| JobError::Store { job: job.name, source: source.into() };
        let at = (self.clock)();
        let request = |until| JobRequest { job: job.name, owner: &self.owner, until, at };
        match ended {
            Ok(()) => {
                let result = Value::Object(done.clone()).to_string();
                let is_ours = self.store.finish_job(job.name, &self.owner, at, &result).await;
                let is_ours = is_ours.map_err(failed)?;
                Ok(if is_ours { Outcome::Done(done) } else { Outcome::Interrupted })
            }
            Err(Interruption::Stopped) => {
                self.store.renew_job(request(at)).await.map_err(failed)?;
                Ok(Outcome::Interrupted)
            }
            Err(Interruption::Overtaken) => Ok(Outcome::Interrupted),
            Err(Interruption::Failed(source)) => {
                let pause = i64::try_from(LOOK_AGAIN.as_millis()).unwrap_or(i64::MAX);
                // The first failure is what is told; without this the lease runs out by itself.
                let _ = self.store.renew_job(request(later(at, pause))).await;
                Err(JobError::Store { job: job.name, source })
            }
        }
    }
}

/// Whether to run a job that is not due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum When {
    Now,
    Due,
}

impl Running {
    /// Stops all jobs, each after the batch that it is at.
    pub async fn stop(mut self) {
        // It fails if there is no job left to be told.
        let _ = self.stop.send(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // What takes longer is dropped here; its lease runs out, and another process goes on.
        let _ = tokio::time::timeout(LAST_BATCH, all).await;
    }
}

/// Runs a job whenever it is due, until it is stopped.
async fn keep(jobs: Arc<Jobs>, job: &'static Job, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let wait = match jobs.attempt(job, When::Due, stop.clone()).await {
            Ok(Outcome::NotDue(due)) => jobs.until(due),
            Ok(Outcome::Done(_)) => Duration::from_secs(1),
            Ok(Outcome::Elsewhere | Outcome::Interrupted) => LOOK_AGAIN,
            Err(error) => {
                crate::cli::log(format_args!("error: {}", chain(&error)));
                LOOK_AGAIN
            }
        };
        tokio::select! {
            // It fails when nobody is left to stop it, which ends it as well.
            changed = stop.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(wait) => {}
        }
    }
}

impl Jobs {
    fn until(&self, due: chatflow::Timestamp) -> Duration {
        let ms = due.as_millis().saturating_sub((self.clock)().as_millis());
        Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(LOOK_AGAIN)
    }
}
