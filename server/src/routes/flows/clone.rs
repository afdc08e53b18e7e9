//! Copies of flows (S3.68, S3.93, S3.94).

use axum::extract::State;
use axum::response::Response;
use chatflow::{FlowId, TenantId};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::detail::{self, FlowDetail};
use super::fields::VisibilityName;
use crate::app::Shared;
use crate::author::Author;
use crate::authoring::{Draft, create as write, load, place};
use crate::error::ApiError;
use crate::identity::Role;
use crate::input::{JsonBody, PathId};
use crate::token::random_id;

/// How a copy differs from its source.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Copy {
    /// The source's with ` (copy)` unless given.
    #[schema(min_length = 1, max_length = 255, pattern = "\\S")]
    name: Option<String>,
    /// `1.0.0` unless given.
    #[schema(min_length = 1, max_length = 50)]
    version: Option<String>,
    description: Option<String>,
    /// The source's without its `seed_key` unless given.
    #[schema(value_type = Option<Object>)]
    info: Option<Map<String, Value>>,
    clone_nodes: Option<bool>,
    clone_connections: Option<bool>,
    school_id: Option<Uuid>,
    visibility: Option<VisibilityName>,
}

/// Copies a flow; the copy is the caller's own, and not published.
#[utoipa::path(post, path = "/v1/cms/flows/{flow_id}/clone", tag = "flows",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path)), request_body = Copy,
    responses((status = 201, body = FlowDetail)))]
pub(crate) async fn clone(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    JsonBody { value: copy, warnings, .. }: JsonBody<Copy>,
) -> Result<Response, ApiError> {
    let source = load(&app, author.scope(), FlowId(id)).await?;
    let record = &source.stored.record;
    if !record.is_active {
        return Err(ApiError::flow_not_found());
    }
    let visibility = copy.visibility.as_ref().map(VisibilityName::read).transpose()?;
    let is_platform = author.caller.role() == Role::Platform;
    let own = if is_platform { record.school_id } else { None };
    let school = copy.school_id.map(TenantId).or(own);
    let visibility = visibility.or(if is_platform { Some(record.visibility) } else { None });
    let owner = place(&author.caller, school, visibility)?;

    let with_nodes = copy.clone_nodes.unwrap_or(true);
    if !with_nodes && copy.clone_connections == Some(true) {
        let message = "connections cannot be copied without their nodes";
        return Err(ApiError::field(&["body", "clone_connections"], "value_error", message));
    }
    let mut draft = Draft::of(&source)?;
    (draft.id, draft.created_by) = (FlowId(random_id()?), author.user());
    draft.is_published = false;
    for key in ["id", "seed_key"] {
        draft.document.remove(key);
    }
    draft.set("name", copy.name.unwrap_or_else(|| named_copy(&record.name)));
    draft.set("version", copy.version.unwrap_or_else(|| "1.0.0".to_owned()));
    if let Some(description) = copy.description {
        draft.set("description", description);
    }
    let mut info = copy.info.unwrap_or_else(|| draft.object("info"));
    info.remove("seed_key");
    draft.set_info(Some(info), None);
    draft.set("school_id", json!(owner.school));
    draft.set("visibility", json!(owner.visibility));
    let mut data = draft.object("flow_data");
    if !with_nodes {
        data.insert("nodes".to_owned(), json!([]));
    }
    if !with_nodes || copy.clone_connections == Some(false) {
        data.insert("connections".to_owned(), json!([]));
    }
    draft.set("flow_data", data);
    let told = json!({
        "source_flow_id": record.id, "source_flow_name": record.name,
        "cloned_flow_name": draft.document.get("name"), "created_by": draft.created_by,
    });
    draft.event = told.as_object().map(|told| ("flow_cloned", told.clone()));
    draft.action = "flow.clone";
    detail::created(write(&app, &author, draft).await?, warnings)
}

/// F54
fn named_copy(name: &str) -> String {
    const MARK: &str = " (copy)";
    let room = 255_usize.saturating_sub(MARK.len());
    name.chars().take(room).chain(MARK.chars()).collect()
}
