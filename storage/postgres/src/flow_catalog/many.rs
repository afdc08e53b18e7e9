//! Many flows with their graphs: as many statements as for one.

use std::collections::BTreeMap;

use chatflow::FlowId;
use chatflow_storage::{AccessScope, FlowDraft, FlowRecord};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::{list, may_view};
use crate::library::graph;
use crate::reference;

const HEADS: &str = "
SELECT f.id, f.seed_key, f.name, f.description, f.version, f.entry_node_id, f.flow_data, f.info,
  f.visibility::text AS visibility, f.school_id, f.allow_anonymous, f.is_published, f.is_active,
  f.theme_id, f.retention_days, f.trace_enabled, f.trace_level::text AS trace_level,
  f.trace_sample_rate, f.graph_hash, f.row_version, f.created_at, f.updated_at, f.created_by,
  f.published_at, f.published_by, v.seq AS newest_seq, v.version AS newest_label,
  v.graph_hash AS newest_hash
FROM flow_definitions AS f
LEFT JOIN LATERAL (
  SELECT w.seq, w.version, w.graph_hash FROM flow_versions AS w WHERE w.flow_id = f.id
  ORDER BY w.seq DESC LIMIT 1
) AS v ON true
WHERE f.id = ANY ($1) ORDER BY f.id";

const NODES: &str = "
SELECT flow_id, node_id, node_type, execution_context::text AS execution_context, template, content,
  position, info
FROM flow_nodes WHERE flow_id = ANY ($1) ORDER BY flow_id, ordinal";

const CONNECTIONS: &str = "
SELECT flow_id, source_node_id, target_node_id, connection_type, conditions, info
FROM flow_connections WHERE flow_id = ANY ($1) ORDER BY flow_id, ordinal";

const REFERENCES: &str = "
SELECT flow_id, node_id, kind, ref_id FROM flow_refs
WHERE flow_id = ANY ($1) AND in_draft AND node_id <> ''";

pub(super) async fn drafts(
    connection: &mut PgConnection,
    scope: &AccessScope,
    ids: &[FlowId],
) -> sqlx::Result<Vec<FlowDraft>> {
    let asked: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut found = BTreeMap::new();
    for row in sqlx::query(HEADS).bind(asked).fetch_all(&mut *connection).await? {
        let draft = list::draft(&row)?;
        if may_view(scope, &draft.stored.record) {
            found.insert(draft.stored.record.id.0, draft);
        }
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let mut graphs = Graphs { ids: found.keys().copied().collect(), found };
    let stand = |flow: &mut FlowRecord, row: &PgRow| {
        flow.nodes.push(graph::node_row(row)?);
        Ok(())
    };
    graphs.fill(connection, NODES, stand).await?;
    let connect = |flow: &mut FlowRecord, row: &PgRow| {
        flow.connections.push(graph::connection_row(row)?);
        Ok(())
    };
    graphs.fill(connection, CONNECTIONS, connect).await?;
    let refer = |flow: &mut FlowRecord, row: &PgRow| {
        flow.references.insert(reference::reference(row)?);
        Ok(())
    };
    graphs.fill(connection, REFERENCES, refer).await?;
    Ok(graphs.found.into_values().collect())
}

/// Flows whose graphs are being read.
struct Graphs {
    ids: Vec<Uuid>,
    found: BTreeMap<Uuid, FlowDraft>,
}

impl Graphs {
    /// Adds each row that the statement finds to its flow.
    async fn fill(
        &mut self,
        connection: &mut PgConnection,
        sql: &'static str,
        add: impl Fn(&mut FlowRecord, &PgRow) -> sqlx::Result<()>,
    ) -> sqlx::Result<()> {
        for row in sqlx::query(sql).bind(&self.ids).fetch_all(connection).await? {
            if let Some(draft) = self.found.get_mut(&row.try_get::<Uuid, _>("flow_id")?) {
                add(&mut draft.stored.record, &row)?;
            }
        }
        Ok(())
    }
}
