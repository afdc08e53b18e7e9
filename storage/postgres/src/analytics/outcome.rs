//! How sessions came out.

use chatflow::FlowId;
use chatflow_storage::{OpenSessions, OutcomeCount, OutcomeQuery, Reach, SessionStatus};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::ids;
use crate::column::{Time, count, label, maybe_time, tenants};

/// Escapes are taken out of `info` before it is looked into, since Postgres refuses some of them; hardly any names
/// what is looked for.
macro_rules! no_preview {
    () => {
        "(strpos(s.info::text, '\"preview\"') = 0
           OR coalesce((regexp_replace(s.info::text,
             '\\\\(u[0-9a-fA-F]{4}|.)', '_', 'g')::json -> 'preview')::text <> 'true', true))"
    };
}

const OUTCOMES: &str = concat!(
    "SELECT s.flow_id, CASE WHEN $6 THEN date_trunc('hour', s.started_at, 'UTC') END AS hour,
       s.status::text AS status, s.ended_reason, count(*) AS sessions, count(s.ended_at) AS ended,
       sum(greatest(0, extract(epoch FROM s.ended_at - s.started_at) * 1000))::bigint
         AS duration_ms
     FROM conversation_sessions AS s
     WHERE s.flow_id = ANY ($1) AND s.started_at >= $4 AND s.started_at < $5
       AND (s.flow_id = ANY ($2) OR s.school_id = ANY ($3)) AND ",
    no_preview!(),
    " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2"
);

const OPEN: &str = concat!(
    "SELECT s.flow_id, count(*) AS open FROM conversation_sessions AS s
     WHERE s.status = 'active' AND s.flow_id = ANY ($1)
       AND (s.flow_id = ANY ($2) OR s.school_id = ANY ($3)) AND ",
    no_preview!(),
    " GROUP BY s.flow_id ORDER BY s.flow_id"
);

pub(super) async fn counts(
    connection: &mut PgConnection,
    reach: &Reach,
    query: &OutcomeQuery,
) -> sqlx::Result<Vec<OutcomeCount>> {
    let rows = sqlx::query(OUTCOMES)
        .bind(ids(&reach.flows))
        .bind(ids(&reach.whole))
        .bind(tenants(&reach.schools))
        .bind(Time(query.from))
        .bind(Time(query.to))
        .bind(query.is_hourly)
        .fetch_all(connection)
        .await?;
    let one = |row: &PgRow| {
        Ok(OutcomeCount {
            flow: FlowId(row.try_get("flow_id")?),
            hour: maybe_time(row, "hour")?,
            status: label(row, "status", SessionStatus::parse)?,
            ended_reason: row.try_get("ended_reason")?,
            sessions: count(row, "sessions")?,
            ended: count(row, "ended")?,
            duration_ms: count(row, "duration_ms")?,
        })
    };
    rows.iter().map(one).collect()
}

pub(super) async fn open(
    connection: &mut PgConnection,
    reach: &Reach,
) -> sqlx::Result<Vec<OpenSessions>> {
    let rows = sqlx::query(OPEN)
        .bind(ids(&reach.flows))
        .bind(ids(&reach.whole))
        .bind(tenants(&reach.schools))
        .fetch_all(connection)
        .await?;
    let one = |row: &PgRow| {
        Ok(OpenSessions { flow: FlowId(row.try_get("flow_id")?), count: count(row, "open")? })
    };
    rows.iter().map(one).collect()
}
