//! Several changes of a graph at once, all or nothing (S3.119, S3.122).

use axum::extract::State;
use axum::response::Response;
use chatflow::FlowId;
use chatflow_storage::FlowDraft;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::connections::{self, NewConnection};
use super::detail::{self, FlowDetail};
use super::nodes::{NewNode, NodeChanges, Position};
use super::positions::shift;
use crate::app::Shared;
use crate::author::Author;
use crate::authoring::{Draft, edit};
use crate::error::ApiError;
use crate::input::{JsonBody, LARGE, PathId};

/// Changes of a graph, one after the other.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Changes {
    #[schema(max_items = 5000)]
    operations: Vec<Operation>,
    /// The version of the flow that the editor has; another one refuses the changes.
    base_row_version: Option<u64>,
}

/// One change.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Operation {
    AddNode {
        node: NewNode,
    },
    UpdateNode {
        node_id: String,
        patch: NodeChanges,
    },
    RemoveNode {
        node_id: String,
    },
    AddConnection {
        connection: NewConnection,
    },
    RemoveConnection(Removed),
    SetEntry {
        node_id: Option<String>,
    },
    Move {
        #[schema(value_type = std::collections::HashMap<String, Position>)]
        positions: Map<String, Value>,
    },
}

/// Which connection goes: by its id as a row, or by what it connects.
#[derive(Clone, Debug, Deserialize, ToSchema)]
struct Removed {
    connection_id: Option<Uuid>,
    connection: Option<NewConnection>,
}

/// Changes a graph.
#[utoipa::path(post, path = "/v1/cms/flows/{flow_id}/graph", tag = "flows",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path)), request_body = Changes,
    responses((status = 200, body = FlowDetail)))]
pub(crate) async fn change(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    JsonBody { value: changes, warnings, .. }: JsonBody<Changes, LARGE>,
) -> Result<Response, ApiError> {
    let id = FlowId(id);
    let change = |stored: &FlowDraft, draft: &mut Draft| {
        let row_version = stored.stored.row_version;
        if changes.base_row_version.is_some_and(|base| base != row_version) {
            return Err(ApiError::flow_changed(row_version));
        }
        for (place, operation) in changes.operations.iter().enumerate() {
            apply(operation.clone(), stored, draft).map_err(|error| error.at_operation(place))?;
        }
        Ok(())
    };
    let (saved, ()) = edit(&app, &author, id, change).await?;
    detail::changed(saved, warnings)
}

fn apply(operation: Operation, stored: &FlowDraft, draft: &mut Draft) -> Result<(), ApiError> {
    let mut graph = draft.graph();
    match operation {
        Operation::AddNode { node } => {
            graph.add_node(&node.node_id.clone(), node.into_document())?;
        }
        Operation::UpdateNode { node_id, patch } => return patch.apply(draft, &node_id),
        Operation::RemoveNode { node_id } => graph.remove_node(&node_id)?,
        Operation::AddConnection { connection } => return connection.apply(draft).map(drop),
        Operation::RemoveConnection(Removed { connection_id: Some(id), .. }) => {
            graph.disconnect(&connections::named(stored, draft.id, id)?)?;
        }
        Operation::RemoveConnection(Removed { connection: Some(connection), .. }) => {
            graph.disconnect(&connection.ends()?)?;
        }
        Operation::RemoveConnection(Removed { connection_id: None, connection: None }) => {
            let message = "needs `connection_id` or `connection`";
            return Err(ApiError::field(&["body", "operations"], "value_error", message));
        }
        Operation::SetEntry { node_id } => {
            draft.set("entry_node_id", json!(node_id));
            return Ok(());
        }
        Operation::Move { positions } => {
            shift(draft, &positions);
            return Ok(());
        }
    }
    draft.set_graph(graph);
    Ok(())
}
