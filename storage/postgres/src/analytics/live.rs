//! What goes on at this moment.

use chatflow::FlowId;
use chatflow_storage::{LiveFlow, LiveQuery, Reach};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::ids;
use crate::column::{Time, count, tenants};

/// Sessions that started lately, and older ones that go on, each by an index of its own.
///
/// Escapes are taken out of `info` before it is looked into, since Postgres refuses some of them.
const LIVE: &str = "
SELECT s.flow_id,
  count(*) FILTER (WHERE s.status = 'active' AND s.last_activity_at >= $5) AS active,
  count(*) FILTER (WHERE s.started_at >= $7) AS started,
  sum(CASE WHEN s.last_activity_at >= $6 THEN (
    SELECT count(*) FROM conversation_history AS h
    WHERE h.session_id = s.id AND h.interaction_type = 'input' AND h.created_at >= $6
  ) ELSE 0 END)::bigint AS inputs
FROM (
  SELECT r.id, r.flow_id, r.school_id, r.status, r.started_at, r.last_activity_at, r.info
  FROM conversation_sessions AS r
  WHERE r.flow_id = ANY ($1) AND r.started_at >= $4
  UNION ALL
  SELECT o.id, o.flow_id, o.school_id, o.status, o.started_at, o.last_activity_at, o.info
  FROM conversation_sessions AS o
  WHERE o.flow_id = ANY ($1) AND o.started_at < $4 AND o.status = 'active'
) AS s
WHERE (s.flow_id = ANY ($2) OR s.school_id = ANY ($3))
  AND coalesce((regexp_replace(s.info::text,
    '\\\\(u[0-9a-fA-F]{4}|.)', '_', 'g')::json -> 'preview')::text <> 'true', true)
GROUP BY s.flow_id ORDER BY s.flow_id";

pub(super) async fn flows(
    connection: &mut PgConnection,
    reach: &Reach,
    query: &LiveQuery,
) -> sqlx::Result<Vec<LiveFlow>> {
    let rows = sqlx::query(LIVE)
        .bind(ids(&reach.flows))
        .bind(ids(&reach.whole))
        .bind(tenants(&reach.schools))
        .bind(Time(query.from))
        .bind(Time(query.active_since))
        .bind(Time(query.inputs_since))
        .bind(Time(query.started_since))
        .fetch_all(connection)
        .await?;
    let flow = |row: &PgRow| {
        Ok(LiveFlow {
            flow: FlowId(row.try_get("flow_id")?),
            active: count(row, "active")?,
            inputs: count(row, "inputs")?,
            started: count(row, "started")?,
        })
    };
    rows.iter().map(flow).collect()
}
