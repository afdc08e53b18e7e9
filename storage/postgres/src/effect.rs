//! [`AsyncEffectStore`] on Postgres.
//!
//! A claim is one statement, with the lease and without; what keeps it from running is one more.
//! Records are found by their keys, sessions by their ids (docs/scaling.md).

use chatflow::Timestamp;
use chatflow_storage::{AsyncEffectStore, Claim, CommitError, EffectClaim, StoreError};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::column::{Json, Time, maybe_json, maybe_time, number, small_count, small_number};
use crate::pool::PostgresStore;

/// New, or taken over: expired, failed or run out. Answers with the number of the claim.
macro_rules! claim {
    ($source:literal) => {
        concat!(
            "INSERT INTO task_idempotency_records AS t (
               idempotency_key, request_hash, status, session_id, node_id, session_revision,
               created_at, expires_at, lease_expires_at, attempts)
             ",
            $source,
            "
             ON CONFLICT (idempotency_key) DO UPDATE SET
               attempts = CASE WHEN t.expires_at < $6 THEN 1 ELSE t.attempts + 1 END,
               created_at = CASE WHEN t.expires_at < $6 THEN $6 ELSE t.created_at END,
               request_hash = excluded.request_hash, status = excluded.status,
               session_id = excluded.session_id, node_id = excluded.node_id,
               session_revision = excluded.session_revision, result_data = NULL,
               error_message = NULL, completed_at = NULL, expires_at = excluded.expires_at,
               lease_expires_at = excluded.lease_expires_at
             WHERE (t.status <> 'processing' OR t.lease_expires_at < $6)
               AND (t.expires_at < $6
                 OR (t.request_hash = excluded.request_hash AND t.status <> 'completed'))
             RETURNING attempts"
        )
    };
}

const CLAIM: &str = claim!("VALUES ($1, $2, 'processing', $3, $4, $5, $6, $7, $8, 1)");

/// The lease first: without it there is nothing to claim (F11). Answers with nothing if it is refused.
const CLAIM_WITH_LEASE: &str = concat!(
    "WITH lease AS (
       UPDATE conversation_sessions SET lease_token = $11, lease_expires_at = $12
       WHERE id = $9 AND revision = $10 AND (lease_expires_at IS NULL OR lease_expires_at < $13)
         AND ($14::bigint IS NULL OR xmin::text::bigint = $14)
       RETURNING id
     ), claim AS (",
    claim!("SELECT $1, $2, 'processing', $3, $4, $5, $6, $7, $8, 1 FROM lease"),
    ") SELECT claim.attempts FROM lease LEFT JOIN claim ON true"
);

const STANDING: &str = "
SELECT request_hash, status::text AS status, result_data, lease_expires_at
FROM task_idempotency_records WHERE idempotency_key = $1";

const COMPLETE: &str = "
UPDATE task_idempotency_records
SET status = 'completed', result_data = $3, completed_at = $4, lease_expires_at = NULL
WHERE idempotency_key = $1 AND attempts = $2 AND status = 'processing'";

const FAIL: &str = "
UPDATE task_idempotency_records
SET status = 'failed', error_message = $3, lease_expires_at = NULL
WHERE idempotency_key = $1 AND attempts = $2 AND status = 'processing'";

const SWEEP: &str = "
DELETE FROM task_idempotency_records WHERE idempotency_key = ANY (ARRAY (
  SELECT idempotency_key FROM task_idempotency_records
  WHERE expires_at < $1 AND (status <> 'processing' OR lease_expires_at < $1)
  ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))";

impl AsyncEffectStore for PostgresStore {
    async fn claim_effect(&self, claim: &EffectClaim) -> Result<Claim, CommitError> {
        let mut lent = self.lend("claim an effect").await?;
        let row = insert(lent.connection(), claim).await;
        let attempt = row.and_then(|row| match row {
            Some(row) if row.try_get::<Option<i32>, _>("attempts")?.is_some() => {
                small_count(&row, "attempts").map(|attempt| Some(Some(attempt)))
            }
            row => Ok(row.map(|_| None)),
        });
        match (lent.wrote(attempt)?, &claim.lease) {
            (Some(Some(attempt)), _) => Ok(Claim::Run { attempt }),
            (None, Some(lease)) => {
                Err(self.refusal((lease.session, lease.expected, lease.mark), lease.at).await?)
            }
            (Some(None), _) | (None, None) => Ok(self.standing(claim).await?),
        }
    }

    async fn complete_effect(
        &self,
        key: &str,
        attempt: u32,
        at: Timestamp,
        result: Option<&str>,
    ) -> Result<bool, StoreError> {
        let mut lent = self.lend("complete an effect").await?;
        let completed = sqlx::query(COMPLETE)
            .bind(key)
            .bind(small_number(attempt))
            .bind(result.map(Json))
            .bind(Time(at))
            .execute(lent.connection())
            .await;
        Ok(lent.wrote(completed)?.rows_affected() > 0)
    }

    async fn fail_effect(&self, key: &str, attempt: u32, error: &str) -> Result<bool, StoreError> {
        let mut lent = self.lend("record a failed effect").await?;
        let fail = sqlx::query(FAIL).bind(key).bind(small_number(attempt)).bind(error);
        let failed = fail.execute(lent.connection()).await;
        Ok(lent.wrote(failed)?.rows_affected() > 0)
    }

    async fn sweep_effects(&self, at: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut lent = self.lend("sweep effects").await?;
        let sweep = sqlx::query(SWEEP).bind(Time(at)).bind(i64::from(limit));
        let swept = sweep.execute(lent.connection()).await;
        Ok(lent.wrote(swept)?.rows_affected())
    }
}

impl PostgresStore {
    /// What keeps a claim from running.
    async fn standing(&self, claim: &EffectClaim) -> Result<Claim, StoreError> {
        let mut lent = self.lend("read an effect").await?;
        let row = sqlx::query(STANDING).bind(&claim.key).fetch_optional(lent.connection()).await;
        lent.read(row.and_then(|row| match row {
            Some(row) => standing(&row, claim),
            // Swept since; whoever asks again will have it.
            None => Ok(Claim::InProgress { until: claim.at }),
        }))
    }
}

async fn insert(connection: &mut PgConnection, claim: &EffectClaim) -> sqlx::Result<Option<PgRow>> {
    let sql = if claim.lease.is_some() { CLAIM_WITH_LEASE } else { CLAIM };
    let mut query = sqlx::query(sql)
        .bind(&claim.key)
        .bind(&claim.request_hash)
        .bind(claim.session.0)
        .bind(claim.node_id.as_str())
        .bind(number(claim.revision.0))
        .bind(Time(claim.at))
        .bind(Time(claim.expires_at))
        .bind(Time(claim.until));
    if let Some(lease) = &claim.lease {
        query = query
            .bind(lease.session.0)
            .bind(number(lease.expected.0))
            .bind(lease.token.0)
            .bind(Time(lease.until))
            .bind(Time(lease.at))
            .bind(lease.mark.map(|mark| mark.0));
    }
    query.fetch_optional(connection).await
}

fn standing(row: &PgRow, claim: &EffectClaim) -> sqlx::Result<Claim> {
    if row.try_get::<&str, _>("request_hash")? != claim.request_hash {
        return Ok(Claim::OtherRequest);
    }
    if row.try_get::<&str, _>("status")? == "completed" {
        return Ok(Claim::Done { result: maybe_json(row, "result_data")? });
    }
    let until = maybe_time(row, "lease_expires_at")?.unwrap_or(claim.at);
    Ok(Claim::InProgress { until })
}
