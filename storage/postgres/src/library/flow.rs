//! Flows and their versions.

use chatflow::{FlowId, NodeId, TenantId, Timestamp};
use chatflow_storage::{
    FlowChange, FlowRecord, FlowStamp, NewVersion, Stored, ThemeId, TraceLevel, UserId, Verdict,
    VersionRecord,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::{Mark, graph};
use crate::column::{
    Json, Time, count, json, label, maybe_node, number, small_count, small_number, time,
    visibility, visibility_text,
};
use crate::flow::newest;
use crate::reference;

const LOAD: &str = "
SELECT id, seed_key, name, description, version, entry_node_id, flow_data, info,
  visibility::text AS visibility, school_id, allow_anonymous, is_published, is_active, theme_id,
  retention_days, trace_enabled, trace_level::text AS trace_level, trace_sample_rate, graph_hash,
  row_version, created_at, updated_at, created_by
FROM flow_definitions WHERE id = $1";

const SAVE: &str = "
INSERT INTO flow_definitions (
  id, seed_key, name, description, version, entry_node_id, flow_data, info, visibility, school_id,
  allow_anonymous, is_published, is_active, theme_id, retention_days, trace_enabled, trace_level,
  trace_sample_rate, graph_hash, row_version, created_at, updated_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::enum_cms_content_visibility, $10, $11, $12, $13, $14,
  $15, $16, $17::enum_trace_level, $18, $19, $20, $21, $21, $22)
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
WITH version AS (
  INSERT INTO flow_versions (
    flow_id, seq, version, name, snapshot, graph_hash, theme_id, school_id, visibility,
    allow_anonymous, published_at, published_by, note, entry_node_id, nodes_count,
    connections_count)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::enum_cms_content_visibility, $10, $11, $13, $14, $15,
    $16, $17)
  RETURNING flow_id, seq
)
INSERT INTO flow_version_links (flow_id, seq, ordinal, link)
SELECT v.flow_id, v.seq, l.ordinal - 1, l.link
FROM version AS v CROSS JOIN unnest($12) WITH ORDINALITY AS l (link, ordinal)";

const PUBLISHED: &str = "
UPDATE flow_definitions SET
  published_at = CASE
    WHEN NOT is_published THEN NULL
    WHEN $2 THEN $3
    ELSE coalesce(published_at, $3) END,
  published_by = CASE
    WHEN NOT is_published THEN NULL
    WHEN $2 OR published_at IS NULL THEN $4
    ELSE published_by END
WHERE id = $1 AND ($2 OR is_published <> (published_at IS NOT NULL))";

pub(crate) async fn load(
    connection: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<Stored<FlowRecord>>> {
    let Some(mut stored) = head(connection, id).await? else {
        return Ok(None);
    };
    stored.record.nodes = graph::nodes(connection, stored.record.id).await?;
    stored.record.connections = graph::connections(connection, stored.record.id).await?;
    stored.record.references = reference::of_draft(connection, stored.record.id).await?;
    Ok(Some(stored))
}

/// A flow without its graph.
pub(crate) async fn head(
    connection: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<Stored<FlowRecord>>> {
    let Some(row) = sqlx::query(LOAD).bind(id).fetch_optional(connection).await? else {
        return Ok(None);
    };
    Ok(Some(Stored {
        record: record(&row)?,
        row_version: count(&row, "row_version")?,
        created_at: time(&row, "created_at")?,
        updated_at: time(&row, "updated_at")?,
    }))
}

pub(crate) fn record(row: &PgRow) -> sqlx::Result<FlowRecord> {
    Ok(FlowRecord {
        id: FlowId(row.try_get("id")?),
        seed_key: row.try_get("seed_key")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        version: row.try_get("version")?,
        entry_node_id: maybe_node(row, "entry_node_id")?,
        flow_data: json(row, "flow_data")?,
        info: json(row, "info")?,
        visibility: visibility(row)?,
        school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
        created_by: row.try_get::<Option<_>, _>("created_by")?.map(UserId),
        allow_anonymous: row.try_get("allow_anonymous")?,
        is_published: row.try_get("is_published")?,
        is_active: row.try_get("is_active")?,
        theme_id: row.try_get::<Option<_>, _>("theme_id")?.map(ThemeId),
        retention_days: small_count(row, "retention_days")?,
        trace_enabled: row.try_get("trace_enabled")?,
        trace_level: label(row, "trace_level", TraceLevel::parse)?,
        trace_sample_rate: small_count(row, "trace_sample_rate")?,
        graph_hash: row.try_get("graph_hash")?,
        nodes: Vec::new(),
        connections: Vec::new(),
        references: [].into(),
    })
}

pub(super) async fn save(
    connection: &mut PgConnection,
    flow: &FlowRecord,
    mark: Mark,
) -> sqlx::Result<()> {
    sqlx::query(SAVE)
        .bind(flow.id.0)
        .bind(flow.seed_key.as_deref())
        .bind(&flow.name)
        .bind(flow.description.as_deref())
        .bind(&flow.version)
        .bind(flow.entry_node_id.as_ref().map(NodeId::as_str))
        .bind(Json(flow.flow_data.as_str()))
        .bind(Json(flow.info.as_str()))
        .bind(visibility_text(flow.visibility))
        .bind(flow.school_id.map(|id| id.0))
        .bind(flow.allow_anonymous)
        .bind(flow.is_published)
        .bind(flow.is_active)
        .bind(flow.theme_id.map(|id| id.0))
        .bind(small_number(flow.retention_days))
        .bind(flow.trace_enabled)
        .bind(flow.trace_level.as_str())
        .bind(small_number(flow.trace_sample_rate))
        .bind(&flow.graph_hash)
        .bind(number(mark.row_version))
        .bind(Time(mark.at))
        .bind(flow.created_by.map(|id| id.0))
        .execute(&mut *connection)
        .await?;
    graph::save(connection, flow, mark.at).await
}

/// Appends the change's version, unless it is the newest one already, and says where the flow is.
pub(super) async fn publish(
    connection: &mut PgConnection,
    change: &FlowChange,
    verdict: Verdict,
    (at, by): (Timestamp, Option<UserId>),
) -> sqlx::Result<FlowStamp> {
    let flow = &change.flow.record;
    let mut current = newest(connection, flow.id).await?;
    let mut published = false;
    if let Some(new) = &change.publish {
        let seq = current.as_ref().map_or(0, |version| version.flow.seq);
        let same = current.as_ref().is_some_and(|v| *v == new.record(flow, seq, v.published_at));
        if !same {
            let version = new.record(flow, seq.saturating_add(1), at);
            append(connection, (change, new), &version, by).await?;
            current = Some(version);
            published = true;
        }
    }
    let marked = sqlx::query(PUBLISHED).bind(flow.id.0).bind(published).bind(Time(at));
    let marked = marked.bind(by.map(|id| id.0));
    marked.execute(&mut *connection).await?;
    reference::save(connection, change, verdict).await?;
    let newest = current.map(|version| version.flow);
    Ok(FlowStamp { id: flow.id, row_version: verdict.row_version(), newest })
}

async fn append(
    connection: &mut PgConnection,
    (change, new): (&FlowChange, &NewVersion),
    version: &VersionRecord,
    by: Option<UserId>,
) -> sqlx::Result<()> {
    let flow = &change.flow.record;
    let count = |rows: usize| i32::try_from(rows).unwrap_or(i32::MAX);
    let appended = sqlx::query(PUBLISH)
        .bind(version.flow.id.0)
        .bind(i64::from(version.flow.seq))
        .bind(&version.label)
        .bind(&version.name)
        .bind(Json(version.document.as_str()))
        .bind(&version.graph_hash)
        .bind(version.theme_id.map(|id| id.0))
        .bind(version.school_id.map(|id| id.0))
        .bind(visibility_text(version.visibility))
        .bind(version.allow_anonymous)
        .bind(Time(version.published_at))
        .bind(&version.links)
        .bind(by.map(|id| id.0))
        .bind(new.note.as_deref())
        .bind(flow.entry_node_id.as_ref().map(NodeId::as_str))
        .bind(count(flow.nodes.len()))
        .bind(count(flow.connections.len()))
        .execute(connection)
        .await;
    appended.map(drop)
}
