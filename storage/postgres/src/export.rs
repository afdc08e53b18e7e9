//! [`AsyncExportStore`] on Postgres.

use chatflow::{TenantId, Timestamp};
use chatflow_storage::{
    AccessScope, AsyncExportStore, EXPORT_ATTEMPTS, EXPORT_GIVEN_UP, ExportClaim, ExportFile,
    ExportId, ExportKind, ExportLease, ExportOutcome, ExportProgress, ExportQuery, ExportRecord,
    ExportState, NewExport, OldExports, RemovedExports, ServiceAccountId, StoreError, UserId,
    check_export, check_export_outcome,
};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, Row};

use crate::column::{
    Json, Time, count, json, label, maybe_time, number, small_count, small_number, tenants, time,
};
use crate::fault::failed;
use crate::pool::PostgresStore;

/// One account's requests come one after the other, so that the same export is made once (S5.42).
const WRITE: &str = "BEGIN; SELECT pg_advisory_xact_lock(x'464C4F57'::integer, 2)";

macro_rules! columns {
    () => {
        "id, kind, format, params, state::text AS state, progress, records_count, file_path,
         file_size, sha256, error, requested_by, service_account_id, school_id, created_at,
         started_at, completed_at, expires_at, attempts"
    };
}

const CREATE: &str = concat!(
    "WITH same AS (
       SELECT ",
    columns!(),
    "  FROM analytics_exports
       WHERE created_at >= $10 AND state IN ('preparing', 'processing', 'completed')
         AND requested_by IS NOT DISTINCT FROM $5
         AND service_account_id IS NOT DISTINCT FROM $6 AND school_id IS NOT DISTINCT FROM $7
         AND kind = $2 AND format = $3 AND params::text = $4::text
       ORDER BY created_at DESC, id DESC LIMIT 1
     ), made AS (
       INSERT INTO analytics_exports (id, kind, format, params, state, progress, requested_by,
         service_account_id, school_id, created_at, expires_at, attempts)
       SELECT $1, $2, $3, $4, 'preparing', 0, $5, $6, $7, $8, $9, 0
       WHERE NOT EXISTS (SELECT 1 FROM same)
       RETURNING ",
    columns!(),
    ")
     TABLE same UNION ALL TABLE made"
);

const CLAIM: &str = concat!(
    "WITH spent AS (
       UPDATE analytics_exports SET state = 'failed', error = $5, completed_at = $1,
         locked_by = NULL, locked_until = NULL
       WHERE id = ANY (ARRAY(
         SELECT e.id FROM analytics_exports AS e
         WHERE e.state IN ('preparing', 'processing') AND e.state = 'processing'
           AND e.locked_until <= $1 AND e.attempts >= $4
         FOR UPDATE SKIP LOCKED))
     )
     UPDATE analytics_exports SET state = 'processing', progress = 0, started_at = $1,
       attempts = attempts + 1, locked_by = $2, locked_until = $3
     WHERE id = ANY (ARRAY(
       SELECT e.id FROM analytics_exports AS e
       WHERE e.state IN ('preparing', 'processing')
         AND (e.state = 'preparing' OR (e.locked_until <= $1 AND e.attempts < $4))
       ORDER BY e.created_at, e.id LIMIT 1
       FOR UPDATE SKIP LOCKED))
     RETURNING ",
    columns!()
);

const REPORT: &str = "
UPDATE analytics_exports SET progress = $4, locked_until = $6
WHERE id = $1 AND locked_by = $2 AND attempts = $3 AND state = 'processing' AND locked_until > $5";

const SETTLE: &str = "
UPDATE analytics_exports SET state = $5::enum_export_state, completed_at = $4, locked_by = NULL,
  locked_until = NULL, progress = CASE WHEN $6::text IS NULL THEN progress ELSE 100 END,
  file_path = $6, file_size = $7, sha256 = $8, records_count = $9, error = $10
WHERE id = $1 AND locked_by = $2 AND attempts = $3 AND state = 'processing'";

/// $1 all, $2 of schools that the scope runs, $3 of its account, $4 of the program that asks.
macro_rules! seen {
    () => {
        "($1 OR school_id = ANY ($2) OR requested_by = $3 OR service_account_id = $4)"
    };
}

const CANCEL: &str = concat!(
    "UPDATE analytics_exports SET state = 'cancelled', completed_at = $6, locked_by = NULL,
       locked_until = NULL
     WHERE id = $5 AND state IN ('preparing', 'processing') AND ",
    seen!()
);

const ONE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM analytics_exports
     WHERE id = $5 AND ($6::text IS NULL OR state::text = $6) AND (created_at, id) < ($7, $8) AND ",
    seen!(),
    " LIMIT $9"
);

const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM analytics_exports
     WHERE $5::text IS NULL AND ($6::text IS NULL OR state::text = $6)
       AND (created_at, id) < ($7, $8) AND ",
    seen!(),
    " ORDER BY created_at DESC, id DESC LIMIT $9"
);

/// No row is in both: what is completed expires before it is forgotten.
const REMOVE: &str = "
WITH forgotten AS (
  DELETE FROM analytics_exports WHERE id = ANY (ARRAY(
    SELECT e.id FROM analytics_exports AS e WHERE e.expires_at <= $2 AND e.state <> 'completed'
    ORDER BY e.expires_at, e.id LIMIT $3 FOR UPDATE SKIP LOCKED))
  RETURNING file_path
), expired AS (
  UPDATE analytics_exports SET state = 'expired' WHERE id = ANY (ARRAY(
    SELECT e.id FROM analytics_exports AS e WHERE e.expires_at <= $1 AND e.state = 'completed'
    ORDER BY e.expires_at, e.id LIMIT $3 FOR UPDATE SKIP LOCKED))
  RETURNING file_path
)
SELECT file_path, false AS is_expired FROM forgotten
UNION ALL SELECT file_path, true FROM expired";

impl AsyncExportStore for PostgresStore {
    async fn create_export(&self, export: &NewExport) -> Result<ExportRecord, StoreError> {
        check_export(export)?;
        let mut lent = self.lend("keep an export").await?;
        lent.begin(WRITE).await?;
        match create(lent.connection(), export).await {
            Ok(record) => {
                lent.commit().await?;
                Ok(record)
            }
            Err(error) => {
                lent.roll_back().await;
                Err(failed("keep an export", error))
            }
        }
    }

    async fn claim_export(&self, claim: &ExportClaim) -> Result<Option<ExportRecord>, StoreError> {
        let mut lent = self.lend("take up an export").await?;
        let row = sqlx::query(CLAIM)
            .bind(Time(claim.at))
            .bind(&claim.holder)
            .bind(Time(claim.until))
            .bind(small_number(EXPORT_ATTEMPTS))
            .bind(EXPORT_GIVEN_UP)
            .fetch_optional(lent.connection())
            .await;
        lent.wrote(row.and_then(|row| row.as_ref().map(record).transpose()))
    }

    async fn report_export(&self, progress: &ExportProgress) -> Result<bool, StoreError> {
        let lease = &progress.lease;
        let query = sqlx::query(REPORT)
            .bind(lease.id.to_string())
            .bind(&lease.holder)
            .bind(small_number(lease.attempt))
            .bind(small_number(progress.progress.min(100)))
            .bind(Time(progress.at))
            .bind(Time(progress.until));
        self.change_export("report on an export", query).await
    }

    async fn settle_export(
        &self,
        lease: &ExportLease,
        outcome: &ExportOutcome,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        check_export_outcome(outcome)?;
        let (state, file, error) = match outcome {
            ExportOutcome::Completed(file) => (ExportState::Completed, Some(file), None),
            ExportOutcome::Failed(error) => (ExportState::Failed, None, Some(error.as_str())),
        };
        let query = sqlx::query(SETTLE)
            .bind(lease.id.to_string())
            .bind(&lease.holder)
            .bind(small_number(lease.attempt))
            .bind(Time(at))
            .bind(state.as_str())
            .bind(file.map(|file| file.path.as_str()))
            .bind(file.map(|file| number(file.size)))
            .bind(file.map(|file| file.sha256.as_str()))
            .bind(file.map(|file| number(file.records)))
            .bind(error);
        self.change_export("end an export", query).await
    }

    async fn cancel_export(
        &self,
        scope: &AccessScope,
        asker: Option<ServiceAccountId>,
        id: ExportId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(CANCEL)
            .bind(scope.is_system())
            .bind(tenants(scope.administers()))
            .bind(scope.account().map(|id| id.0))
            .bind(asker.map(|id| id.0))
            .bind(id.to_string())
            .bind(Time(at));
        self.change_export("cancel an export", query).await
    }

    async fn exports(
        &self,
        scope: &AccessScope,
        query: ExportQuery,
    ) -> Result<Vec<ExportRecord>, StoreError> {
        let mut lent = self.lend("list exports").await?;
        let begin = query.page_begin();
        let rows = sqlx::query(if query.id.is_some() { ONE } else { LIST })
            .bind(scope.is_system())
            .bind(tenants(scope.administers()))
            .bind(scope.account().map(|id| id.0))
            .bind(query.asker.map(|id| id.0))
            .bind(query.id.map(|id| id.to_string()))
            .bind(query.state.map(ExportState::as_str))
            .bind(Time(begin.created_at))
            .bind(begin.id.to_string())
            .bind(i64::from(query.limit))
            .fetch_all(lent.connection())
            .await;
        lent.read(rows.and_then(|rows| rows.iter().map(record).collect()))
    }

    async fn remove_exports(&self, old: OldExports) -> Result<RemovedExports, StoreError> {
        let mut lent = self.lend("remove old exports").await?;
        let rows = sqlx::query(REMOVE)
            .bind(Time(old.expired_at))
            .bind(Time(old.forgotten_at))
            .bind(i64::from(old.limit))
            .fetch_all(lent.connection())
            .await;
        lent.wrote(rows.and_then(|rows| removed(&rows)))
    }
}

impl PostgresStore {
    /// Whether the guard of the statement let it change the export.
    async fn change_export(
        &self,
        doing: &'static str,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<bool, StoreError> {
        let mut lent = self.lend(doing).await?;
        let changed = query.execute(lent.connection()).await;
        lent.wrote(changed.map(|changed| changed.rows_affected() > 0))
    }
}

async fn create(connection: &mut PgConnection, export: &NewExport) -> sqlx::Result<ExportRecord> {
    let row = sqlx::query(CREATE)
        .bind(export.id.to_string())
        .bind(export.kind.as_str())
        .bind(&export.format)
        .bind(Json(export.params.as_str()))
        .bind(export.requested_by.map(|id| id.0))
        .bind(export.service_account_id.map(|id| id.0))
        .bind(export.school_id.map(|id| id.0))
        .bind(Time(export.created_at))
        .bind(Time(export.expires_at))
        .bind(export.same_since.map(Time))
        .fetch_one(connection)
        .await?;
    record(&row)
}

fn removed(rows: &[PgRow]) -> sqlx::Result<RemovedExports> {
    let mut removed = RemovedExports::default();
    for row in rows {
        let is_expired: bool = row.try_get("is_expired")?;
        let counter = if is_expired { &mut removed.expired } else { &mut removed.forgotten };
        *counter = counter.saturating_add(1);
        removed.files.extend(row.try_get::<Option<String>, _>("file_path")?);
    }
    removed.files.sort();
    Ok(removed)
}

fn record(row: &PgRow) -> sqlx::Result<ExportRecord> {
    let file = |path| {
        Ok::<_, sqlx::Error>(ExportFile {
            path,
            size: count(row, "file_size")?,
            sha256: row.try_get("sha256")?,
            records: count(row, "records_count")?,
        })
    };
    Ok(ExportRecord {
        id: label(row, "id", |text| text.parse().ok())?,
        kind: label(row, "kind", ExportKind::parse)?,
        format: row.try_get("format")?,
        params: json(row, "params")?,
        state: label(row, "state", ExportState::parse)?,
        progress: small_count(row, "progress")?,
        file: row.try_get::<Option<String>, _>("file_path")?.map(file).transpose()?,
        error: row.try_get("error")?,
        requested_by: row.try_get::<Option<_>, _>("requested_by")?.map(UserId),
        service_account_id: row
            .try_get::<Option<_>, _>("service_account_id")?
            .map(ServiceAccountId),
        school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
        created_at: time(row, "created_at")?,
        started_at: maybe_time(row, "started_at")?,
        completed_at: maybe_time(row, "completed_at")?,
        expires_at: time(row, "expires_at")?,
        attempts: small_count(row, "attempts")?,
    })
}
