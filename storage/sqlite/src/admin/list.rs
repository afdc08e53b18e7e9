//! Lists of sessions.

use chatflow::{FlowId, FlowRef, Revision, SessionId, TenantId};
use chatflow_storage::{
    AccessScope, SessionCursor, SessionPage, SessionQuery, SessionStatus, SessionSummary, ThemeId,
    Total, TraceLevel, UserId,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::column::{Id, Time, count, label, list, maybe_node, maybe_time, maybe_uuid, time, uuid};

macro_rules! columns {
    () => {
        "SELECT id, user_id, flow_id, flow_seq, flow_version, token_hint, school_id, theme_id,
           trace_enabled, trace_level, started_at, revision, last_activity_at, current_node_id,
           current_flow_id, info, status, state_hash, ended_at, ended_reason
         FROM conversation_sessions "
    };
}

const ONE: &str = concat!(columns!(), "WHERE id = ?1");

/// The rows that are asked for, behind a place; `$by` is what finds them by an index.
macro_rules! asked {
    ($by:literal) => {
        concat!(
            "WHERE ",
            $by,
            " AND (:user IS NULL OR user_id = :user) AND (:flow IS NULL OR flow_id = :flow)
             AND (:schools IS NULL OR school_id IN (SELECT value FROM json_each(:schools)))
             AND (:status IS NULL OR status = :status)
             AND (:preview IS NULL OR coalesce(json_type(info, '$.preview') = 'true', 0) = :preview)
             AND started_at >= :end AND (started_at, id) < (:begin, :begin_id) "
        )
    };
}

/// A page and a count of the rows, found by `$by`.
macro_rules! listing {
    ($by:literal) => {
        Listing {
            page: concat!(
                columns!(),
                asked!($by),
                "ORDER BY started_at DESC, id DESC LIMIT :limit"
            ),
            total: concat!(
                "SELECT count(*) AS total FROM (SELECT 1 FROM conversation_sessions ",
                asked!($by),
                "LIMIT :limit)"
            ),
        }
    };
}

struct Listing {
    page: &'static str,
    total: &'static str,
}

const ALL: Listing = listing!("+status = status");
const OF_USER: Listing = listing!("user_id = :user");
const OF_FLOW: Listing = listing!("flow_id = :flow");
const OF_SCHOOLS: Listing = listing!("school_id IN (SELECT value FROM json_each(:schools))");

pub(super) fn page(
    connection: &Connection,
    scope: &AccessScope,
    query: &SessionQuery,
) -> rusqlite::Result<SessionPage> {
    let schools = query.schools(scope);
    let listing = match (query.user, query.flow, &schools) {
        (Some(_), _, _) => OF_USER,
        (None, Some(_), _) => OF_FLOW,
        (None, None, Some(_)) => OF_SCHOOLS,
        (None, None, None) => ALL,
    };
    let asked = Asked { connection, query, schools: schools.map(list) };
    let sessions = asked.rows(listing.page, query.page_begin(), query.limit.into(), summary)?;
    let most = Total::MOST.saturating_add(1);
    let totals = asked.rows(listing.total, query.begin(), most, |row| count(row, "total"))?;
    Ok(SessionPage { sessions, total: Total::of(totals.first().copied().unwrap_or_default()) })
}

struct Asked<'a> {
    connection: &'a Connection,
    query: &'a SessionQuery,
    schools: Option<String>,
}

impl Asked<'_> {
    fn rows<T>(
        &self,
        sql: &str,
        begin: SessionCursor,
        limit: u64,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let params = named_params! {
            ":user": self.query.user.map(|id| Id(id.0)),
            ":flow": self.query.flow.map(|id| Id(id.0)),
            ":schools": self.schools,
            ":status": self.query.status.map(SessionStatus::as_str),
            ":preview": self.query.preview,
            ":end": Time(self.query.end()),
            ":begin": Time(begin.started_at),
            ":begin_id": Id(begin.id.0),
            ":limit": crate::column::number(limit),
        };
        statement.query_map(params, read)?.collect()
    }
}

pub(super) fn one(
    connection: &Connection,
    id: SessionId,
) -> rusqlite::Result<Option<SessionSummary>> {
    connection.prepare_cached(ONE)?.query_row([Id(id.0)], summary).optional()
}

fn summary(row: &Row<'_>) -> rusqlite::Result<SessionSummary> {
    let has_level = row.get::<_, Option<String>>("trace_level")?.is_some();
    let level = || label(row, "trace_level", TraceLevel::parse);
    Ok(SessionSummary {
        id: SessionId(uuid(row, "id")?),
        user_id: maybe_uuid(row, "user_id")?.map(UserId),
        flow: FlowRef { id: FlowId(uuid(row, "flow_id")?), seq: row.get("flow_seq")? },
        flow_version: row.get("flow_version")?,
        token_hint: row.get("token_hint")?,
        school_id: maybe_uuid(row, "school_id")?.map(TenantId),
        theme_id: maybe_uuid(row, "theme_id")?.map(ThemeId),
        trace_enabled: row.get("trace_enabled")?,
        trace_level: has_level.then(level).transpose()?,
        started_at: time(row, "started_at")?,
        revision: Revision(count(row, "revision")?),
        last_activity_at: time(row, "last_activity_at")?,
        current_node_id: maybe_node(row, "current_node_id")?,
        current_flow_id: maybe_uuid(row, "current_flow_id")?.map(FlowId),
        info: row.get("info")?,
        status: label(row, "status", SessionStatus::parse)?,
        state_hash: row.get("state_hash")?,
        ended_at: maybe_time(row, "ended_at")?,
        ended_reason: row.get("ended_reason")?,
    })
}
