//! The nodes and connections of a flow, in document order (F2).

use chatflow::{FlowId, NodeId, Timestamp};
use chatflow_storage::{ConnectionRow, FlowRecord, NodeRow, connection_row_id, node_row_id};
use rusqlite::{Connection, Row, params};

use crate::column::{Id, Time, execution_context, execution_context_text, list};

const SAVE_NODE: &str = "
INSERT INTO flow_nodes (
  id, flow_id, node_id, ordinal, node_type, execution_context, template, content, position, info,
  created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)
ON CONFLICT (id) DO UPDATE SET
  ordinal = excluded.ordinal, node_type = excluded.node_type,
  execution_context = excluded.execution_context, template = excluded.template,
  content = excluded.content, position = excluded.position, info = excluded.info,
  updated_at = excluded.updated_at
WHERE (ordinal, node_type, execution_context, template, content, position, info) IS NOT (
  excluded.ordinal, excluded.node_type, excluded.execution_context, excluded.template,
  excluded.content, excluded.position, excluded.info)";

const SAVE_CONNECTION: &str = "
INSERT INTO flow_connections (
  id, flow_id, source_node_id, target_node_id, ordinal, connection_type, conditions, info,
  created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (id) DO UPDATE SET
  ordinal = excluded.ordinal, conditions = excluded.conditions, info = excluded.info";

/// Replaces the graph; rows that stay keep their ids and the time of their creation (S1.48).
pub(super) fn save(
    connection: &Connection,
    flow: &FlowRecord,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let id = Id(flow.id.0);
    let nodes = list(flow.nodes.iter().map(|row| node_row_id(flow.id, &row.node_id)));
    let connections = list(flow.connections.iter().map(|row| connection_id(flow.id, row)));
    connection
        .prepare_cached(
            "DELETE FROM flow_connections
             WHERE flow_id = ?1 AND id NOT IN (SELECT value FROM json_each(?2))",
        )?
        .execute(params![id, connections])?;
    connection
        .prepare_cached(
            "DELETE FROM flow_nodes
             WHERE flow_id = ?1 AND id NOT IN (SELECT value FROM json_each(?2))",
        )?
        .execute(params![id, nodes])?;
    let mut statement = connection.prepare_cached(SAVE_NODE)?;
    for (ordinal, row) in (0_i64..).zip(&flow.nodes) {
        statement.execute(params![
            Id(node_row_id(flow.id, &row.node_id)),
            id,
            row.node_id.as_str(),
            ordinal,
            row.node_type,
            execution_context_text(row.execution_context),
            row.template,
            row.content,
            row.position,
            row.info,
            Time(at),
        ])?;
    }
    let mut statement = connection.prepare_cached(SAVE_CONNECTION)?;
    for (ordinal, row) in (0_i64..).zip(&flow.connections) {
        statement.execute(params![
            Id(connection_id(flow.id, row)),
            id,
            row.source.as_str(),
            row.target.as_str(),
            ordinal,
            row.connection_type,
            row.conditions,
            row.info,
            Time(at),
        ])?;
    }
    Ok(())
}

fn connection_id(flow: FlowId, row: &ConnectionRow) -> uuid::Uuid {
    connection_row_id(flow, &row.source, &row.target, &row.connection_type)
}

pub(crate) fn nodes(connection: &Connection, flow: FlowId) -> rusqlite::Result<Vec<NodeRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT node_id, node_type, execution_context, template, content, position, info
         FROM flow_nodes WHERE flow_id = ?1 ORDER BY ordinal",
    )?;
    let rows = statement.query_map([Id(flow.0)], |row| {
        Ok(NodeRow {
            node_id: node(row, "node_id")?,
            node_type: row.get("node_type")?,
            execution_context: execution_context(row)?,
            template: row.get("template")?,
            content: row.get("content")?,
            position: row.get("position")?,
            info: row.get("info")?,
        })
    })?;
    rows.collect()
}

pub(crate) fn connections(
    connection: &Connection,
    flow: FlowId,
) -> rusqlite::Result<Vec<ConnectionRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT source_node_id, target_node_id, connection_type, conditions, info
         FROM flow_connections WHERE flow_id = ?1 ORDER BY ordinal",
    )?;
    let rows = statement.query_map([Id(flow.0)], |row| {
        Ok(ConnectionRow {
            source: node(row, "source_node_id")?,
            target: node(row, "target_node_id")?,
            connection_type: row.get("connection_type")?,
            conditions: row.get("conditions")?,
            info: row.get("info")?,
        })
    })?;
    rows.collect()
}

fn node(row: &Row<'_>, column: &str) -> rusqlite::Result<NodeId> {
    row.get::<_, String>(column).map(NodeId::from)
}
