//! Periodic jobs, each of which runs in one process at a time (S1.69).

use chatflow::Timestamp;

use crate::error::StoreError;
use crate::role::role;

/// Asks for the lease of a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct JobRequest<'a> {
    /// The job: 1 to 60 characters.
    pub job: &'a str,
    /// The process: 1 to 64 characters, different for each.
    pub owner: &'a str,
    /// The lease is live before this moment.
    pub until: Timestamp,
    /// The present.
    pub at: Timestamp,
}

/// A job as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JobRecord {
    /// Who took it last.
    pub owner: String,
    /// It is theirs before this moment.
    pub lease_until: Timestamp,
    /// When it last began.
    pub last_started_at: Option<Timestamp>,
    /// When it last ended with a result.
    pub last_finished_at: Option<Timestamp>,
    /// That result: JSON.
    pub last_result: Option<String>,
}

role! {
    /// Keeps the leases of jobs.
    JobStore, async AsyncJobStore, dyn DynJobStore {
        /// Where a job stands; `None` if it never ran.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn job(&self, job: &str) -> Result<Option<JobRecord>, StoreError>;

        /// Begins a job if it is free, its lease has run out or is one's own; answers whether it is
        /// now one's own.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn take_job(&self, request: JobRequest<'_>) -> Result<bool, StoreError>;

        /// Prolongs a lease that is live and one's own; answers whether it was.
        ///
        /// A lease that has run out is not prolonged: who asks must stop.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn renew_job(&self, request: JobRequest<'_>) -> Result<bool, StoreError>;

        /// Ends a job that was last taken by `owner`, with a result, and gives the lease back;
        /// answers whether it was.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks or `result` is not JSON.
        fn finish_job(
            &self, job: &str, owner: &str, at: Timestamp, result: &str
        ) -> Result<bool, StoreError>;
    }
}
