//! Impressions, and the sessions that they belong to.

use std::collections::BTreeSet;

use chatflow::{FlowId, ImpressionId, Revision, SessionId};
use chatflow_storage::{
    ImpressionFacts, ImpressionPage, ImpressionQuery, SessionStatus, ShownSession, TurnPath,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::column::{Id, Time, count, label, maybe_node, maybe_uuid, time, uuid};

/// Without `:schools` all are told of.
const IMPRESSIONS: &str = "
SELECT e.id, e.created_at, e.flow_id, e.node_id, e.session_id, e.revision, e.ordinal
FROM content_events AS e
WHERE e.content_id = :content AND e.event = 'impression'
  AND e.created_at >= :begin AND (e.created_at, e.id) < (:end, :end_id)
  AND (:schools IS NULL OR e.school_id IN (SELECT value FROM json_each(:schools)))
ORDER BY e.created_at DESC, e.id DESC LIMIT :limit";

const SESSION: &str = "SELECT id, status, state FROM conversation_sessions WHERE id = ?1";

const TURNS: &str = "
SELECT created_at, path FROM conversation_history
WHERE session_id = ?1 AND path IS NOT NULL ORDER BY seq";

pub(super) fn page(
    connection: &Connection,
    schools: Option<&str>,
    query: &ImpressionQuery,
) -> rusqlite::Result<ImpressionPage> {
    let end = query.end();
    let params = named_params! {
        ":content": Id(query.window.content.0), ":begin": Time(query.window.begins()),
        ":end": Time(end.at), ":end_id": Id(end.id), ":schools": schools, ":limit": query.limit,
    };
    let mut statement = connection.prepare_cached(IMPRESSIONS)?;
    let impressions =
        statement.query_map(params, impression)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let ids: BTreeSet<_> = impressions.iter().filter_map(|fact| fact.session_id).collect();
    let mut sessions = Vec::new();
    for id in ids {
        sessions.extend(shown_session(connection, id)?);
    }
    Ok(ImpressionPage { impressions, sessions })
}

fn impression(row: &Row<'_>) -> rusqlite::Result<ImpressionFacts> {
    Ok(ImpressionFacts {
        id: ImpressionId(uuid(row, "id")?),
        at: time(row, "created_at")?,
        flow_id: maybe_uuid(row, "flow_id")?.map(FlowId),
        node_id: maybe_node(row, "node_id")?,
        session_id: maybe_uuid(row, "session_id")?.map(SessionId),
        revision: Revision(count(row, "revision")?),
        ordinal: row.get("ordinal")?,
    })
}

fn shown_session(connection: &Connection, id: SessionId) -> rusqlite::Result<Option<ShownSession>> {
    let session = |row: &Row<'_>| {
        let status = label(row, "status", SessionStatus::parse)?;
        Ok(ShownSession { id, status, state: row.get("state")?, turns: Vec::new() })
    };
    let mut statement = connection.prepare_cached(SESSION)?;
    let Some(mut shown) = statement.query_row([Id(id.0)], session).optional()? else {
        return Ok(None);
    };
    let turn =
        |row: &Row<'_>| Ok(TurnPath { at: time(row, "created_at")?, path: row.get("path")? });
    let mut statement = connection.prepare_cached(TURNS)?;
    shown.turns = statement.query_map([Id(id.0)], turn)?.collect::<Result<_, _>>()?;
    Ok(Some(shown))
}
