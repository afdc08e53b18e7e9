//! Reading traces.

use chatflow::{FlowId, FlowRef, Revision, SessionId, Timestamp};
use chatflow_storage::{
    AccessScope, FlowSession, FlowSessionPage, FlowSessionQuery, SessionStatus, TracePage,
    TraceQuery, TraceRow, TraceStats, TraceTotals, TraceTurn, TraceUsage, UserId,
};
use rusqlite::{Connection, Row, named_params, params};

use crate::column::{Id, Time, count, label, list, maybe_time, maybe_uuid, number, time, uuid};

/// Sessions `s` of the scope: all, or those of its schools on flows of the same school (S2.30).
macro_rules! visible {
    () => {
        "(:all OR (s.school_id IN (SELECT o.value FROM json_each(:schools) AS o)
           AND s.school_id = (SELECT f.school_id FROM flow_definitions AS f WHERE f.id = s.flow_id)))"
    };
}

macro_rules! totals {
    () => {
        "count(*) AS turns, coalesce(sum(t.step_count), 0) AS steps,
         coalesce(sum(t.error_count), 0) AS errors, coalesce(sum(t.duration_ms), 0) AS duration_ms"
    };
}

const ROWS: &str = concat!(
    "SELECT t.revision, t.flow_id, t.at, t.step_count, t.error_count, t.duration_ms, t.steps,
       t.state
     FROM flow_execution_turns AS t JOIN conversation_sessions AS s ON s.id = t.session_id
     WHERE t.session_id = :session AND t.revision >= :from AND ",
    visible!(),
    " ORDER BY t.revision LIMIT :limit"
);

const TOTALS: &str = concat!(
    "SELECT ",
    totals!(),
    " FROM flow_execution_turns AS t JOIN conversation_sessions AS s ON s.id = t.session_id
     WHERE t.session_id = :session AND ",
    visible!()
);

macro_rules! of_flow {
    () => {
        " FROM conversation_sessions AS s
          WHERE s.flow_id = :flow AND s.started_at BETWEEN :from AND :to
            AND (:status IS NULL OR s.status = :status)
            AND (:user IS NULL OR s.user_id = :user)
            AND (:version IS NULL OR s.flow_version = :version)
            AND (:traced IS NULL OR s.trace_enabled = :traced)
            AND (:has_errors IS NULL OR :has_errors = EXISTS (
              SELECT 1 FROM flow_execution_turns AS t
              WHERE t.session_id = s.id AND t.error_count > 0))
            AND "
    };
}

const SESSIONS: &str = concat!(
    "SELECT s.id, s.token_hint, s.user_id, s.flow_id, s.flow_seq, s.flow_version, s.status,
       s.started_at, s.ended_at, s.trace_enabled ",
    of_flow!(),
    visible!(),
    " ORDER BY s.started_at DESC, s.id DESC LIMIT :limit OFFSET :skip"
);

const COUNT: &str = concat!("SELECT count(*) AS total ", of_flow!(), visible!());

const OF_SESSION: &str =
    concat!("SELECT ", totals!(), " FROM flow_execution_turns AS t WHERE t.session_id = ?1");

const PATHS: &str = "
SELECT path FROM conversation_history WHERE session_id = ?1 AND path IS NOT NULL
ORDER BY seq LIMIT 10";

const STATS: &str = concat!(
    "SELECT count(DISTINCT t.session_id) AS sessions, min(t.at) AS oldest, max(t.at) AS newest, ",
    totals!(),
    " FROM flow_execution_turns AS t JOIN conversation_sessions AS s ON s.id = t.session_id
     WHERE s.flow_id = :flow AND ",
    visible!()
);

const USAGE: &str = "
SELECT count(*) AS turns, min(at) AS oldest, max(at) AS newest, (
  SELECT coalesce(sum(b.pgsize), 0) FROM dbstat AS b WHERE b.name IN (
    SELECT m.name FROM sqlite_schema AS m WHERE m.tbl_name = 'flow_execution_turns')) AS bytes
FROM flow_execution_turns";

pub(super) fn trace(
    connection: &Connection,
    scope: &AccessScope,
    query: TraceQuery,
) -> rusqlite::Result<TracePage> {
    let (session, all, schools) = (Id(query.session.0), scope.is_system(), list(scope.traced()));
    let rows = connection
        .prepare_cached(ROWS)?
        .query_map(
            named_params! {
                ":session": session, ":from": number(query.from.0), ":limit": number(query.limit),
                ":all": all, ":schools": schools,
            },
            row_of,
        )?
        .collect::<rusqlite::Result<_>>()?;
    let totals = connection.prepare_cached(TOTALS)?.query_row(
        named_params! { ":session": session, ":all": all, ":schools": schools },
        totals_of,
    )?;
    Ok(TracePage { rows, totals })
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<TraceRow> {
    Ok(TraceRow {
        revision: Revision(count(row, "revision")?),
        at: time(row, "at")?,
        turn: TraceTurn {
            flow_id: FlowId(uuid(row, "flow_id")?),
            steps_taken: row.get("step_count")?,
            errors: row.get("error_count")?,
            duration_ms: count(row, "duration_ms")?,
            steps: row.get("steps")?,
            state: row.get("state")?,
        },
    })
}

fn totals_of(row: &Row<'_>) -> rusqlite::Result<TraceTotals> {
    Ok(TraceTotals {
        turns: count(row, "turns")?,
        steps: count(row, "steps")?,
        errors: count(row, "errors")?,
        duration_ms: count(row, "duration_ms")?,
    })
}

pub(super) fn sessions(
    connection: &Connection,
    scope: &AccessScope,
    query: &FlowSessionQuery,
) -> rusqlite::Result<FlowSessionPage> {
    let (all, schools, flow) = (scope.is_system(), list(scope.traced()), Id(query.flow.0));
    let (status, user) =
        (query.status.map(SessionStatus::as_str), query.user_id.map(|id| Id(id.0)));
    let from = Time(query.from.unwrap_or_else(|| Timestamp::from_millis(i64::MIN)));
    let to = Time(query.to.unwrap_or_else(|| Timestamp::from_millis(i64::MAX)));
    let mut rows = connection
        .prepare_cached(SESSIONS)?
        .query_map(
            named_params! {
                ":all": all, ":schools": schools, ":flow": flow, ":status": status, ":user": user,
                ":from": from, ":to": to, ":version": query.version, ":traced": query.traced,
                ":has_errors": query.has_errors, ":skip": number(query.skip),
                ":limit": number(query.limit),
            },
            session_of,
        )?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for row in &mut rows {
        let id = params![Id(row.id.0)];
        row.totals = connection.prepare_cached(OF_SESSION)?.query_row(id, totals_of)?;
        let mut statement = connection.prepare_cached(PATHS)?;
        row.paths = statement.query_map(id, |row| row.get("path"))?.collect::<Result<_, _>>()?;
    }
    let total = connection.prepare_cached(COUNT)?.query_row(
        named_params! {
            ":all": all, ":schools": schools, ":flow": flow, ":status": status, ":user": user,
            ":from": from, ":to": to, ":version": query.version, ":traced": query.traced,
            ":has_errors": query.has_errors,
        },
        |row| count(row, "total"),
    )?;
    Ok(FlowSessionPage { rows, total })
}

/// A session without what lies in other tables.
fn session_of(row: &Row<'_>) -> rusqlite::Result<FlowSession> {
    Ok(FlowSession {
        id: SessionId(uuid(row, "id")?),
        token_hint: row.get("token_hint")?,
        user_id: maybe_uuid(row, "user_id")?.map(UserId),
        flow: FlowRef { id: FlowId(uuid(row, "flow_id")?), seq: row.get("flow_seq")? },
        flow_version: row.get("flow_version")?,
        status: label(row, "status", SessionStatus::parse)?,
        started_at: time(row, "started_at")?,
        ended_at: maybe_time(row, "ended_at")?,
        trace_enabled: row.get("trace_enabled")?,
        totals: TraceTotals::default(),
        paths: Vec::new(),
    })
}

pub(super) fn stats(
    connection: &Connection,
    scope: &AccessScope,
    flow: FlowId,
) -> rusqlite::Result<TraceStats> {
    connection.prepare_cached(STATS)?.query_row(
        named_params! {
            ":flow": Id(flow.0), ":all": scope.is_system(), ":schools": list(scope.traced()),
        },
        |row| {
            Ok(TraceStats {
                sessions: count(row, "sessions")?,
                totals: totals_of(row)?,
                oldest: maybe_time(row, "oldest")?,
                newest: maybe_time(row, "newest")?,
            })
        },
    )
}

pub(super) fn usage(connection: &Connection) -> rusqlite::Result<TraceUsage> {
    connection.prepare_cached(USAGE)?.query_row([], |row| {
        Ok(TraceUsage {
            turns: count(row, "turns")?,
            bytes: count(row, "bytes")?,
            oldest: maybe_time(row, "oldest")?,
            newest: maybe_time(row, "newest")?,
        })
    })
}
