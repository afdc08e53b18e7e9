//! The nodes and connections of a flow, in document order (F2). A graph is written with one
//! statement per table, whatever its size.

use chatflow::{FlowId, Timestamp};
use chatflow_storage::{ConnectionRow, FlowRecord, NodeRow, connection_row_id, node_row_id};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{Json, Time, execution_context, execution_context_text, json, node};

const DELETE_CONNECTIONS: &str =
    "DELETE FROM flow_connections WHERE flow_id = $1 AND id <> ALL ($2)";

const DELETE_NODES: &str = "DELETE FROM flow_nodes WHERE flow_id = $1 AND id <> ALL ($2)";

const SAVE_NODES: &str = "
INSERT INTO flow_nodes AS n (
  id, flow_id, node_id, ordinal, node_type, execution_context, template, content, position, info,
  created_at, updated_at)
SELECT r.id, $1, r.node_id, r.ordinal - 1, r.node_type,
  r.execution_context::enum_execution_context, r.template, r.content, r.position, r.info, $10, $10
FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) WITH ORDINALITY AS r (
  id, node_id, node_type, execution_context, template, content, position, info, ordinal)
ON CONFLICT (id) DO UPDATE SET
  ordinal = excluded.ordinal, node_type = excluded.node_type,
  execution_context = excluded.execution_context, template = excluded.template,
  content = excluded.content, position = excluded.position, info = excluded.info,
  updated_at = excluded.updated_at
WHERE (n.ordinal, n.node_type, n.execution_context, n.template, n.content::text,
    n.position::text, n.info::text)
  IS DISTINCT FROM (excluded.ordinal, excluded.node_type, excluded.execution_context,
    excluded.template, excluded.content::text, excluded.position::text, excluded.info::text)";

const SAVE_CONNECTIONS: &str = "
INSERT INTO flow_connections (
  id, flow_id, source_node_id, target_node_id, ordinal, connection_type, conditions, info,
  created_at)
SELECT r.id, $1, r.source, r.target, r.ordinal - 1, r.kind, r.conditions, r.info, $8
FROM unnest($2, $3, $4, $5, $6, $7) WITH ORDINALITY AS r (
  id, source, target, kind, conditions, info, ordinal)
ON CONFLICT (id) DO UPDATE SET
  ordinal = excluded.ordinal, conditions = excluded.conditions, info = excluded.info";

const NODES: &str = "
SELECT node_id, node_type, execution_context::text AS execution_context, template, content,
  position, info
FROM flow_nodes WHERE flow_id = $1 ORDER BY ordinal";

const CONNECTIONS: &str = "
SELECT source_node_id, target_node_id, connection_type, conditions, info
FROM flow_connections WHERE flow_id = $1 ORDER BY ordinal";

/// Replaces the graph; rows that stay keep their ids and the time of their creation (S1.48).
pub(super) async fn save(
    connection: &mut PgConnection,
    flow: &FlowRecord,
    at: Timestamp,
) -> sqlx::Result<()> {
    let nodes: Vec<Uuid> =
        flow.nodes.iter().map(|row| node_row_id(flow.id, &row.node_id)).collect();
    let connections: Vec<Uuid> =
        flow.connections.iter().map(|row| connection_id(flow.id, row)).collect();
    for (sql, kept) in [(DELETE_CONNECTIONS, &connections), (DELETE_NODES, &nodes)] {
        sqlx::query(sql).bind(flow.id.0).bind(kept).execute(&mut *connection).await?;
    }
    save_nodes(connection, flow, &nodes, at).await?;
    save_connections(connection, flow, &connections, at).await
}

fn connection_id(flow: FlowId, row: &ConnectionRow) -> Uuid {
    connection_row_id(flow, &row.source, &row.target, &row.connection_type)
}

async fn save_nodes(
    connection: &mut PgConnection,
    flow: &FlowRecord,
    ids: &[Uuid],
    at: Timestamp,
) -> sqlx::Result<()> {
    let rows = &flow.nodes;
    let contexts = rows.iter().map(|row| execution_context_text(row.execution_context));
    let saved = sqlx::query(SAVE_NODES)
        .bind(flow.id.0)
        .bind(ids)
        .bind(rows.iter().map(|row| row.node_id.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.node_type.as_str()).collect::<Vec<_>>())
        .bind(contexts.collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.template.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(row.content.as_str())).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(row.position.as_str())).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(row.info.as_str())).collect::<Vec<_>>())
        .bind(Time(at))
        .execute(connection)
        .await;
    saved.map(drop)
}

async fn save_connections(
    connection: &mut PgConnection,
    flow: &FlowRecord,
    ids: &[Uuid],
    at: Timestamp,
) -> sqlx::Result<()> {
    let rows = &flow.connections;
    let saved = sqlx::query(SAVE_CONNECTIONS)
        .bind(flow.id.0)
        .bind(ids)
        .bind(rows.iter().map(|row| row.source.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.target.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.connection_type.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(row.conditions.as_str())).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(row.info.as_str())).collect::<Vec<_>>())
        .bind(Time(at))
        .execute(connection)
        .await;
    saved.map(drop)
}

pub(crate) async fn nodes(
    connection: &mut PgConnection,
    flow: FlowId,
) -> sqlx::Result<Vec<NodeRow>> {
    let rows = sqlx::query(NODES).bind(flow.0).fetch_all(connection).await?;
    rows.iter().map(node_row).collect()
}

pub(crate) fn node_row(row: &PgRow) -> sqlx::Result<NodeRow> {
    Ok(NodeRow {
        node_id: node(row, "node_id")?,
        node_type: row.try_get("node_type")?,
        execution_context: execution_context(row)?,
        template: row.try_get("template")?,
        content: json(row, "content")?,
        position: json(row, "position")?,
        info: json(row, "info")?,
    })
}

pub(crate) async fn connections(
    connection: &mut PgConnection,
    flow: FlowId,
) -> sqlx::Result<Vec<ConnectionRow>> {
    let rows = sqlx::query(CONNECTIONS).bind(flow.0).fetch_all(connection).await?;
    rows.iter().map(connection_row).collect()
}

pub(crate) fn connection_row(row: &PgRow) -> sqlx::Result<ConnectionRow> {
    Ok(ConnectionRow {
        source: node(row, "source_node_id")?,
        target: node(row, "target_node_id")?,
        connection_type: row.try_get("connection_type")?,
        conditions: json(row, "conditions")?,
        info: json(row, "info")?,
    })
}
