//! [`ExportStore`] on SQLite.

use chatflow::{TenantId, Timestamp};
use chatflow_storage::{
    AccessScope, EXPORT_ATTEMPTS, EXPORT_GIVEN_UP, ExportClaim, ExportFile, ExportId, ExportKind,
    ExportLease, ExportOutcome, ExportProgress, ExportQuery, ExportRecord, ExportState,
    ExportStore, NewExport, OldExports, RemovedExports, ServiceAccountId, StoreError, UserId,
    check_export, check_export_outcome,
};
use rusqlite::{OptionalExtension, Params, Row, Transaction, params};

use crate::column::{Id, Time, count, label, list, maybe_time, maybe_uuid, number, time};
use crate::fault::Doing;
use crate::pool::SqliteStore;

macro_rules! columns {
    () => {
        "id, kind, format, params, state, progress, records_count, file_path, file_size, sha256,
         error, requested_by, service_account_id, school_id, created_at, started_at, completed_at,
         expires_at, attempts"
    };
}

const SAME: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM analytics_exports
     WHERE created_at >= ?1 AND state IN ('preparing', 'processing', 'completed')
       AND requested_by IS ?2 AND service_account_id IS ?3 AND school_id IS ?4
       AND kind = ?5 AND format = ?6 AND params = ?7
     ORDER BY created_at DESC, id DESC LIMIT 1"
);

const CREATE: &str = concat!(
    "INSERT INTO analytics_exports (id, kind, format, params, state, progress, requested_by,
       service_account_id, school_id, created_at, expires_at, attempts)
     VALUES (?1, ?2, ?3, ?4, 'preparing', 0, ?5, ?6, ?7, ?8, ?9, 0)
     RETURNING ",
    columns!()
);

const GIVE_UP: &str = "
UPDATE analytics_exports SET state = 'failed', error = ?3, completed_at = ?1, locked_by = NULL,
  locked_until = NULL
WHERE state IN ('preparing', 'processing') AND state = 'processing' AND locked_until <= ?1
  AND attempts >= ?2";

const CLAIM: &str = concat!(
    "UPDATE analytics_exports SET state = 'processing', progress = 0, started_at = ?1,
       attempts = attempts + 1, locked_by = ?2, locked_until = ?3
     WHERE id = (
       SELECT e.id FROM analytics_exports AS e
       WHERE e.state IN ('preparing', 'processing')
         AND (e.state = 'preparing' OR e.locked_until <= ?1)
       ORDER BY e.created_at, e.id LIMIT 1)
     RETURNING ",
    columns!()
);

const REPORT: &str = "
UPDATE analytics_exports SET progress = ?4, locked_until = ?6
WHERE id = ?1 AND locked_by = ?2 AND attempts = ?3 AND state = 'processing' AND locked_until > ?5";

const SETTLE: &str = "
UPDATE analytics_exports SET state = ?5, completed_at = ?4, locked_by = NULL, locked_until = NULL,
  progress = CASE ?5 WHEN 'completed' THEN 100 ELSE progress END,
  file_path = ?6, file_size = ?7, sha256 = ?8, records_count = ?9, error = ?10
WHERE id = ?1 AND locked_by = ?2 AND attempts = ?3 AND state = 'processing'";

/// ?1 all, ?2 of schools that the scope runs, ?3 of its account, ?4 of the program that asks.
macro_rules! seen {
    () => {
        "(?1 OR school_id IN (SELECT value FROM json_each(?2)) OR requested_by = ?3
          OR service_account_id = ?4)"
    };
}

const CANCEL: &str = concat!(
    "UPDATE analytics_exports SET state = 'cancelled', completed_at = ?6, locked_by = NULL,
       locked_until = NULL
     WHERE id = ?5 AND state IN ('preparing', 'processing') AND ",
    seen!()
);

const ONE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM analytics_exports
     WHERE id = ?5 AND (?6 IS NULL OR state = ?6) AND (created_at, id) < (?7, ?8) AND ",
    seen!(),
    " LIMIT ?9"
);

const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM analytics_exports
     WHERE ?5 IS NULL AND (?6 IS NULL OR state = ?6) AND (created_at, id) < (?7, ?8) AND ",
    seen!(),
    " ORDER BY created_at DESC, id DESC LIMIT ?9"
);

const FORGET: &str = "
DELETE FROM analytics_exports WHERE id IN (
  SELECT e.id FROM analytics_exports AS e WHERE e.expires_at <= ?1 AND e.state <> 'completed'
  ORDER BY e.expires_at, e.id LIMIT ?2)
RETURNING file_path";

const EXPIRE: &str = "
UPDATE analytics_exports SET state = 'expired' WHERE id IN (
  SELECT e.id FROM analytics_exports AS e WHERE e.expires_at <= ?1 AND e.state = 'completed'
  ORDER BY e.expires_at, e.id LIMIT ?2)
RETURNING file_path";

impl ExportStore for SqliteStore {
    fn create_export(&self, export: &NewExport) -> Result<ExportRecord, StoreError> {
        check_export(export)?;
        self.write("keep an export", |transaction| {
            create(transaction, export).doing("keep an export", transaction)
        })
    }

    fn claim_export(&self, claim: &ExportClaim) -> Result<Option<ExportRecord>, StoreError> {
        self.write("take up an export", |transaction| {
            let take = || {
                let at = Time(claim.at);
                let given_up = params![at, EXPORT_ATTEMPTS, EXPORT_GIVEN_UP];
                transaction.prepare_cached(GIVE_UP)?.execute(given_up)?;
                let params = params![at, claim.holder, Time(claim.until)];
                transaction.prepare_cached(CLAIM)?.query_row(params, record).optional()
            };
            take().doing("take up an export", transaction)
        })
    }

    fn report_export(&self, progress: &ExportProgress) -> Result<bool, StoreError> {
        let lease = &progress.lease;
        let params = params![
            lease.id.to_string(),
            lease.holder,
            lease.attempt,
            progress.progress.min(100),
            Time(progress.at),
            Time(progress.until),
        ];
        self.change_export("report on an export", REPORT, params)
    }

    fn settle_export(
        &self,
        lease: &ExportLease,
        outcome: &ExportOutcome,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        check_export_outcome(outcome)?;
        let (state, file, error) = match outcome {
            ExportOutcome::Completed(file) => (ExportState::Completed, Some(file), None),
            ExportOutcome::Failed(error) => (ExportState::Failed, None, Some(error)),
        };
        let params = params![
            lease.id.to_string(),
            lease.holder,
            lease.attempt,
            Time(at),
            state.as_str(),
            file.map(|file| &file.path),
            file.map(|file| number(file.size)),
            file.map(|file| &file.sha256),
            file.map(|file| number(file.records)),
            error,
        ];
        self.change_export("end an export", SETTLE, params)
    }

    fn cancel_export(
        &self,
        scope: &AccessScope,
        asker: Option<ServiceAccountId>,
        id: ExportId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let params = params![
            scope.is_system(),
            list(scope.administers()),
            scope.account().map(|id| Id(id.0)),
            asker.map(|id| Id(id.0)),
            id.to_string(),
            Time(at),
        ];
        self.change_export("cancel an export", CANCEL, params)
    }

    fn exports(
        &self,
        scope: &AccessScope,
        query: ExportQuery,
    ) -> Result<Vec<ExportRecord>, StoreError> {
        self.read("list exports", |connection| {
            let mut statement =
                connection.prepare_cached(if query.id.is_some() { ONE } else { LIST })?;
            let begin = query.page_begin();
            let rows = statement.query_map(
                params![
                    scope.is_system(),
                    list(scope.administers()),
                    scope.account().map(|id| Id(id.0)),
                    query.asker.map(|id| Id(id.0)),
                    query.id.map(|id| id.to_string()),
                    query.state.map(ExportState::as_str),
                    Time(begin.created_at),
                    begin.id.to_string(),
                    query.limit,
                ],
                record,
            )?;
            rows.collect()
        })
    }

    fn remove_exports(&self, old: OldExports) -> Result<RemovedExports, StoreError> {
        self.write("remove old exports", |transaction| {
            let remove = || {
                let forgotten = paths(transaction, FORGET, old.forgotten_at, old.limit)?;
                let expired = paths(transaction, EXPIRE, old.expired_at, old.limit)?;
                let (gone, late) = (forgotten.len(), expired.len());
                let mut files: Vec<_> = forgotten.into_iter().chain(expired).flatten().collect();
                files.sort();
                let count = |rows| u64::try_from(rows).unwrap_or(u64::MAX);
                Ok(RemovedExports { files, expired: count(late), forgotten: count(gone) })
            };
            remove().doing("remove old exports", transaction)
        })
    }
}

impl SqliteStore {
    /// Whether the guard of the statement let it change the export.
    fn change_export(
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

fn create(transaction: &Transaction<'_>, export: &NewExport) -> rusqlite::Result<ExportRecord> {
    let user = export.requested_by.map(|id| Id(id.0));
    let program = export.service_account_id.map(|id| Id(id.0));
    let school = export.school_id.map(|id| Id(id.0));
    let (kind, format, params) = (export.kind.as_str(), &export.format, &export.params);
    if let Some(since) = export.same_since {
        let mut statement = transaction.prepare_cached(SAME)?;
        let same = params![Time(since), user, program, school, kind, format, params];
        if let Some(same) = statement.query_row(same, record).optional()? {
            return Ok(same);
        }
    }
    let values = params![
        export.id.to_string(),
        kind,
        format,
        params,
        user,
        program,
        school,
        Time(export.created_at),
        Time(export.expires_at),
    ];
    transaction.prepare_cached(CREATE)?.query_row(values, record)
}

fn paths(
    transaction: &Transaction<'_>,
    sql: &str,
    at: Timestamp,
    limit: u32,
) -> rusqlite::Result<Vec<Option<String>>> {
    let mut statement = transaction.prepare_cached(sql)?;
    let rows = statement.query_map(params![Time(at), limit], |row| row.get("file_path"))?;
    rows.collect()
}

fn record(row: &Row<'_>) -> rusqlite::Result<ExportRecord> {
    let path: Option<String> = row.get("file_path")?;
    let file = |path| {
        Ok::<_, rusqlite::Error>(ExportFile {
            path,
            size: count(row, "file_size")?,
            sha256: row.get("sha256")?,
            records: count(row, "records_count")?,
        })
    };
    Ok(ExportRecord {
        id: label(row, "id", |text| text.parse().ok())?,
        kind: label(row, "kind", ExportKind::parse)?,
        format: row.get("format")?,
        params: row.get("params")?,
        state: label(row, "state", ExportState::parse)?,
        progress: row.get("progress")?,
        file: path.map(file).transpose()?,
        error: row.get("error")?,
        requested_by: maybe_uuid(row, "requested_by")?.map(UserId),
        service_account_id: maybe_uuid(row, "service_account_id")?.map(ServiceAccountId),
        school_id: maybe_uuid(row, "school_id")?.map(TenantId),
        created_at: time(row, "created_at")?,
        started_at: maybe_time(row, "started_at")?,
        completed_at: maybe_time(row, "completed_at")?,
        expires_at: time(row, "expires_at")?,
        attempts: row.get("attempts")?,
    })
}
