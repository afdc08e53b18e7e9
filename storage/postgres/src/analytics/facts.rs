//! Facts of sessions.

use chatflow::{FlowId, FlowRef, NodeId, SessionId, TenantId};
use chatflow_storage::{
    Audience, FactQuery, InteractionType, Reach, RowFacts, SessionFacts, SessionStatus, UserId,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{Json, Time, label, maybe_json, maybe_time, number, seq, tenants, time};

/// A page ends with the session that fills it. Without schools ($5) all are told of.
///
/// Escapes are taken out of `info` before it is looked into, since Postgres refuses some of them. A cursor ($2, $4) has
/// milliseconds; a time with microseconds, written by hand, lies behind its own, so that without the third comparison a
/// page would begin with the session that the last one ended with.
const FACTS: &str = "
SELECT r.id, r.flow_id, r.flow_seq, r.flow_version, r.school_id, r.user_id,
  r.status::text AS status, r.ended_reason, r.started_at, r.ended_at, r.last_activity_at,
  CASE WHEN $9 THEN r.state END AS state,
  $9 AND EXISTS (
    SELECT 1 FROM conversation_sessions AS e
    WHERE e.user_id = r.user_id AND e.started_at < r.started_at) AS is_returning,
  h.flows, h.nodes, h.kinds, h.times, h.paths, h.contents
FROM (
  SELECT s.id, s.flow_id, s.flow_seq, s.flow_version, s.school_id, s.user_id, s.status,
    s.ended_reason, s.started_at, s.ended_at, s.last_activity_at, s.state,
    sum(s.history_seq) OVER (ORDER BY s.started_at, s.id) - s.history_seq AS rows_before
  FROM (
    SELECT i.id, i.flow_id, i.flow_seq, i.flow_version, i.school_id, i.user_id, i.status,
      i.ended_reason, i.started_at, i.ended_at, i.last_activity_at, i.history_seq, i.state
    FROM conversation_sessions AS i
    WHERE i.flow_id = $1 AND i.started_at >= $2 AND i.started_at < $3
      AND (i.started_at, i.id) > ($2, $4)
      AND (date_trunc('milliseconds', i.started_at), i.id) > ($2, $4)
      AND ($5::uuid[] IS NULL OR i.school_id = ANY ($5))
      AND coalesce((regexp_replace(i.info::text,
        '\\\\(u[0-9a-fA-F]{4}|.)', '_', 'g')::json -> 'preview')::text <> 'true', true)
    ORDER BY i.started_at, i.id LIMIT $6
  ) AS s
) AS r
LEFT JOIN LATERAL (
  SELECT array_agg(c.flow_id ORDER BY c.seq) AS flows,
    array_agg(c.node_id ORDER BY c.seq) AS nodes,
    array_agg(c.interaction_type::text ORDER BY c.seq) AS kinds,
    array_agg(c.created_at ORDER BY c.seq) AS times,
    array_agg(c.path ORDER BY c.seq) AS paths,
    array_agg(CASE WHEN c.interaction_type = 'input' THEN c.content END ORDER BY c.seq)
      AS contents
  FROM conversation_history AS c WHERE $8 AND c.session_id = r.id
) AS h ON true
WHERE r.rows_before < $7 ORDER BY r.started_at, r.id";

/// A page of the sessions of one flow.
pub(super) async fn page(
    connection: &mut PgConnection,
    reach: &Reach,
    query: &FactQuery,
) -> sqlx::Result<Vec<SessionFacts>> {
    let schools = reach.whole.is_empty().then(|| tenants(&reach.schools));
    let begin = query.begin();
    let rows = sqlx::query(FACTS)
        .bind(query.flow.0)
        .bind(Time(begin.started_at))
        .bind(Time(query.to))
        .bind(begin.id.0)
        .bind(schools)
        .bind(i64::from(query.limit))
        .bind(number(query.max_rows))
        .bind(query.rows)
        .bind(query.audience)
        .fetch_all(connection)
        .await?;
    rows.iter().map(session).collect()
}

fn session(row: &PgRow) -> sqlx::Result<SessionFacts> {
    let is_returning = row.try_get("is_returning")?;
    let state = maybe_json(row, "state")?;
    Ok(SessionFacts {
        id: SessionId(row.try_get("id")?),
        flow: FlowRef { id: FlowId(row.try_get("flow_id")?), seq: seq(row, "flow_seq")? },
        flow_version: row.try_get("flow_version")?,
        school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
        user_id: row.try_get::<Option<_>, _>("user_id")?.map(UserId),
        status: label(row, "status", SessionStatus::parse)?,
        ended_reason: row.try_get("ended_reason")?,
        started_at: time(row, "started_at")?,
        ended_at: maybe_time(row, "ended_at")?,
        last_activity_at: time(row, "last_activity_at")?,
        rows: history(row)?,
        audience: state.map(|state| Audience { state, is_returning }),
    })
}

/// The columns of a history, put together to rows.
fn history(row: &PgRow) -> sqlx::Result<Vec<RowFacts>> {
    let Some(nodes) = row.try_get::<Option<Vec<String>>, _>("nodes")? else {
        return Ok(Vec::new());
    };
    let flows: Vec<Option<Uuid>> = row.try_get("flows")?;
    let kinds: Vec<String> = row.try_get("kinds")?;
    let times: Vec<Time> = row.try_get("times")?;
    let paths: Vec<Option<Json<String>>> = row.try_get("paths")?;
    let contents: Vec<Option<Json<String>>> = row.try_get("contents")?;
    let unknown = || sqlx::Error::Decode("unknown label in `interaction_type`".into());
    let whens = kinds.into_iter().zip(times);
    let wheres = flows.into_iter().zip(nodes);
    let texts = paths.into_iter().zip(contents);
    wheres
        .zip(whens)
        .zip(texts)
        .map(|(((flow, node), (kind, at)), (path, content))| {
            Ok(RowFacts {
                flow_id: flow.map(FlowId),
                node_id: NodeId::from(node),
                kind: InteractionType::parse(&kind).ok_or_else(unknown)?,
                created_at: at.0,
                path: path.map(|path| path.0),
                content: content.map(|content| content.0),
            })
        })
        .collect()
}
