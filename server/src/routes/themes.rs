//! Themes (S3.124 to S3.129, section 8).

mod read;
mod school;
mod wire;
mod write;

use axum::http::StatusCode;
use chatflow::TenantId;
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, NewEvent, StoreError, Stored, ThemeId, ThemeRecord};
use serde_json::json;

use crate::app::App;
use crate::error::ApiError;
use crate::events::Happening;
use crate::identity::Caller;
use crate::routes::described::{Routes, routes};
use crate::trail::Trail;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(read::list, write::create))
        .routes(routes!(read::read, write::update, write::delete))
        .routes(routes!(school::assign))
}

/// The theme, if the caller may see it (S8.7).
async fn visible(app: &App, caller: &Caller, id: ThemeId) -> Result<Stored<ThemeRecord>, ApiError> {
    let found = app.store.stored_theme(&caller.scope, id).await?;
    found.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "theme_not_found", "Theme not found"))
}

/// The themes that lose their rank when another becomes the default of an owner (S8.9): one at most.
async fn defaults_of(
    app: &App,
    owner: Option<TenantId>,
) -> Result<Vec<Stored<ThemeRecord>>, StoreError> {
    let scope = AccessScope::conversation(owner, None);
    let found = app.store.theme_candidates(&scope, &[]).await?.into_iter();
    let is_it =
        |theme: &Stored<ThemeRecord>| theme.record.is_default && theme.record.school_id == owner;
    Ok(found.map(|found| found.theme).filter(is_it).collect())
}

/// The events of a change of a theme (S6.20).
async fn events(
    app: &App,
    (caller, trail): (&Caller, &Trail),
    kind: &'static str,
    theme: &ThemeRecord,
    at: chatflow::Timestamp,
) -> Result<Vec<NewEvent>, StoreError> {
    let data = json!({"theme_id": theme.id, "name": theme.name});
    let row = ("theme", theme.id.0);
    let happening = Happening::of_row(kind, row, theme.school_id, (caller, trail, at), data);
    app.emitter.tell(&app.store, &happening, None).await
}
