//! The connections of a flow (S3.115 to S3.121).

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chatflow::{FlowId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, ConnectionEntry, ConnectionRow, FlowDraft, connection_row_id};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::{App, Shared};
use crate::author::Author;
use crate::authoring::{Draft, Ends, connection_kind, edit};
use crate::error::ApiError;
use crate::identity::Manager;
use crate::input::{JsonBody, Paged, Pagination, PathId, QueryOf};

/// A connection of a flow.
#[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Connection {
    /// Its id as a row, which is made from the flow, both nodes and the type.
    id: Uuid,
    flow_id: Uuid,
    source_node_id: String,
    target_node_id: String,
    #[schema(example = "default")]
    connection_type: String,
    #[schema(value_type = Object)]
    conditions: Value,
    #[schema(value_type = Object)]
    info: Value,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Which keys of the request were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<String>,
}

/// A page of connections.
#[derive(Debug, Serialize, ToSchema)]
struct ConnectionsPage {
    pagination: Pagination,
    data: Vec<Connection>,
}

impl Connection {
    fn of(flow: FlowId, entry: &ConnectionEntry) -> Result<Self, ApiError> {
        let row = &entry.row;
        let parse = |text: &str| serde_json::from_str(text).map_err(ApiError::internal);
        Ok(Self {
            id: row_id(flow, row),
            flow_id: flow.0,
            source_node_id: row.source.to_string(),
            target_node_id: row.target.to_string(),
            connection_type: row.connection_type.clone(),
            conditions: parse(&row.conditions)?,
            info: parse(&row.info)?,
            created_at: entry.created_at,
            warnings: Vec::new(),
        })
    }
}

/// The connections of a flow, in document order (F2).
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/connections", tag = "flows",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path), Paged),
    responses((status = 200, body = ConnectionsPage)))]
pub(crate) async fn list(
    State(app): Shared,
    Manager(caller): Manager,
    PathId(id): PathId,
    QueryOf { value: paged, .. }: QueryOf<Paged>,
) -> Result<Json<Value>, ApiError> {
    let all = rows(&app, &caller.scope, FlowId(id)).await?;
    let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let page = all.iter().skip(size(paged.skip)).take(size(paged.limit));
    let page =
        page.map(|entry| Connection::of(FlowId(id), entry)).collect::<Result<Vec<_>, _>>()?;
    let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
    Ok(Json(paged.page(&page, total, false)))
}

/// A new connection.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct NewConnection {
    #[schema(min_length = 1, max_length = 255)]
    source_node_id: String,
    #[schema(min_length = 1, max_length = 255)]
    target_node_id: String,
    /// `default`, `$0` to `$99`, `success`, `failure` or a name.
    #[schema(max_length = 60)]
    connection_type: String,
    #[schema(value_type = Option<Object>)]
    conditions: Option<Map<String, Value>>,
    #[schema(value_type = Option<Object>)]
    info: Option<Map<String, Value>>,
}

impl NewConnection {
    pub(crate) fn ends(&self) -> Result<Ends, ApiError> {
        Ends::new(&self.source_node_id, &self.target_node_id, &self.connection_type)
    }

    /// Connects the nodes in a draft.
    pub(crate) fn apply(&self, draft: &mut Draft) -> Result<Ends, ApiError> {
        let ends = self.ends()?;
        let fields = fields(self.conditions.clone(), self.info.clone());
        let mut graph = draft.graph();
        graph.connect(&ends, fields)?;
        draft.set_graph(graph);
        Ok(ends)
    }
}

/// What is to change of a connection: the keys that are there.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct ConnectionChanges {
    #[schema(value_type = String, required = false, max_length = 60)]
    connection_type: Option<String>,
    #[schema(value_type = Object, required = false)]
    conditions: Option<Map<String, Value>>,
    #[schema(value_type = Object, required = false)]
    info: Option<Map<String, Value>>,
}

fn fields(
    conditions: Option<Map<String, Value>>,
    info: Option<Map<String, Value>>,
) -> Map<String, Value> {
    let fields = [("conditions", conditions), ("info", info)];
    fields.into_iter().filter_map(|(key, map)| Some((key.to_owned(), map?.into()))).collect()
}

/// Connects two nodes.
#[utoipa::path(post, path = "/v1/cms/flows/{flow_id}/connections", tag = "flows",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path)), request_body = NewConnection,
    responses((status = 201, body = Connection)))]
pub(crate) async fn create(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    JsonBody { value: new, warnings, .. }: JsonBody<NewConnection>,
) -> Result<Response, ApiError> {
    let id = FlowId(id);
    let change = |_: &_, draft: &mut Draft| new.apply(draft);
    let (_, ends) = edit(&app, &author, id, change).await?;
    let connection = Connection { warnings, ..one(&app, author.scope(), id, &ends).await? };
    let place = format!("/v1/cms/flows/{id}/connections/{}", connection.id);
    let mut response = (StatusCode::CREATED, Json(connection)).into_response();
    let place = HeaderValue::from_str(&place).map_err(ApiError::internal)?;
    response.headers_mut().insert(header::LOCATION, place);
    Ok(response)
}

/// Changes a connection; with another type it has another id.
#[utoipa::path(put, path = "/v1/cms/flows/{flow_id}/connections/{connection_id}", tag = "flows",
    security(("bearer" = [])),
    params(("flow_id" = Uuid, Path), ("connection_id" = Uuid, Path)),
    request_body = ConnectionChanges, responses((status = 200, body = Connection)))]
pub(crate) async fn update(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    PathId(connection): PathId<1>,
    JsonBody { value: changes, warnings, .. }: JsonBody<ConnectionChanges>,
) -> Result<Json<Connection>, ApiError> {
    let id = FlowId(id);
    let change = |stored: &FlowDraft, draft: &mut Draft| {
        let ends = named(stored, id, connection)?;
        let kind = changes.connection_type.as_deref().map(connection_kind).transpose()?;
        let kind = kind.unwrap_or_else(|| ends.kind.clone());
        let patch = fields(changes.conditions.clone(), changes.info.clone());
        let mut graph = draft.graph();
        graph.update_connection(&ends, &kind, &patch)?;
        draft.set_graph(graph);
        Ok(Ends { kind, ..ends })
    };
    let (_, ends) = edit(&app, &author, id, change).await?;
    Ok(Json(Connection { warnings, ..one(&app, author.scope(), id, &ends).await? }))
}

/// Takes a connection away.
#[utoipa::path(delete, path = "/v1/cms/flows/{flow_id}/connections/{connection_id}", tag = "flows",
    security(("bearer" = [])),
    params(("flow_id" = Uuid, Path), ("connection_id" = Uuid, Path)),
    responses((status = 204, description = "Removed")))]
pub(crate) async fn delete(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    PathId(connection): PathId<1>,
) -> Result<StatusCode, ApiError> {
    let id = FlowId(id);
    edit(&app, &author, id, |stored, draft| {
        let mut graph = draft.graph();
        graph.disconnect(&named(stored, id, connection)?)?;
        draft.set_graph(graph);
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn rows(
    app: &App,
    scope: &AccessScope,
    id: FlowId,
) -> Result<Vec<ConnectionEntry>, ApiError> {
    let rows = app.store.flow_rows(scope, id).await?;
    rows.map(|rows| rows.connections).ok_or_else(ApiError::flow_not_found)
}

async fn one(
    app: &App,
    scope: &AccessScope,
    id: FlowId,
    ends: &Ends,
) -> Result<Connection, ApiError> {
    let all = rows(app, scope, id).await?;
    let is_it = |row: &ConnectionRow| ends_of(row) == *ends;
    let entry = all.iter().find(|entry| is_it(&entry.row));
    Connection::of(id, entry.ok_or_else(ApiError::connection_not_found)?)
}

/// What names the connection with this id in its flow (S3.121).
pub(crate) fn named(stored: &FlowDraft, flow: FlowId, id: Uuid) -> Result<Ends, ApiError> {
    let rows = &stored.stored.record.connections;
    let found = rows.iter().find(|row| row_id(flow, row) == id);
    found.map(ends_of).ok_or_else(ApiError::connection_not_found)
}

fn ends_of(row: &ConnectionRow) -> Ends {
    Ends {
        source: row.source.to_string(),
        target: row.target.to_string(),
        kind: row.connection_type.clone(),
    }
}

fn row_id(flow: FlowId, row: &ConnectionRow) -> Uuid {
    connection_row_id(flow, &row.source, &row.target, &row.connection_type)
}
