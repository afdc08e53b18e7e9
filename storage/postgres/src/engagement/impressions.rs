//! Impressions, and the sessions that they belong to.

use std::collections::BTreeMap;

use chatflow::{FlowId, ImpressionId, Revision, SessionId};
use chatflow_storage::{
    ContentReach, ImpressionFacts, ImpressionPage, ImpressionQuery, SessionStatus, ShownSession,
    TurnPath,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{Json, Time, count, json, label, maybe_node, small_count, tenants, time};

/// Without schools ($5) all are told of. A session comes with each of its impressions; few have more
/// than one.
const IMPRESSIONS: &str = "
SELECT p.id, p.created_at, p.flow_id, p.node_id, p.session_id, p.revision, p.ordinal,
  s.id AS known, s.status::text AS status, s.state, h.times, h.paths
FROM (
  SELECT e.id, e.created_at, e.flow_id, e.node_id, e.session_id, e.revision, e.ordinal
  FROM content_events AS e
  WHERE e.content_id = $1 AND e.event = 'impression'
    AND e.created_at >= $2 AND (e.created_at, e.id) < ($3, $4)
    AND ($5::uuid[] IS NULL OR e.school_id = ANY ($5))
  ORDER BY e.created_at DESC, e.id DESC LIMIT $6
) AS p
LEFT JOIN conversation_sessions AS s ON s.id = p.session_id
LEFT JOIN LATERAL (
  SELECT array_agg(c.created_at ORDER BY c.seq) AS times, array_agg(c.path ORDER BY c.seq) AS paths
  FROM conversation_history AS c WHERE c.session_id = s.id AND c.path IS NOT NULL
) AS h ON true
ORDER BY p.created_at DESC, p.id DESC";

pub(super) async fn page(
    connection: &mut PgConnection,
    reach: &ContentReach,
    query: &ImpressionQuery,
) -> sqlx::Result<ImpressionPage> {
    if *reach == ContentReach::Nothing {
        return Ok(ImpressionPage::default());
    }
    let end = query.end();
    let rows = sqlx::query(IMPRESSIONS)
        .bind(query.window.content.0)
        .bind(Time(query.window.begins()))
        .bind(Time(end.at))
        .bind(end.id)
        .bind(reach.schools().map(tenants))
        .bind(i64::from(query.limit))
        .fetch_all(connection)
        .await?;
    let mut sessions = BTreeMap::new();
    for row in &rows {
        let known = row.try_get::<Option<Uuid>, _>("known")?.map(SessionId);
        if let Some(id) = known.filter(|id| !sessions.contains_key(id)) {
            sessions.insert(id, shown_session(id, row)?);
        }
    }
    let impressions = rows.iter().map(impression).collect::<sqlx::Result<_>>()?;
    Ok(ImpressionPage { impressions, sessions: sessions.into_values().collect() })
}

fn impression(row: &PgRow) -> sqlx::Result<ImpressionFacts> {
    Ok(ImpressionFacts {
        id: ImpressionId(row.try_get("id")?),
        at: time(row, "created_at")?,
        flow_id: row.try_get::<Option<Uuid>, _>("flow_id")?.map(FlowId),
        node_id: maybe_node(row, "node_id")?,
        session_id: row.try_get::<Option<Uuid>, _>("session_id")?.map(SessionId),
        revision: Revision(count(row, "revision")?),
        ordinal: small_count(row, "ordinal")?,
    })
}

fn shown_session(id: SessionId, row: &PgRow) -> sqlx::Result<ShownSession> {
    let times: Vec<Time> = row.try_get::<Option<_>, _>("times")?.unwrap_or_default();
    let paths: Vec<Json<String>> = row.try_get::<Option<_>, _>("paths")?.unwrap_or_default();
    let turn = |(at, path): (Time, Json<String>)| TurnPath { at: at.0, path: path.0 };
    Ok(ShownSession {
        id,
        status: label(row, "status", SessionStatus::parse)?,
        state: json(row, "state")?,
        turns: times.into_iter().zip(paths).map(turn).collect(),
    })
}
