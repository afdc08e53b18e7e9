//! [`AsyncFlowCatalog`] on Postgres.

mod link;
mod list;
mod many;
mod version;

use chatflow::{FlowId, FlowRef};
use chatflow_storage::{
    AccessScope, AsyncFlowCatalog, ConnectionEntry, EmbeddingFlow, FlowDraft, FlowPage, FlowQuery,
    FlowRecord, GraphRows, LinkedFlow, NewestVersion, NodeEntry, Record as _, StoreError, UserId,
    VersionEntry, VersionPage, finds_flow,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::column::{maybe_time, seq, time};
use crate::fault::failed;
use crate::library::{READ, flow, graph};
use crate::pool::PostgresStore;

/// What is told of a flow beside its record.
const STAND: &str = "
SELECT f.published_at, f.published_by, v.seq AS newest_seq, v.version AS newest_label,
  v.graph_hash AS newest_hash
FROM flow_definitions AS f
LEFT JOIN flow_versions AS v ON v.flow_id = f.id
  AND v.seq = (SELECT max(w.seq) FROM flow_versions AS w WHERE w.flow_id = f.id)
WHERE f.id = $1";

const NODE_TIMES: &str =
    "SELECT created_at, updated_at FROM flow_nodes WHERE flow_id = $1 ORDER BY ordinal";

const CONNECTION_TIMES: &str =
    "SELECT created_at FROM flow_connections WHERE flow_id = $1 ORDER BY ordinal";

/// Reads with several statements that see one state of the database.
macro_rules! together {
    ($store:expr, $doing:literal, |$connection:ident| $read:expr) => {{
        let mut lent = $store.lend($doing).await?;
        lent.begin(READ).await?;
        let found = {
            let $connection = lent.connection();
            $read.await
        };
        lent.roll_back().await;
        found.map_err(|error| failed($doing, error))
    }};
}

impl AsyncFlowCatalog for PostgresStore {
    async fn flow_draft(
        &self,
        scope: &AccessScope,
        id: FlowId,
    ) -> Result<Option<FlowDraft>, StoreError> {
        together!(self, "read a draft", |connection| draft(connection, scope, id))
    }

    async fn flow_drafts(
        &self,
        scope: &AccessScope,
        ids: &[FlowId],
    ) -> Result<Vec<FlowDraft>, StoreError> {
        together!(self, "read drafts", |connection| many::drafts(connection, scope, ids))
    }

    async fn list_flows(
        &self,
        scope: &AccessScope,
        query: &FlowQuery,
    ) -> Result<FlowPage, StoreError> {
        let mut lent = self.lend("list flows").await?;
        let found = list::page(lent.connection(), scope, query).await;
        lent.read(found)
    }

    async fn flow_rows(
        &self,
        scope: &AccessScope,
        id: FlowId,
    ) -> Result<Option<GraphRows>, StoreError> {
        together!(self, "read a graph", |connection| rows(connection, scope, id))
    }

    async fn list_versions(
        &self,
        scope: &AccessScope,
        id: FlowId,
        skip: u32,
        limit: u32,
    ) -> Result<Option<VersionPage>, StoreError> {
        let mut lent = self.lend("list versions of a flow").await?;
        let found = version::page(lent.connection(), scope, id, (skip, limit)).await;
        lent.read(found)
    }

    async fn version_entry(
        &self,
        scope: &AccessScope,
        flow: FlowRef,
    ) -> Result<Option<(VersionEntry, String)>, StoreError> {
        let mut lent = self.lend("read what was published").await?;
        let found = version::one(lent.connection(), scope, flow).await;
        lent.read(found)
    }

    async fn linked_flows(
        &self,
        scope: &AccessScope,
        links: &[String],
    ) -> Result<Vec<LinkedFlow>, StoreError> {
        let mut lent = self.lend("look up references").await?;
        let found = link::linked(lent.connection(), scope, links).await;
        lent.read(found)
    }

    async fn embedding_flows(
        &self,
        scope: &AccessScope,
        id: FlowId,
    ) -> Result<Vec<EmbeddingFlow>, StoreError> {
        let mut lent = self.lend("look up what embeds a flow").await?;
        let found = link::embedding(lent.connection(), scope, id).await;
        lent.read(found)
    }
}

/// Whether a scope finds a record by its id.
fn may_view(scope: &AccessScope, record: &FlowRecord) -> bool {
    record.access().is_some_and(|row| finds_flow(scope, &row, record.is_active))
}

async fn draft(
    connection: &mut PgConnection,
    scope: &AccessScope,
    id: FlowId,
) -> sqlx::Result<Option<FlowDraft>> {
    let stored = flow::load(connection, id.0).await?;
    let Some(stored) = stored.filter(|stored| may_view(scope, &stored.record)) else {
        return Ok(None);
    };
    let row = sqlx::query(STAND).bind(id.0).fetch_one(connection).await?;
    Ok(Some(FlowDraft {
        stored,
        published_at: maybe_time(&row, "published_at")?,
        published_by: row.try_get::<Option<_>, _>("published_by")?.map(UserId),
        newest: newest(&row)?,
    }))
}

fn newest(row: &PgRow) -> sqlx::Result<Option<NewestVersion>> {
    if row.try_get::<Option<i64>, _>("newest_seq")?.is_none() {
        return Ok(None);
    }
    Ok(Some(NewestVersion {
        seq: seq(row, "newest_seq")?,
        label: row.try_get("newest_label")?,
        graph_hash: row.try_get("newest_hash")?,
    }))
}

/// Both lists are in document order, so that rows and times meet.
async fn rows(
    connection: &mut PgConnection,
    scope: &AccessScope,
    id: FlowId,
) -> sqlx::Result<Option<GraphRows>> {
    let head = flow::head(connection, id.0).await?;
    if !head.is_some_and(|stored| may_view(scope, &stored.record)) {
        return Ok(None);
    }
    let nodes = graph::nodes(connection, id).await?;
    let times = sqlx::query(NODE_TIMES).bind(id.0).fetch_all(&mut *connection).await?;
    let nodes = nodes.into_iter().zip(&times).map(|(row, times)| {
        let (created_at, updated_at) = (time(times, "created_at")?, time(times, "updated_at")?);
        Ok(NodeEntry { row, created_at, updated_at })
    });
    let nodes = nodes.collect::<sqlx::Result<_>>()?;
    let connections = graph::connections(connection, id).await?;
    let times = sqlx::query(CONNECTION_TIMES).bind(id.0).fetch_all(connection).await?;
    let connections = connections
        .into_iter()
        .zip(&times)
        .map(|(row, times)| Ok(ConnectionEntry { row, created_at: time(times, "created_at")? }));
    Ok(Some(GraphRows { nodes, connections: connections.collect::<sqlx::Result<_>>()? }))
}
