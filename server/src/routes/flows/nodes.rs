//! The nodes of a flow (S3.101 to S3.114).

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chatflow::{Compiler, ExecutionContext, FlowId, Severity, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, FlowDraft, NodeEntry, NodeRow, node_row_id};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::fields::ContextName;
use super::validate::{Issue, issues};
use crate::app::{App, Shared};
use crate::author::Author;
use crate::authoring::{Draft, edit};
use crate::error::ApiError;
use crate::identity::Manager;
use crate::input::{JsonBody, Paged, Pagination, PathId, PathText, QueryOf, given};

/// A node of a flow.
#[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Node {
    /// Its id as a row, which is made from the flow and `node_id`.
    id: Uuid,
    flow_id: Uuid,
    node_id: String,
    node_type: String,
    #[schema(required = true)]
    template: Option<String>,
    #[schema(value_type = serde_json::Value)]
    content: Value,
    #[schema(value_type = Object)]
    position: Value,
    #[schema(value_type = Object)]
    info: Value,
    #[schema(value_type = String, example = "backend")]
    execution_context: ExecutionContext,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What its author should know of its content, and which keys of a request were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<Issue>,
}

/// A page of nodes.
#[derive(Debug, Serialize, ToSchema)]
struct NodesPage {
    pagination: Pagination,
    data: Vec<Node>,
}

impl Node {
    fn of(flow: FlowId, entry: &NodeEntry) -> Result<Self, ApiError> {
        let row = &entry.row;
        let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(ApiError::internal);
        let content = parse(&row.content)?;
        let report = Compiler::default().validate_node(&row.node_type, &content);
        let told = report.results.iter().filter(|found| found.severity != Severity::Info);
        Ok(Self {
            id: node_row_id(flow, &row.node_id),
            flow_id: flow.0,
            node_id: row.node_id.to_string(),
            node_type: row.node_type.clone(),
            template: row.template.clone(),
            warnings: issues(told),
            content,
            position: parse(&row.position)?,
            info: parse(&row.info)?,
            execution_context: row.execution_context,
            created_at: entry.created_at,
            updated_at: entry.updated_at,
        })
    }

    fn with_ignored(mut self, warnings: &[String]) -> Self {
        self.warnings.extend(warnings.iter().map(|warning| Issue::ignored(warning)));
        self
    }
}

/// Which nodes are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    node_type: Option<String>,
    /// A part of the `node_id`.
    #[param(max_length = 255)]
    search: Option<String>,
    /// How many rows to pass over.
    #[serde(default)]
    #[param(minimum = 0, maximum = 2_147_483_647, default = 0)]
    skip: u32,
    /// How many rows to answer with at most.
    #[serde(default = "Paged::usual")]
    #[param(minimum = 0, maximum = 1000, default = 100)]
    limit: u32,
}

/// The nodes of a flow, in document order (F2).
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/nodes", tag = "flows",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path), Filters),
    responses((status = 200, body = NodesPage)))]
pub(crate) async fn list(
    State(app): Shared,
    Manager(caller): Manager,
    PathId(id): PathId,
    QueryOf { value: filters, .. }: QueryOf<Filters>,
) -> Result<Json<Value>, ApiError> {
    let kind = filters.node_type.map(|kind| kind.to_lowercase());
    let mut nodes = rows(&app, &caller.scope, FlowId(id)).await?;
    nodes.retain(|entry| {
        let id = entry.row.node_id.as_str();
        kind.as_ref().is_none_or(|kind| entry.row.node_type == *kind)
            && filters.search.as_ref().is_none_or(|part| id.contains(part.as_str()))
    });
    let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let page = nodes.iter().skip(size(filters.skip)).take(size(filters.limit));
    let page = page.map(|entry| Node::of(FlowId(id), entry)).collect::<Result<Vec<_>, _>>()?;
    let total = u64::try_from(nodes.len()).unwrap_or(u64::MAX);
    let paged = Paged { skip: filters.skip, limit: filters.limit };
    Ok(Json(paged.page(&page, total, false)))
}

/// Where an editor draws a node; further keys are kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Position {
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    x: f64,
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    y: f64,
}

/// A new node.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct NewNode {
    /// 1 to 255 characters without `/`, and not `positions`.
    pub(crate) node_id: String,
    #[schema(min_length = 1, max_length = 50)]
    node_type: String,
    #[schema(value_type = Object)]
    content: Map<String, Value>,
    #[schema(max_length = 100)]
    template: Option<String>,
    #[schema(value_type = Option<Position>)]
    position: Option<Map<String, Value>>,
    #[schema(value_type = Option<Object>)]
    info: Option<Map<String, Value>>,
    execution_context: Option<ContextName>,
}

impl NewNode {
    /// The node as documents have it, without its id.
    pub(crate) fn into_document(self) -> Map<String, Value> {
        let fields = [
            ("type", Some(json!(self.node_type))),
            ("content", Some(json!(self.content))),
            ("template", self.template.map(Value::from)),
            ("position", self.position.map(Value::Object)),
            ("info", self.info.map(Value::Object)),
            ("execution_context", self.execution_context.map(|context| context.0.into())),
        ];
        present(fields)
    }
}

/// What is to change of a node: the keys that are there.
#[expect(clippy::option_option, reason = "null and absent differ")]
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct NodeChanges {
    /// Renames it: connections and the flow's entry follow.
    #[schema(value_type = String, required = false)]
    pub(crate) node_id: Option<String>,
    #[schema(value_type = String, required = false, min_length = 1, max_length = 50)]
    node_type: Option<String>,
    /// Replaces the content as a whole.
    #[schema(value_type = Object, required = false)]
    content: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, required = false, max_length = 100)]
    template: Option<Option<String>>,
    #[schema(value_type = Position, required = false)]
    position: Option<Map<String, Value>>,
    #[schema(value_type = Object, required = false)]
    info: Option<Map<String, Value>>,
    #[schema(value_type = ContextName, required = false)]
    execution_context: Option<ContextName>,
}

impl NodeChanges {
    /// Changes the node of that id, and what names it.
    pub(crate) fn apply(self, draft: &mut Draft, id: &str) -> Result<(), ApiError> {
        let new_id = self.node_id.clone();
        let patch = present([
            ("id", self.node_id.map(Value::from)),
            ("type", self.node_type.map(Value::from)),
            ("content", self.content.map(Value::Object)),
            ("template", self.template.map(|template| json!(template))),
            ("position", self.position.map(Value::Object)),
            ("info", self.info.map(Value::Object)),
            ("execution_context", self.execution_context.map(|context| context.0.into())),
        ]);
        let mut graph = draft.graph();
        graph.update_node(id, patch)?;
        draft.set_graph(graph);
        if let Some(new_id) = new_id
            && draft.entry() == Some(id)
        {
            draft.set("entry_node_id", new_id);
        }
        Ok(())
    }
}

fn present<const N: usize>(fields: [(&str, Option<Value>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

/// Adds a node.
#[utoipa::path(post, path = "/v1/cms/flows/{flow_id}/nodes", tag = "flows",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path)), request_body = NewNode,
    responses((status = 201, body = Node)))]
pub(crate) async fn create(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    JsonBody { value: new, warnings, .. }: JsonBody<NewNode>,
) -> Result<Response, ApiError> {
    let id = FlowId(id);
    let node_id = new.node_id.clone();
    edit(&app, &author, id, |_, draft| {
        let mut graph = draft.graph();
        graph.add_node(&new.node_id, new.clone().into_document())?;
        draft.set_graph(graph);
        Ok(())
    })
    .await?;
    let node = one(&app, author.scope(), id, &node_id).await?.with_ignored(&warnings);
    let place = format!("/v1/cms/flows/{id}/nodes/{}", node.id);
    let mut response = (StatusCode::CREATED, Json(node)).into_response();
    let place = HeaderValue::from_str(&place).map_err(ApiError::internal)?;
    response.headers_mut().insert(header::LOCATION, place);
    Ok(response)
}

/// One node, by its `node_id` or its id as a row (S3.107).
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/nodes/{node_ref}", tag = "flows",
    security(("bearer" = [])),
    params(("flow_id" = Uuid, Path), ("node_ref" = String, Path)),
    responses((status = 200, body = Node)))]
pub(crate) async fn read(
    State(app): Shared,
    Manager(caller): Manager,
    PathId(id): PathId,
    PathText(node): PathText<1>,
) -> Result<Json<Node>, ApiError> {
    one(&app, &caller.scope, FlowId(id), &node).await.map(Json)
}

/// Changes a node.
#[utoipa::path(put, path = "/v1/cms/flows/{flow_id}/nodes/{node_ref}", tag = "flows",
    security(("bearer" = [])),
    params(("flow_id" = Uuid, Path), ("node_ref" = String, Path)), request_body = NodeChanges,
    responses((status = 200, body = Node)))]
pub(crate) async fn update(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    PathText(node): PathText<1>,
    JsonBody { value: changes, warnings, .. }: JsonBody<NodeChanges>,
) -> Result<Json<Node>, ApiError> {
    let id = FlowId(id);
    let change = |stored: &FlowDraft, draft: &mut Draft| {
        let old = named(stored, id, &node)?;
        let new = changes.node_id.clone().unwrap_or_else(|| old.clone());
        changes.clone().apply(draft, &old)?;
        Ok(new)
    };
    let (_, node) = edit(&app, &author, id, change).await?;
    Ok(Json(one(&app, author.scope(), id, &node).await?.with_ignored(&warnings)))
}

/// Removes a node with what is connected with it.
#[utoipa::path(delete, path = "/v1/cms/flows/{flow_id}/nodes/{node_ref}", tag = "flows",
    security(("bearer" = [])),
    params(("flow_id" = Uuid, Path), ("node_ref" = String, Path)),
    responses((status = 204, description = "Removed")))]
pub(crate) async fn delete(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    PathText(node): PathText<1>,
) -> Result<StatusCode, ApiError> {
    let id = FlowId(id);
    edit(&app, &author, id, |stored, draft| {
        let mut graph = draft.graph();
        graph.remove_node(&named(stored, id, &node)?)?;
        draft.set_graph(graph);
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn rows(app: &App, scope: &AccessScope, id: FlowId) -> Result<Vec<NodeEntry>, ApiError> {
    let rows = app.store.flow_rows(scope, id).await?;
    rows.map(|rows| rows.nodes).ok_or_else(ApiError::flow_not_found)
}

async fn one(
    app: &App,
    scope: &AccessScope,
    id: FlowId,
    reference: &str,
) -> Result<Node, ApiError> {
    let nodes = rows(app, scope, id).await?;
    let found = place(nodes.iter().map(|entry| &entry.row), id, reference);
    let entry = found.and_then(|place| nodes.get(place)).ok_or_else(ApiError::node_not_found)?;
    Node::of(id, entry)
}

/// The `node_id` that a reference means.
pub(crate) fn named(stored: &FlowDraft, id: FlowId, reference: &str) -> Result<String, ApiError> {
    let nodes = &stored.stored.record.nodes;
    let found = place(nodes.iter(), id, reference).and_then(|place| nodes.get(place));
    found.map(|row| row.node_id.to_string()).ok_or_else(ApiError::node_not_found)
}

/// A `node_id` goes before the id of a row that looks like it (S3.107).
fn place<'a>(
    nodes: impl Iterator<Item = &'a NodeRow> + Clone,
    flow: FlowId,
    reference: &str,
) -> Option<usize> {
    let by_name = nodes.clone().position(|row| row.node_id.as_str() == reference);
    let by_row = move || {
        let id: Uuid = reference.parse().ok()?;
        let mut nodes = nodes;
        nodes.position(|row| node_row_id(flow, &row.node_id) == id)
    };
    by_name.or_else(by_row)
}
