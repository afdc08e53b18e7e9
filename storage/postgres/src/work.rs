//! [`AsyncSettingStore`] and [`AsyncJobStore`] on Postgres; each call is one statement.

use chatflow::Timestamp;
use chatflow_storage::{AsyncJobStore, AsyncSettingStore, JobRecord, JobRequest, StoreError};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::column::{Json, Time, json, maybe_json, maybe_time, time};
use crate::pool::PostgresStore;

const SETTING: &str = "SELECT value FROM app_settings WHERE key = $1";

/// A row that is there is written as it is, which waits for whoever is writing it and then tells
/// what stands. That happens when a program starts, not often.
const SETTLE: &str = "
INSERT INTO app_settings AS s (key, value) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET value = s.value RETURNING value";

const JOB: &str = "
SELECT owner, lease_until, last_started_at, last_finished_at, last_result
FROM job_leases WHERE job = $1";

const TAKE: &str = "
INSERT INTO job_leases AS j (job, owner, lease_until, last_started_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (job) DO UPDATE SET
  owner = excluded.owner, lease_until = excluded.lease_until,
  last_started_at = excluded.last_started_at
WHERE j.owner = excluded.owner OR j.lease_until <= $4";

const RENEW: &str = "
UPDATE job_leases SET lease_until = $3 WHERE job = $1 AND owner = $2 AND lease_until > $4";

const FINISH: &str = "
UPDATE job_leases SET lease_until = $3, last_finished_at = $3, last_result = $4
WHERE job = $1 AND owner = $2";

impl AsyncSettingStore for PostgresStore {
    async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        let mut lent = self.lend("read a setting").await?;
        let row = sqlx::query(SETTING).bind(key).fetch_optional(lent.connection()).await;
        lent.read(row.and_then(|row| row.map(|row| json(&row, "value")).transpose()))
    }

    async fn settle_setting(&self, key: &str, value: &str) -> Result<String, StoreError> {
        let mut lent = self.lend("settle a setting").await?;
        let settle = sqlx::query(SETTLE).bind(key).bind(Json(value));
        let row = settle.fetch_one(lent.connection()).await;
        lent.wrote(row.and_then(|row| json(&row, "value")))
    }
}

impl AsyncJobStore for PostgresStore {
    async fn job(&self, job: &str) -> Result<Option<JobRecord>, StoreError> {
        let mut lent = self.lend("read a job").await?;
        let row = sqlx::query(JOB).bind(job).fetch_optional(lent.connection()).await;
        lent.read(row.and_then(|row| row.map(|row| record(&row)).transpose()))
    }

    async fn take_job(&self, request: JobRequest<'_>) -> Result<bool, StoreError> {
        self.change_job("take a job", TAKE, request).await
    }

    async fn renew_job(&self, request: JobRequest<'_>) -> Result<bool, StoreError> {
        self.change_job("renew a job", RENEW, request).await
    }

    async fn finish_job(
        &self,
        job: &str,
        owner: &str,
        at: Timestamp,
        result: &str,
    ) -> Result<bool, StoreError> {
        let mut lent = self.lend("finish a job").await?;
        let finish = sqlx::query(FINISH).bind(job).bind(owner).bind(Time(at)).bind(Json(result));
        let finished = finish.execute(lent.connection()).await;
        Ok(lent.wrote(finished)?.rows_affected() > 0)
    }
}

impl PostgresStore {
    /// Whether the guard of the statement let it change the job.
    async fn change_job(
        &self,
        doing: &'static str,
        sql: &'static str,
        request: JobRequest<'_>,
    ) -> Result<bool, StoreError> {
        let mut lent = self.lend(doing).await?;
        let changed = sqlx::query(sql)
            .bind(request.job)
            .bind(request.owner)
            .bind(Time(request.until))
            .bind(Time(request.at))
            .execute(lent.connection())
            .await;
        Ok(lent.wrote(changed)?.rows_affected() > 0)
    }
}

fn record(row: &PgRow) -> sqlx::Result<JobRecord> {
    Ok(JobRecord {
        owner: row.try_get("owner")?,
        lease_until: time(row, "lease_until")?,
        last_started_at: maybe_time(row, "last_started_at")?,
        last_finished_at: maybe_time(row, "last_finished_at")?,
        last_result: maybe_json(row, "last_result")?,
    })
}
