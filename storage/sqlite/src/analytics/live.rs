//! What goes on at this moment.

use chatflow::FlowId;
use chatflow_storage::{LiveFlow, LiveQuery, Reach};
use rusqlite::{Connection, named_params};

use crate::column::{Time, count, list, uuid};

/// Sessions that started lately, and older ones that go on, each by an index of its own.
const LIVE: &str = "
SELECT r.flow_id, sum(r.status = 'active' AND r.last_activity_at >= :active) AS active,
  sum(r.started_at >= :started) AS started,
  sum(iif(r.last_activity_at >= :inputs, (
    SELECT count(*) FROM conversation_history AS h
    WHERE h.session_id = r.id AND h.interaction_type = 'input' AND h.created_at >= :inputs
  ), 0)) AS inputs
FROM (
  SELECT s.id, s.flow_id, s.school_id, s.status, s.started_at, s.last_activity_at, s.info
  FROM conversation_sessions AS s
  WHERE s.flow_id IN (SELECT value FROM json_each(:flows)) AND s.started_at >= :from
  UNION ALL
  SELECT s.id, s.flow_id, s.school_id, s.status, s.started_at, s.last_activity_at, s.info
  FROM conversation_sessions AS s INDEXED BY ix_conversation_sessions_active
  WHERE s.status = 'active' AND s.started_at < :from
    AND s.flow_id IN (SELECT value FROM json_each(:flows))
) AS r
WHERE (r.flow_id IN (SELECT value FROM json_each(:whole))
    OR r.school_id IN (SELECT value FROM json_each(:schools)))
  AND coalesce(json_type(r.info, '$.preview') <> 'true', 1)
GROUP BY r.flow_id ORDER BY r.flow_id";

pub(super) fn flows(
    connection: &Connection,
    reach: &Reach,
    query: &LiveQuery,
) -> rusqlite::Result<Vec<LiveFlow>> {
    let params = named_params! {
        ":flows": list(&reach.flows), ":whole": list(&reach.whole),
        ":schools": list(&reach.schools), ":from": Time(query.from),
        ":active": Time(query.active_since), ":inputs": Time(query.inputs_since),
        ":started": Time(query.started_since),
    };
    let mut statement = connection.prepare_cached(LIVE)?;
    let rows = statement.query_map(params, |row| {
        Ok(LiveFlow {
            flow: FlowId(uuid(row, "flow_id")?),
            active: count(row, "active")?,
            inputs: count(row, "inputs")?,
            started: count(row, "started")?,
        })
    })?;
    rows.collect()
}
