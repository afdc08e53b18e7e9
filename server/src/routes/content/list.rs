//! Lists of items (S3.20, S3.42).

use axum::Json;
use axum::extract::State;
use chatflow::TenantId;
use chatflow_storage::prelude::*;
use chatflow_storage::{ContentOrder, ContentPageQuery, SearchQuery, UserId};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::detail::{ContentDetail, ContentKind, ContentPage, StatusName, VisibilityName};
use super::info;
use crate::app::Shared;
use crate::error::ApiError;
use crate::identity::Manager;
use crate::input::{Paged, QueryOf};

/// What comes first.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
enum Sort {
    #[default]
    #[serde(rename = "-created_at")]
    Newest,
    #[serde(rename = "created_at")]
    Oldest,
    #[serde(rename = "-updated_at")]
    LastChanged,
    #[serde(rename = "updated_at")]
    FirstChanged,
    #[serde(rename = "version")]
    Version,
}

const fn yes() -> bool {
    true
}

/// Which items; all that is given must hold. `info.<path>` filters by free metadata.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    #[serde(default, rename = "type")]
    #[param(inline, nullable = false)]
    kind: Option<ContentKind>,
    /// Another name of `type`.
    #[serde(default)]
    #[param(inline, nullable = false)]
    content_type: Option<ContentKind>,
    /// At least one of these.
    #[serde(default)]
    #[param(required = false)]
    tags: Vec<String>,
    /// Words; `"a phrase"`; `or` between words; `-` excludes.
    #[param(max_length = 200, nullable = false)]
    search: Option<String>,
    #[param(nullable = false)]
    active: Option<bool>,
    #[param(inline, nullable = false)]
    status: Option<StatusName>,
    #[param(inline, nullable = false)]
    visibility: Option<VisibilityName>,
    #[param(nullable = false)]
    school_id: Option<Uuid>,
    /// An account's id, or `me`.
    #[param(nullable = false)]
    created_by: Option<String>,
    #[serde(default)]
    #[param(inline, required = false)]
    sort: Sort,
    /// Also what is visible to everyone who is signed in.
    #[serde(default = "yes")]
    #[param(required = false, default = true)]
    include_public: bool,
    /// How many rows to pass over.
    #[serde(default)]
    #[param(required = false, minimum = 0, maximum = 2_147_483_647, default = 0)]
    skip: u32,
    /// How many rows to answer with at most.
    #[serde(default = "hundred")]
    #[param(required = false, minimum = 0, maximum = 1000, default = 100)]
    limit: u32,
}

const fn hundred() -> u32 {
    100
}

/// Items that the caller may see.
#[utoipa::path(get, path = "/v1/cms/content", tag = "content", security(("bearer" = [])),
    params(ListQuery), responses((status = 200, body = ContentPage)))]
pub(super) async fn list(
    State(app): Shared,
    Manager(caller): Manager,
    query: QueryOf<ListQuery>,
) -> Result<Json<Value>, ApiError> {
    let info_filters = info::filters(&query.rest)?;
    let query = query.value;
    if let (Some(kind), Some(other)) = (query.kind, query.content_type)
        && kind != other
    {
        let message = "differs from `type`";
        return Err(ApiError::field(&["query", "content_type"], "value_error", message));
    }
    let created_by = match query.created_by.as_deref() {
        None => None,
        Some("me") => Some(caller.id),
        Some(text) => Some(Uuid::try_parse(text).map_err(|_| {
            let message = "must be a UUID or `me`";
            ApiError::field(&["query", "created_by"], "type_error.uuid", message)
        })?),
    };
    let asked = ContentPageQuery {
        kind: query.kind.or(query.content_type).map(|kind| kind.0.to_owned()),
        tags: query.tags,
        search: query.search.as_deref().map(SearchQuery::parse),
        is_active: query.active,
        status: query.status.map(|name| name.0),
        visibility: query.visibility.map(|name| name.0),
        school: query.school_id.map(TenantId),
        created_by: created_by.map(UserId),
        without_public: !query.include_public,
        info_filters,
        order: match query.sort {
            Sort::Newest => ContentOrder::Newest,
            Sort::Oldest => ContentOrder::Oldest,
            Sort::LastChanged => ContentOrder::LastChanged,
            Sort::FirstChanged => ContentOrder::FirstChanged,
            Sort::Version => ContentOrder::Version,
        },
        skip: query.skip,
        limit: query.limit,
    };
    let page = app.store.content_page(&caller.scope, &asked).await?;
    let data = page.contents.iter().map(ContentDetail::of).collect::<Result<Vec<_>, _>>()?;
    let paged = Paged { skip: asked.skip, limit: asked.limit };
    Ok(Json(paged.page(&data, page.total.count, page.total.is_capped)))
}
