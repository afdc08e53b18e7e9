//! Lists of sessions.

use chatflow::{FlowId, FlowRef, Revision, SessionId, TenantId};
use chatflow_storage::{
    AccessScope, SessionPage, SessionQuery, SessionStatus, SessionSummary, ThemeId, Total,
    TraceLevel, UserId,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::column::{Time, count, json, label, maybe_node, maybe_time, seq, tenants, time};

/// What a summary holds of the session `s`.
macro_rules! columns {
    () => {
        "s.id, s.user_id, s.flow_id, s.flow_seq, s.flow_version, s.token_hint, s.school_id,
         s.theme_id, s.trace_enabled, s.trace_level::text AS trace_level, s.started_at, s.revision,
         s.last_activity_at, s.current_node_id, s.current_flow_id, s.info,
         s.status::text AS status, s.state_hash, s.ended_at, s.ended_reason"
    };
}
pub(super) use columns;

/// The rows that are asked for; `$by` is what finds them by an index. It names users, flows and
/// schools only where they are asked for, lest a planner expects too few rows.
///
/// Escapes are taken out of `info` before it is looked into, since Postgres refuses some of them.
macro_rules! asked {
    ($by:literal) => {
        concat!(
            $by,
            " AND ($4::text IS NULL OR status = $4::enum_conversation_session_status)
             AND ($5::boolean IS NULL OR $5 = coalesce((regexp_replace(info::text,
               '\\\\(u[0-9a-fA-F]{4}|.)', '_', 'g')::json -> 'preview')::text = 'true', false))
             AND started_at >= $6"
        )
    };
}

/// The total comes in every row; an empty page is one row without an id.
macro_rules! listing {
    ($by:literal) => {
        concat!(
            "SELECT t.total, ",
            columns!(),
            " FROM (
               SELECT count(*) AS total FROM (
                 SELECT 1 FROM conversation_sessions WHERE ",
            asked!($by),
            "      AND (started_at, id) < ($7, $8) LIMIT $12) AS c
             ) AS t LEFT JOIN LATERAL (
               SELECT id, user_id, flow_id, flow_seq, flow_version, token_hint, school_id, theme_id,
                 trace_enabled, trace_level, started_at, revision, last_activity_at,
                 current_node_id, current_flow_id, info, status, state_hash, ended_at, ended_reason
               FROM conversation_sessions WHERE ",
            asked!($by),
            "    AND (started_at, id) < ($9, $10)
               ORDER BY started_at DESC, id DESC LIMIT $11
             ) AS s ON true
             ORDER BY s.started_at DESC, s.id DESC"
        )
    };
}

const ALL: &str = listing!("$1::uuid IS NULL AND $2::uuid IS NULL AND $3::uuid[] IS NULL");
const OF_USER: &str = listing!(
    "user_id = $1 AND ($2::uuid IS NULL OR flow_id = $2)
     AND ($3::uuid[] IS NULL OR school_id = ANY ($3))"
);
const OF_FLOW: &str = listing!(
    "flow_id = $2 AND $1::uuid IS NULL
     AND ($3::uuid[] IS NULL OR school_id = ANY ($3))"
);
const OF_SCHOOLS: &str = listing!("school_id = ANY ($3) AND $1::uuid IS NULL AND $2::uuid IS NULL");

pub(super) async fn page(
    connection: &mut PgConnection,
    scope: &AccessScope,
    query: &SessionQuery,
) -> sqlx::Result<SessionPage> {
    let schools = query.schools(scope);
    let sql = match (query.user, query.flow, &schools) {
        (Some(_), _, _) => OF_USER,
        (None, Some(_), _) => OF_FLOW,
        (None, None, Some(_)) => OF_SCHOOLS,
        (None, None, None) => ALL,
    };
    let (begin, page_begin) = (query.begin(), query.page_begin());
    let rows = sqlx::query(sql)
        .bind(query.user.map(|id| id.0))
        .bind(query.flow.map(|id| id.0))
        .bind(schools.as_deref().map(tenants))
        .bind(query.status.map(SessionStatus::as_str))
        .bind(query.preview)
        .bind(Time(query.end()))
        .bind(Time(begin.started_at))
        .bind(begin.id.0)
        .bind(Time(page_begin.started_at))
        .bind(page_begin.id.0)
        .bind(i64::from(query.limit))
        .bind(crate::column::number(Total::MOST.saturating_add(1)))
        .fetch_all(connection)
        .await?;
    let mut page = SessionPage::default();
    for row in &rows {
        page.total = Total::of(count(row, "total")?);
        if row.try_get::<Option<uuid::Uuid>, _>("id")?.is_some() {
            page.sessions.push(summary(row)?);
        }
    }
    Ok(page)
}

pub(super) fn summary(row: &PgRow) -> sqlx::Result<SessionSummary> {
    let has_level = row.try_get::<Option<&str>, _>("trace_level")?.is_some();
    let level = || label(row, "trace_level", TraceLevel::parse);
    Ok(SessionSummary {
        id: SessionId(row.try_get("id")?),
        user_id: row.try_get::<Option<_>, _>("user_id")?.map(UserId),
        flow: FlowRef { id: FlowId(row.try_get("flow_id")?), seq: seq(row, "flow_seq")? },
        flow_version: row.try_get("flow_version")?,
        token_hint: row.try_get("token_hint")?,
        school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
        theme_id: row.try_get::<Option<_>, _>("theme_id")?.map(ThemeId),
        trace_enabled: row.try_get("trace_enabled")?,
        trace_level: has_level.then(level).transpose()?,
        started_at: time(row, "started_at")?,
        revision: Revision(count(row, "revision")?),
        last_activity_at: time(row, "last_activity_at")?,
        current_node_id: maybe_node(row, "current_node_id")?,
        current_flow_id: row.try_get::<Option<_>, _>("current_flow_id")?.map(FlowId),
        info: json(row, "info")?,
        status: label(row, "status", SessionStatus::parse)?,
        state_hash: row.try_get("state_hash")?,
        ended_at: maybe_time(row, "ended_at")?,
        ended_reason: row.try_get("ended_reason")?,
    })
}
