//! What was published of a flow.

use chatflow::{FlowId, FlowRef};
use chatflow_storage::{Total, UserId, VersionEntry, VersionPage};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::column::{Id, count, maybe_node, maybe_uuid, time, uuid};

macro_rules! columns {
    () => {
        "SELECT flow_id, seq, version, name, entry_node_id, graph_hash, published_at, published_by,
           note, nodes_count, connections_count"
    };
}

const PAGE: &str = concat!(
    columns!(),
    " FROM flow_versions WHERE flow_id = ?1 ORDER BY seq DESC LIMIT ?2 OFFSET ?3"
);

const TOTAL: &str = "SELECT count(*) AS total FROM (
  SELECT 1 FROM flow_versions WHERE flow_id = ?1 LIMIT 10001)";

const ONE: &str =
    concat!(columns!(), ", snapshot FROM flow_versions WHERE flow_id = ?1 AND seq = ?2");

pub(super) fn page(
    connection: &Connection,
    id: FlowId,
    skip: u32,
    limit: u32,
) -> rusqlite::Result<VersionPage> {
    let mut statement = connection.prepare_cached(PAGE)?;
    let versions = statement.query_map(params![Id(id.0), limit, skip], entry)?;
    let versions = versions.collect::<rusqlite::Result<_>>()?;
    let mut statement = connection.prepare_cached(TOTAL)?;
    let total = statement.query_row([Id(id.0)], |row| count(row, "total"))?;
    Ok(VersionPage { versions, total: Total::of(total) })
}

pub(super) fn one(
    connection: &Connection,
    flow: FlowRef,
) -> rusqlite::Result<Option<(VersionEntry, String)>> {
    let mut statement = connection.prepare_cached(ONE)?;
    let read = |row: &Row<'_>| Ok((entry(row)?, row.get("snapshot")?));
    statement.query_row(params![Id(flow.id.0), flow.seq], read).optional()
}

fn entry(row: &Row<'_>) -> rusqlite::Result<VersionEntry> {
    Ok(VersionEntry {
        flow: FlowRef { id: FlowId(uuid(row, "flow_id")?), seq: row.get("seq")? },
        label: row.get("version")?,
        name: row.get("name")?,
        entry_node_id: maybe_node(row, "entry_node_id")?,
        graph_hash: row.get("graph_hash")?,
        published_at: time(row, "published_at")?,
        published_by: maybe_uuid(row, "published_by")?.map(UserId),
        note: row.get("note")?,
        nodes_count: row.get("nodes_count")?,
        connections_count: row.get("connections_count")?,
    })
}
