//! Lists of themes, and one of them.
#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chatflow::TenantId;
use chatflow_storage::prelude::*;
use chatflow_storage::{ThemeId, ThemeQuery};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::visible;
use super::wire::{Theme, Themes};
use crate::app::Shared;
use crate::error::ApiError;
use crate::identity::{Caller, Signed};
use crate::input::{Condition, Paged, PathId, QueryOf};

/// Which themes are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ThemeFilter {
    /// Only those of this school.
    school_id: Option<Uuid>,
    /// Those of no school as well; true unless the platform asks for one school.
    include_global: Option<bool>,
    /// Those in use (`true`), those that are deleted (`false`), or `all`.
    #[param(inline)]
    active: Option<Active>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Active {
    #[default]
    True,
    False,
    All,
}

/// Themes that the caller may see, the newest first.
#[utoipa::path(get, path = "/v1/cms/themes", tag = "themes", security(("bearer" = [])),
    params(Paged, ThemeFilter), responses((status = 200, body = Themes)))]
pub(crate) async fn list(
    State(app): Shared,
    Signed(caller): Signed,
    QueryOf { value: paged, .. }: QueryOf<Paged>,
    QueryOf { value: filter, .. }: QueryOf<ThemeFilter>,
) -> Result<Json<Value>, ApiError> {
    let school = filter.school_id.map(TenantId);
    let is_platform = caller.scope.is_system();
    check_school(&caller, school)?;
    let query = ThemeQuery {
        schools: school.map(|school| vec![school]),
        global: filter.include_global.unwrap_or_else(|| !is_platform || school.is_none()),
        active: match filter.active.unwrap_or_default() {
            Active::True => Some(true),
            Active::False => Some(false),
            Active::All => None,
        },
        skip: paged.skip.into(),
        limit: paged.limit,
    };
    let page = app.store.themes(&caller.scope, &query).await?;
    let data: Vec<Theme> = page.themes.into_iter().map(Theme::from).collect();
    Ok(Json(paged.page(&data, page.total.count, page.total.is_capped)))
}

/// S8.6: nobody asks for another school's themes.
fn check_school(caller: &Caller, school: Option<TenantId>) -> Result<(), ApiError> {
    let is_own = |school: &TenantId| caller.scope.schools().contains(school);
    if caller.scope.is_system() || school.as_ref().is_none_or(is_own) {
        return Ok(());
    }
    let detail = "This is another school's";
    Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_school", detail))
}

/// One theme, deleted or not.
#[utoipa::path(get, path = "/v1/cms/themes/{theme_id}", tag = "themes", security(("bearer" = [])),
    params(("theme_id" = Uuid, Path)),
    responses((status = 200, body = Theme), (status = 304, description = "Known already")))]
pub(crate) async fn read(
    State(app): Shared,
    Signed(caller): Signed,
    PathId(id): PathId,
    condition: Condition,
) -> Result<Response, ApiError> {
    let stored = visible(&app, &caller, ThemeId(id)).await?;
    let row_version = stored.row_version;
    Ok(condition.answer(row_version, Json(Theme::from(stored))))
}
