//! [`SettingStore`] and [`JobStore`] in memory.

use chatflow::Timestamp;

use super::MemoryStore;
use super::session::check;
use crate::error::StoreError;
use crate::job::{JobRecord, JobRequest, JobStore};
use crate::setting::SettingStore;

impl SettingStore for MemoryStore {
    fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.tables().settings.get(key).cloned())
    }

    fn settle_setting(&self, key: &str, value: &str) -> Result<String, StoreError> {
        check(value)?;
        let mut tables = self.tables();
        let stands = tables.settings.entry(key.to_owned());
        Ok(stands.or_insert_with(|| value.to_owned()).clone())
    }
}

impl JobStore for MemoryStore {
    fn job(&self, job: &str) -> Result<Option<JobRecord>, StoreError> {
        Ok(self.tables().jobs.get(job).cloned())
    }

    fn take_job(&self, request: JobRequest<'_>) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let stored = tables.jobs.get(request.job);
        if stored.is_some_and(|job| job.owner != request.owner && job.lease_until > request.at) {
            return Ok(false);
        }
        let taken = JobRecord {
            owner: request.owner.to_owned(),
            lease_until: request.until,
            last_started_at: Some(request.at),
            last_finished_at: stored.and_then(|job| job.last_finished_at),
            last_result: stored.and_then(|job| job.last_result.clone()),
        };
        tables.jobs.insert(request.job.to_owned(), taken);
        Ok(true)
    }

    fn renew_job(&self, request: JobRequest<'_>) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let own = tables
            .jobs
            .get_mut(request.job)
            .filter(|job| job.owner == request.owner && job.lease_until > request.at);
        Ok(own.map(|job| job.lease_until = request.until).is_some())
    }

    fn finish_job(
        &self,
        job: &str,
        owner: &str,
        at: Timestamp,
        result: &str,
    ) -> Result<bool, StoreError> {
        check(result)?;
        let mut tables = self.tables();
        let Some(job) = tables.jobs.get_mut(job).filter(|job| job.owner == owner) else {
            return Ok(false);
        };
        job.lease_until = at;
        job.last_finished_at = Some(at);
        job.last_result = Some(result.to_owned());
        Ok(true)
    }
}
