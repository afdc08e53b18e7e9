//! Who looked at traces.

use chatflow::{FlowId, SessionId};
use chatflow_storage::{AccessPage, AccessQuery, AccessType, TraceAccess, UserId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{Json, Time, count, label, maybe_json, number, time};

const INSERT: &str = "
INSERT INTO trace_access_audit (
  id, session_id, flow_id, accessed_by, service_account_id, actor_label, access_type, accessed_at,
  ip_address, user_agent, data_accessed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// The total comes in every row; an empty page is one row without an id.
const PAGE: &str = "
SELECT t.total, a.id, a.session_id, a.flow_id, a.accessed_by, a.service_account_id, a.actor_label,
  a.access_type, a.accessed_at, a.ip_address, a.user_agent, a.data_accessed
FROM (
  SELECT count(*) AS total FROM trace_access_audit WHERE $1 IS NULL OR session_id = $1
) AS t
LEFT JOIN LATERAL (
  SELECT id, session_id, flow_id, accessed_by, service_account_id, actor_label, access_type,
    accessed_at, ip_address, user_agent, data_accessed
  FROM trace_access_audit WHERE $1 IS NULL OR session_id = $1
  ORDER BY accessed_at DESC, id DESC LIMIT $3 OFFSET $2
) AS a ON true
ORDER BY a.accessed_at DESC, a.id DESC";

pub(super) async fn insert(
    connection: &mut PgConnection,
    access: &TraceAccess,
) -> sqlx::Result<()> {
    sqlx::query(INSERT)
        .bind(access.id)
        .bind(access.session_id.map(|id| id.0))
        .bind(access.flow_id.map(|id| id.0))
        .bind(access.accessed_by.map(|id| id.0))
        .bind(access.service_account_id)
        .bind(access.actor_label.as_str())
        .bind(access.access_type.as_str())
        .bind(Time(access.accessed_at))
        .bind(access.ip_address.as_deref())
        .bind(access.user_agent.as_deref())
        .bind(access.data_accessed.as_deref().map(Json))
        .execute(connection)
        .await
        .map(drop)
}

pub(super) async fn page(
    connection: &mut PgConnection,
    query: AccessQuery,
) -> sqlx::Result<AccessPage> {
    let rows = sqlx::query(PAGE)
        .bind(query.session.map(|id| id.0))
        .bind(number(query.skip))
        .bind(number(query.limit))
        .fetch_all(connection)
        .await?;
    let mut page = AccessPage::default();
    for row in &rows {
        page.total = count(row, "total")?;
        if let Some(id) = row.try_get("id")? {
            page.rows.push(access(row, id)?);
        }
    }
    Ok(page)
}

fn access(row: &PgRow, id: Uuid) -> sqlx::Result<TraceAccess> {
    Ok(TraceAccess {
        id,
        session_id: row.try_get::<Option<_>, _>("session_id")?.map(SessionId),
        flow_id: row.try_get::<Option<_>, _>("flow_id")?.map(FlowId),
        accessed_by: row.try_get::<Option<_>, _>("accessed_by")?.map(UserId),
        service_account_id: row.try_get("service_account_id")?,
        actor_label: row.try_get("actor_label")?,
        access_type: label(row, "access_type", AccessType::parse)?,
        accessed_at: time(row, "accessed_at")?,
        ip_address: row.try_get("ip_address")?,
        user_agent: row.try_get("user_agent")?,
        data_accessed: maybe_json(row, "data_accessed")?,
    })
}
