//! What is kept of days.

use chatflow::{FlowId, NodeId, TenantId, Timestamp};
use chatflow_storage::{
    Day, FlowDay, FlowDayQuery, FlowMetrics, Measured, Reach, Rollup, RollupKey, RollupPart,
    RollupQuery, RollupRow,
};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use uuid::Uuid;

use crate::column::{Id, Time, list, maybe_uuid, time, uuid};

/// The next session in the order of flows and times.
const NEXT: &str = "
SELECT flow_id, started_at FROM conversation_sessions
WHERE (flow_id, started_at) >= (?1, ?2) ORDER BY flow_id, started_at LIMIT 1";

const ROLLED: &str = "
SELECT updated_at, metrics FROM conversation_analytics
WHERE flow_id = ?1 AND node_id = '' AND date = ?2 AND school_id = ''";

const DELETE: &str = "DELETE FROM conversation_analytics WHERE flow_id = ?1 AND date = ?2";

const INSERT: &str = "
INSERT INTO conversation_analytics (
  flow_id, node_id, date, school_id, metrics, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";

/// The rows that are told of.
macro_rules! rows {
    () => {
        "SELECT a.flow_id, nullif(a.node_id, '') AS node_id, a.date || 'T00:00:00Z' AS day,
           nullif(a.school_id, '') AS school_id, a.metrics, a.updated_at
         FROM conversation_analytics AS a
         WHERE a.flow_id IN (SELECT value FROM json_each(:flows))
           AND a.date BETWEEN :from AND :to
           AND iif(a.flow_id IN (SELECT value FROM json_each(:whole)), a.school_id = '',
             a.school_id IN (SELECT value FROM json_each(:schools)))
           AND (a.flow_id, a.node_id, a.date, a.school_id)
             > (:after, :after_node, :after_date, :after_school) "
    };
}

macro_rules! in_order {
    () => {
        " ORDER BY a.flow_id, a.node_id, a.date, a.school_id LIMIT :limit"
    };
}

const OF_NODE: &str = concat!(rows!(), "AND a.node_id = :node", in_order!());
const ALL: &str = concat!(rows!(), "AND :node IS NULL", in_order!());

/// Goes from one day to the next: a look-up for each, and two more for each flow.
pub(super) fn days(
    connection: &Connection,
    query: &FlowDayQuery,
) -> rusqlite::Result<Vec<FlowDay>> {
    let mut statement = connection.prepare_cached(NEXT)?;
    let place = |row: &Row<'_>| Ok((FlowId(uuid(row, "flow_id")?), time(row, "started_at")?));
    let from = query.from.begins();
    let behind = |flow: FlowId, day: Day| {
        if day < query.to {
            Some((flow, day.next().begins()))
        } else {
            flow.0.as_u128().checked_add(1).map(|next| (FlowId(Uuid::from_u128(next)), from))
        }
    };
    let first = Some((FlowId(Uuid::nil()), from));
    let mut next = query.after.map_or(first, |(flow, day)| behind(flow, day));
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut days = Vec::new();
    while let Some((flow, at)) = next.filter(|_| days.len() < limit) {
        let params = params![Id(flow.0), Time(at)];
        let Some((flow, at)) = statement.query_row(params, place).optional()? else { break };
        let day = Day::of(at);
        if (query.from..=query.to).contains(&day) {
            days.push(FlowDay { flow, day, rolled: rolled(connection, flow, day)? });
        }
        next = if day < query.from { Some((flow, from)) } else { behind(flow, day) };
    }
    Ok(days)
}

fn rolled(
    connection: &Connection,
    flow: FlowId,
    day: Day,
) -> rusqlite::Result<Option<(Timestamp, FlowMetrics)>> {
    let params = params![Id(flow.0), date(day)];
    let rolled = |row: &Row<'_>| {
        let metrics: String = row.get("metrics")?;
        Ok((time(row, "updated_at")?, FlowMetrics::parse(&metrics).map_err(broken)?))
    };
    connection.prepare_cached(ROLLED)?.query_row(params, rolled).optional()
}

pub(super) fn save(connection: &Connection, rollup: &Rollup) -> rusqlite::Result<()> {
    let day = date(rollup.day);
    connection.prepare_cached(DELETE)?.execute(params![Id(rollup.flow.0), day])?;
    let mut statement = connection.prepare_cached(INSERT)?;
    for part in &rollup.parts {
        statement.execute(params![
            Id(rollup.flow.0),
            part.node().map_or("", NodeId::as_str),
            day,
            part.school.map(|school| school.0.to_string()).unwrap_or_default(),
            part.metrics(),
            Time(rollup.at),
        ])?;
    }
    Ok(())
}

pub(super) fn page(
    connection: &Connection,
    reach: &Reach,
    query: &RollupQuery,
) -> rusqlite::Result<Vec<RollupRow>> {
    let (sql, node) = match &query.measured {
        Measured::Flows => (OF_NODE, Some("")),
        Measured::Node(node) => (OF_NODE, Some(node.as_str())),
        Measured::All => (ALL, None),
    };
    let after = query.after.as_ref();
    let after_node = |after: &RollupKey| after.node.as_ref().map(ToString::to_string);
    let after_school = |after: &RollupKey| after.school.map(|school| school.0.to_string());
    let after_date = |after: &RollupKey| date(after.day);
    let params = named_params! {
        ":flows": list(&reach.flows), ":whole": list(&reach.whole),
        ":schools": list(&reach.schools), ":node": node,
        ":from": date(query.from), ":to": date(query.to),
        ":after": after.map(|after| after.flow.0.to_string()).unwrap_or_default(),
        ":after_node": after.and_then(after_node).unwrap_or_default(),
        ":after_date": after.map(after_date).unwrap_or_default(),
        ":after_school": after.and_then(after_school).unwrap_or_default(),
        ":limit": query.limit,
    };
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map(params, row_of)?.collect()
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<RollupRow> {
    let metrics: String = row.get("metrics")?;
    let school = maybe_uuid(row, "school_id")?.map(TenantId);
    let node = row.get::<_, Option<String>>("node_id")?.map(NodeId::from);
    Ok(RollupRow {
        flow: FlowId(uuid(row, "flow_id")?),
        day: Day::of(time(row, "day")?),
        at: time(row, "updated_at")?,
        part: RollupPart::parse(school, node, &metrics).map_err(broken)?,
    })
}

/// `YYYY-MM-DD`, which sorts as its day does.
fn date(day: Day) -> String {
    let mut text = day.begins().to_string();
    text.truncate(10);
    text
}

fn broken(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into())
}
