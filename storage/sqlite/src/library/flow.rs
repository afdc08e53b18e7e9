//! Flows and their versions.

use chatflow::{FlowId, NodeId, TenantId};
use chatflow_storage::{
    ApplyError, Batch, FlowChange, FlowRecord, FlowStamp, NewVersion, Stored, ThemeId, TraceLevel,
    UserId, Verdict, VersionRecord,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::{Mark, graph};
use crate::column::{
    Id, Time, count, label, maybe_node, maybe_uuid, number, time, uuid, visibility, visibility_text,
};
use crate::fault::Doing;
use crate::flow::newest;
use crate::reference;

const LOAD: &str = "
SELECT id, seed_key, name, description, version, entry_node_id, flow_data, info, visibility,
  school_id, allow_anonymous, is_published, is_active, theme_id, retention_days, trace_enabled,
  trace_level, trace_sample_rate, graph_hash, row_version, created_at, updated_at, created_by
FROM flow_definitions WHERE id = ?1";

const SAVE: &str = "
INSERT INTO flow_definitions (
  id, seed_key, name, description, version, entry_node_id, flow_data, info, visibility, school_id,
  allow_anonymous, is_published, is_active, theme_id, retention_days, trace_enabled, trace_level,
  trace_sample_rate, graph_hash, row_version, created_at, updated_at, created_by)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
  ?21, ?21, ?22)
ON CONFLICT (id) DO UPDATE SET
  seed_key = excluded.seed_key, name = excluded.name, description = excluded.description,
  version = excluded.version, entry_node_id = excluded.entry_node_id,
  flow_data = excluded.flow_data, info = excluded.info, visibility = excluded.visibility,
  school_id = excluded.school_id, allow_anonymous = excluded.allow_anonymous,
  is_published = excluded.is_published, is_active = excluded.is_active,
  theme_id = excluded.theme_id, retention_days = excluded.retention_days,
  trace_enabled = excluded.trace_enabled, trace_level = excluded.trace_level,
  trace_sample_rate = excluded.trace_sample_rate, graph_hash = excluded.graph_hash,
  row_version = excluded.row_version, updated_at = excluded.updated_at,
  created_by = excluded.created_by";

const PUBLISH: &str = "
INSERT INTO flow_versions (
  flow_id, seq, version, name, snapshot, graph_hash, theme_id, school_id, visibility,
  allow_anonymous, published_at, published_by, note, entry_node_id, nodes_count, connections_count)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";

const PUBLISHED: &str = "
UPDATE flow_definitions SET
  published_at = CASE
    WHEN NOT is_published THEN NULL
    WHEN ?2 THEN ?3
    ELSE coalesce(published_at, ?3) END,
  published_by = CASE
    WHEN NOT is_published THEN NULL
    WHEN ?2 OR published_at IS NULL THEN ?4
    ELSE published_by END
WHERE id = ?1 AND (?2 OR is_published <> (published_at IS NOT NULL))";

pub(crate) fn load(
    connection: &Connection,
    id: Uuid,
) -> rusqlite::Result<Option<Stored<FlowRecord>>> {
    let Some(mut stored) = head(connection, id)? else {
        return Ok(None);
    };
    stored.record.nodes = graph::nodes(connection, stored.record.id)?;
    stored.record.connections = graph::connections(connection, stored.record.id)?;
    stored.record.references = reference::of_draft(connection, stored.record.id)?;
    Ok(Some(stored))
}

/// A flow without its graph.
pub(crate) fn head(
    connection: &Connection,
    id: Uuid,
) -> rusqlite::Result<Option<Stored<FlowRecord>>> {
    let mut statement = connection.prepare_cached(LOAD)?;
    let found = statement.query_row([Id(id)], |row| {
        Ok(Stored {
            record: record(row)?,
            row_version: count(row, "row_version")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        })
    });
    found.optional()
}

pub(crate) fn record(row: &Row<'_>) -> rusqlite::Result<FlowRecord> {
    Ok(FlowRecord {
        id: FlowId(uuid(row, "id")?),
        seed_key: row.get("seed_key")?,
        name: row.get("name")?,
        description: row.get("description")?,
        version: row.get("version")?,
        entry_node_id: maybe_node(row, "entry_node_id")?,
        flow_data: row.get("flow_data")?,
        info: row.get("info")?,
        visibility: visibility(row)?,
        school_id: maybe_uuid(row, "school_id")?.map(TenantId),
        created_by: maybe_uuid(row, "created_by")?.map(UserId),
        allow_anonymous: row.get("allow_anonymous")?,
        is_published: row.get("is_published")?,
        is_active: row.get("is_active")?,
        theme_id: maybe_uuid(row, "theme_id")?.map(ThemeId),
        retention_days: row.get("retention_days")?,
        trace_enabled: row.get("trace_enabled")?,
        trace_level: label(row, "trace_level", TraceLevel::parse)?,
        trace_sample_rate: row.get("trace_sample_rate")?,
        graph_hash: row.get("graph_hash")?,
        nodes: Vec::new(),
        connections: Vec::new(),
        references: [].into(),
    })
}

pub(super) fn save(connection: &Connection, flow: &FlowRecord, mark: Mark) -> rusqlite::Result<()> {
    connection.prepare_cached(SAVE)?.execute(params![
        Id(flow.id.0),
        flow.seed_key,
        flow.name,
        flow.description,
        flow.version,
        flow.entry_node_id.as_ref().map(NodeId::as_str),
        flow.flow_data,
        flow.info,
        visibility_text(flow.visibility),
        flow.school_id.map(|id| Id(id.0)),
        flow.allow_anonymous,
        flow.is_published,
        flow.is_active,
        flow.theme_id.map(|id| Id(id.0)),
        flow.retention_days,
        flow.trace_enabled,
        flow.trace_level.as_str(),
        flow.trace_sample_rate,
        flow.graph_hash,
        number(mark.row_version),
        Time(mark.at),
        flow.created_by.map(|id| Id(id.0)),
    ])?;
    graph::save(connection, flow, mark.at)
}

/// Appends the change's version, unless it is the newest one already, and says where the flow is.
pub(super) fn publish(
    connection: &Connection,
    change: &FlowChange,
    verdict: Verdict,
    batch: &Batch,
) -> Result<FlowStamp, ApplyError> {
    let (flow, at) = (&change.flow.record, batch.at);
    let mut current =
        newest(connection, flow.id).doing("read a flow's newest version", connection)?;
    let mut published = false;
    if let Some(new) = &change.publish {
        let seq = current.as_ref().map_or(0, |version| version.flow.seq);
        let same = current.as_ref().is_some_and(|v| *v == new.record(flow, seq, v.published_at));
        if !same {
            let version = new.record(flow, seq.saturating_add(1), at);
            append(connection, (change, new), &version, batch.by)
                .doing("publish a flow", connection)?;
            current = Some(version);
            published = true;
        }
    }
    let by = batch.by.map(|id| Id(id.0));
    connection
        .prepare_cached(PUBLISHED)
        .and_then(|mut statement| {
            statement.execute(params![Id(flow.id.0), published, Time(at), by])
        })
        .doing("publish a flow", connection)?;
    reference::save(connection, change, verdict).doing("keep references", connection)?;
    let newest = current.map(|version| version.flow);
    Ok(FlowStamp { id: flow.id, row_version: verdict.row_version(), newest })
}

fn append(
    connection: &Connection,
    (change, new): (&FlowChange, &NewVersion),
    version: &VersionRecord,
    by: Option<UserId>,
) -> rusqlite::Result<()> {
    let flow = &change.flow.record;
    let count = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
    connection.prepare_cached(PUBLISH)?.execute(params![
        Id(version.flow.id.0),
        version.flow.seq,
        version.label,
        version.name,
        version.document,
        version.graph_hash,
        version.theme_id.map(|id| Id(id.0)),
        version.school_id.map(|id| Id(id.0)),
        visibility_text(version.visibility),
        version.allow_anonymous,
        Time(version.published_at),
        by.map(|id| Id(id.0)),
        new.note,
        flow.entry_node_id.as_ref().map(NodeId::as_str),
        count(flow.nodes.len()),
        count(flow.connections.len()),
    ])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO flow_version_links (flow_id, seq, ordinal, link) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (ordinal, link) in (0_i64..).zip(&version.links) {
        statement.execute(params![Id(version.flow.id.0), version.flow.seq, ordinal, link])?;
    }
    Ok(())
}
