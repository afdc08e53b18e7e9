//! What was published of a flow (S3.72 to S3.74, S3.99).

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use chatflow::{FlowDefinition, FlowId, FlowRef, Timestamp};
use chatflow_storage::VersionEntry;
use chatflow_storage::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::detail::{self, FlowDetail};
use crate::app::{App, Shared};
use crate::author::Author;
use crate::authoring::{Draft, edit};
use crate::error::ApiError;
use crate::identity::Manager;
use crate::input::{Paged, Pagination, PathId, PathText, QueryOf};

/// A published version.
#[expect(clippy::option_option, reason = "null and absent differ")]
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlowVersion {
    /// Its number within the flow, from 1.
    seq: u32,
    /// Its label.
    version: String,
    name: String,
    #[schema(required = true)]
    entry_node_id: Option<String>,
    graph_hash: String,
    #[schema(value_type = String, format = DateTime)]
    published_at: Timestamp,
    #[schema(required = true)]
    published_by: Option<Uuid>,
    #[schema(required = true)]
    note: Option<String>,
    nodes_count: u32,
    connections_count: u32,
    /// The graph; in lists absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Object)]
    snapshot: Option<Value>,
    /// In lists absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Option<Object>)]
    contract: Option<Option<Map<String, Value>>>,
}

/// A page of versions.
#[derive(Debug, Serialize, ToSchema)]
struct VersionsPage {
    pagination: Pagination,
    data: Vec<FlowVersion>,
}

impl From<&VersionEntry> for FlowVersion {
    fn from(entry: &VersionEntry) -> Self {
        Self {
            seq: entry.flow.seq,
            version: entry.label.clone(),
            name: entry.name.clone(),
            entry_node_id: entry.entry_node_id.as_ref().map(ToString::to_string),
            graph_hash: entry.graph_hash.clone(),
            published_at: entry.published_at,
            published_by: entry.published_by.map(|id| id.0),
            note: entry.note.clone(),
            nodes_count: entry.nodes_count,
            connections_count: entry.connections_count,
            snapshot: None,
            contract: None,
        }
    }
}

/// The versions of a flow, the newest first.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/versions", tag = "flows",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path), Paged),
    responses((status = 200, body = VersionsPage)))]
pub(crate) async fn list(
    State(app): Shared,
    Manager(caller): Manager,
    PathId(id): PathId,
    QueryOf { value: paged, .. }: QueryOf<Paged>,
) -> Result<Json<Value>, ApiError> {
    let found = app.store.list_versions(&caller.scope, FlowId(id), paged.skip, paged.limit).await?;
    let page = found.ok_or_else(ApiError::flow_not_found)?;
    let versions: Vec<_> = page.versions.iter().map(FlowVersion::from).collect();
    Ok(Json(paged.page(&versions, page.total.count, page.total.is_capped)))
}

/// One version, with its graph.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/versions/{seq}", tag = "flows",
    security(("bearer" = [])),
    params(("flow_id" = Uuid, Path), ("seq" = u32, Path, minimum = 1)),
    responses((status = 200, body = FlowVersion)))]
pub(crate) async fn read(
    State(app): Shared,
    Manager(caller): Manager,
    PathId(id): PathId,
    PathText(seq): PathText<1>,
) -> Result<Json<FlowVersion>, ApiError> {
    let flow = FlowRef { id: FlowId(id), seq: number(&seq)? };
    crate::authoring::load(&app, &caller.scope, flow.id).await?;
    let found = app.store.version_entry(&caller.scope, flow).await?;
    let (entry, document) = found.ok_or_else(ApiError::version_not_found)?;
    let definition = parse(&document)?;
    let mut version = FlowVersion::from(&entry);
    version.snapshot = definition.to_value().get("flow_data").cloned();
    version.contract = Some(definition.contract);
    Ok(Json(version))
}

/// Makes a version's graph, entry and contract the draft's; nothing is published by that.
#[utoipa::path(post, path = "/v1/cms/flows/{flow_id}/versions/{seq}/restore", tag = "flows",
    security(("bearer" = [])),
    params(("flow_id" = Uuid, Path), ("seq" = u32, Path, minimum = 1)),
    responses((status = 200, body = FlowDetail)))]
pub(crate) async fn restore(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    PathText(seq): PathText<1>,
) -> Result<Response, ApiError> {
    let flow = FlowRef { id: FlowId(id), seq: number(&seq)? };
    let document = document(&app, &author, flow).await?;
    let change = |_: &_, draft: &mut Draft| {
        let document = document.as_ref().ok_or_else(ApiError::version_not_found)?;
        let published = parse(document)?;
        let graph = published.to_value();
        draft.set("flow_data", graph.get("flow_data").cloned().unwrap_or_else(|| json!({})));
        draft.set_entry(published.entry.as_ref());
        draft.set_info(None, Some(published.contract));
        Ok(())
    };
    let (saved, ()) = edit(&app, &author, flow.id, change).await?;
    detail::changed(saved, Vec::new())
}

async fn document(app: &App, author: &Author, flow: FlowRef) -> Result<Option<String>, ApiError> {
    let found = app.store.version_entry(author.scope(), flow).await?;
    Ok(found.map(|(_, document)| document))
}

fn parse(document: &str) -> Result<FlowDefinition, ApiError> {
    let broken = || ApiError::internal("a published document cannot be read");
    FlowDefinition::read_json(document).0.ok_or_else(broken)
}

fn number(text: &str) -> Result<u32, ApiError> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| {
        ApiError::field(&["path", "seq"], "type_error.int", "must be a number from 1")
    })
}
