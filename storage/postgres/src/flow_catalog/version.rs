//! What was published of a flow.

use chatflow::{FlowId, FlowRef, TenantId};
use chatflow_storage::{
    AccessScope, RowAccess, Total, UserId, VersionEntry, VersionPage, finds_flow,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::column::{count, json, maybe_node, number, seq, small_count, time, visibility};

/// What a list shows of the version `v`, and who may view its flow `f`.
macro_rules! columns {
    () => {
        "v.seq, v.version, v.name, v.entry_node_id, v.graph_hash, v.published_at, v.published_by,
         v.note, v.nodes_count, v.connections_count, f.visibility::text AS visibility, f.school_id,
         f.created_by, f.is_active, f.is_published"
    };
}

/// The total comes in every row; an empty page is one row without a version.
const PAGE: &str = concat!(
    "SELECT ",
    columns!(),
    ", (SELECT count(*) FROM (
         SELECT 1 FROM flow_versions AS w WHERE w.flow_id = f.id LIMIT $4) AS c) AS total
     FROM flow_definitions AS f
     LEFT JOIN LATERAL (
       SELECT w.seq, w.version, w.name, w.entry_node_id, w.graph_hash, w.published_at,
         w.published_by, w.note, w.nodes_count, w.connections_count
       FROM flow_versions AS w WHERE w.flow_id = f.id ORDER BY w.seq DESC LIMIT $3 OFFSET $2
     ) AS v ON true
     WHERE f.id = $1 ORDER BY v.seq DESC"
);

const ONE: &str = concat!(
    "SELECT v.snapshot, ",
    columns!(),
    " FROM flow_versions AS v JOIN flow_definitions AS f ON f.id = v.flow_id
     WHERE v.flow_id = $1 AND v.seq = $2"
);

pub(super) async fn page(
    connection: &mut PgConnection,
    scope: &AccessScope,
    id: FlowId,
    (skip, limit): (u32, u32),
) -> sqlx::Result<Option<VersionPage>> {
    let rows = sqlx::query(PAGE)
        .bind(id.0)
        .bind(i64::from(skip))
        .bind(i64::from(limit))
        .bind(number(Total::MOST.saturating_add(1)))
        .fetch_all(connection)
        .await?;
    let mut page = None;
    for row in &rows {
        if !views(scope, row)? {
            return Ok(None);
        }
        let page = page.get_or_insert_with(VersionPage::default);
        page.total = Total::of(count(row, "total")?);
        if row.try_get::<Option<i64>, _>("seq")?.is_some() {
            page.versions.push(entry(row, id)?);
        }
    }
    Ok(page)
}

pub(super) async fn one(
    connection: &mut PgConnection,
    scope: &AccessScope,
    flow: FlowRef,
) -> sqlx::Result<Option<(VersionEntry, String)>> {
    let query = sqlx::query(ONE).bind(flow.id.0).bind(i64::from(flow.seq));
    let Some(row) = query.fetch_optional(connection).await? else { return Ok(None) };
    if !views(scope, &row)? {
        return Ok(None);
    }
    Ok(Some((entry(&row, flow.id)?, json(&row, "snapshot")?)))
}

fn views(scope: &AccessScope, row: &PgRow) -> sqlx::Result<bool> {
    let is_active = row.try_get("is_active")?;
    let access = RowAccess {
        visibility: visibility(row)?,
        school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
        created_by: row.try_get::<Option<_>, _>("created_by")?.map(UserId),
        is_live: is_active && row.try_get("is_published")?,
    };
    Ok(finds_flow(scope, &access, is_active))
}

fn entry(row: &PgRow, id: FlowId) -> sqlx::Result<VersionEntry> {
    Ok(VersionEntry {
        flow: FlowRef { id, seq: seq(row, "seq")? },
        label: row.try_get("version")?,
        name: row.try_get("name")?,
        entry_node_id: maybe_node(row, "entry_node_id")?,
        graph_hash: row.try_get("graph_hash")?,
        published_at: time(row, "published_at")?,
        published_by: row.try_get::<Option<_>, _>("published_by")?.map(UserId),
        note: row.try_get("note")?,
        nodes_count: small_count(row, "nodes_count")?,
        connections_count: small_count(row, "connections_count")?,
    })
}
