//! What some turns write beside history and journal.

use chatflow::{NodeId, Revision, SessionId, Timestamp};
use chatflow_storage::{
    AnsweredRequest, Commit, NewContentEvent, NewEvent, NewSession, TraceTurn, Turn,
};
use rusqlite::{Connection, params};

use crate::column::{Id, Time, number};
use crate::outbox;

/// The school and the visitor are the session's. What is there already is left alone (S5.22).
const CONTENT: &str = "
INSERT INTO content_events (
  id, event, content_id, variant_key, session_id, flow_id, node_id, school_id, user_id,
  impression_id, value, created_at, revision, ordinal)
SELECT ?2, ?3, ?4, ?5, s.id, ?6, ?7, s.school_id, s.user_id, ?8, ?9, ?10, ?11, ?12
FROM conversation_sessions AS s WHERE s.id = ?1
ON CONFLICT DO NOTHING";

/// For each item and variant that was shown, the last impression, unless the pair has converted
/// (S5.23). The id is that of the impression as of version 8.
const CONVERSIONS: &str = "
INSERT INTO content_events (
  id, event, content_id, variant_key, session_id, flow_id, node_id, school_id, user_id,
  impression_id, value, created_at, revision, ordinal)
SELECT substr(i.id, 1, 14) || '8' || substr(i.id, 16), 'conversion', i.content_id, i.variant_key,
  i.session_id, i.flow_id, i.node_id, i.school_id, i.user_id, i.id, NULL, ?2, ?3,
  ?4 + row_number() OVER (ORDER BY i.content_id, i.variant_key NULLS LAST)
FROM (
  SELECT e.id, e.content_id, e.variant_key, e.session_id, e.flow_id, e.node_id, e.school_id,
    e.user_id, row_number() OVER (
      PARTITION BY e.content_id, e.variant_key ORDER BY e.revision DESC, e.ordinal DESC) AS place
  FROM content_events AS e WHERE e.session_id = ?1 AND e.event = 'impression'
) AS i
WHERE i.place = 1 AND NOT EXISTS (
  SELECT 1 FROM content_events AS c
  WHERE c.session_id = ?1 AND c.event = 'conversion' AND c.content_id = i.content_id
    AND c.variant_key IS i.variant_key)
ON CONFLICT DO NOTHING";

const TRACE: &str = "
INSERT INTO flow_execution_turns (
  session_id, revision, flow_id, at, step_count, error_count, duration_ms, steps, state)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const IS_ANSWERED: &str = "
SELECT EXISTS (
  SELECT 1 FROM chat_request_log
  WHERE session_id = ?1 AND request_key = ?2 AND expires_at > ?3)";

/// Replaces one that has expired; any other was looked for before.
const ANSWERED: &str = "
INSERT OR REPLACE INTO chat_request_log (
  session_id, request_key, body_hash, status, response, created_at, expires_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const PREVIEW: &str = "INSERT INTO session_previews (session_id, preview) VALUES (?1, ?2)";

/// Whose rows they are.
#[derive(Clone, Copy)]
pub(super) struct Made<'a> {
    session: SessionId,
    revision: Revision,
    at: Timestamp,
    turn: &'a Turn,
}

impl<'a> From<&'a Commit> for Made<'a> {
    fn from(commit: &'a Commit) -> Self {
        let (session, revision) = (commit.session, commit.expected.next());
        Self { session, revision, at: commit.at, turn: &commit.turn }
    }
}

impl<'a> From<&'a NewSession> for Made<'a> {
    fn from(new: &'a NewSession) -> Self {
        let (session, at) = (new.head.id, new.head.started_at);
        Self { session, revision: Revision(1), at, turn: &new.turn }
    }
}

/// Whether the session has answered a request of this name, and the answer has not expired.
pub(super) fn is_answered(
    connection: &Connection,
    commit: &Commit,
    request_key: &str,
) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(IS_ANSWERED)?;
    let params = params![Id(commit.session.0), request_key, Time(commit.at)];
    statement.query_row(params, |row| row.get(0))
}

pub(super) fn append(connection: &Connection, made: Made<'_>) -> rusqlite::Result<()> {
    if !made.turn.content_events.is_empty() {
        content(connection, made, &made.turn.content_events)?;
    }
    if made.turn.converts {
        connection.prepare_cached(CONVERSIONS)?.execute(params![
            Id(made.session.0),
            Time(made.at),
            number(made.revision.0),
            i64::try_from(made.turn.content_events.len()).unwrap_or(i64::MAX),
        ])?;
    }
    if let Some(turn) = &made.turn.trace {
        trace(connection, made, turn)?;
    }
    if let Some(request) = &made.turn.answered {
        answered(connection, made, request)?;
    }
    if !made.turn.events.is_empty() {
        // They are the session's, whatever they say.
        let own = |event: &NewEvent| NewEvent { session_id: Some(made.session), ..event.clone() };
        outbox::append(connection, &made.turn.events.iter().map(own).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// What a preview runs.
pub(super) fn preview(connection: &Connection, new: &NewSession) -> rusqlite::Result<()> {
    if let Some(preview) = &new.preview {
        connection.prepare_cached(PREVIEW)?.execute(params![Id(new.head.id.0), preview])?;
    }
    Ok(())
}

fn content(
    connection: &Connection,
    made: Made<'_>,
    events: &[NewContentEvent],
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(CONTENT)?;
    for (event, ordinal) in events.iter().zip(1_i64..) {
        statement.execute(params![
            Id(made.session.0),
            Id(event.id),
            event.kind.as_str(),
            Id(event.content_id.0),
            event.variant_key,
            event.flow_id.map(|id| Id(id.0)),
            event.node_id.as_ref().map(NodeId::as_str),
            event.impression_id.map(|id| Id(id.0)),
            event.value,
            Time(made.at),
            number(made.revision.0),
            ordinal,
        ])?;
    }
    Ok(())
}

fn trace(connection: &Connection, made: Made<'_>, turn: &TraceTurn) -> rusqlite::Result<()> {
    connection.prepare_cached(TRACE)?.execute(params![
        Id(made.session.0),
        number(made.revision.0),
        Id(turn.flow_id.0),
        Time(made.at),
        turn.steps_taken,
        turn.errors,
        number(turn.duration_ms),
        turn.steps,
        turn.state,
    ])?;
    Ok(())
}

fn answered(
    connection: &Connection,
    made: Made<'_>,
    request: &AnsweredRequest,
) -> rusqlite::Result<()> {
    connection.prepare_cached(ANSWERED)?.execute(params![
        Id(made.session.0),
        request.request_key,
        request.body_hash,
        request.status,
        request.response,
        Time(made.at),
        Time(request.expires_at),
    ])?;
    Ok(())
}
