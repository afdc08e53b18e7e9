//! [`FlowCatalog`] on SQLite.

mod link;
mod list;
mod version;

use std::collections::BTreeSet;

use chatflow::{FlowId, FlowRef};
use chatflow_storage::{
    AccessScope, ConnectionEntry, EmbeddingFlow, FlowCatalog, FlowDraft, FlowPage, FlowQuery,
    FlowRecord, GraphRows, LinkedFlow, NewestVersion, NodeEntry, Record as _, StoreError, UserId,
    VersionEntry, VersionPage, finds_flow,
};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::column::{Id, maybe_time, maybe_uuid, time};
use crate::library::{flow, graph};
use crate::pool::SqliteStore;

/// What is told of a flow beside its record.
const STAND: &str = "
SELECT f.published_at, f.published_by, v.seq AS newest_seq, v.version AS newest_label,
  v.graph_hash AS newest_hash
FROM flow_definitions AS f
LEFT JOIN flow_versions AS v ON v.flow_id = f.id
  AND v.seq = (SELECT max(w.seq) FROM flow_versions AS w WHERE w.flow_id = f.id)
WHERE f.id = ?1";

const NODE_TIMES: &str =
    "SELECT created_at, updated_at FROM flow_nodes WHERE flow_id = ?1 ORDER BY ordinal";

const CONNECTION_TIMES: &str =
    "SELECT created_at FROM flow_connections WHERE flow_id = ?1 ORDER BY ordinal";

impl FlowCatalog for SqliteStore {
    fn flow_draft(&self, scope: &AccessScope, id: FlowId) -> Result<Option<FlowDraft>, StoreError> {
        self.read_together("read a draft", |connection| draft(connection, scope, id))
    }

    fn flow_drafts(
        &self,
        scope: &AccessScope,
        ids: &[FlowId],
    ) -> Result<Vec<FlowDraft>, StoreError> {
        self.read_together("read drafts", |connection| {
            let ids: BTreeSet<_> = ids.iter().collect();
            let found = ids.into_iter().map(|id| draft(connection, scope, *id));
            found.filter_map(Result::transpose).collect()
        })
    }

    fn list_flows(&self, scope: &AccessScope, query: &FlowQuery) -> Result<FlowPage, StoreError> {
        self.read_together("list flows", |connection| list::page(connection, scope, query))
    }

    fn flow_rows(&self, scope: &AccessScope, id: FlowId) -> Result<Option<GraphRows>, StoreError> {
        self.read_together("read a graph", |connection| {
            if draft(connection, scope, id)?.is_none() {
                return Ok(None);
            }
            rows(connection, id).map(Some)
        })
    }

    fn list_versions(
        &self,
        scope: &AccessScope,
        id: FlowId,
        skip: u32,
        limit: u32,
    ) -> Result<Option<VersionPage>, StoreError> {
        self.read_together("list versions of a flow", |connection| {
            if !views(connection, scope, id)? {
                return Ok(None);
            }
            version::page(connection, id, skip, limit).map(Some)
        })
    }

    fn version_entry(
        &self,
        scope: &AccessScope,
        flow: FlowRef,
    ) -> Result<Option<(VersionEntry, String)>, StoreError> {
        self.read_together("read what was published", |connection| {
            if !views(connection, scope, flow.id)? {
                return Ok(None);
            }
            version::one(connection, flow)
        })
    }

    fn linked_flows(
        &self,
        scope: &AccessScope,
        links: &[String],
    ) -> Result<Vec<LinkedFlow>, StoreError> {
        self.read_together("look up references", |connection| {
            let found = links.iter().map(|link| link::linked(connection, scope, link));
            found.filter_map(Result::transpose).collect()
        })
    }

    fn embedding_flows(
        &self,
        scope: &AccessScope,
        id: FlowId,
    ) -> Result<Vec<EmbeddingFlow>, StoreError> {
        self.read("look up what embeds a flow", |connection| link::embedding(connection, scope, id))
    }
}

/// Whether a scope finds a record by its id.
fn may_view(scope: &AccessScope, record: &FlowRecord) -> bool {
    record.access().is_some_and(|row| finds_flow(scope, &row, record.is_active))
}

fn views(connection: &Connection, scope: &AccessScope, id: FlowId) -> rusqlite::Result<bool> {
    let record = flow::head(connection, id.0)?;
    Ok(record.is_some_and(|stored| may_view(scope, &stored.record)))
}

fn draft(
    connection: &Connection,
    scope: &AccessScope,
    id: FlowId,
) -> rusqlite::Result<Option<FlowDraft>> {
    let stored = flow::load(connection, id.0)?;
    let Some(stored) = stored.filter(|stored| may_view(scope, &stored.record)) else {
        return Ok(None);
    };
    let mut statement = connection.prepare_cached(STAND)?;
    let found = statement.query_row([Id(id.0)], |row| {
        Ok(FlowDraft {
            stored,
            published_at: maybe_time(row, "published_at")?,
            published_by: maybe_uuid(row, "published_by")?.map(UserId),
            newest: newest(row)?,
        })
    });
    found.optional()
}

fn newest(row: &Row<'_>) -> rusqlite::Result<Option<NewestVersion>> {
    let Some(seq) = row.get("newest_seq")? else { return Ok(None) };
    let (label, graph_hash) = (row.get("newest_label")?, row.get("newest_hash")?);
    Ok(Some(NewestVersion { seq, label, graph_hash }))
}

/// Both lists are in document order, so that rows and times meet.
fn rows(connection: &Connection, id: FlowId) -> rusqlite::Result<GraphRows> {
    let mut statement = connection.prepare_cached(NODE_TIMES)?;
    let read = |row: &Row<'_>| Ok((time(row, "created_at")?, time(row, "updated_at")?));
    let times = statement.query_map([Id(id.0)], read)?;
    let nodes = graph::nodes(connection, id)?.into_iter().zip(times).map(|(row, times)| {
        times.map(|(created_at, updated_at)| NodeEntry { row, created_at, updated_at })
    });
    let nodes = nodes.collect::<rusqlite::Result<_>>()?;
    let mut statement = connection.prepare_cached(CONNECTION_TIMES)?;
    let times = statement.query_map([Id(id.0)], |row| time(row, "created_at"))?;
    let connections = graph::connections(connection, id)?.into_iter().zip(times);
    let connections =
        connections.map(|(row, at)| at.map(|created_at| ConnectionEntry { row, created_at }));
    Ok(GraphRows { nodes, connections: connections.collect::<rusqlite::Result<_>>()? })
}
