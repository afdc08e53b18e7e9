//! [`AsyncAuditStore`] on Postgres.

use chatflow::{TenantId, Timestamp};
use chatflow_storage::{
    AccessScope, AsyncAuditStore, AuditEntry, AuditQuery, StoreError, check_audit,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{Json, Time, json, number, tenants, time};
use crate::pool::PostgresStore;

const APPEND: &str = "
INSERT INTO audit_log (
  id, at, actor_type, actor_id, action, resource_type, resource_id, school_id, changes, request_id,
  ip)
SELECT r.id, r.at, r.actor_type, r.actor_id, r.action, r.resource_type, r.resource_id,
  r.school_id, r.changes, r.request_id, r.ip
FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS r (
  id, at, actor_type, actor_id, action, resource_type, resource_id, school_id, changes, request_id,
  ip)
ON CONFLICT DO NOTHING";

/// $1 all schools, $2 those that the scope runs; $6 and $7 the time, $8 and $9 where the page begins.
macro_rules! entries {
    ($rest:literal) => {
        concat!(
            "SELECT id, at, actor_type, actor_id, action, resource_type, resource_id, school_id,
               changes, request_id, ip
             FROM audit_log
             WHERE ($1 OR school_id = ANY ($2)) AND ($5 IS NULL OR actor_id = $5)
               AND at BETWEEN $6 AND $7 AND (at, id) < ($8, $9) ",
            $rest
        )
    };
}

const ALL: &str = entries!(
    "AND ($3 IS NULL OR resource_type = $3) AND ($4 IS NULL OR resource_id = $4)
     ORDER BY at DESC, id DESC LIMIT $10"
);

/// So that their index is used.
const OF_RESOURCE: &str = entries!(
    "AND resource_type = $3 AND resource_id = $4
     ORDER BY at DESC, id DESC LIMIT $10"
);

const DELETE_OLD: &str = "
DELETE FROM audit_log WHERE id = ANY (ARRAY(
  SELECT a.id FROM audit_log AS a WHERE a.at < $1 ORDER BY a.at, a.id LIMIT $2))";

impl AsyncAuditStore for PostgresStore {
    async fn append_audit(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        entries.iter().try_for_each(check_audit)?;
        let mut lent = self.lend("write the audit log").await?;
        let appended = append(lent.connection(), entries).await;
        lent.wrote(appended)
    }

    async fn audit_log(
        &self,
        scope: &AccessScope,
        query: &AuditQuery,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let mut lent = self.lend("read the audit log").await?;
        let is_one = query.resource_type.is_some() && query.resource_id.is_some();
        let begin = query.page_begin();
        let rows = sqlx::query(if is_one { OF_RESOURCE } else { ALL })
            .bind(scope.is_system())
            .bind(tenants(scope.administers()))
            .bind(query.resource_type.as_deref())
            .bind(query.resource_id.as_deref())
            .bind(query.actor)
            .bind(Time(query.from.unwrap_or_else(|| Timestamp::from_millis(i64::MIN))))
            .bind(Time(query.to.unwrap_or_else(|| Timestamp::from_millis(i64::MAX))))
            .bind(Time(begin.at))
            .bind(begin.id)
            .bind(i64::from(query.limit))
            .fetch_all(lent.connection())
            .await;
        lent.read(rows.and_then(|rows| rows.iter().map(entry).collect()))
    }

    async fn delete_old_audit(&self, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let mut lent = self.lend("delete old entries of the audit log").await?;
        let deleted = sqlx::query(DELETE_OLD)
            .bind(Time(before))
            .bind(number(limit))
            .execute(lent.connection())
            .await;
        lent.wrote(deleted.map(|deleted| deleted.rows_affected()))
    }
}

/// Writes entries with one statement.
pub(crate) async fn append(
    connection: &mut PgConnection,
    entries: &[AuditEntry],
) -> sqlx::Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    sqlx::query(APPEND)
        .bind(column(entries, |entry| entry.id))
        .bind(column(entries, |entry| Time(entry.at)))
        .bind(column(entries, |entry| entry.actor_type.as_str()))
        .bind(column::<Option<Uuid>>(entries, |entry| entry.actor_id))
        .bind(column(entries, |entry| entry.action.as_str()))
        .bind(column(entries, |entry| entry.resource_type.as_str()))
        .bind(column(entries, |entry| entry.resource_id.as_str()))
        .bind(column::<Option<Uuid>>(entries, |entry| entry.school_id.map(|id| id.0)))
        .bind(column(entries, |entry| Json(entry.changes.as_str())))
        .bind(column(entries, |entry| entry.request_id.as_deref()))
        .bind(column(entries, |entry| entry.ip.as_deref()))
        .execute(connection)
        .await
        .map(drop)
}

fn column<'e, T>(entries: &'e [AuditEntry], of: impl Fn(&'e AuditEntry) -> T) -> Vec<T> {
    entries.iter().map(of).collect()
}

fn entry(row: &PgRow) -> sqlx::Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.try_get("id")?,
        at: time(row, "at")?,
        actor_type: row.try_get("actor_type")?,
        actor_id: row.try_get("actor_id")?,
        action: row.try_get("action")?,
        resource_type: row.try_get("resource_type")?,
        resource_id: row.try_get("resource_id")?,
        school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
        changes: json(row, "changes")?,
        request_id: row.try_get("request_id")?,
        ip: row.try_get("ip")?,
    })
}
