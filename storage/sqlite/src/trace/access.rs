//! Who looked at traces.

use chatflow::{FlowId, SessionId};
use chatflow_storage::{AccessPage, AccessQuery, AccessType, TraceAccess, UserId};
use rusqlite::{Connection, Row, params};

use crate::column::{Id, Time, count, label, maybe_uuid, number, time, uuid};

const INSERT: &str = "
INSERT INTO trace_access_audit (
  id, session_id, flow_id, accessed_by, service_account_id, actor_label, access_type, accessed_at,
  ip_address, user_agent, data_accessed)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

const PAGE: &str = "
SELECT id, session_id, flow_id, accessed_by, service_account_id, actor_label, access_type,
  accessed_at, ip_address, user_agent, data_accessed
FROM trace_access_audit WHERE ?1 IS NULL OR session_id = ?1
ORDER BY accessed_at DESC, id DESC LIMIT ?3 OFFSET ?2";

const TOTAL: &str = "
SELECT count(*) AS total FROM trace_access_audit WHERE ?1 IS NULL OR session_id = ?1";

pub(super) fn insert(connection: &Connection, access: &TraceAccess) -> rusqlite::Result<()> {
    connection.prepare_cached(INSERT)?.execute(params![
        Id(access.id),
        access.session_id.map(|id| Id(id.0)),
        access.flow_id.map(|id| Id(id.0)),
        access.accessed_by.map(|id| Id(id.0)),
        access.service_account_id.map(Id),
        access.actor_label,
        access.access_type.as_str(),
        Time(access.accessed_at),
        access.ip_address,
        access.user_agent,
        access.data_accessed,
    ])?;
    Ok(())
}

pub(super) fn page(connection: &Connection, query: AccessQuery) -> rusqlite::Result<AccessPage> {
    let session = query.session.map(|id| Id(id.0));
    let params = params![session, number(query.skip), number(query.limit)];
    let mut statement = connection.prepare_cached(PAGE)?;
    let rows = statement.query_map(params, access)?.collect::<rusqlite::Result<_>>()?;
    let mut statement = connection.prepare_cached(TOTAL)?;
    let total = statement.query_row(params![session], |row| count(row, "total"))?;
    Ok(AccessPage { rows, total })
}

fn access(row: &Row<'_>) -> rusqlite::Result<TraceAccess> {
    Ok(TraceAccess {
        id: uuid(row, "id")?,
        session_id: maybe_uuid(row, "session_id")?.map(SessionId),
        flow_id: maybe_uuid(row, "flow_id")?.map(FlowId),
        accessed_by: maybe_uuid(row, "accessed_by")?.map(UserId),
        service_account_id: maybe_uuid(row, "service_account_id")?,
        actor_label: row.get("actor_label")?,
        access_type: label(row, "access_type", AccessType::parse)?,
        accessed_at: time(row, "accessed_at")?,
        ip_address: row.get("ip_address")?,
        user_agent: row.get("user_agent")?,
        data_accessed: row.get("data_accessed")?,
    })
}
