//! Facts of sessions.

use chatflow::{FlowId, FlowRef, NodeId, SessionId, TenantId};
use chatflow_storage::{
    Audience, FactQuery, InteractionType, Reach, RowFacts, SessionFacts, SessionStatus, UserId,
};
use rusqlite::{Connection, Row, named_params};

use crate::column::{Id, Time, label, list, maybe_time, maybe_uuid, number, time, uuid};

/// A page ends with the session that fills it. Without `:schools` all are told of.
const SESSIONS: &str = "
SELECT id, flow_id, flow_seq, flow_version, school_id, user_id, status, ended_reason, started_at,
  ended_at, last_activity_at, state, is_returning
FROM (
  SELECT p.id, p.flow_id, p.flow_seq, p.flow_version, p.school_id, p.user_id, p.status,
    p.ended_reason, p.started_at, p.ended_at, p.last_activity_at,
    sum(p.history_seq) OVER (ORDER BY p.started_at, p.id) - p.history_seq AS rows_before,
    iif(:audience, p.state, NULL) AS state,
    :audience AND EXISTS (
      SELECT 1 FROM conversation_sessions AS e
      WHERE e.user_id = p.user_id AND e.started_at < p.started_at) AS is_returning
  FROM (
    SELECT i.id, i.flow_id, i.flow_seq, i.flow_version, i.school_id, i.user_id, i.status,
      i.ended_reason, i.started_at, i.ended_at, i.last_activity_at, i.history_seq, i.state
    FROM conversation_sessions AS i
    WHERE i.flow_id = :flow AND i.started_at >= :begin AND i.started_at < :to
      AND (i.started_at, i.id) > (:begin, :begin_id)
      AND (:schools IS NULL OR i.school_id IN (SELECT value FROM json_each(:schools)))
      AND coalesce(json_type(i.info, '$.preview') <> 'true', 1)
    ORDER BY i.started_at, i.id LIMIT :limit
  ) AS p
) AS r
WHERE rows_before < :max_rows ORDER BY started_at, id";

const ROWS: &str = "
SELECT flow_id, node_id, interaction_type, created_at, path,
  iif(interaction_type = 'input', content, NULL) AS content
FROM conversation_history WHERE session_id = ?1 ORDER BY seq";

/// A page of the sessions of one flow.
pub(super) fn page(
    connection: &Connection,
    reach: &Reach,
    query: &FactQuery,
) -> rusqlite::Result<Vec<SessionFacts>> {
    let schools = reach.whole.is_empty().then(|| list(&reach.schools));
    let begin = query.begin();
    let params = named_params! {
        ":flow": Id(query.flow.0), ":to": Time(query.to),
        ":begin": Time(begin.started_at), ":begin_id": Id(begin.id.0), ":schools": schools,
        ":limit": query.limit, ":max_rows": number(query.max_rows), ":audience": query.audience,
    };
    let mut statement = connection.prepare_cached(SESSIONS)?;
    let mut sessions =
        statement.query_map(params, session)?.collect::<rusqlite::Result<Vec<_>>>()?;
    if query.rows {
        let mut statement = connection.prepare_cached(ROWS)?;
        for session in &mut sessions {
            session.rows =
                statement.query_map([Id(session.id.0)], history)?.collect::<Result<_, _>>()?;
        }
    }
    Ok(sessions)
}

/// A session without its history.
fn session(row: &Row<'_>) -> rusqlite::Result<SessionFacts> {
    let is_returning = row.get("is_returning")?;
    let state = row.get::<_, Option<String>>("state")?;
    Ok(SessionFacts {
        id: SessionId(uuid(row, "id")?),
        flow: FlowRef { id: FlowId(uuid(row, "flow_id")?), seq: row.get("flow_seq")? },
        flow_version: row.get("flow_version")?,
        school_id: maybe_uuid(row, "school_id")?.map(TenantId),
        user_id: maybe_uuid(row, "user_id")?.map(UserId),
        status: label(row, "status", SessionStatus::parse)?,
        ended_reason: row.get("ended_reason")?,
        started_at: time(row, "started_at")?,
        ended_at: maybe_time(row, "ended_at")?,
        last_activity_at: time(row, "last_activity_at")?,
        rows: Vec::new(),
        audience: state.map(|state| Audience { state, is_returning }),
    })
}

fn history(row: &Row<'_>) -> rusqlite::Result<RowFacts> {
    Ok(RowFacts {
        flow_id: maybe_uuid(row, "flow_id")?.map(FlowId),
        node_id: NodeId::from(row.get::<_, String>("node_id")?),
        kind: label(row, "interaction_type", InteractionType::parse)?,
        created_at: time(row, "created_at")?,
        path: row.get("path")?,
        content: row.get("content")?,
    })
}
