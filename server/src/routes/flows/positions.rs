//! Moving nodes (S3.103, S3.113).

use axum::Json;
use axum::extract::State;
use chatflow::FlowId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::nodes::Position;
use crate::app::Shared;
use crate::author::Author;
use crate::authoring::{Draft, edit};
use crate::error::ApiError;
use crate::input::{JsonBody, PathId};

/// The most nodes that are moved at once.
const MOST: usize = 2_000;

/// Where nodes are moved, by their `node_id`.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Moves {
    #[schema(value_type = std::collections::HashMap<String, Position>)]
    positions: Map<String, Value>,
}

/// What was moved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Moved {
    #[schema(example = "Node positions updated")]
    message: &'static str,
    updated: usize,
    /// Ids that name no node.
    unknown: Vec<String>,
}

/// Moves nodes. It is no change of what the flow does.
#[utoipa::path(put, path = "/v1/cms/flows/{flow_id}/nodes/positions", tag = "flows",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path)), request_body = Moves,
    responses((status = 200, body = Moved)))]
pub(crate) async fn update(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    JsonBody { value: Moves { positions }, .. }: JsonBody<Moves>,
) -> Result<Json<Moved>, ApiError> {
    if !(1..=MOST).contains(&positions.len()) {
        let message = format!("must have 1 to {MOST} entries");
        return Err(ApiError::field(&["body", "positions"], "value_error.items", message));
    }
    let change = |_: &_, draft: &mut Draft| {
        let unknown = shift(draft, &positions);
        let count = positions.len().saturating_sub(unknown.len());
        let told = json!({"positions_count": count});
        draft.event = told.as_object().map(|told| ("flow_node_positions_updated", told.clone()));
        Ok((count, unknown))
    };
    let (_, (updated, unknown)) = edit(&app, &author, FlowId(id), change).await?;
    Ok(Json(Moved { message: "Node positions updated", updated, unknown }))
}

/// Moves nodes of a draft; answers with the ids that name none.
pub(crate) fn shift(draft: &mut Draft, positions: &Map<String, Value>) -> Vec<String> {
    let mut graph = draft.graph();
    let unknown = graph.move_nodes(positions);
    draft.set_graph(graph);
    unknown
}
