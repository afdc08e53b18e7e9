//! What goes on at this moment.

use chatflow::FlowId;
use chatflow_storage::{LiveFlow, LiveQuery, Reach};
use rusqlite::{Connection, named_params};

use crate::column::{Time, count, list, uuid};

const LIVE: &str = "
SELECT s.flow_id, sum(s.status = 'active' AND s.last_activity_at >= :active) AS active,
  sum(s.started_at >= :started) AS started,
  sum(iif(s.last_activity_at >= :inputs, (
    SELECT count(*) FROM conversation_history AS h
    WHERE h.session_id = s.id AND h.interaction_type = 'input' AND h.created_at >= :inputs
  ), 0)) AS inputs
FROM conversation_sessions AS s
WHERE s.flow_id IN (SELECT value FROM json_each(:flows)) AND s.started_at >= :from
  AND (s.flow_id IN (SELECT value FROM json_each(:whole))
    OR s.school_id IN (SELECT value FROM json_each(:schools)))
  AND coalesce(json_type(s.info, '$.preview') <> 'true', 1)
GROUP BY s.flow_id ORDER BY s.flow_id";

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
