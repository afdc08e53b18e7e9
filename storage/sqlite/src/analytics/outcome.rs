//! How sessions came out.

use chatflow::FlowId;
use chatflow_storage::{OpenSessions, OutcomeCount, OutcomeQuery, Reach, SessionStatus};
use rusqlite::{Connection, named_params};

use crate::column::{Time, count, label, list, maybe_time, uuid};

/// Times have one width, so that their seconds and milliseconds stand in known places.
const OUTCOMES: &str = "
SELECT s.flow_id, iif(:hourly, substr(s.started_at, 1, 13) || ':00:00Z', NULL) AS hour,
  s.status, s.ended_reason, count(*) AS sessions, count(s.ended_at) AS ended,
  coalesce(sum(max(0, (unixepoch(s.ended_at) - unixepoch(s.started_at)) * 1000
    + substr(s.ended_at, 21, 3) - substr(s.started_at, 21, 3))), 0) AS duration_ms
FROM conversation_sessions AS s
WHERE s.flow_id IN (SELECT value FROM json_each(:flows))
  AND s.started_at >= :from AND s.started_at < :to
  AND (s.flow_id IN (SELECT value FROM json_each(:whole))
    OR s.school_id IN (SELECT value FROM json_each(:schools)))
  AND coalesce(json_type(s.info, '$.preview') <> 'true', 1)
GROUP BY s.flow_id, hour, s.status, s.ended_reason ORDER BY s.flow_id, hour";

const OPEN: &str = "
SELECT s.flow_id, count(*) AS open FROM conversation_sessions AS s
WHERE s.status = 'active' AND s.flow_id IN (SELECT value FROM json_each(:flows))
  AND (s.flow_id IN (SELECT value FROM json_each(:whole))
    OR s.school_id IN (SELECT value FROM json_each(:schools)))
  AND coalesce(json_type(s.info, '$.preview') <> 'true', 1)
GROUP BY s.flow_id ORDER BY s.flow_id";

pub(super) fn counts(
    connection: &Connection,
    reach: &Reach,
    query: &OutcomeQuery,
) -> rusqlite::Result<Vec<OutcomeCount>> {
    let params = named_params! {
        ":flows": list(&reach.flows), ":whole": list(&reach.whole),
        ":schools": list(&reach.schools), ":from": Time(query.from), ":to": Time(query.to),
        ":hourly": query.is_hourly,
    };
    let mut statement = connection.prepare_cached(OUTCOMES)?;
    let rows = statement.query_map(params, |row| {
        Ok(OutcomeCount {
            flow: FlowId(uuid(row, "flow_id")?),
            hour: maybe_time(row, "hour")?,
            status: label(row, "status", SessionStatus::parse)?,
            ended_reason: row.get("ended_reason")?,
            sessions: count(row, "sessions")?,
            ended: count(row, "ended")?,
            duration_ms: count(row, "duration_ms")?,
        })
    })?;
    rows.collect()
}

pub(super) fn open(connection: &Connection, reach: &Reach) -> rusqlite::Result<Vec<OpenSessions>> {
    let params = named_params! {
        ":flows": list(&reach.flows), ":whole": list(&reach.whole),
        ":schools": list(&reach.schools),
    };
    let mut statement = connection.prepare_cached(OPEN)?;
    let rows = statement.query_map(params, |row| {
        Ok(OpenSessions { flow: FlowId(uuid(row, "flow_id")?), count: count(row, "open")? })
    })?;
    rows.collect()
}
