//! Work that is done now and then, each kind of it by one process at a time (appendix C, S1.69).
//!
//! A job is a line of [`JOBS`]. It works in batches and tells after each what it did, so that it can
//! be stopped between two of them, by this process or because another one has taken its lease.

mod exports;
mod list;
mod period;
mod rollup;
mod run;
mod sessions;
mod sweep;
mod traces;
mod work;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use chatflow::Timestamp;
use chatflow_storage::{AnyStore, ApplyError, JobRecord, StoreError};
use serde_json::{Map, Value};

use crate::events::{Emitter, SessionEvents};
use crate::exports::{Exports, Folder};
use crate::host::now;
use crate::token::random_id;

pub use list::JOBS;
pub use period::Period;
pub(crate) use rollup::ROLLUP;
pub use run::Running;
pub(crate) use traces::clean;
use work::Work;

/// A kind of work.
#[derive(Clone, Copy)]
pub struct Job {
    /// Names it, for people and for its lease.
    pub name: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    /// When.
    pub period: Period,
    work: DoIt,
}

type DoIt = for<'a> fn(&'a mut Work) -> Doing<'a>;
type Doing<'a> = std::pin::Pin<Box<dyn Future<Output = Result<(), Interruption>> + Send + 'a>>;

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Job").field(&self.name).finish()
    }
}

/// How old things may become (appendix A). 0 days of [`sessions`](JobSettings::sessions) keep them
/// for ever.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct JobSettings {
    /// After so many hours in which nobody says anything a session is abandoned.
    pub abandon_after_hours: u32,
    /// Sessions that have ended are deleted after so many days.
    pub sessions: u32,
    /// The numbers of so many days, today being one of them, come from the sessions themselves, which are kept for so
    /// long whatever is said above (F43).
    pub raw_days: u32,
    /// Events of content, once they are counted.
    pub content_events: u32,
    /// Events that were delivered.
    pub published_events: u32,
    /// Events that were given up.
    pub dead_events: u32,
    /// Attempts to deliver events (S1.66).
    pub deliveries: u32,
    /// The audit log.
    pub audit: u32,
    /// Looks at traces (S7.26); each flow says how long its traces are kept.
    pub trace_accesses: u32,
    /// How long to let others work between two batches, in milliseconds.
    pub pause_ms: u32,
}

impl Default for JobSettings {
    fn default() -> Self {
        Self {
            abandon_after_hours: 24,
            sessions: 0,
            raw_days: 3,
            content_events: 400,
            published_events: 7,
            dead_events: 30,
            deliveries: 30,
            audit: 365,
            trace_accesses: 90,
            pause_ms: 100,
        }
    }
}

/// Runs jobs on a store, as one of perhaps several processes that do.
#[derive(Clone)]
pub struct Jobs {
    store: AnyStore,
    settings: JobSettings,
    /// Tells this process from all others.
    owner: String,
    clock: Clock,
    emitter: Arc<Emitter>,
    /// Where files of analytics are.
    exports: Option<Folder>,
    /// Held while it is looked whether a job is due: all jobs look when a service starts, when the first visitors
    /// want the connections.
    looking: Arc<tokio::sync::Mutex<()>>,
}

/// What tells the present.
type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What became of a job that was to be run.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub enum Outcome {
    /// It did this, by kind of thing.
    Done(Map<String, Value>),
    /// It has been done; it is due again then.
    NotDue(Timestamp),
    /// Another process is at it.
    Elsewhere,
    /// It was stopped, or another process has taken over, since this one was too slow.
    Interrupted,
}

/// Why a job failed. What it had done by then stays done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// The store broke.
    #[error("job `{job}` failed")]
    Store {
        /// Which.
        job: &'static str,
        /// How.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The process cannot be told from others.
    #[error("cannot draw a name for this process")]
    NoEntropy(#[source] Box<dyn Error + Send + Sync>),
}

/// Why a job did not get to its end.
#[derive(Debug)]
pub(crate) enum Interruption {
    /// The process ends.
    Stopped,
    /// The lease has run out.
    Overtaken,
    /// The store broke.
    Failed(Box<dyn Error + Send + Sync>),
}

impl From<StoreError> for Interruption {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ApplyError> for Interruption {
    fn from(error: ApplyError) -> Self {
        Self::Failed(error.into())
    }
}

impl Job {
    /// The job of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        JOBS.iter().find(|job| job.name == name)
    }

    /// When it is due, where `record` is what is known of it; `None` for at once.
    fn due(&self, record: Option<&JobRecord>) -> Option<Timestamp> {
        let last = record.and_then(|record| record.last_finished_at)?;
        Some(self.period.after(last))
    }
}

impl Jobs {
    /// Jobs on a store, by the system's clock.
    ///
    /// # Errors
    /// [`JobError::NoEntropy`] if the system has no random bytes.
    pub fn new(store: AnyStore, settings: JobSettings) -> Result<Self, JobError> {
        let id = random_id().map_err(|error| JobError::NoEntropy(error.into()))?;
        let emitter = Arc::new(Emitter::new(&store, "chatflow", SessionEvents::default()));
        Ok(Self {
            store,
            settings,
            owner: id.to_string(),
            clock: Arc::new(now),
            emitter,
            exports: None,
            looking: Arc::default(),
        })
    }

    /// The same for a service of this name, which tells of these turns of sessions.
    #[must_use]
    pub fn with_events(self, service: &str, sessions: SessionEvents) -> Self {
        Self { emitter: Arc::new(Emitter::new(&self.store, service, sessions)), ..self }
    }

    /// The same for a service whose files of analytics are there.
    #[must_use]
    pub fn with_exports(self, exports: &Exports) -> Self {
        Self { exports: Some(exports.folder.clone()), ..self }
    }

    /// The same by another clock, for tests.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// So many milliseconds later, or earlier where there are less than none.
fn later(moment: Timestamp, ms: i64) -> Timestamp {
    Timestamp::from_millis(moment.as_millis().saturating_add(ms))
}
