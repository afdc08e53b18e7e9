//! [`AuditStore`] on SQLite.

use chatflow::{TenantId, Timestamp};
use chatflow_storage::{AccessScope, AuditEntry, AuditQuery, AuditStore, StoreError, check_audit};
use rusqlite::{Connection, Row, params};

use crate::column::{Id, Time, list, maybe_uuid, number, time, uuid};
use crate::fault::Doing;
use crate::pool::SqliteStore;

const APPEND: &str = "
INSERT INTO audit_log (
  id, at, actor_type, actor_id, action, resource_type, resource_id, school_id, changes, request_id,
  ip)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (id) DO NOTHING";

/// ?1 all schools, ?2 those that the scope runs; ?6 and ?7 the time, ?8 and ?9 where the page begins.
macro_rules! entries {
    ($rest:literal) => {
        concat!(
            "SELECT id, at, actor_type, actor_id, action, resource_type, resource_id, school_id,
               changes, request_id, ip
             FROM audit_log
             WHERE (?1 OR school_id IN (SELECT value FROM json_each(?2))) AND (?5 IS NULL OR actor_id = ?5)
               AND at BETWEEN ?6 AND ?7 AND (at, id) < (?8, ?9) ",
            $rest
        )
    };
}

const ALL: &str = entries!(
    "AND (?3 IS NULL OR resource_type = ?3) AND (?4 IS NULL OR resource_id = ?4)
     ORDER BY at DESC, id DESC LIMIT ?10"
);

/// So that their index is used.
const OF_RESOURCE: &str = entries!(
    "AND resource_type = ?3 AND resource_id = ?4
     ORDER BY at DESC, id DESC LIMIT ?10"
);

const DELETE_OLD: &str = "
DELETE FROM audit_log WHERE rowid IN (
  SELECT a.rowid FROM audit_log AS a WHERE a.at < ?1 ORDER BY a.at, a.id LIMIT ?2)";

impl AuditStore for SqliteStore {
    fn append_audit(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        entries.iter().try_for_each(check_audit)?;
        self.write("write the audit log", |transaction| {
            append(transaction, entries).doing("write the audit log", transaction)
        })
    }

    fn audit_log(
        &self,
        scope: &AccessScope,
        query: &AuditQuery,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        self.read("read the audit log", |connection| {
            let is_one = query.resource_type.is_some() && query.resource_id.is_some();
            let mut statement =
                connection.prepare_cached(if is_one { OF_RESOURCE } else { ALL })?;
            let begin = query.page_begin();
            let rows = statement.query_map(
                params![
                    scope.is_system(),
                    list(scope.administers()),
                    query.resource_type,
                    query.resource_id,
                    query.actor.map(Id),
                    Time(query.from.unwrap_or_else(|| Timestamp::from_millis(i64::MIN))),
                    Time(query.to.unwrap_or_else(|| Timestamp::from_millis(i64::MAX))),
                    Time(begin.at),
                    Id(begin.id),
                    query.limit,
                ],
                entry,
            )?;
            rows.collect()
        })
    }

    fn delete_old_audit(&self, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        self.write("delete old entries of the audit log", |transaction| {
            let deleted = transaction
                .prepare_cached(DELETE_OLD)
                .and_then(|mut statement| statement.execute(params![Time(before), number(limit)]))
                .doing("delete old entries of the audit log", transaction)?;
            Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
        })
    }
}

/// Writes entries within a transaction.
pub(crate) fn append(connection: &Connection, entries: &[AuditEntry]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(APPEND)?;
    for entry in entries {
        statement.execute(params![
            Id(entry.id),
            Time(entry.at),
            entry.actor_type,
            entry.actor_id.map(Id),
            entry.action,
            entry.resource_type,
            entry.resource_id,
            entry.school_id.map(|id| Id(id.0)),
            entry.changes,
            entry.request_id,
            entry.ip,
        ])?;
    }
    Ok(())
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: uuid(row, "id")?,
        at: time(row, "at")?,
        actor_type: row.get("actor_type")?,
        actor_id: maybe_uuid(row, "actor_id")?,
        action: row.get("action")?,
        resource_type: row.get("resource_type")?,
        resource_id: row.get("resource_id")?,
        school_id: maybe_uuid(row, "school_id")?.map(TenantId),
        changes: row.get("changes")?,
        request_id: row.get("request_id")?,
        ip: row.get("ip")?,
    })
}
