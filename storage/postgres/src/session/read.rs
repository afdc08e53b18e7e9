//! Reading sessions.

use chatflow::{FlowId, FlowRef, Revision, SessionId, TenantId};
use chatflow_storage::{
    HistoryPage, HistoryQuery, HistoryRow, InteractionType, InteractionTypes, JournalEntry,
    JournalRow, LeaseMark, LeaseToken, NewHistoryRow, SessionHead, SessionStatus, Snapshot,
    StoredSession, ThemeId, TraceLevel, UserId,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{
    count, json, label, maybe_json, maybe_node, maybe_time, node, number, seq, time,
};

/// Sessions with all they have, after `FROM`.
macro_rules! sessions {
    ($from:literal) => {
        concat!(
            "
SELECT id, user_id, flow_id, flow_seq, flow_version, session_token, token_hint, csrf_hash,
  school_id, theme_id, trace_enabled, trace_level::text AS trace_level, started_at, revision,
  status::text AS status, last_activity_at, ended_at, ended_reason, lease_token, lease_expires_at,
  current_node_id, current_flow_id, state_hash, turn_hash, info, state, engine
FROM conversation_sessions ",
            $from
        )
    };
}

const SESSION: &str = sessions!("WHERE id = $1");

/// The sessions from an id on.
const PAGE: &str = sessions!("WHERE id >= $1 ORDER BY id LIMIT $2");

/// The total comes in every row; an empty page is one row without a number.
const HISTORY: &str = "
SELECT t.total, h.seq, h.flow_id, h.node_id, h.interaction_type, h.content, h.created_at, h.path
FROM (
  SELECT count(*) AS total FROM conversation_history WHERE session_id = $1 AND seq > $2
    AND ($5::text[] IS NULL OR interaction_type::text = ANY ($5))
) AS t
LEFT JOIN LATERAL (
  SELECT seq, flow_id, node_id, interaction_type::text AS interaction_type, content, created_at,
    path
  FROM conversation_history WHERE session_id = $1 AND seq > $2
    AND ($5::text[] IS NULL OR interaction_type::text = ANY ($5))
  ORDER BY seq LIMIT $4 OFFSET $3
) AS h ON true
ORDER BY h.seq";

const JOURNAL: &str = "
SELECT revision, at, input, outcomes, turn_hash
FROM session_journal WHERE session_id = $1 ORDER BY revision";

const PREVIEW: &str = "SELECT preview FROM session_previews WHERE session_id = $1";

/// What a preview runs.
pub(super) async fn preview(
    connection: &mut PgConnection,
    id: SessionId,
) -> sqlx::Result<Option<String>> {
    let row = sqlx::query(PREVIEW).bind(id.0).fetch_optional(connection).await?;
    row.map(|row| json(&row, "preview")).transpose()
}

pub(crate) async fn session(
    connection: &mut PgConnection,
    id: SessionId,
) -> sqlx::Result<Option<StoredSession>> {
    let row = sqlx::query(SESSION).bind(id.0).fetch_optional(connection).await?;
    row.map(|row| stored(&row)).transpose()
}

/// A session, or its id and why it cannot be read.
type Listed = Result<StoredSession, (Uuid, sqlx::Error)>;

/// A page of sessions from an id on.
pub(crate) async fn page(
    connection: &mut PgConnection,
    from: Uuid,
    limit: u32,
) -> sqlx::Result<Vec<Listed>> {
    let query = sqlx::query(PAGE).bind(from).bind(i64::from(limit));
    let rows = query.fetch_all(connection).await?;
    let listed = rows.iter().map(|row| {
        let id = row.try_get("id")?;
        Ok(stored(row).map_err(|error| (id, error)))
    });
    listed.collect()
}

fn stored(row: &PgRow) -> sqlx::Result<StoredSession> {
    let token = row.try_get::<Option<_>, _>("lease_token")?.map(LeaseToken);
    let until = maybe_time(row, "lease_expires_at")?;
    Ok(StoredSession {
        head: head(row)?,
        snapshot: snapshot(row)?,
        revision: Revision(count(row, "revision")?),
        last_activity_at: time(row, "last_activity_at")?,
        lease: token.zip(until).map(|(token, until)| LeaseMark { token, until }),
    })
}

fn head(row: &PgRow) -> sqlx::Result<SessionHead> {
    let has_level = row.try_get::<Option<&str>, _>("trace_level")?.is_some();
    let level = || label(row, "trace_level", TraceLevel::parse);
    Ok(SessionHead {
        id: SessionId(row.try_get("id")?),
        user_id: row.try_get::<Option<_>, _>("user_id")?.map(UserId),
        flow: FlowRef { id: FlowId(row.try_get("flow_id")?), seq: seq(row, "flow_seq")? },
        flow_version: row.try_get("flow_version")?,
        token_digest: row.try_get("session_token")?,
        token_hint: row.try_get("token_hint")?,
        csrf_digest: row.try_get("csrf_hash")?,
        school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
        theme_id: row.try_get::<Option<_>, _>("theme_id")?.map(ThemeId),
        trace_enabled: row.try_get("trace_enabled")?,
        trace_level: has_level.then(level).transpose()?,
        started_at: time(row, "started_at")?,
    })
}

fn snapshot(row: &PgRow) -> sqlx::Result<Snapshot> {
    Ok(Snapshot {
        current_node_id: maybe_node(row, "current_node_id")?,
        current_flow_id: row.try_get::<Option<_>, _>("current_flow_id")?.map(FlowId),
        state: json(row, "state")?,
        engine: json(row, "engine")?,
        info: json(row, "info")?,
        status: label(row, "status", SessionStatus::parse)?,
        state_hash: row.try_get("state_hash")?,
        turn_hash: row.try_get("turn_hash")?,
        ended_at: maybe_time(row, "ended_at")?,
        ended_reason: row.try_get("ended_reason")?,
    })
}

pub(super) async fn history(
    connection: &mut PgConnection,
    query: HistoryQuery,
) -> sqlx::Result<HistoryPage> {
    let rows = sqlx::query(HISTORY)
        .bind(query.session.0)
        .bind(number(query.after_seq))
        .bind(number(query.skip))
        .bind(number(query.limit))
        .bind(query.kinds.map(InteractionTypes::labels))
        .fetch_all(connection)
        .await?;
    let mut page = HistoryPage::default();
    for row in &rows {
        page.total = count(row, "total")?;
        if let Some(seq) = row.try_get::<Option<i64>, _>("seq")? {
            page.rows.push(HistoryRow { seq: seq.unsigned_abs(), row: history_row(row)? });
        }
    }
    Ok(page)
}

fn history_row(row: &PgRow) -> sqlx::Result<NewHistoryRow> {
    Ok(NewHistoryRow {
        flow_id: row.try_get::<Option<_>, _>("flow_id")?.map(FlowId),
        node_id: node(row, "node_id")?,
        kind: label(row, "interaction_type", InteractionType::parse)?,
        content: json(row, "content")?,
        created_at: time(row, "created_at")?,
        path: maybe_json(row, "path")?,
    })
}

pub(super) async fn journal(
    connection: &mut PgConnection,
    id: SessionId,
) -> sqlx::Result<Vec<JournalRow>> {
    let rows = sqlx::query(JOURNAL).bind(id.0).fetch_all(connection).await?;
    let read = |row: &PgRow| {
        Ok(JournalRow {
            revision: Revision(count(row, "revision")?),
            at: time(row, "at")?,
            entry: JournalEntry {
                input: json(row, "input")?,
                outcomes: json(row, "outcomes")?,
                turn_hash: row.try_get("turn_hash")?,
            },
        })
    };
    rows.iter().map(read).collect()
}
