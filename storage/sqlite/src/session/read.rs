//! Reading sessions.

use chatflow::{FlowId, FlowRef, NodeId, Revision, SessionId, TenantId, Timestamp};
use chatflow_storage::{
    HistoryPage, HistoryQuery, HistoryRow, InteractionType, JournalEntry, JournalRow, LeaseMark,
    LeaseToken, NewHistoryRow, SessionHead, SessionStatus, Snapshot, StoredSession, ThemeId,
    TraceLevel, UserId,
};
use rusqlite::types::{FromSql, Type};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::column::{Id, Time, count, label, list, maybe_uuid, number, time};

/// In the order in which they are taken.
const SESSION: &str = "
SELECT id, user_id, flow_id, flow_seq, flow_version, session_token, token_hint, csrf_hash,
  school_id, theme_id, trace_enabled, trace_level, started_at, current_node_id, current_flow_id,
  state, engine, info, status, state_hash, turn_hash, ended_at, ended_reason, revision,
  last_activity_at, lease_token, lease_expires_at
FROM conversation_sessions WHERE id = ?1";

const HISTORY: &str = "
SELECT seq, flow_id, node_id, interaction_type, content, created_at, path
FROM conversation_history WHERE session_id = ?1 AND seq > ?2
  AND (?3 IS NULL OR interaction_type IN (SELECT value FROM json_each(?3)))
ORDER BY seq LIMIT ?5 OFFSET ?4";

const TOTAL: &str = "
SELECT count(*) AS total FROM conversation_history WHERE session_id = ?1 AND seq > ?2
  AND (?3 IS NULL OR interaction_type IN (SELECT value FROM json_each(?3)))";

const JOURNAL: &str = "
SELECT revision, at, input, outcomes, turn_hash
FROM session_journal WHERE session_id = ?1 ORDER BY revision";

const PREVIEW: &str = "SELECT preview FROM session_previews WHERE session_id = ?1";

/// What a preview runs.
pub(super) fn preview(connection: &Connection, id: SessionId) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare_cached(PREVIEW)?;
    statement.query_row([Id(id.0)], |row| row.get(0)).optional()
}

pub(crate) fn session(
    connection: &Connection,
    id: SessionId,
) -> rusqlite::Result<Option<StoredSession>> {
    let mut statement = connection.prepare_cached(SESSION)?;
    let stored = statement.query_row([Id(id.0)], |row| {
        let mut columns = Columns { row, next: 0 };
        let head = head(&mut columns)?;
        let snapshot = snapshot(&mut columns)?;
        let revision = Revision(columns.get::<i64>()?.unsigned_abs());
        let Time(last_activity_at) = columns.get()?;
        let (token, until) = (columns.maybe_id()?.map(LeaseToken), columns.maybe_time()?);
        let lease = token.zip(until).map(|(token, until)| LeaseMark { token, until });
        Ok(StoredSession { head, snapshot, revision, last_activity_at, lease })
    });
    stored.optional()
}

fn head(columns: &mut Columns<'_, '_>) -> rusqlite::Result<SessionHead> {
    Ok(SessionHead {
        id: SessionId(columns.get::<Id>()?.0),
        user_id: columns.maybe_id()?.map(UserId),
        flow: FlowRef { id: FlowId(columns.get::<Id>()?.0), seq: columns.get()? },
        flow_version: columns.get()?,
        token_digest: columns.get()?,
        token_hint: columns.get()?,
        csrf_digest: columns.get()?,
        school_id: columns.maybe_id()?.map(TenantId),
        theme_id: columns.maybe_id()?.map(ThemeId),
        trace_enabled: columns.get()?,
        trace_level: columns.maybe_label(TraceLevel::parse)?,
        started_at: columns.get::<Time>()?.0,
    })
}

fn snapshot(columns: &mut Columns<'_, '_>) -> rusqlite::Result<Snapshot> {
    Ok(Snapshot {
        current_node_id: columns.get::<Option<String>>()?.map(NodeId::from),
        current_flow_id: columns.maybe_id()?.map(FlowId),
        state: columns.get()?,
        engine: columns.get()?,
        info: columns.get()?,
        status: columns.maybe_label(SessionStatus::parse)?.ok_or(rusqlite::Error::InvalidQuery)?,
        state_hash: columns.get()?,
        turn_hash: columns.get()?,
        ended_at: columns.maybe_time()?,
        ended_reason: columns.get()?,
    })
}

/// Takes the columns of a row one after the other. To look for each of a session's by its name would
/// cost as much as reading it.
struct Columns<'a, 'row> {
    row: &'a Row<'row>,
    next: usize,
}

impl Columns<'_, '_> {
    fn get<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        let index = self.next;
        self.next = index.saturating_add(1);
        self.row.get(index)
    }

    fn maybe_id(&mut self) -> rusqlite::Result<Option<Uuid>> {
        Ok(self.get::<Option<Id>>()?.map(|id| id.0))
    }

    fn maybe_time(&mut self) -> rusqlite::Result<Option<Timestamp>> {
        Ok(self.get::<Option<Time>>()?.map(|time| time.0))
    }

    fn maybe_label<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> rusqlite::Result<Option<T>> {
        let index = self.next;
        let text: Option<String> = self.get()?;
        let unknown = || {
            let what = "unknown label".into();
            rusqlite::Error::FromSqlConversionFailure(index, Type::Text, what)
        };
        text.map(|text| parse(&text).ok_or_else(unknown)).transpose()
    }
}

pub(super) fn history(
    connection: &Connection,
    query: HistoryQuery,
) -> rusqlite::Result<HistoryPage> {
    let session = Id(query.session.0);
    let after = number(query.after_seq);
    let mut statement = connection.prepare_cached(HISTORY)?;
    let kinds = query.kinds.map(|kinds| list(kinds.labels()));
    let params = params![session, after, kinds, number(query.skip), number(query.limit)];
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
        .query_row(params![session, after, kinds], |row| count(row, "total"))?;
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
