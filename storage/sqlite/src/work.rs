//! [`SettingStore`] and [`JobStore`] on SQLite.

use chatflow::Timestamp;
use chatflow_storage::{JobRecord, JobRequest, JobStore, SettingStore, StoreError};
use rusqlite::{OptionalExtension, Params, params};

use crate::column::{Time, maybe_time, time};
use crate::fault::Doing;
use crate::pool::SqliteStore;

const SETTING: &str = "SELECT value FROM app_settings WHERE key = ?1";

const SETTLE: &str = "
INSERT INTO app_settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING";

const JOB: &str = "
SELECT owner, lease_until, last_started_at, last_finished_at, last_result
FROM job_leases WHERE job = ?1";

const TAKE: &str = "
INSERT INTO job_leases AS j (job, owner, lease_until, last_started_at) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (job) DO UPDATE SET
  owner = excluded.owner, lease_until = excluded.lease_until,
  last_started_at = excluded.last_started_at
WHERE j.owner = excluded.owner OR j.lease_until <= ?4";

const RENEW: &str = "
UPDATE job_leases SET lease_until = ?3 WHERE job = ?1 AND owner = ?2 AND lease_until > ?4";

const FINISH: &str = "
UPDATE job_leases SET lease_until = ?3, last_finished_at = ?3, last_result = ?4
WHERE job = ?1 AND owner = ?2";

impl SettingStore for SqliteStore {
    fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.read_newest("read a setting", |connection| {
            connection.prepare_cached(SETTING)?.query_row([key], |row| row.get("value")).optional()
        })
    }

    fn settle_setting(&self, key: &str, value: &str) -> Result<String, StoreError> {
        self.write("settle a setting", |transaction| {
            let settle = || {
                transaction.prepare_cached(SETTLE)?.execute([key, value])?;
                transaction.prepare_cached(SETTING)?.query_row([key], |row| row.get("value"))
            };
            settle().doing("settle a setting", transaction)
        })
    }
}

impl JobStore for SqliteStore {
    fn job(&self, job: &str) -> Result<Option<JobRecord>, StoreError> {
        self.read_newest("read a job", |connection| {
            let mut statement = connection.prepare_cached(JOB)?;
            let found = statement.query_row([job], |row| {
                Ok(JobRecord {
                    owner: row.get("owner")?,
                    lease_until: time(row, "lease_until")?,
                    last_started_at: maybe_time(row, "last_started_at")?,
                    last_finished_at: maybe_time(row, "last_finished_at")?,
                    last_result: row.get("last_result")?,
                })
            });
            found.optional()
        })
    }

    fn take_job(&self, request: JobRequest<'_>) -> Result<bool, StoreError> {
        let params = params![request.job, request.owner, Time(request.until), Time(request.at)];
        self.change_job("take a job", TAKE, params)
    }

    fn renew_job(&self, request: JobRequest<'_>) -> Result<bool, StoreError> {
        let params = params![request.job, request.owner, Time(request.until), Time(request.at)];
        self.change_job("renew a job", RENEW, params)
    }

    fn finish_job(
        &self,
        job: &str,
        owner: &str,
        at: Timestamp,
        result: &str,
    ) -> Result<bool, StoreError> {
        self.change_job("finish a job", FINISH, params![job, owner, Time(at), result])
    }
}

impl SqliteStore {
    /// Whether the guard of the statement let it change the job.
    fn change_job(
        &self,
        doing: &'static str,
        sql: &str,
        params: impl Params,
    ) -> Result<bool, StoreError> {
        self.write(doing, |transaction| {
            let changed = transaction
                .prepare_cached(sql)
                .and_then(|mut statement| statement.execute(params))
                .doing(doing, transaction)?;
            Ok(changed > 0)
        })
    }
}
