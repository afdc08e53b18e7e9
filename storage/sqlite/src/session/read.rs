//! Reading sessions.

use chatflow::{FlowId, FlowRef, NodeId, Revision, SessionId, TenantId};
use chatflow_storage::{
    HistoryPage, HistoryQuery, HistoryRow, InteractionType, JournalEntry, JournalRow, LeaseMark,
    LeaseToken, NewHistoryRow, SessionHead, SessionStatus, Snapshot, StoredSession, ThemeId,
    TraceLevel, UserId,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::column::{Id, count, label, maybe_node, maybe_time, maybe_uuid, number, time, uuid};

const SESSION: &str = "
SELECT id, user_id, flow_id, flow_seq, flow_version, session_token, token_hint, csrf_hash,
  school_id, theme_id, trace_enabled, trace_level, started_at, revision, status,
  last_activity_at, ended_at, ended_reason, lease_token, lease_expires_at, current_node_id,
  current_flow_id, state_hash, turn_hash, info, state, engine
FROM conversation_sessions WHERE id = ?1";

const HISTORY: &str = "
SELECT seq, flow_id, node_id, interaction_type, content, created_at, path
FROM conversation_history WHERE session_id = ?1 AND seq > ?2
ORDER BY seq LIMIT ?4 OFFSET ?3";

const TOTAL: &str = "
SELECT count(*) AS total FROM conversation_history WHERE session_id = ?1 AND seq > ?2";

const JOURNAL: &str = "
SELECT revision, at, input, outcomes, turn_hash
FROM session_journal WHERE session_id = ?1 ORDER BY revision";

pub(crate) fn session(
    connection: &Connection,
    id: SessionId,
) -> rusqlite::Result<Option<StoredSession>> {
    let mut statement = connection.prepare_cached(SESSION)?;
    let stored = statement.query_row([Id(id.0)], |row| {
        let token = maybe_uuid(row, "lease_token")?.map(LeaseToken);
        let until = maybe_time(row, "lease_expires_at")?;
        Ok(StoredSession {
            head: head(row)?,
            snapshot: snapshot(row)?,
            revision: Revision(count(row, "revision")?),
            last_activity_at: time(row, "last_activity_at")?,
            lease: token.zip(until).map(|(token, until)| LeaseMark { token, until }),
        })
    });
    stored.optional()
}

fn head(row: &Row<'_>) -> rusqlite::Result<SessionHead> {
    let has_level = row.get::<_, Option<String>>("trace_level")?.is_some();
    let level = || label(row, "trace_level", TraceLevel::parse);
    Ok(SessionHead {
        id: SessionId(uuid(row, "id")?),
        user_id: maybe_uuid(row, "user_id")?.map(UserId),
        flow: FlowRef { id: FlowId(uuid(row, "flow_id")?), seq: row.get("flow_seq")? },
        flow_version: row.get("flow_version")?,
        token_digest: row.get("session_token")?,
        token_hint: row.get("token_hint")?,
        csrf_digest: row.get("csrf_hash")?,
        school_id: maybe_uuid(row, "school_id")?.map(TenantId),
        theme_id: maybe_uuid(row, "theme_id")?.map(ThemeId),
        trace_enabled: row.get("trace_enabled")?,
        trace_level: has_level.then(level).transpose()?,
        started_at: time(row, "started_at")?,
    })
}

fn snapshot(row: &Row<'_>) -> rusqlite::Result<Snapshot> {
    Ok(Snapshot {
        current_node_id: maybe_node(row, "current_node_id")?,
        current_flow_id: maybe_uuid(row, "current_flow_id")?.map(FlowId),
        state: row.get("state")?,
        engine: row.get("engine")?,
        info: row.get("info")?,
        status: label(row, "status", SessionStatus::parse)?,
        state_hash: row.get("state_hash")?,
        turn_hash: row.get("turn_hash")?,
        ended_at: maybe_time(row, "ended_at")?,
        ended_reason: row.get("ended_reason")?,
    })
}

pub(super) fn history(
    connection: &Connection,
    query: HistoryQuery,
) -> rusqlite::Result<HistoryPage> {
    let session = Id(query.session.0);
    let after = number(query.after_seq);
    let mut statement = connection.prepare_cached(HISTORY)?;
    let params = params![session, after, number(query.skip), number(query.limit)];
    let rows = statement.query_map(params, |row| {
        Ok(HistoryRow {
            seq: count(row, "seq")?,
            row: NewHistoryRow {
                flow_id: maybe_uuid(row, "flow_id")?.map(FlowId),
                node_id: NodeId::from(row.get::<_, String>("node_id")?),
                kind: label(row, "interaction_type", InteractionType::parse)?,
                content: row.get("content")?,
                created_at: time(row, "created_at")?,
                path: row.get("path")?,
            },
        })
    })?;
    let rows = rows.collect::<rusqlite::Result<_>>()?;
    let total = connection
        .prepare_cached(TOTAL)?
        .query_row(params![session, after], |row| count(row, "total"))?;
    Ok(HistoryPage { rows, total })
}

pub(super) fn journal(connection: &Connection, id: SessionId) -> rusqlite::Result<Vec<JournalRow>> {
    let mut statement = connection.prepare_cached(JOURNAL)?;
    let rows = statement.query_map([Id(id.0)], |row| {
        Ok(JournalRow {
            revision: Revision(count(row, "revision")?),
            at: time(row, "at")?,
            entry: JournalEntry {
                input: row.get("input")?,
                outcomes: row.get("outcomes")?,
                turn_hash: row.get("turn_hash")?,
            },
        })
    })?;
    rows.collect()
}
