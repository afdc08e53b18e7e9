//! The theme of a school (S3.129, S8.12).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chatflow::TenantId;
use chatflow_storage::prelude::*;
use chatflow_storage::{Batch, Change, LookUp, SchoolRecord, ThemeId};
use serde_json::json;

use super::wire::{Assigned, Assignment};
use crate::app::Shared;
use crate::error::ApiError;
use crate::host::now;
use crate::identity::{Role, Signed};
use crate::input::{JsonBody, PathId};
use crate::trail::{Deed, Trail};

/// Chooses the theme of a school.
#[utoipa::path(put, path = "/v1/cms/schools/{school_id}/theme", tag = "themes",
    security(("bearer" = [])), params(("school_id" = Uuid, Path)), request_body = Assignment,
    responses((status = 200, body = Assigned)))]
pub(crate) async fn assign(
    State(app): Shared,
    Signed(caller): Signed,
    PathId(id): PathId,
    trail: Trail,
    JsonBody { value: body, .. }: JsonBody<Assignment>,
) -> Result<Json<Assigned>, ApiError> {
    if !matches!(caller.role(), Role::Platform | Role::SchoolAdmin) {
        return Err(ApiError::forbidden());
    }
    let look_up = LookUp { id: Some(id), ..LookUp::default() };
    let found = app.store.find_school(&caller.scope, look_up).await?;
    let missing = || ApiError::new(StatusCode::NOT_FOUND, "not_found", "School not found");
    let school = found.ok_or_else(missing)?;
    let theme_id = body.theme_id.map(ThemeId);
    if let Some(theme_id) = theme_id {
        let theme = app.store.stored_theme(&caller.scope, theme_id).await?;
        let fits = theme
            .is_some_and(|theme| theme.record.school_id.is_none_or(|owner| owner == TenantId(id)));
        if !fits {
            let message = "must be a theme of everyone's or of this school";
            return Err(ApiError::field(&["body", "theme_id"], "value_error.theme", message));
        }
    }
    if school.record.theme_id != theme_id {
        let at = now();
        let deed = Deed {
            action: "school.theme".to_owned(),
            resource_type: "school",
            resource_id: id.to_string(),
            school_id: Some(TenantId(id)),
            changes: json!({"theme_id": [school.record.theme_id, theme_id]}),
        };
        let audit = vec![trail.entry(&caller, deed, at)?];
        let record = SchoolRecord { theme_id, ..school.record };
        let change = Change { expected: Some(school.row_version), record };
        let batch = Batch { at, schools: vec![change], audit, ..Batch::default() };
        app.store.apply(&caller.scope, &batch).await?;
    }
    Ok(Json(Assigned { school_id: id, theme_id: body.theme_id }))
}
