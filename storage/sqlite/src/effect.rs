//! [`EffectStore`] on SQLite.

use chatflow::Timestamp;
use chatflow_storage::{Claim, CommitError, EffectClaim, EffectStore, StoreError};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use crate::column::{Id, Time, maybe_time, number};
use crate::fault::Doing;
use crate::pool::SqliteStore;
use crate::session;

/// New, or taken over: expired, failed or run out. Answers with the number of the claim.
const CLAIM: &str = "
INSERT INTO task_idempotency_records AS t (
  idempotency_key, request_hash, status, session_id, node_id, session_revision, created_at,
  expires_at, lease_expires_at, attempts)
VALUES (?1, ?2, 'processing', ?3, ?4, ?5, ?6, ?7, ?8, 1)
ON CONFLICT (idempotency_key) DO UPDATE SET
  attempts = CASE WHEN t.expires_at < ?6 THEN 1 ELSE t.attempts + 1 END,
  created_at = CASE WHEN t.expires_at < ?6 THEN ?6 ELSE t.created_at END,
  request_hash = excluded.request_hash, status = excluded.status,
  session_id = excluded.session_id, node_id = excluded.node_id,
  session_revision = excluded.session_revision, result_data = NULL, error_message = NULL,
  completed_at = NULL, expires_at = excluded.expires_at,
  lease_expires_at = excluded.lease_expires_at
WHERE (t.status <> 'processing' OR t.lease_expires_at < ?6)
  AND (t.expires_at < ?6 OR (t.request_hash = excluded.request_hash AND t.status <> 'completed'))
RETURNING attempts";

const STANDING: &str = "
SELECT request_hash, status, result_data, lease_expires_at
FROM task_idempotency_records WHERE idempotency_key = ?1";

const COMPLETE: &str = "
UPDATE task_idempotency_records
SET status = 'completed', result_data = ?3, completed_at = ?4, lease_expires_at = NULL
WHERE idempotency_key = ?1 AND attempts = ?2 AND status = 'processing'";

const FAIL: &str = "
UPDATE task_idempotency_records
SET status = 'failed', error_message = ?3, lease_expires_at = NULL
WHERE idempotency_key = ?1 AND attempts = ?2 AND status = 'processing'";

const SWEEP: &str = "
DELETE FROM task_idempotency_records WHERE idempotency_key IN (
  SELECT idempotency_key FROM task_idempotency_records
  WHERE expires_at < ?1 AND (status <> 'processing' OR lease_expires_at < ?1)
  ORDER BY expires_at LIMIT ?2)";

impl EffectStore for SqliteStore {
    fn claim_effect(&self, claim: &EffectClaim) -> Result<Claim, CommitError> {
        self.write("claim an effect", |transaction| {
            if let Some(lease) = &claim.lease {
                session::take_lease(transaction, lease)?;
            }
            let claimed = insert(transaction, claim).doing("claim an effect", transaction)?;
            if let Some(attempt) = claimed {
                return Ok(Claim::Run { attempt });
            }
            let stands = transaction
                .prepare_cached(STANDING)
                .and_then(|mut statement| {
                    statement.query_row([&claim.key], |row| standing(row, claim))
                })
                .doing("read an effect", transaction)?;
            Ok(stands)
        })
    }

    fn complete_effect(
        &self,
        key: &str,
        attempt: u32,
        at: Timestamp,
        result: Option<&str>,
    ) -> Result<bool, StoreError> {
        self.end_effect("complete an effect", COMPLETE, params![key, attempt, result, Time(at)])
    }

    fn fail_effect(&self, key: &str, attempt: u32, error: &str) -> Result<bool, StoreError> {
        self.end_effect("record a failed effect", FAIL, params![key, attempt, error])
    }

    fn sweep_effects(&self, at: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write("sweep effects", |transaction| {
            let swept = transaction
                .prepare_cached(SWEEP)
                .and_then(|mut statement| statement.execute(params![Time(at), limit]))
                .doing("sweep effects", transaction)?;
            Ok(u64::try_from(swept).unwrap_or(u64::MAX))
        })
    }
}

impl SqliteStore {
    /// Whether the claim stood.
    fn end_effect(
        &self,
        doing: &'static str,
        sql: &str,
        params: impl Params,
    ) -> Result<bool, StoreError> {
        self.write(doing, |transaction| {
            let ended = transaction
                .prepare_cached(sql)
                .and_then(|mut statement| statement.execute(params))
                .doing(doing, transaction)?;
            Ok(ended > 0)
        })
    }
}

fn insert(connection: &Connection, claim: &EffectClaim) -> rusqlite::Result<Option<u32>> {
    let mut statement = connection.prepare_cached(CLAIM)?;
    let params = params![
        claim.key,
        claim.request_hash,
        Id(claim.session.0),
        claim.node_id.as_str(),
        number(claim.revision.0),
        Time(claim.at),
        Time(claim.expires_at),
        Time(claim.until),
    ];
    statement.query_row(params, |row| row.get("attempts")).optional()
}

/// What keeps the claim from running.
fn standing(row: &Row<'_>, claim: &EffectClaim) -> rusqlite::Result<Claim> {
    if row.get::<_, String>("request_hash")? != claim.request_hash {
        return Ok(Claim::OtherRequest);
    }
    if row.get_ref("status")?.as_str()? == "completed" {
        return Ok(Claim::Done { result: row.get("result_data")? });
    }
    let until = maybe_time(row, "lease_expires_at")?.unwrap_or(claim.at);
    Ok(Claim::InProgress { until })
}
