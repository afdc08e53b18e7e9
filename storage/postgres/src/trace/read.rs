//! Reading traces.

use chatflow::{FlowId, FlowRef, Revision, SessionId, Timestamp};
use chatflow_storage::{
    AccessScope, FlowSession, FlowSessionPage, FlowSessionQuery, SessionStatus, TracePage,
    TraceQuery, TraceRow, TraceStats, TraceTotals, TraceTurn, TraceUsage, UserId,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{
    Json, Time, count, json, label, maybe_json, maybe_time, number, seq, small_count, tenants, time,
};

/// Sessions `s` of the scope: all ($1), or those of its schools ($2) on flows of the same school
/// (S2.30).
macro_rules! visible {
    () => {
        "($1 OR (s.school_id = ANY ($2)
           AND s.school_id = (SELECT f.school_id FROM flow_definitions AS f WHERE f.id = s.flow_id)))"
    };
}

macro_rules! totals {
    () => {
        "count(*) AS turns, coalesce(sum(t.step_count), 0)::bigint AS steps,
         coalesce(sum(t.error_count), 0)::bigint AS errors,
         coalesce(sum(t.duration_ms), 0)::bigint AS duration_ms"
    };
}

/// The totals come in every row; an empty page is one row without a revision.
const TRACE: &str = concat!(
    "SELECT n.turns, n.steps AS steps_taken, n.errors, n.duration_ms AS lasted, r.revision,
       r.flow_id, r.at, r.step_count, r.error_count, r.duration_ms, r.steps, r.state
     FROM (
       SELECT ",
    totals!(),
    "  FROM flow_execution_turns AS t JOIN conversation_sessions AS s ON s.id = t.session_id
       WHERE t.session_id = $3 AND ",
    visible!(),
    ") AS n
     LEFT JOIN LATERAL (
       SELECT t.revision, t.flow_id, t.at, t.step_count, t.error_count, t.duration_ms, t.steps,
         t.state
       FROM flow_execution_turns AS t JOIN conversation_sessions AS s ON s.id = t.session_id
       WHERE t.session_id = $3 AND t.revision >= $4 AND ",
    visible!(),
    "  ORDER BY t.revision LIMIT $5
     ) AS r ON true ORDER BY r.revision"
);

macro_rules! of_flow {
    () => {
        "s.flow_id = $3 AND s.started_at BETWEEN $4 AND $5
         AND ($6 IS NULL OR s.status = $6::enum_conversation_session_status)
         AND ($7 IS NULL OR s.user_id = $7)
         AND ($8 IS NULL OR s.flow_version = $8)
         AND ($9 IS NULL OR s.trace_enabled = $9)
         AND ($10 IS NULL OR $10 = EXISTS (
           SELECT 1 FROM flow_execution_turns AS t
           WHERE t.session_id = s.id AND t.error_count > 0))
         AND "
    };
}

/// The total comes in every row; an empty page is one row without an id.
const SESSIONS: &str = concat!(
    "SELECT c.total, p.id, p.token_hint, p.user_id, p.flow_id, p.flow_seq, p.flow_version, p.status,
       p.started_at, p.ended_at, p.trace_enabled, n.turns, n.steps, n.errors, n.duration_ms,
       ARRAY(
         SELECT h.path FROM conversation_history AS h
         WHERE h.session_id = p.id AND h.path IS NOT NULL ORDER BY h.seq LIMIT 10) AS paths
     FROM (SELECT count(*) AS total FROM conversation_sessions AS s WHERE ",
    of_flow!(),
    visible!(),
    ") AS c
     LEFT JOIN LATERAL (
       SELECT s.id, s.token_hint, s.user_id, s.flow_id, s.flow_seq, s.flow_version,
         s.status::text AS status, s.started_at, s.ended_at, s.trace_enabled
       FROM conversation_sessions AS s WHERE ",
    of_flow!(),
    visible!(),
    "  ORDER BY s.started_at DESC, s.id DESC LIMIT $12 OFFSET $11
     ) AS p ON true
     LEFT JOIN LATERAL (
       SELECT ",
    totals!(),
    "  FROM flow_execution_turns AS t WHERE t.session_id = p.id
     ) AS n ON true
     ORDER BY p.started_at DESC, p.id DESC"
);

const STATS: &str = concat!(
    "SELECT count(DISTINCT t.session_id) AS sessions, min(t.at) AS oldest, max(t.at) AS newest, ",
    totals!(),
    " FROM flow_execution_turns AS t JOIN conversation_sessions AS s ON s.id = t.session_id
     WHERE t.flow_id = $3 AND ",
    visible!()
);

const USAGE: &str = "
SELECT count(*) AS turns, min(at) AS oldest, max(at) AS newest,
  pg_total_relation_size('flow_execution_turns') AS bytes
FROM flow_execution_turns";

pub(super) async fn trace(
    connection: &mut PgConnection,
    scope: &AccessScope,
    query: TraceQuery,
) -> sqlx::Result<TracePage> {
    let rows = sqlx::query(TRACE)
        .bind(scope.is_system())
        .bind(tenants(scope.traced()))
        .bind(query.session.0)
        .bind(number(query.from.0))
        .bind(number(query.limit))
        .fetch_all(connection)
        .await?;
    let mut page = TracePage::default();
    for row in &rows {
        page.totals = TraceTotals {
            turns: count(row, "turns")?,
            steps: count(row, "steps_taken")?,
            errors: count(row, "errors")?,
            duration_ms: count(row, "lasted")?,
        };
        if let Some(revision) = row.try_get::<Option<i64>, _>("revision")? {
            page.rows.push(row_of(row, Revision(revision.unsigned_abs()))?);
        }
    }
    Ok(page)
}

fn row_of(row: &PgRow, revision: Revision) -> sqlx::Result<TraceRow> {
    Ok(TraceRow {
        revision,
        at: time(row, "at")?,
        turn: TraceTurn {
            flow_id: FlowId(row.try_get("flow_id")?),
            steps_taken: small_count(row, "step_count")?,
            errors: small_count(row, "error_count")?,
            duration_ms: count(row, "duration_ms")?,
            steps: json(row, "steps")?,
            state: maybe_json(row, "state")?,
        },
    })
}

pub(super) async fn sessions(
    connection: &mut PgConnection,
    scope: &AccessScope,
    query: &FlowSessionQuery,
) -> sqlx::Result<FlowSessionPage> {
    let rows = sqlx::query(SESSIONS)
        .bind(scope.is_system())
        .bind(tenants(scope.traced()))
        .bind(query.flow.0)
        .bind(Time(query.from.unwrap_or_else(|| Timestamp::from_millis(i64::MIN))))
        .bind(Time(query.to.unwrap_or_else(|| Timestamp::from_millis(i64::MAX))))
        .bind(query.status.map(SessionStatus::as_str))
        .bind(query.user_id.map(|id| id.0))
        .bind(query.version.as_deref())
        .bind(query.traced)
        .bind(query.has_errors)
        .bind(number(query.skip))
        .bind(number(query.limit))
        .fetch_all(connection)
        .await?;
    let mut page = FlowSessionPage::default();
    for row in &rows {
        page.total = count(row, "total")?;
        if let Some(id) = row.try_get("id")? {
            page.rows.push(session_of(row, id)?);
        }
    }
    Ok(page)
}

fn session_of(row: &PgRow, id: Uuid) -> sqlx::Result<FlowSession> {
    let paths: Vec<Json<String>> = row.try_get("paths")?;
    Ok(FlowSession {
        id: SessionId(id),
        token_hint: row.try_get("token_hint")?,
        user_id: row.try_get::<Option<_>, _>("user_id")?.map(UserId),
        flow: FlowRef { id: FlowId(row.try_get("flow_id")?), seq: seq(row, "flow_seq")? },
        flow_version: row.try_get("flow_version")?,
        status: label(row, "status", SessionStatus::parse)?,
        started_at: time(row, "started_at")?,
        ended_at: maybe_time(row, "ended_at")?,
        trace_enabled: row.try_get("trace_enabled")?,
        totals: totals_of(row)?,
        paths: paths.into_iter().map(|path| path.0).collect(),
    })
}

fn totals_of(row: &PgRow) -> sqlx::Result<TraceTotals> {
    Ok(TraceTotals {
        turns: count(row, "turns")?,
        steps: count(row, "steps")?,
        errors: count(row, "errors")?,
        duration_ms: count(row, "duration_ms")?,
    })
}

pub(super) async fn stats(
    connection: &mut PgConnection,
    scope: &AccessScope,
    flow: FlowId,
) -> sqlx::Result<TraceStats> {
    let row = sqlx::query(STATS)
        .bind(scope.is_system())
        .bind(tenants(scope.traced()))
        .bind(flow.0)
        .fetch_one(connection)
        .await?;
    Ok(TraceStats {
        sessions: count(&row, "sessions")?,
        totals: totals_of(&row)?,
        oldest: maybe_time(&row, "oldest")?,
        newest: maybe_time(&row, "newest")?,
    })
}

pub(super) async fn usage(connection: &mut PgConnection) -> sqlx::Result<TraceUsage> {
    let row = sqlx::query(USAGE).fetch_one(connection).await?;
    Ok(TraceUsage {
        turns: count(&row, "turns")?,
        bytes: count(&row, "bytes")?,
        oldest: maybe_time(&row, "oldest")?,
        newest: maybe_time(&row, "newest")?,
    })
}
