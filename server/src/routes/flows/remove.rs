//! Deleting a flow, and taking that back (S3.67, S3.75, S3.92).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chatflow::FlowId;
use chatflow_storage::FlowDraft;
use chatflow_storage::prelude::*;
use serde::Deserialize;
use serde_json::{Map, json};

use super::detail::{self, FlowDetail};
use crate::app::{App, Shared};
use crate::author::Author;
use crate::authoring::{Draft, Publishing, edit};
use crate::error::ApiError;
use crate::input::{PathId, QueryOf};

/// How a flow is deleted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Force {
    /// Deletes it even if published flows embed it.
    force: Option<bool>,
}

/// Takes a flow out of use. Sessions that run may finish; it can be restored.
#[utoipa::path(delete, path = "/v1/cms/flows/{flow_id}", tag = "flows", security(("bearer" = [])),
    params(("flow_id" = Uuid, Path), Force), responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    QueryOf { value: Force { force }, .. }: QueryOf<Force>,
) -> Result<StatusCode, ApiError> {
    let id = FlowId(id);
    let in_use = if force == Some(true) { None } else { in_use(&app, &author, id).await? };
    edit(&app, &author, id, |stored: &FlowDraft, draft: &mut Draft| {
        if !stored.stored.record.is_active {
            return Ok(());
        }
        if let Some((detail, parents)) = &in_use {
            let detail = json!({"message": detail, "parents": parents});
            return Err(ApiError::with_detail(StatusCode::CONFLICT, "flow_in_use", detail));
        }
        draft.is_active = false;
        draft.publishing = Some(Publishing::Withdraw);
        draft.event = Some(("flow_soft_deleted", Map::new()));
        draft.action = "flow.delete";
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

type InUse = (String, Vec<serde_json::Value>);

/// The published flows that embed this one; those that the caller may not see are only counted.
async fn in_use(app: &App, author: &Author, id: FlowId) -> Result<Option<InUse>, ApiError> {
    let parents = app.store.embedding_flows(author.scope(), id).await?;
    if parents.is_empty() {
        return Ok(None);
    }
    let detail = format!("{} published flows embed this one", parents.len());
    let seen = parents.into_iter().filter_map(|parent| {
        let name = parent.name?;
        Some(json!({"id": parent.id, "name": name}))
    });
    Ok(Some((detail, seen.collect())))
}

/// Takes a deleted flow into use again; it is not published by that.
#[utoipa::path(post, path = "/v1/cms/flows/{flow_id}/restore", tag = "flows",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path)),
    responses((status = 200, body = FlowDetail)))]
pub(crate) async fn restore(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
) -> Result<Response, ApiError> {
    let restore = |stored: &FlowDraft, draft: &mut Draft| {
        if !stored.stored.record.is_active {
            draft.is_active = true;
            draft.event = Some(("flow_restored", Map::new()));
            draft.action = "flow.restore";
        }
        Ok(())
    };
    let (saved, ()) = edit(&app, &author, FlowId(id), restore).await?;
    detail::changed(saved, Vec::new())
}
